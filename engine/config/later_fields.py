"""Fields of parts that this version does not have yet: checked, kept, said to be so."""

from engine.config.choices import LOSSES
from engine.config.fields import NLSQ, Field, NotYet, section
from engine.config.kinds import (
    COUNT,
    COUNT_OR_0,
    INSIDE_1,
    POSITIVE,
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

LATER = (*MULTI_START, *CMAES)
