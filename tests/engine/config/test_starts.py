import math

import pytest

from engine.errors import RunFileError
from engine.parameters import Tie
from tests.engine.config.helpers import DATA, NEW, ignored, opened

FLOW = DATA + "analysis_mode: laminar_flow\n"
STATIC = DATA + "analysis_mode: static\n"
SEVEN = "[D0, alpha, D_offset, gamma_dot_t0, beta, gamma_dot_t_offset, phi0]"


def initial(text, start=NEW + STATIC):
    return start + f"initial_parameters: {text}\n"


def bounds(text, start=NEW + STATIC):
    return start + f"parameter_space: {{bounds: {text}}}\n"


def test_values_in_the_order_of_the_names(tmp_path):
    setup = opened(
        tmp_path,
        initial("{parameter_names: [alpha, D0, D_offset], values: [-1.2, '2e4', 3]}"),
    ).setup
    assert setup.parameters.values == (2e4, -1.2, 3.0)
    assert setup.start_given


def test_values_without_names_are_in_model_order(tmp_path):
    setup = opened(tmp_path, initial("{values: [5000, 0.1, 2]}")).setup
    assert setup.parameters.values == (5000.0, 0.1, 2.0)


def test_aliases_of_names(tmp_path):
    text = (
        "{parameter_names: [d0, gamma0, gamma_dot_offset, phi_0],"
        " values: [5e3, 0.02, 0.001, 4]}"
    )
    run = opened(tmp_path, initial(text, NEW + FLOW))
    p = run.setup.parameters
    assert p["D0"].value == 5e3
    assert p["gamma_dot_t0"].value == 0.02
    assert p["gamma_dot_t_offset"].value == 0.001
    assert p["phi0"].value == 4.0
    assert "alpha, D_offset, beta" in " ".join(run.notes)


@pytest.mark.parametrize(
    "text", ["{}", "null", "{values: null}", "{values: [null, null, null]}"]
)
def test_no_values_are_placeholders_inside_the_bounds(tmp_path, text):
    run = opened(tmp_path, initial(text))
    assert run.setup.start_given is False
    assert all(p.lower <= p.value <= p.upper for p in run.setup.parameters)


def test_placeholders_in_bounds_that_exclude_the_default(tmp_path):
    run = opened(
        tmp_path,
        bounds(
            "[{name: D0, min: 1e4, max: 1e6}, {name: alpha, min: 0.5, max: 1.5},"
            " {name: D_offset, min: 7, max: .inf}]"
        ),
    )
    p = run.setup.parameters
    assert math.isclose(p["D0"].value, 1e5)
    assert p["alpha"].value == 1.0
    assert p["D_offset"].value == 7.0


def test_start_can_be_estimated_though_values_are_given(tmp_path):
    setup = opened(tmp_path, initial("{values: [1e3, 0, 0], estimate_start: true}"))
    assert setup.setup.start_given is False


def test_values_outside_bounds_are_moved_and_said(tmp_path):
    run = opened(
        tmp_path,
        initial("{values: [50, 0, 0]}") + "parameter_space: {bounds: []}\n",
    )
    assert run.setup.parameters["D0"].value == 100.0
    assert "50 of D0 lies outside its bounds [100, 1e+10]; 100 is used" in run.notes[0]


@pytest.mark.parametrize(
    ("names", "model"),
    [
        (SEVEN, "laminar_flow"),
        ("[D0, alpha, D_offset]", "static"),
        ("[D0, gamma_dot_0]", "laminar_flow"),
        ("[D0, alpha, D_offset, contrast, offset]", "static"),
    ],
)
def test_model_from_the_names(tmp_path, names, model):
    run = opened(tmp_path, initial(f"{{parameter_names: {names}}}", DATA))
    assert run.setup.model == model


@pytest.mark.parametrize(
    ("mode", "model"),
    [
        ("static", "static"),
        ("static_isotropic", "static"),
        ("static_anisotropic", "static"),
        ("flow", "laminar_flow"),
        ("laminar_flow", "laminar_flow"),
    ],
)
@pytest.mark.parametrize("key", ["mode", "analysis_mode"])
def test_model_by_name(tmp_path, key, mode, model):
    assert opened(tmp_path, DATA + f"{key}: {mode}\n").setup.model == model


def test_model_of_legacy_settings(tmp_path):
    text = DATA + "analysis_settings: {static_mode: %s}\n"
    assert opened(tmp_path, text % "true").setup.model == "static"
    assert opened(tmp_path, text % "'false'").setup.model == "laminar_flow"


def test_archived_run_without_a_hint_of_its_model(tmp_path):
    run = opened(tmp_path, DATA + "metadata: {}\n")
    assert run.setup.model == "static"
    assert "static model is assumed" in " ".join(run.notes)


def test_seven_values_for_a_static_run_use_the_first_three(tmp_path):
    text = f"{{parameter_names: {SEVEN}, values: [5e3, 0.1, 2, 0.01, 0, 0, 0]}}"
    setup = opened(tmp_path, initial(text)).setup
    assert setup.parameters.values == (5e3, 0.1, 2.0)


def test_fixed_parameters_override_values(tmp_path):
    text = "{values: [5e3, 0.1, 2], fixed_parameters: {D_offset: 0, d0: null}}"
    p = opened(tmp_path, initial(text)).setup.parameters
    assert (p["D_offset"].value, p["D_offset"].fixed) == (0.0, True)
    assert (p["D0"].value, p["D0"].fixed) == (5e3, True)
    assert p["alpha"].fixed is False


def test_fixed_parameter_may_lie_outside_its_bounds(tmp_path):
    run = opened(tmp_path, initial("{fixed_parameters: {alpha: 5}}"))
    assert run.setup.parameters["alpha"].value == 5.0
    assert run.notes == ()


def test_active_parameters_fix_the_others(tmp_path):
    text = "{values: [5e3, 0.1, 2], active_parameters: [D0, alpha]}"
    p = opened(tmp_path, initial(text)).setup.parameters
    assert [q.fixed for q in p] == [False, False, True]
    assert p["D_offset"].value == 2.0


@pytest.mark.parametrize(
    "text",
    ["{fixed_parameters: {D_offset: 0}}", "{active_parameters: [D0, alpha]}"],
)
def test_original_programs_did_not_hold_them(tmp_path, text):
    archived = opened(tmp_path, initial(text, STATIC))
    assert "did not hold these parameters fixed" in " ".join(archived.notes)
    assert opened(tmp_path, initial(text)).notes == ()


def test_all_active_is_no_news(tmp_path):
    run = opened(
        tmp_path, initial("{active_parameters: [D0, alpha, D_offset]}", STATIC)
    )
    assert not any("did not hold" in note for note in run.notes)


def test_ties(tmp_path):
    text = "{ties: {gamma_offset: {to: gamma0, factor: 0.5}, beta: {to: alpha}}}"
    p = opened(tmp_path, initial(text, NEW + FLOW)).setup.parameters
    assert p["gamma_dot_t_offset"].tie == Tie(to="gamma_dot_t0", factor=0.5)
    assert p["beta"].tie == Tie(to="alpha", factor=1.0)


def test_scaling_starts(tmp_path):
    text = "{per_angle_scaling: {contrast: [0.2, '0.3'], offset: 1.0}}"
    setup = opened(tmp_path, initial(text)).setup
    assert setup.contrast_start == (0.2, 0.3)
    assert setup.offset_start == (1.0,)


def test_scaling_starts_among_the_values(tmp_path):
    text = "{parameter_names: [contrast, D0], values: [0.25, 2e3]}"
    setup = opened(tmp_path, initial(text)).setup
    assert setup.contrast_start == (0.25,)
    assert setup.offset_start is None


def test_scaling_starts_are_moved_into_their_bounds_unless_frozen(tmp_path):
    text = initial("{per_angle_scaling: {contrast: [1.5]}}")
    run = opened(tmp_path, text)
    assert run.setup.contrast_start == (1.0,)
    assert "of contrast lies outside" in run.notes[0]
    mode = "optimization: {nlsq: {per_angle_mode: fixed_constant}}\n"
    assert opened(tmp_path, text + mode).setup.contrast_start == (1.5,)


def test_bounds_of_the_file_and_of_the_registry(tmp_path):
    text = (
        "[{name: D0, min: 1, max: 1e6, type: Normal, prior_mu: 3},"
        " {name: contrast, max: 0.5}]"
    )
    setup = opened(tmp_path, bounds(text, STATIC)).setup
    p = setup.parameters
    assert (p["D0"].lower, p["D0"].upper) == (1.0, 1e6)
    assert (p["D_offset"].lower, p["D_offset"].upper) == (-1e5, 1e5)
    assert setup.contrast_bounds == (0.0, 0.5)
    assert setup.offset_bounds == (0.5, 1.5)


def test_registry_of_archived_laminar_runs(tmp_path):
    p = opened(tmp_path, FLOW).setup.parameters
    assert (p["phi0"].lower, p["phi0"].upper) == (-10.0, 10.0)
    assert (p["gamma_dot_t0"].lower, p["gamma_dot_t0"].upper) == (1e-6, 0.5)


def test_registry_of_homodyne_analysis(tmp_path):
    text = FLOW + "analyzer_parameters: {temporal: {dt: 0.1}}\n"
    p = opened(tmp_path, text).setup.parameters
    assert (p["D0"].lower, p["D0"].upper) == (1.0, 1e6)
    assert (p["D_offset"].lower, p["D_offset"].upper) == (-100.0, 100.0)
    assert p["gamma_dot_t_offset"].upper == 0.01


def test_bounds_of_names_without_use_are_named(tmp_path):
    run = opened(
        tmp_path,
        bounds("[{name: phi0, min: 0, max: 1}, {name: aplha, min: 0, max: 1}]"),
    )
    reasons = [key.reason for key in run.ignored]
    assert any("phi0 is not a parameter of the model static" in r for r in reasons)
    assert any("did you mean alpha?" in r for r in reasons)


def test_infinite_bounds(tmp_path):
    text = "[{name: D_offset, min: -.inf, max: .inf}]"
    p = opened(tmp_path, bounds(text)).setup.parameters["D_offset"]
    assert (p.lower, p.upper) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            initial("{parameter_names: [D0, aplha], values: [1, 2]}"),
            ("initial_parameters.parameter_names", "'aplha'", "did you mean alpha?"),
        ),
        (
            initial("{parameter_names: [D0, d0], values: [1, 2]}"),
            ("initial_parameters.parameter_names", "each once"),
        ),
        (
            initial("{parameter_names: [D0, alpha], values: [1]}"),
            ("initial_parameters.values", "2 numbers", "there are 1"),
        ),
        (initial("{values: [1, 2]}"), ("initial_parameters.values", "3 numbers")),
        (
            initial("{values: [1e3, x, 0]}"),
            ("initial_parameters.values[1] is 'x'", "a number"),
        ),
        (initial("{values: 5}"), ("initial_parameters.values is 5", "a list")),
        (
            initial("{values: [1e3, true, 0]}"),
            ("initial_parameters.values[1] is true",),
        ),
        (
            initial("{values: [1e3, .nan, 0]}"),
            ("initial_parameters.values[1] is nan", "finite"),
        ),
        (
            initial("{parameter_names: D0}"),
            ("initial_parameters.parameter_names is 'D0'", "a list"),
        ),
        (
            initial("{fixed_parameters: {aplha: 0}}"),
            ("initial_parameters.fixed_parameters.aplha", "did you mean alpha?"),
        ),
        (
            initial("{fixed_parameters: {alpha: no}}"),
            ("initial_parameters.fixed_parameters.alpha is false", "a number"),
        ),
        (
            initial("{fixed_parameters: [alpha]}"),
            ("initial_parameters.fixed_parameters", "section"),
        ),
        (
            initial("{active_parameters: [aplha]}"),
            ("initial_parameters.active_parameters", "did you mean alpha?"),
        ),
        (
            initial("{ties: {alpha: {to: alpha}}}"),
            ("initial_parameters.ties", "alpha"),
        ),
        (initial("{ties: {alpha: {}}}"), ("initial_parameters.ties.alpha", "to")),
        (
            initial("{ties: {aplha: {to: D0}}}"),
            ("initial_parameters.ties.aplha", "did you mean alpha?"),
        ),
        (
            initial("{per_angle_scaling: {contrast: [0.1, x]}}"),
            ("initial_parameters.per_angle_scaling.contrast[1] is 'x'",),
        ),
        (
            bounds("[{name: D0, min: 5, max: 5}]"),
            ("parameter_space.bounds[0].min is 5", "below max", "fixed_parameters"),
        ),
        (
            bounds("[{name: alpha, min: low}]"),
            ("parameter_space.bounds[0].min is 'low'",),
        ),
        (
            bounds("[{name: alpha, min: .nan}]"),
            ("parameter_space.bounds[0].min is nan",),
        ),
        (bounds("[{min: 1, max: 2}]"), ("parameter_space.bounds[0]", "name")),
        (bounds("[5]"), ("parameter_space.bounds[0] is 5", "name, min and max")),
        (
            bounds("[{name: D0}, {name: d0}]"),
            ("parameter_space.bounds[1].name", "here twice"),
        ),
        (
            NEW + DATA + "analysis_mode: laminer_flow\n",
            ("analysis_mode is 'laminer_flow'", "did you mean laminar_flow?"),
        ),
        (NEW + DATA + "mode: two_component\n", ("mode is", "heterodyne")),
        (NEW + DATA + "mode: 3\n", ("mode is 3", "static or laminar_flow")),
    ],
)
def test_wrong_parameters(tmp_path, text, pieces):
    with pytest.raises(RunFileError) as error:
        opened(tmp_path, text)
    message = str(error.value)
    assert all(piece in message for piece in pieces), message
    assert "expected" in message
    assert "\n" not in message


def test_fixed_parameter_of_another_model_is_named(tmp_path):
    run = opened(tmp_path, initial("{fixed_parameters: {beta: 0, contrast: 0.1}}"))
    keys = ignored(run)
    assert "initial_parameters.fixed_parameters.beta" in keys
    assert "initial_parameters.fixed_parameters.contrast" in keys
