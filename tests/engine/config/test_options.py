import pytest

from engine.errors import RunFileError
from engine.setup import (
    Loss,
    MaskRegion,
    Masks,
    PhiRange,
    PhiSelection,
    Scaling,
    Strategy,
    Tolerances,
)
from tests.engine.config.helpers import ARCHIVED, DATA, NEW, ignored, opened


def run_with(tmp_path, text, start=NEW + DATA):
    return opened(tmp_path, start + text + "\n")


def nlsq(text):
    return f"optimization: {{nlsq: {text}}}"


def test_phi_filtering(tmp_path):
    run = run_with(
        tmp_path,
        "phi_filtering: {enabled: true, target_ranges: [{min_angle: -10,"
        " max_angle: 10, description: flow}, [170, -170]], fallback_to_all_angles:"
        " 'true', disabled_angles: [4.5]}",
    )
    assert run.setup.phi == PhiSelection(
        ranges=(PhiRange(-10.0, 10.0), PhiRange(170.0, -170.0)),
        disabled=(4.5,),
        fallback_to_all=True,
    )
    assert list(ignored(run)) == ["phi_filtering.target_ranges[].description"]


def test_phi_filtering_switched_off(tmp_path):
    run = run_with(
        tmp_path, "phi_filtering: {enabled: 'false', target_ranges: [[0, 1]]}"
    )
    assert run.setup.phi == PhiSelection()
    assert "switched off" in ignored(run)["phi_filtering.target_ranges"]


def test_phi_filtering_on_without_ranges(tmp_path):
    run = run_with(tmp_path, "phi_filtering: {enabled: true}")
    assert run.setup.phi == PhiSelection()
    assert "every angle" in run.notes[0]


def test_legacy_angle_filtering(tmp_path):
    text = "optimization_config: {angle_filtering: {enabled: true%s}}"
    run = run_with(tmp_path, text % ", target_ranges: [[80, 100]]")
    assert run.setup.phi.ranges == (PhiRange(80.0, 100.0),)
    run = run_with(tmp_path, text % "")
    assert run.setup.phi.ranges == (PhiRange(-10.0, 10.0), PhiRange(170.0, 190.0))
    assert "homodyne-analysis" in " ".join(run.notes)


def test_phi_filtering_wins_over_legacy(tmp_path):
    run = run_with(
        tmp_path,
        "phi_filtering: {target_ranges: [[0, 5]]}\n"
        "optimization_config: {angle_filtering: {target_ranges: [[80, 100]]}}",
    )
    assert run.setup.phi.ranges == (PhiRange(0.0, 5.0),)
    assert "overridden by phi_filtering" in ignored(run).values()


def test_masks(tmp_path):
    run = run_with(
        tmp_path,
        "masks: {frames: [[3, 3], [10, 20]], file: m.npy,"
        " regions: [{phi: null, t1: [0, 1], t2: [2, 3.5]},"
        " {phi: 90, t1: [0, 0], t2: [1, 2]}]}",
    )
    assert run.setup.masks == Masks(
        frames=((3, 3), (10, 20)),
        regions=(
            MaskRegion(None, (0.0, 1.0), (2.0, 3.5)),
            MaskRegion(90.0, (0.0, 0.0), (1.0, 2.0)),
        ),
        file=tmp_path / "m.npy",
    )
    assert run.ignored == ()


@pytest.mark.parametrize(
    ("text", "sigma"), [("null", None), ("0.01", 0.01), ("'1e-2'", 0.01)]
)
def test_sigma(tmp_path, text, sigma):
    assert run_with(tmp_path, f"noise: {{sigma: {text}}}").setup.sigma == sigma


def test_sigma_of_a_file(tmp_path):
    setup = run_with(tmp_path, "noise: {sigma: sigma.npy}").setup
    assert setup.sigma == tmp_path / "sigma.npy"


@pytest.mark.parametrize(
    ("text", "scaling"),
    [
        ("{anti_degeneracy: {per_angle_mode: individual}}", Scaling.INDIVIDUAL),
        ("{anti_degeneracy: {per_angle_mode: independent}}", Scaling.INDIVIDUAL),
        ("{anti_degeneracy: {per_angle_mode: auto_averaged}}", Scaling.AVERAGED),
        ("{anti_degeneracy: {per_angle_mode: auto}}", Scaling.AUTO),
        ("{per_angle_mode: constant}", Scaling.CONSTANT),
        ("{per_angle_scaling: false}", Scaling.AVERAGED),
        ("{per_angle_scaling: true}", Scaling.INDIVIDUAL),
        ("{per_angle_scaling: null}", Scaling.INDIVIDUAL),
    ],
)
def test_scaling(tmp_path, text, scaling):
    assert run_with(tmp_path, nlsq(text)).setup.scaling is scaling


def test_nested_scaling_wins_over_flat(tmp_path):
    run = run_with(
        tmp_path,
        nlsq("{per_angle_mode: constant, anti_degeneracy: {per_angle_mode: fourier}}"),
    )
    assert run.setup.scaling is Scaling.FOURIER
    assert "overridden" in ignored(run)["optimization.nlsq.per_angle_mode"]


@pytest.mark.parametrize(
    ("model", "scaling"),
    [("static", Scaling.INDIVIDUAL), ("laminar_flow", Scaling.AUTO)],
)
def test_default_scaling(tmp_path, model, scaling):
    assert run_with(tmp_path, f"analysis_mode: {model}").setup.scaling is scaling


def test_loss(tmp_path):
    setup = run_with(tmp_path, nlsq("{loss: huber, loss_scale: 2}"), ARCHIVED).setup
    assert (setup.loss, setup.loss_scale) == (Loss.HUBER, 2.0)


def test_named_loss_needs_no_note(tmp_path):
    run = run_with(tmp_path, nlsq("{loss: linear}"), ARCHIVED)
    assert run.setup.loss is Loss.LINEAR
    assert not any("loss" in note for note in run.notes)


def test_tolerances_are_set_only_when_given(tmp_path):
    assert run_with(tmp_path, nlsq("{}")).setup.tolerances == Tolerances()
    given = run_with(
        tmp_path,
        nlsq("{max_iterations: 50, xtol: 1e-9, gtol: '1e-7', tolerance: 1e-6}"),
    )
    assert given.setup.tolerances == Tolerances(
        ftol=1e-6, xtol=1e-9, gtol=1e-7, max_iterations=50
    )


def test_ftol_wins_over_tolerance(tmp_path):
    run = run_with(tmp_path, nlsq("{tolerance: 1e-6, ftol: 1e-9}"))
    assert run.setup.tolerances.ftol == 1e-9
    assert "overridden" in ignored(run)["optimization.nlsq.tolerance"]


@pytest.mark.parametrize(
    ("text", "strategy"),
    [
        ("null", Strategy.AUTO),
        ("auto", Strategy.AUTO),
        ("standard", Strategy.STANDARD),
        ("large", Strategy.LARGE),
        ("chunked", Strategy.CHUNKED),
        ("streaming", Strategy.STREAMING),
    ],
)
def test_strategy(tmp_path, text, strategy):
    run = run_with(tmp_path, f"performance: {{strategy_override: {text}}}")
    assert run.setup.strategy is strategy
    assert run.ignored == ()


@pytest.mark.parametrize("method", ["cmc", "both", "mcmc"])
def test_other_methods_are_said_to_be_left_out(tmp_path, method):
    run = run_with(tmp_path, f"optimization: {{method: {method}}}")
    assert f"method {method}" in run.notes[0]
    assert run_with(tmp_path, "optimization: {method: nlsq}").notes == ()


@pytest.mark.parametrize(
    ("given", "dropped"), [("", True), ("true", True), ("false", False)]
)
def test_first_frame(tmp_path, given, dropped):
    run = run_with(tmp_path, f"analyzer_parameters: {{drop_first_frame: {given}}}")
    assert run.setup.drop_first_frame is dropped


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("phi_filtering: {enabled: 3}", ("phi_filtering.enabled is 3", "true or")),
        (
            "phi_filtering: {target_ranges: [{min_angle: 3}]}",
            ("phi_filtering.target_ranges[0]", "max_angle"),
        ),
        (
            "phi_filtering: {target_ranges: [[1, x]]}",
            ("phi_filtering.target_ranges[0][1] is 'x'", "degrees"),
        ),
        (
            "phi_filtering: {target_ranges: [[1, 2, 3]]}",
            ("phi_filtering.target_ranges[0] is [1, 2, 3]",),
        ),
        (
            "phi_filtering: {target_ranges: {min_angle: 1}}",
            ("phi_filtering.target_ranges", "a list"),
        ),
        ("phi_filtering: true", ("phi_filtering is true", "section")),
        ("masks: {frames: [[5, 2]]}", ("masks.frames[0] is [5, 2]", "counted from 1")),
        ("masks: {frames: [[0, 2]]}", ("masks.frames[0] is [0, 2]",)),
        ("masks: {frames: [7]}", ("masks.frames[0] is 7", "pair")),
        (
            "masks: {regions: [{t1: [0, 1]}]}",
            ("masks.regions[0].t2 is null", "seconds"),
        ),
        (
            "masks: {regions: [{t1: [2, 1], t2: [0, 1]}]}",
            ("masks.regions[0].t1 is [2, 1]",),
        ),
        ("noise: {sigma: 0}", ("noise.sigma is 0", "above 0")),
        ("noise: {sigma: nan}", ("noise.sigma is 'nan'", "finite")),
        ("noise: {sigma: true}", ("noise.sigma is true",)),
        (
            nlsq("{loss: hubert}"),
            ("optimization.nlsq.loss is 'hubert'", "soft_l1", "did you mean huber?"),
        ),
        (nlsq("{loss_scale: 0}"), ("optimization.nlsq.loss_scale is 0", "sigma")),
        (
            nlsq("{anti_degeneracy: {per_angle_mode: every}}"),
            ("optimization.nlsq.anti_degeneracy.per_angle_mode is 'every'", "averaged"),
        ),
        (nlsq("{max_iterations: 0}"), ("max_iterations is 0", "above 0")),
        (nlsq("{max_iterations: many}"), ("max_iterations is 'many'",)),
        (nlsq("{ftol: -1}"), ("optimization.nlsq.ftol is -1", "above 0")),
        (
            "performance: {strategy_override: fast}",
            ("performance.strategy_override is 'fast'", "chunked, streaming"),
        ),
        ("optimization: {method: [nlsq]}", ("optimization.method is ['nlsq']",)),
    ],
)
def test_wrong_options(tmp_path, text, pieces):
    with pytest.raises(RunFileError) as error:
        run_with(tmp_path, text)
    message = str(error.value)
    assert message.startswith(str(tmp_path / "run.yaml"))
    assert all(piece in message for piece in pieces), message
    assert "expected" in message
