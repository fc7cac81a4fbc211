"""Whatever stands at a key that is read: understood, or one sentence. No traceback."""

import pytest

from engine.config.run_file import dump_tree, resolved_tree, run_file_from_tree
from engine.config.settings import put
from engine.errors import InputError

KEYS = [
    "twotime",
    "analysis_mode",
    "mode",
    "data_file",
    "analysis_settings.static_mode",
    "experimental_data",
    "experimental_data.file_path",
    "experimental_data.data_folder_path",
    "experimental_data.data_file_name",
    "experimental_data.dataset",
    "experimental_data.phi_angles",
    "experimental_data.phi_angles_file",
    "experimental_data.cache_filename_template",
    "experimental_data.cache_file_path",
    "analyzer_parameters",
    "analyzer_parameters.dt",
    "analyzer_parameters.start_frame",
    "analyzer_parameters.end_frame",
    "analyzer_parameters.temporal",
    "analyzer_parameters.scattering.wavevector_q",
    "analyzer_parameters.geometry.stator_rotor_gap",
    "analyzer_parameters.shear_convention",
    "analyzer_parameters.drop_first_frame",
    "phi_filtering",
    "phi_filtering.enabled",
    "phi_filtering.target_ranges",
    "phi_filtering.disabled_angles",
    "phi_filtering.fallback_to_all_angles",
    "optimization_config.angle_filtering",
    "masks",
    "masks.frames",
    "masks.regions",
    "masks.file",
    "noise.sigma",
    "initial_parameters",
    "initial_parameters.parameter_names",
    "initial_parameters.values",
    "initial_parameters.fixed_parameters",
    "initial_parameters.active_parameters",
    "initial_parameters.ties",
    "initial_parameters.ties.alpha",
    "initial_parameters.estimate_start",
    "initial_parameters.per_angle_scaling",
    "initial_parameters.per_angle_scaling.contrast",
    "parameter_space.bounds",
    "optimization.method",
    "optimization.nlsq",
    "optimization.nlsq.loss",
    "optimization.nlsq.loss_scale",
    "optimization.nlsq.max_iterations",
    "optimization.nlsq.ftol",
    "optimization.nlsq.anti_degeneracy.per_angle_mode",
    "optimization.nlsq.anti_degeneracy.gradient_monitoring",
    "optimization.nlsq.anti_degeneracy.gradient_monitoring.watch_parameters",
    "optimization.nlsq.anti_degeneracy.gradient_monitoring.watch_threshold",
    "optimization.nlsq.anti_degeneracy.regularization.enable",
    "optimization.nlsq.anti_degeneracy.regularization.lambda",
    "optimization.nlsq.per_angle_scaling",
    "optimization.nlsq.x_scale",
    "optimization.nlsq.x_scale_map",
    "optimization.nlsq.memory_fraction",
    "optimization.nlsq.use_streaming",
    "optimization.nlsq.verbose",
    "optimization.nlsq.workflow",
    "optimization.nlsq.progress.verbose",
    "optimization.nlsq.hybrid_streaming",
    "optimization.nlsq.hybrid_streaming.enable",
    "optimization.nlsq.hybrid_streaming.checkpoint_dir",
    "optimization.nlsq.hybrid_streaming.chunk_size",
    "optimization.nlsq.multi_start.custom_starts",
    "optimization.stratification.enabled",
    "performance.strategy_override",
]
VALUES = [
    None,
    True,
    0,
    -3,
    10**400,
    1.5,
    float("nan"),
    float("inf"),
    "",
    " ",
    "text",
    "a\x00b",
    "x" * 5000,
    "~nobody-at-all/$X/{y}",
    [],
    {},
    [None],
    [[]],
    [{}],
    [[1, 2]],
    [1, "two"],
    ["D0"],
    {"name": 1},
    [{"name": ["D0"]}],
    {"D0": {"to": 3}},
    {"": ""},
]


def answer(key: str, value: object) -> str | None:
    """Return the sentence a value is refused with; None when it is understood."""
    tree: dict = {"data_file": "a.npy", "metadata": {}}
    put(tree, key, value)
    try:
        run = run_file_from_tree(tree, path=None, settings={})
    except InputError as error:
        return str(error)
    dump_tree(resolved_tree(run, request=run.request, setup=run.setup))
    return None


@pytest.mark.parametrize("key", KEYS)
def test_any_value_is_understood_or_answered_with_a_sentence(key):
    answers = [answer(key, value) for value in VALUES]
    refused = [a for a in answers if a is not None]
    assert 0 < len(refused) < len(VALUES)
    assert all("expected" in a and "\n" not in a for a in refused)
