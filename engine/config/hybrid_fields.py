"""The fields of ``optimization.nlsq.hybrid_streaming``: the phases of streaming."""

from engine.config.choices import NORMALIZATIONS
from engine.config.fields import NLSQ, Field, NoEffect, To, section
from engine.config.kinds import (
    COUNT,
    COUNT_OR_0,
    INSIDE_1,
    NOT_NEGATIVE,
    POSITIVE,
    YES_NO,
    Choice,
    Folder,
    Listing,
)
from engine.options import Normalization

_LINE_SEARCH = NoEffect(
    "the warm-up finds the length of its steps by a line search; the key dates from a "
    "first-order warm-up"
)
_ONE_COST = NoEffect("both phases minimise the cost of the fit itself")
_PROGRESS = NoEffect("optimization.nlsq.progress says how much is shown")
_SECTION = NLSQ + "hybrid_streaming."
_OLD = "optimization.streaming."

PHASES = section(
    _SECTION,
    "hybrid_",
    (
        Field(
            "enable",
            YES_NO,
            True,
            To(
                "options.hybrid.enable",
                "false: streaming runs as chunked, without the warm-up",
            ),
            flat="enable_hybrid_streaming",
        ),
        Field(
            "normalize",
            YES_NO,
            True,
            To("options.hybrid.normalize", "whether the warm-up scales parameters"),
        ),
        Field(
            "normalization_strategy",
            Choice(NORMALIZATIONS),
            Normalization.AUTO,
            To(
                "options.hybrid.normalization",
                "to which scale: that of the bounds, or that of the start values (p0)",
            ),
        ),
        Field(
            "gauss_newton_max_iterations",
            COUNT,
            100,
            To("options.hybrid.gauss_newton_max_iterations", "of phase 2"),
        ),
        Field(
            "gauss_newton_tol",
            POSITIVE,
            1e-8,
            To("options.hybrid.gauss_newton_tol", "tolerance of phase 2"),
        ),
        Field(
            "chunk_size",
            COUNT,
            None,
            To(
                "options.chunks.streaming_points",
                "pixels of a chunk, rounded up to whole tiles; null: as "
                "optimization.nlsq.stratified.target_chunk_size",
            ),
        ),
        Field(
            "trust_region_initial",
            POSITIVE,
            1.0,
            To(
                "options.hybrid.trust_region_initial",
                "longest first step of phase 2, in normalised units",
            ),
        ),
        Field(
            "regularization_factor",
            NOT_NEGATIVE,
            1e-10,
            To(
                "options.hybrid.regularization_factor",
                "least damping, relative to the diagonal of the normal matrix",
            ),
        ),
        Field(
            "validate_numerics",
            YES_NO,
            True,
            To(
                "options.hybrid.validate_numerics",
                "whether a step that is not finite is tried again, shorter",
            ),
        ),
        Field("verbose", COUNT_OR_0, 1, _PROGRESS),
        Field("log_frequency", COUNT, 1, _PROGRESS),
    ),
)

CHUNKS_OF_OLD = section(
    NLSQ + "streaming.",
    None,
    (
        Field(
            "chunk_size",
            COUNT,
            None,
            To(
                "options.chunks.streaming_points",
                "the same as optimization.nlsq.hybrid_streaming.chunk_size, which wins",
            ),
            flat="streaming_chunk_size",
        ),
    ),
)

CHECKPOINTS = section(
    _SECTION,
    "hybrid_",
    (
        Field(
            "enable_checkpoints",
            YES_NO,
            True,
            To(
                "options.hybrid.enable_checkpoints",
                "whether a streaming fit can be continued with `--resume`",
            ),
            also=(_OLD + "enable_checkpoints",),
        ),
        Field(
            "checkpoint_frequency",
            COUNT,
            None,
            To(
                "options.hybrid.checkpoint_frequency",
                "iterations between checkpoints; null: after every accepted step",
            ),
        ),
        Field(
            "checkpoint_dir",
            Folder(),
            None,
            To(
                "options.hybrid.checkpoint_dir",
                "folder of checkpoints; null: hidden, beside the result folder",
            ),
            also=(_OLD + "checkpoint_dir",),
        ),
    ),
)

WARM_UP = section(
    _SECTION,
    "hybrid_",
    (
        Field(
            "warmup_iterations",
            COUNT,
            None,
            To(
                "options.hybrid.warmup_iterations",
                "least iterations of the warm-up; null: it ends when that pays",
            ),
        ),
        Field(
            "max_warmup_iterations",
            COUNT,
            500,
            To("options.hybrid.max_warmup_iterations", "most iterations of it"),
        ),
        Field("warmup_learning_rate", POSITIVE, 0.001, _LINE_SEARCH),
        Field("warmup_lr_refinement", POSITIVE, 1e-6, _LINE_SEARCH),
        Field("warmup_lr_careful", POSITIVE, 1e-5, _LINE_SEARCH),
        Field(
            "enable_warm_start_detection",
            YES_NO,
            True,
            To(
                "options.hybrid.warm_start_detection",
                "whether a good start needs no warm-up",
            ),
        ),
        Field(
            "warm_start_threshold",
            POSITIVE,
            0.01,
            To(
                "options.hybrid.warm_start_threshold",
                "good: loss below so much of the variance of the data",
            ),
        ),
        Field(
            "enable_adaptive_warmup_lr",
            YES_NO,
            True,
            To(
                "options.hybrid.adaptive_rate",
                "whether the first step depends on how good the start is",
            ),
        ),
        Field(
            "enable_cost_guard",
            YES_NO,
            True,
            To(
                "options.hybrid.cost_guard",
                "whether a rise of the cost ends the warm-up",
            ),
        ),
        Field(
            "cost_increase_tolerance",
            INSIDE_1,
            0.05,
            To(
                "options.hybrid.cost_increase_tolerance",
                "that rise, relative to the cost at the start",
            ),
        ),
        Field(
            "enable_step_clipping",
            YES_NO,
            True,
            To("options.hybrid.step_clipping", "whether steps of the warm-up are cut"),
        ),
        Field(
            "max_warmup_step_size",
            POSITIVE,
            0.1,
            To(
                "options.hybrid.max_warmup_step_size",
                "longest step of the warm-up, in normalised units",
            ),
        ),
        Field("use_learning_rate_schedule", YES_NO, False, _LINE_SEARCH),
        Field("lr_schedule_warmup_steps", COUNT_OR_0, None, _LINE_SEARCH),
        Field("lr_schedule_decay_steps", COUNT_OR_0, None, _LINE_SEARCH),
        Field("lr_schedule_end_value", NOT_NEGATIVE, None, _LINE_SEARCH),
        Field("enable_group_variance_regularization", YES_NO, False, _ONE_COST),
        Field("group_variance_lambda", NOT_NEGATIVE, None, _ONE_COST),
        Field("group_variance_indices", Listing(), None, _ONE_COST),
    ),
)

HYBRID = (*PHASES, *WARM_UP, *CHECKPOINTS, *CHUNKS_OF_OLD)
