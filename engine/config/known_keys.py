"""Keys of archived run files that Twotime knows and that have no effect, with the why.

One row is (prefix, names, reason). A name ending in ``*`` stands for everything below
it; ``[]`` stands for any element of a list. Keys that do have an effect are not listed:
the reader remembers which ones it asked for.
"""

REMARK = "a remark; has no effect"
"""Reason of keys that no program ever read: they are text for people."""
_INFORMATION = REMARK
_PEERS = "had no effect in the original program either"
_OWN_SOLVER = "belongs to the original solver; Twotime's scales and recovers by itself"
_OWN_MEMORY = "belongs to the original program's memory handling; Twotime has its own"
_SAMPLING = "belongs to posterior sampling, which Twotime does not do"
_LEGACY_SOLVER = "belongs to the optimisers of homodyne-analysis"
_NOT_YET_STARTS = "several starts are not available yet"
_NOT_YET_CMAES = "the global search is not available yet"
_NOT_YET_LAYERS = "this anti-degeneracy layer is not available yet"
_NOT_YET_STREAMING = "streaming is not available yet"
_PROGRAM = "belongs to the original program's screen, logs or files"
_CACHE = "Twotime keeps no cache of matrices"
_BY_CONTENT = "the layout of a data file is found by its content"
_FILTER = "not applied by Twotime; choose angles with phi_filtering"
_CHECKS = "Twotime has its own checks of the data"

_NLSQ = "optimization.nlsq."

_HYBRID = (
    "enable normalize normalization_strategy warmup_iterations "
    "max_warmup_iterations warmup_learning_rate gauss_newton_max_iterations "
    "gauss_newton_tol chunk_size trust_region_initial regularization_factor "
    "enable_checkpoints checkpoint_frequency validate_numerics "
    "enable_warm_start_detection warm_start_threshold enable_adaptive_warmup_lr "
    "warmup_lr_refinement warmup_lr_careful enable_cost_guard "
    "cost_increase_tolerance enable_step_clipping max_warmup_step_size verbose "
    "log_frequency use_learning_rate_schedule lr_schedule_warmup_steps "
    "lr_schedule_decay_steps lr_schedule_end_value group_variance_lambda "
    "enable_group_variance_regularization group_variance_indices"
)
_STARTS = (
    "enable n_starts seed sampling_strategy n_workers use_screening "
    "screen_keep_fraction refine_top_k refinement_ftol degeneracy_threshold "
    "custom_starts"
)
_CMAES = (
    "enable preset max_generations popsize sigma sigma_warmstart "
    "warmstart_auto_skip warmstart_skip_threshold tol_fun tol_x restart_strategy "
    "max_restarts population_batch_size data_chunk_size refine_with_nlsq "
    "auto_select scale_threshold memory_limit_gb refinement_workflow "
    "refinement_ftol refinement_xtol refinement_gtol refinement_max_nfev "
    "refinement_loss normalize normalization_epsilon nlsq_warmstart "
    "diagonal_filtering"
)
_HIERARCHICAL = (
    "enable max_outer_iterations outer_tolerance physical_max_iterations "
    "per_angle_max_iterations"
)
_QUALITY = (
    "enable reduced_chi_squared_threshold warn_on_max_restarts "
    "warn_on_bounds_hit warn_on_convergence_failure bounds_tolerance"
)


def _flat(prefix: str, names: str) -> str:
    """Return the names as the original's flat option names."""
    return " ".join(prefix + name for name in names.split())


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
    (
        "optimization.",
        "streaming.* stratification.* sequential.* fast_chi2_mode max_iterations",
        _OWN_MEMORY,
    ),
    ("optimization.", "recovery.*", _PEERS),
    ("optimization.", "subsampling.* curve_fit_large.*", _PEERS),
    (_NLSQ, "memory_fraction memory_threshold_gb verbose goal workflow", _PEERS),
    (_NLSQ, "description", _INFORMATION),
    (
        _NLSQ,
        "trust_region_scale x_scale x_scale_map enable_recovery max_recovery_attempts",
        _OWN_SOLVER,
    ),
    (_NLSQ + "recovery.", "enable max_attempts", _OWN_SOLVER),
    (
        _NLSQ + "shear_transforms.",
        "enable_gamma_dot_log enable_beta_centering beta_reference",
        _OWN_SOLVER,
    ),
    (_NLSQ + "diagnostics.", "enable enabled sample_size check_gradients", _PROGRAM),
    (_NLSQ + "diagnostics.", "log_jacobian_norms", _PROGRAM),
    (_NLSQ + "progress.", "enable verbose log_interval", _PROGRAM),
    (
        _NLSQ,
        "enable_diagnostics enable_progress_bar log_iteration_interval",
        _PROGRAM,
    ),
    (_NLSQ + "streaming.", "enable chunk_size", _OWN_MEMORY),
    (_NLSQ + "stratified.", "enable target_chunk_size", _OWN_MEMORY),
    (
        _NLSQ,
        "enable_streaming streaming_chunk_size enable_stratified target_chunk_size "
        "enable_dataset_size_thresholds",
        _OWN_MEMORY,
    ),
    (_NLSQ, "use_streaming enable_hybrid_streaming", _NOT_YET_STREAMING),
    (_NLSQ, _flat("hybrid_", _HYBRID), _NOT_YET_STREAMING),
    (
        _NLSQ + "hybrid_streaming.",
        _HYBRID,
        _NOT_YET_STREAMING,
    ),
    (_NLSQ, "enable_multi_start " + _flat("multi_start_", _STARTS), _NOT_YET_STARTS),
    (
        _NLSQ + "multi_start.",
        _STARTS,
        _NOT_YET_STARTS,
    ),
    (_NLSQ, "enable_cmaes " + _flat("cmaes_", _CMAES), _NOT_YET_CMAES),
    (
        _NLSQ + "cmaes.",
        _CMAES,
        _NOT_YET_CMAES,
    ),
    (
        _NLSQ + "anti_degeneracy.",
        "enable fourier_order fourier_auto_threshold constant_scaling_threshold "
        "execute_layers",
        _NOT_YET_LAYERS,
    ),
    (
        _NLSQ + "anti_degeneracy.hierarchical.",
        _HIERARCHICAL,
        _NOT_YET_LAYERS,
    ),
    (
        _NLSQ + "anti_degeneracy.regularization.",
        "enable mode lambda target_cv target_contribution max_cv auto_tune_lambda",
        _NOT_YET_LAYERS,
    ),
    (
        _NLSQ + "anti_degeneracy.gradient_monitoring.",
        "enable ratio_threshold consecutive_triggers response check_interval "
        "watch_parameters watch_threshold watch_min_iteration "
        "watch_consecutive_triggers lambda_multiplier_on_collapse "
        "reset_per_angle_to_mean",
        _NOT_YET_LAYERS,
    ),
    (
        _NLSQ + "anti_degeneracy.shear_weighting.",
        "enable alpha min_weight update_frequency normalize initial_phi0",
        _NOT_YET_LAYERS,
    ),
    (
        _NLSQ,
        "fourier_order fourier_auto_threshold constant_scaling_threshold "
        "enable_hierarchical regularization_mode group_variance_lambda "
        "regularization_target_cv regularization_target_contribution "
        "regularization_max_cv regularization_auto_tune_lambda "
        "enable_gradient_monitoring gradient_ratio_threshold "
        "gradient_consecutive_triggers gradient_collapse_response",
        _NOT_YET_LAYERS,
    ),
    (
        _NLSQ + "quality_validation.",
        _QUALITY,
        _CHECKS,
    ),
    (_NLSQ, _flat("hierarchical_", _HIERARCHICAL), _NOT_YET_LAYERS),
    (_NLSQ, "enable_quality_validation " + _flat("quality_", _QUALITY), _CHECKS),
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
