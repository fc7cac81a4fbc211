"""Sections of archived run files that are known and have no effect, with the why.

One row is (prefix, names, reason). A name ending in ``*`` stands for everything below
it; ``[]`` stands for any element of a list. Keys that do have an effect are not listed:
the reader remembers which ones it asked for. The options of a fit, whose values are
checked, are in `engine.config.table`.
"""

REMARK = "a remark; has no effect"
"""Reason of keys that no program ever read: they are text for people."""
_INFORMATION = REMARK
_PEERS = "had no effect in the original program either"
_OWN_MEMORY = "belongs to the original program's memory handling; Twotime has its own"
_SAMPLING = "belongs to posterior sampling, which Twotime does not do"
_LEGACY_SOLVER = "belongs to the optimisers of homodyne-analysis"
_PROGRAM = "belongs to the original program's screen, logs or files"
_CACHE = "Twotime keeps no cache of matrices"
_BY_CONTENT = "the layout of a data file is found by its content"
_FILTER = "not applied by Twotime; choose angles with phi_filtering"
_CHECKS = "Twotime has its own checks of the data"

_NLSQ = "optimization.nlsq."

INERT: tuple[tuple[str, str, str], ...] = (
    ("", "metadata.* simulation.*", _INFORMATION),
    ("", "noise_estimation.*", _PEERS),
    ("", "logging.* plotting.* output.*", _PROGRAM),
    ("", "quality_control.* validation.*", _CHECKS),
    ("", "data_filtering.* q_tolerance_fraction", _FILTER),
    ("", "output_settings.* workflow_integration.*", _PROGRAM),
    ("", "advanced_settings.* performance_settings.*", _LEGACY_SOLVER),
    ("", "validation_rules.*", _CHECKS),
    ("analysis_settings.", "model_description.* static_submode", _INFORMATION),
    ("experimental_data.", "data_type file_format exchange_key", _BY_CONTENT),
    ("experimental_data.", "description", _INFORMATION),
    ("experimental_data.", "cache_compression", _CACHE),
    (
        "experimental_data.",
        "preprocessing.* apply_diagonal_correction",
        "the diagonal is never fitted and the data are taken as measured",
    ),
    (
        "experimental_data.",
        "sample_detector_distance",
        "is not the gap, which the original program took it for",
    ),
    ("analyzer_parameters.", "description", _INFORMATION),
    ("analyzer_parameters.", "computational.*", _OWN_MEMORY),
    ("analyzer_parameters.", "frame_step", "every frame of the window is read"),
    ("analyzer_parameters.temporal.", "dt_unit frame_description", _INFORMATION),
    (
        "analyzer_parameters.scattering.",
        "q_unit q_description typical_range description",
        _INFORMATION,
    ),
    (
        "analyzer_parameters.geometry.",
        "gap_unit gap_description gap_in_microns description",
        _INFORMATION,
    ),
    ("phi_filtering.", "description", _INFORMATION),
    (
        "phi_filtering.",
        "algorithm tolerance angle_tolerance quality_control.*",
        _PEERS,
    ),
    ("phi_filtering.target_ranges[].", "description", _INFORMATION),
    (
        "optimization_config.angle_filtering.",
        "performance_impact.* target_ranges[].description description",
        _INFORMATION,
    ),
    ("optimization_config.", "description", _INFORMATION),
    (
        "optimization_config.",
        "classical_optimization.* bayesian_optimization.* robust_optimization.*",
        _LEGACY_SOLVER,
    ),
    ("optimization_config.", "mcmc_sampling.*", _SAMPLING),
    (
        "optimization_config.",
        "scaling_parameters.*",
        "contrast and offset are fitted within parameter_space.bounds",
    ),
    (
        "initial_parameters.",
        "units parameter_units physical_meaning.* model_equations.* description "
        "parameter_estimation_tips.*",
        _INFORMATION,
    ),
    ("parameter_space.", "model description", _INFORMATION),
    ("parameter_space.", "priors.*", _SAMPLING),
    ("parameter_space.bounds[].", "type prior_mu prior_sigma", _SAMPLING),
    (
        "parameter_space.bounds[].",
        "unit physical_constraint description",
        _INFORMATION,
    ),
    ("optimization.", "description", _INFORMATION),
    ("optimization.", "mcmc.* cmc.*", _SAMPLING),
    ("optimization.", "subsampling.* curve_fit_large.*", _PEERS),
    (_NLSQ, "description", _INFORMATION),
    (_NLSQ, "enable_dataset_size_thresholds", _OWN_MEMORY),
    ("performance.", "memory_limit_gb computation.*", _PEERS),
    (
        "performance.",
        "optimization_enabled caching_strategy cache_dir memory_monitoring "
        "parallel_loading chunk_size caching.* memory.* data_loading.* device.* "
        "num_threads enable_caching cpu_threads description",
        _OWN_MEMORY,
    ),
)


def inert_patterns() -> dict[str, str]:
    """Return every pattern of the table with its reason."""
    return {
        prefix + name: reason
        for prefix, names, reason in INERT
        for name in names.split()
    }
