import pytest

from engine.config.known_keys import INERT, inert_patterns
from tests.engine.config.helpers import ARCHIVED, DATA, NEW, ignored, opened


@pytest.mark.parametrize(
    ("text", "path", "hint"),
    [
        ("phi_filterng: {enabled: true}", "phi_filterng", "phi_filtering"),
        ("noise: {sgima: 0.1}", "noise.sgima", "sigma"),
        ("masks: {frame: [[1, 2]]}", "masks.frame", "frames"),
        (
            "optimization: {nlsq: {max_iteration: 5}}",
            "optimization.nlsq.max_iteration",
            "max_iterations",
        ),
        (
            "optimization: {nlsq: {anti_degeneracy: {per_angel_mode: auto}}}",
            "optimization.nlsq.anti_degeneracy.per_angel_mode",
            "per_angle_mode",
        ),
        (
            "parameter_space: {bounds: [{name: D0, mini: 1}]}",
            "parameter_space.bounds[].mini",
            "min",
        ),
        ("dt: 0.1", "dt", "analyzer_parameters.dt"),
    ],
)
def test_typing_errors_are_told_from_known_keys(tmp_path, text, path, hint):
    keys = ignored(opened(tmp_path, NEW + DATA + text + "\n"))
    assert list(keys) == [path]
    assert keys[path] == f"not known to Twotime, kept; did you mean {hint}?"


def test_unknown_keys_without_a_neighbour_are_named_whole(tmp_path):
    run = opened(tmp_path, NEW + DATA + "beamline: {staff: [a, b], id: 8}\n")
    (key,) = run.ignored
    assert key.path == "beamline"
    assert key.value == {"staff": ["a", "b"], "id": 8}
    assert key.reason == "not known to Twotime, kept"


def test_unknown_null_is_named(tmp_path):
    assert "strat_frame" in ignored(opened(tmp_path, NEW + DATA + "strat_frame:\n"))


def test_remarks_are_not_listed(tmp_path):
    text = NEW + DATA + "_comment: hello\nnoise: {_note: x}\n"
    assert opened(tmp_path, text).ignored == ()


def test_null_sections_are_not_listed(tmp_path):
    text = NEW + DATA + "noise:\nmasks:\ninitial_parameters: {ties: null}\n"
    assert opened(tmp_path, text).ignored == ()


def test_known_keys_without_effect_say_why(tmp_path):
    text = (
        ARCHIVED + "metadata: {config_version: 2.23}\n"
        "optimization:\n"
        "  nlsq:\n"
        "    multi_start: {enable: true, n_starts: 10}\n"
        "    cmaes_preset: cmaes\n"
        "    hybrid_streaming: {warmup_learning_rate: 1e-3}\n"
        "    anti_degeneracy: {per_angle_mode: individual, execute_layers: true}\n"
        "  mcmc: {num_samples: 5}\n"
    )
    keys = ignored(opened(tmp_path, text))
    assert set(keys) == {
        "metadata",
        "optimization.nlsq.multi_start.enable",
        "optimization.nlsq.multi_start.n_starts",
        "optimization.nlsq.cmaes_preset",
        "optimization.nlsq.hybrid_streaming.warmup_learning_rate",
        "optimization.nlsq.anti_degeneracy.execute_layers",
        "optimization.mcmc",
    }
    for name in ("multi_start.enable", "cmaes_preset"):
        assert keys[f"optimization.nlsq.{name}"].startswith("not yet active: ")
    layers = keys["optimization.nlsq.anti_degeneracy.execute_layers"]
    assert layers == "has no effect here: a layer that is switched on acts"
    rate = keys["optimization.nlsq.hybrid_streaming.warmup_learning_rate"]
    assert rate.startswith("has no effect here: ")
    assert "line search" in rate
    assert not any("not known" in reason for reason in keys.values())


def test_repeated_keys_of_a_list_are_listed_once(tmp_path):
    text = (
        NEW + DATA + "parameter_space: {bounds: [{name: D0, unit: a}, "
        "{name: alpha, unit: b, prior_mu: 0}]}\n"
    )
    assert list(ignored(opened(tmp_path, text))) == [
        "parameter_space.bounds[].unit",
        "parameter_space.bounds[].prior_mu",
    ]


def test_settings_without_effect_are_named_too(tmp_path):
    run = opened(tmp_path, NEW + DATA, analyzer_parameters__dtt="1")
    assert "did you mean dt?" in ignored(run)["analyzer_parameters.dtt"]


def test_no_key_stands_twice_in_the_table():
    patterns = [prefix + name for prefix, names, _ in INERT for name in names.split()]
    assert len(patterns) == len(set(patterns)) == len(inert_patterns())
