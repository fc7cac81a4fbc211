"""Fields of strategy, scaling, and the sections beside ``optimization.nlsq``."""

from engine.config.choices import SCALINGS, STRATEGIES
from engine.config.fields import NLSQ, Field, NoEffect, To, section
from engine.config.kinds import (
    ANY_NUMBER,
    COUNT,
    COUNT_OR_0,
    POSITIVE,
    SHARE,
    YES_NO,
    Choice,
    Switch,
    choice,
)
from engine.setup import Scaling, Strategy

_TOGETHER = NoEffect("the angles are always fitted together")
_EVERY_ANGLE = NoEffect("every chunk carries every angle by construction")
_ALL_PIXELS = NoEffect("every step is judged on all pixels")
_RECOVERY = NoEffect("optimization.nlsq.recovery says what is done after a failure")
_UNITS = NoEffect("the solver brings all parameters to one scale by itself")

PLACE = (
    Field(
        "performance.strategy_override",
        Choice(STRATEGIES, unnamed=Strategy.AUTO),
        Strategy.AUTO,
        To("strategy", "where the data live during the fit; null: chosen"),
    ),
    Field(
        NLSQ + "use_streaming",
        Switch(Strategy.STREAMING),
        None,
        To("strategy", "true: streaming, unless strategy_override is given"),
    ),
)

SCALING = section(
    NLSQ + "anti_degeneracy.",
    None,
    (
        Field(
            "per_angle_mode",
            Choice(SCALINGS),
            Scaling.INDIVIDUAL,
            To(
                "scaling",
                "how contrast and offset vary with the angle; the default of models "
                "with shear is auto",
            ),
            flat="per_angle_mode",
        ),
    ),
)

TRANSFORMS = section(
    NLSQ + "shear_transforms.",
    None,
    (
        Field("enable_gamma_dot_log", YES_NO, False, _UNITS),
        Field("enable_beta_centering", YES_NO, False, _UNITS),
        Field("beta_reference", ANY_NUMBER, 0.0, _UNITS),
    ),
)

BESIDE = (
    *section(
        "optimization.",
        None,
        (
            Field("fast_chi2_mode", YES_NO, False, _ALL_PIXELS),
            Field(
                "max_iterations",
                COUNT,
                50,
                NoEffect("optimization.nlsq.max_iterations holds in every strategy"),
            ),
        ),
    ),
    *section(
        "optimization.streaming.",
        None,
        (
            Field(
                "checkpoint_frequency",
                COUNT,
                10,
                NoEffect(
                    "it counts batches of an optimiser that is not used; "
                    "optimization.nlsq.hybrid_streaming.checkpoint_frequency counts "
                    "iterations"
                ),
            ),
            Field(
                "resume_from_checkpoint",
                YES_NO,
                None,
                NoEffect("a fit is continued when --resume says so"),
            ),
            Field(
                "keep_last_checkpoints",
                COUNT_OR_0,
                3,
                NoEffect("a fit has one checkpoint, the last"),
            ),
            Field("enable_fault_tolerance", YES_NO, None, _RECOVERY),
            Field("max_retries_per_batch", COUNT_OR_0, 2, _RECOVERY),
            Field("min_success_rate", SHARE, 0.5, _RECOVERY),
            Field("batch_size", COUNT, None, _ALL_PIXELS),
            Field("adaptive_batching", YES_NO, None, _ALL_PIXELS),
        ),
    ),
    *section(
        "optimization.stratification.",
        None,
        (
            Field(
                "enabled",
                Choice({"auto": "auto", "true": True, "false": False}),
                "auto",
                _EVERY_ANGLE,
            ),
            Field("max_imbalance_ratio", POSITIVE, 5.0, _EVERY_ANGLE),
            Field("force_sequential_fallback", YES_NO, False, _TOGETHER),
            Field(
                "check_memory_safety",
                YES_NO,
                True,
                NoEffect("the memory needed is always estimated"),
            ),
            Field("use_index_based", YES_NO, False, _EVERY_ANGLE),
            Field("collect_diagnostics", YES_NO, False, _EVERY_ANGLE),
            Field("log_diagnostics", YES_NO, False, _EVERY_ANGLE),
        ),
    ),
    *section(
        "optimization.sequential.",
        None,
        (
            Field("min_success_rate", SHARE, 0.5, _TOGETHER),
            Field(
                "weighting",
                choice("inverse_variance", "uniform", "n_points"),
                "inverse_variance",
                _TOGETHER,
            ),
        ),
    ),
)
