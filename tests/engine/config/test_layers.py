"""What the keys of the layers against degeneracy amount to."""

from dataclasses import replace

import pytest

from engine.config.run_file import dump_tree, resolved_tree, run_file_from_tree
from engine.config.yaml_text import parse_yaml
from engine.errors import RunFileError
from engine.layer_options import (
    CollapseResponse,
    CvMode,
    HierarchicalOptions,
    LayerOptions,
    MonitorOptions,
    RegularizationOptions,
    ScalingOptions,
    ShearWeightingOptions,
)
from engine.setup import Scaling
from tests.engine.config.helpers import ARCHIVED, DATA, NEW, ignored, opened

KEY = "optimization.nlsq.anti_degeneracy."
FLOW = NEW + DATA + "analysis_mode: laminar_flow\n"
OLD_FLOW = "analysis_mode: laminar_flow\n" + ARCHIVED
EVERY = """
enable: false
per_angle_mode: fourier
fourier_order: 3
fourier_auto_threshold: '9'
constant_scaling_threshold: 4
compare_scaling: yes
score_test: {enable: false, p_value: 1e-4, max_shift_sigma: 0.5}
hierarchical:
  enable: 'false'
  max_outer_iterations: 7
  outer_tolerance: 1e-5
  physical_max_iterations: 20
  per_angle_max_iterations: 10
regularization:
  enable: true
  mode: auto
  lambda: '2e-1'
  auto_tune_lambda: false
  target_cv: 0.2
  target_contribution: 0.05
  max_cv: 0.3
gradient_monitoring:
  enable: false
  ratio_threshold: 0.1
  consecutive_triggers: 2
  response: abort
  check_interval: 3
  watch_parameters: [gamma_dot_0, phi0]
  watch_threshold: 2
  watch_min_iteration: 0
  watch_consecutive_triggers: 4
  lambda_multiplier_on_collapse: 5
  reset_per_angle_to_mean: false
shear_weighting:
  enable: true
  alpha: 2
  min_weight: 0
  update_frequency: 50
  normalize: false
  initial_phi0: -5
  polish: false
"""
FLAT = """
fourier_order: 3
fourier_auto_threshold: 9
constant_scaling_threshold: 4
enable_hierarchical: false
hierarchical_max_outer_iterations: 7
hierarchical_outer_tolerance: 1e-5
hierarchical_physical_max_iterations: 20
hierarchical_per_angle_max_iterations: 10
regularization_mode: absolute
group_variance_lambda: 0.2
regularization_target_cv: 0.2
regularization_target_contribution: 0.05
regularization_max_cv: 0.3
regularization_auto_tune_lambda: false
enable_gradient_monitoring: false
gradient_ratio_threshold: 0.1
gradient_consecutive_triggers: 2
gradient_collapse_response: warn
"""


def indented(text, depth):
    return "".join(" " * depth + line + "\n" for line in text.strip().splitlines())


def layers(folder, text, start=FLOW, **settings):
    section = f"optimization:\n  nlsq:\n    anti_degeneracy:\n{indented(text, 6)}"
    return opened(folder, start + section, **settings)


def test_every_key(tmp_path):
    run = layers(tmp_path, EVERY)
    assert run.setup.scaling is Scaling.FOURIER
    assert run.setup.options.layers == LayerOptions(
        enable=False,
        scaling=ScalingOptions(
            fourier_order=3,
            constant_scaling_threshold=4,
            fourier_auto_threshold=9,
            score_test=False,
            score_p_value=1e-4,
            score_max_shift=0.5,
            compare=True,
        ),
        hierarchical=HierarchicalOptions(
            enable=False,
            max_outer_iterations=7,
            outer_tolerance=1e-5,
            physical_max_iterations=20,
            per_angle_max_iterations=10,
        ),
        regularization=RegularizationOptions(
            enable=True,
            mode=CvMode.AUTO,
            strength=0.2,
            auto_tune=False,
            target_cv=0.2,
            target_contribution=0.05,
            max_cv=0.3,
        ),
        monitor=MonitorOptions(
            enable=False,
            ratio_threshold=0.1,
            consecutive_triggers=2,
            response=CollapseResponse.ABORT,
            check_interval=3,
            watch_parameters=("gamma_dot_t0", "phi0"),
            watch_threshold=2.0,
            watch_min_iteration=0,
            watch_consecutive_triggers=4,
            lambda_multiplier=5.0,
            reset_to_mean=False,
        ),
        shear_weighting=ShearWeightingOptions(
            enable=True,
            alpha=2.0,
            min_weight=0.0,
            update_frequency=50,
            normalize=False,
            initial_phi0=-5.0,
            polish=False,
        ),
    )
    assert (run.notes, run.ignored) == ((), ())


def test_flat_names(tmp_path):
    text = f"optimization:\n  nlsq:\n{indented(FLAT, 4)}"
    run = opened(tmp_path, FLOW + text)
    assert run.setup.options.layers == LayerOptions(
        scaling=ScalingOptions(
            fourier_order=3, constant_scaling_threshold=4, fourier_auto_threshold=9
        ),
        hierarchical=HierarchicalOptions(
            enable=False,
            max_outer_iterations=7,
            outer_tolerance=1e-5,
            physical_max_iterations=20,
            per_angle_max_iterations=10,
        ),
        regularization=RegularizationOptions(
            mode=CvMode.ABSOLUTE,
            strength=0.2,
            auto_tune=False,
            target_cv=0.2,
            target_contribution=0.05,
            max_cv=0.3,
        ),
        monitor=MonitorOptions(
            enable=False,
            ratio_threshold=0.1,
            consecutive_triggers=2,
            response=CollapseResponse.WARN,
        ),
    )
    assert (run.notes, run.ignored) == ((), ())


def test_the_section_wins_over_the_flat_name(tmp_path):
    text = (
        "optimization: {nlsq: {enable_hierarchical: false,"
        " anti_degeneracy: {hierarchical: {enable: true}}}}\n"
    )
    run = opened(tmp_path, FLOW + text)
    assert run.setup.options.layers.hierarchical.enable
    assert "enable_hierarchical is false" in run.notes[0]


@pytest.mark.parametrize("start", [FLOW, OLD_FLOW])
def test_without_a_key_layers_3_and_5_are_off(tmp_path, start):
    assert opened(tmp_path, start).setup.options.layers == LayerOptions()
    assert not LayerOptions().regularization.enable
    assert not LayerOptions().shear_weighting.enable


@pytest.mark.parametrize("layer", ["regularization", "shear_weighting"])
def test_a_layer_that_never_ran_stays_off_in_an_archived_run(tmp_path, layer):
    plain = opened(tmp_path, OLD_FLOW)
    run = layers(tmp_path, f"{layer}: {{enable: true}}", OLD_FLOW)
    assert run.setup == plain.setup
    (note,) = set(run.notes) - set(plain.notes)
    assert f"{KEY}{layer}.enable is true" in note
    assert "stays off" in note
    assert "no effect" in ignored(run)[f"{KEY}{layer}.enable"]
    off = layers(tmp_path, f"{layer}: {{enable: false}}", OLD_FLOW)
    assert (off.notes, off.ignored) == (plain.notes, ())


@pytest.mark.parametrize("layer", ["regularization", "shear_weighting"])
def test_such_a_layer_counts_where_it_was_asked_for_here(tmp_path, layer):
    text = f"{layer}: {{enable: true}}"
    run = layers(tmp_path, text)
    assert getattr(run.setup.options.layers, layer).enable
    assert (run.notes, run.ignored) == ((), ())
    key = f"{KEY}{layer}.enable".replace(".", "__")
    typed = layers(tmp_path, text, OLD_FLOW, **{key: "true"})
    assert getattr(typed.setup.options.layers, layer).enable
    assert typed.notes == opened(tmp_path, OLD_FLOW).notes


def test_what_else_an_archived_layer_says_is_kept_for_when_it_is_on(tmp_path):
    text = (
        "regularization: {enable: true, lambda: 3, max_cv: 0.4}\n"
        "shear_weighting: {enable: true, update_frequency: 50}"
    )
    found = layers(tmp_path, text, OLD_FLOW).setup.options.layers
    assert found.regularization == RegularizationOptions(strength=3.0, max_cv=0.4)
    assert found.shear_weighting == ShearWeightingOptions(update_frequency=50)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{lambda: 2.5, auto_tune_lambda: true}", True),
        ("{lambda: 2.5, auto_tune_lambda: false}", False),
        ("{lambda: 2.5}", False),
        ("{lambda: null, auto_tune_lambda: true}", False),
    ],
)
def test_a_lambda_that_is_given_is_not_tuned(tmp_path, text, said):
    run = layers(tmp_path, f"regularization: {text}")
    expected = None if "null" in text else 2.5
    assert run.setup.options.layers.regularization.strength == expected
    assert len(run.notes) == said
    assert not said or "lambda, 2.5, and asks to tune it too" in run.notes[0]


def test_a_lambda_of_the_command_line_needs_no_note(tmp_path):
    text = "regularization: {lambda: 1, auto_tune_lambda: true}"
    key = (KEY + "regularization.lambda").replace(".", "__")
    run = layers(tmp_path, text, **{key: "4"})
    assert run.setup.options.layers.regularization.strength == 4.0
    assert run.notes == ()


@pytest.mark.parametrize("start", [FLOW, OLD_FLOW])
def test_a_raw_gradient_is_no_signal(tmp_path, start):
    plain = opened(tmp_path, start)
    run = layers(tmp_path, "gradient_monitoring: {watch_threshold: 1e-8}", start)
    assert run.setup == plain.setup
    (note,) = set(run.notes) - set(plain.notes)
    assert f"{KEY}gradient_monitoring.watch_threshold is 1e-08" in note
    assert "signal" in ignored(run)[f"{KEY}gradient_monitoring.watch_threshold"]
    kept = layers(tmp_path, "gradient_monitoring: {watch_threshold: 1e-3}", start)
    assert kept.setup.options.layers.monitor.watch_threshold == 1e-3
    assert kept.notes == plain.notes


def test_numbers_of_parameters_are_translated(tmp_path):
    plain = opened(tmp_path, OLD_FLOW)
    text = "gradient_monitoring: {watch_parameters: [3, phi_0, 5.0]}"
    run = layers(tmp_path, text, OLD_FLOW)
    assert run.setup.options.layers.monitor.watch_parameters == (
        "gamma_dot_t0",
        "phi0",
        "gamma_dot_t_offset",
    )
    (note,) = set(run.notes) - set(plain.notes)
    assert "3 is gamma_dot_t0, 5.0 is gamma_dot_t_offset" in note
    assert run.ignored == ()


def test_nothing_has_to_be_watched(tmp_path):
    run = layers(tmp_path, "gradient_monitoring: {watch_parameters: []}")
    assert run.setup.options.layers.monitor.watch_parameters == ()
    assert run.notes == ()


def test_a_watched_parameter_that_the_model_lacks_is_said(tmp_path):
    text = "gradient_monitoring: {watch_parameters: [D0, gamma_dot_t0]}"
    run = layers(tmp_path, text, NEW + DATA + "analysis_mode: static\n")
    assert ignored(run) == {
        f"{KEY}gradient_monitoring.watch_parameters[1]": "gamma_dot_t0 is not a "
        "parameter of static"
    }


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("fourier_order: 0", ("fourier_order is 0", "whole number above 0")),
        ("constant_scaling_threshold: 0", ("constant_scaling_threshold is 0",)),
        ("fourier_auto_threshold: 1.5", ("fourier_auto_threshold is 1.5", "whole")),
        ("compare_scaling: 3", ("compare_scaling is 3", "true or false")),
        ("score_test: {p_value: 0}", ("score_test.p_value is 0", "below 1")),
        ("score_test: {max_shift_sigma: 0}", ("max_shift_sigma is 0", "above 0")),
        ("score_test: 3", ("score_test is 3", "section")),
        ("hierarchical: {outer_tolerance: 0}", ("outer_tolerance is 0", "above 0")),
        ("hierarchical: {max_outer_iterations: 0}", ("max_outer_iterations is 0",)),
        ("regularization: {lambda: 0}", ("regularization.lambda is 0", "above 0")),
        ("regularization: {lambda: -1}", ("regularization.lambda is -1",)),
        ("regularization: {target_cv: 1}", ("regularization.target_cv is 1",)),
        ("regularization: {target_contribution: 0}", ("target_contribution is 0",)),
        ("regularization: {max_cv: 2}", ("regularization.max_cv is 2", "below 1")),
        ("regularization: {mode: relativ}", ("did you mean relative?",)),
        ("gradient_monitoring: {check_interval: 0}", ("check_interval is 0",)),
        ("gradient_monitoring: {response: stop}", ("one of warn, hierarchical",)),
        (
            "gradient_monitoring: {watch_parameters: [gamma_dot_t]}",
            ("watch_parameters[0] is 'gamma_dot_t'", "did you mean gamma_dot_t0?"),
        ),
        ("gradient_monitoring: {watch_parameters: [7]}", ("is 7", "0 to 6")),
        ("gradient_monitoring: {watch_parameters: D0}", ("is 'D0'", "a list")),
        ("shear_weighting: {alpha: 0}", ("shear_weighting.alpha is 0", "above 0")),
        ("shear_weighting: {min_weight: 1.1}", ("min_weight is 1.1", "from 0 to 1")),
        ("shear_weighting: {min_weight: -0.1}", ("min_weight is -0.1",)),
        ("shear_weighting: {update_frequency: 0}", ("update_frequency is 0",)),
        ("shear_weighting: {initial_phi0: up}", ("initial_phi0 is 'up'",)),
    ],
)
@pytest.mark.parametrize("start", [FLOW, OLD_FLOW])
def test_wrong_values(tmp_path, start, text, pieces):
    with pytest.raises(RunFileError) as error:
        layers(tmp_path, text, start)
    message = str(error.value)
    assert KEY in message
    assert "; expected " in message
    assert all(piece in message for piece in pieces), message


def test_a_layer_switched_on_where_all_are_off_is_said(tmp_path):
    key = (KEY + "shear_weighting.enable").replace(".", "__")
    run = layers(tmp_path, "enable: false", **{key: "true"})
    assert run.setup.options.layers.shear_weighting.enable
    (note,) = run.notes
    assert f"{KEY}shear_weighting.enable has no effect" in note
    assert "--layers" in note
    assert layers(tmp_path, "enable: false", **{key: "false"}).notes == ()
    assert layers(tmp_path, "enable: true", **{key: "true"}).notes == ()


@pytest.mark.parametrize("start", [FLOW, OLD_FLOW])
def test_written_and_read_again(tmp_path, start):
    run = layers(tmp_path, EVERY, start)
    tree = resolved_tree(run, request=run.request, setup=run.setup)
    again = run_file_from_tree(parse_yaml(dump_tree(tree), "x"), path=None, settings={})
    assert again.setup == run.setup
    assert again.notes == ()


def test_only_what_is_no_default_is_written(tmp_path):
    run = opened(tmp_path, FLOW)
    plain = resolved_tree(run, request=run.request, setup=run.setup)
    assert plain["optimization"]["nlsq"]["anti_degeneracy"] == {
        "per_angle_mode": "auto"
    }
    found = run.setup.options.layers
    monitor = replace(found.monitor, watch_parameters=("phi0",))
    changed = replace(found, monitor=monitor)
    options = replace(run.setup.options, layers=changed)
    setup = replace(run.setup, options=options)
    tree = resolved_tree(run, request=run.request, setup=setup)
    assert tree["optimization"]["nlsq"]["anti_degeneracy"] == {
        "per_angle_mode": "auto",
        "gradient_monitoring": {"watch_parameters": ["phi0"]},
    }
