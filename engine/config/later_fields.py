"""Fields of parts that this version does not have yet: checked, kept, said to be so."""

from engine.config.choices import LOSSES
from engine.config.fields import NLSQ, Field, NotYet, section
from engine.config.kinds import (
    ANY_NUMBER,
    COUNT,
    COUNT_OR_0,
    INSIDE_1,
    POSITIVE,
    SHARE,
    UP_TO_1,
    WHOLE,
    YES_NO,
    Choice,
    Listing,
    choice,
)
from engine.setup import Loss

_STARTS = NotYet("fits from several starts are not part of this version")
_GLOBAL = NotYet("the global search (CMA-ES) is not part of this version")
_LAYER = NotYet("this anti-degeneracy layer is not part of this version")

MULTI_START = section(
    NLSQ + "multi_start.",
    "multi_start_",
    (
        Field("enable", YES_NO, False, _STARTS, flat="enable_multi_start"),
        Field("n_starts", COUNT, 10, _STARTS),
        Field("seed", WHOLE, 42, _STARTS),
        Field(
            "sampling_strategy",
            choice("latin_hypercube", "random"),
            "latin_hypercube",
            _STARTS,
        ),
        Field("n_workers", COUNT_OR_0, 0, _STARTS),
        Field("use_screening", YES_NO, True, _STARTS),
        Field("screen_keep_fraction", UP_TO_1, 0.5, _STARTS),
        Field("refine_top_k", COUNT_OR_0, 3, _STARTS),
        Field("refinement_ftol", POSITIVE, 1e-12, _STARTS),
        Field("degeneracy_threshold", INSIDE_1, 0.1, _STARTS),
        Field("custom_starts", Listing(), None, _STARTS),
    ),
)

CMAES = section(
    NLSQ + "cmaes.",
    "cmaes_",
    (
        Field("enable", YES_NO, False, _GLOBAL, flat="enable_cmaes"),
        Field(
            "preset",
            choice("cmaes-fast", "cmaes", "cmaes-global"),
            "cmaes",
            _GLOBAL,
        ),
        Field("max_generations", COUNT, None, _GLOBAL),
        Field("popsize", COUNT, None, _GLOBAL),
        Field("sigma", UP_TO_1, 0.5, _GLOBAL),
        Field("sigma_warmstart", UP_TO_1, 0.05, _GLOBAL),
        Field("nlsq_warmstart", YES_NO, True, _GLOBAL),
        Field("warmstart_auto_skip", YES_NO, True, _GLOBAL),
        Field("warmstart_skip_threshold", POSITIVE, 5.0, _GLOBAL),
        Field("tol_fun", POSITIVE, 1e-8, _GLOBAL),
        Field("tol_x", POSITIVE, 1e-8, _GLOBAL),
        Field("restart_strategy", choice("none", "bipop"), "bipop", _GLOBAL),
        Field("max_restarts", COUNT_OR_0, 9, _GLOBAL),
        Field("population_batch_size", COUNT, None, _GLOBAL),
        Field("data_chunk_size", COUNT, None, _GLOBAL),
        Field("diagonal_filtering", choice("remove", "none"), "remove", _GLOBAL),
        Field("auto_select", YES_NO, True, _GLOBAL),
        Field("scale_threshold", POSITIVE, 1000.0, _GLOBAL),
        Field("memory_limit_gb", POSITIVE, 8.0, _GLOBAL),
        Field("refine_with_nlsq", YES_NO, True, _GLOBAL),
        Field(
            "refinement_workflow",
            choice("auto", "standard", "streaming"),
            "auto",
            _GLOBAL,
        ),
        Field("refinement_ftol", POSITIVE, 1e-10, _GLOBAL),
        Field("refinement_xtol", POSITIVE, 1e-10, _GLOBAL),
        Field("refinement_gtol", POSITIVE, 1e-10, _GLOBAL),
        Field("refinement_max_nfev", COUNT, 500, _GLOBAL),
        Field("refinement_loss", Choice(LOSSES), Loss.LINEAR, _GLOBAL),
        Field("normalize", YES_NO, True, _GLOBAL),
        Field("normalization_epsilon", POSITIVE, 1e-12, _GLOBAL),
    ),
)

_PREFIX = NLSQ + "anti_degeneracy."
LAYERS = (
    *section(
        _PREFIX,
        None,
        (
            Field("enable", YES_NO, True, _LAYER),
            Field("fourier_order", COUNT, 2, _LAYER, flat="fourier_order"),
            Field(
                "fourier_auto_threshold",
                COUNT,
                6,
                _LAYER,
                flat="fourier_auto_threshold",
            ),
            Field(
                "constant_scaling_threshold",
                COUNT,
                3,
                _LAYER,
                flat="constant_scaling_threshold",
            ),
        ),
    ),
    *section(
        _PREFIX + "hierarchical.",
        "hierarchical_",
        (
            Field("enable", YES_NO, True, _LAYER, flat="enable_hierarchical"),
            Field("max_outer_iterations", COUNT, 5, _LAYER),
            Field("outer_tolerance", POSITIVE, 1e-6, _LAYER),
            Field("physical_max_iterations", COUNT, 100, _LAYER),
            Field("per_angle_max_iterations", COUNT, 50, _LAYER),
        ),
    ),
    *section(
        _PREFIX + "regularization.",
        "regularization_",
        (
            Field("mode", choice("absolute", "relative", "auto"), "relative", _LAYER),
            Field("lambda", POSITIVE, 1.0, _LAYER, flat="group_variance_lambda"),
            Field("target_cv", INSIDE_1, 0.10, _LAYER),
            Field("target_contribution", INSIDE_1, 0.10, _LAYER),
            Field("max_cv", INSIDE_1, 0.20, _LAYER),
            Field("auto_tune_lambda", YES_NO, True, _LAYER),
        ),
    ),
    *section(
        _PREFIX + "regularization.",
        None,
        (Field("enable", YES_NO, False, _LAYER),),
    ),
    *section(
        _PREFIX + "gradient_monitoring.",
        "gradient_",
        (
            Field("enable", YES_NO, True, _LAYER, flat="enable_gradient_monitoring"),
            Field("ratio_threshold", POSITIVE, 0.01, _LAYER),
            Field("consecutive_triggers", COUNT, 5, _LAYER),
            Field(
                "response",
                choice("warn", "hierarchical", "reset", "abort"),
                "hierarchical",
                _LAYER,
                flat="gradient_collapse_response",
            ),
        ),
    ),
    *section(
        _PREFIX + "gradient_monitoring.",
        None,
        (
            Field("check_interval", COUNT, None, _LAYER),
            Field("watch_parameters", Listing(), None, _LAYER),
            Field("watch_threshold", POSITIVE, None, _LAYER),
            Field("watch_min_iteration", COUNT_OR_0, None, _LAYER),
            Field("watch_consecutive_triggers", COUNT, None, _LAYER),
            Field("lambda_multiplier_on_collapse", POSITIVE, None, _LAYER),
            Field("reset_per_angle_to_mean", YES_NO, None, _LAYER),
        ),
    ),
    *section(
        _PREFIX + "shear_weighting.",
        None,
        (
            Field("enable", YES_NO, True, _LAYER),
            Field("alpha", ANY_NUMBER, 1.0, _LAYER),
            Field("min_weight", SHARE, 0.3, _LAYER),
            Field("update_frequency", COUNT, 1, _LAYER),
            Field("normalize", YES_NO, True, _LAYER),
            Field("initial_phi0", ANY_NUMBER, None, _LAYER),
        ),
    ),
)

LATER = (*LAYERS, *MULTI_START, *CMAES)
