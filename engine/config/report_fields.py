"""Fields of what is said about a fit: its progress, its quality, its statistics."""

from engine.config.choices import VERBOSITIES
from engine.config.fields import NLSQ, Field, NoEffect, NotYet, To, section
from engine.config.kinds import COUNT, NOT_NEGATIVE, POSITIVE, YES_NO, Choice
from engine.options import Verbosity

QUALITY = section(
    NLSQ + "quality_validation.",
    "quality_",
    (
        Field(
            "enable",
            YES_NO,
            True,
            To("options.quality.enable", "false: none of the warnings below"),
            flat="enable_quality_validation",
        ),
        Field(
            "reduced_chi_squared_threshold",
            POSITIVE,
            10.0,
            To(
                "options.quality.reduced_chi_squared_threshold",
                "reduced χ² above which it is said to be so",
            ),
        ),
        Field(
            "warn_on_bounds_hit",
            YES_NO,
            True,
            To(
                "options.quality.warn_on_bounds_hit",
                "whether it is said what is at a bound",
            ),
        ),
        Field(
            "warn_on_convergence_failure",
            YES_NO,
            True,
            To(
                "options.quality.warn_on_convergence_failure",
                "whether a fit that did not converge is among the warnings",
            ),
        ),
        Field(
            "bounds_tolerance",
            NOT_NEGATIVE,
            1e-9,
            To(
                "options.quality.bounds_tolerance",
                "nearer than this × (1 + |bound|) is at the bound",
            ),
        ),
        Field(
            "warn_on_max_restarts",
            YES_NO,
            True,
            NotYet("the global search (CMA-ES) is not part of this version"),
        ),
    ),
)

DIAGNOSTICS = section(
    NLSQ + "diagnostics.",
    None,
    (
        Field(
            "enable",
            YES_NO,
            True,
            To(
                "options.diagnostics",
                "whether the record holds statistics of the normal matrix and steps",
            ),
            flat="enable_diagnostics",
            also=(NLSQ + "diagnostics.enabled",),
        ),
        Field(
            "sample_size",
            COUNT,
            2048,
            NoEffect("the statistics are those of every pixel"),
        ),
        Field(
            "check_gradients",
            YES_NO,
            False,
            NoEffect("derivatives are exact, so there is nothing to check"),
        ),
        Field(
            "log_jacobian_norms",
            YES_NO,
            False,
            NoEffect("optimization.nlsq.diagnostics.enable decides on all of it"),
        ),
    ),
)

PROGRESS = section(
    NLSQ + "progress.",
    None,
    (
        Field(
            "enable",
            YES_NO,
            True,
            To("options.progress.bar", "false: plain lines on a terminal too"),
            flat="enable_progress_bar",
        ),
        Field(
            "verbose",
            Choice(VERBOSITIES),
            Verbosity.STEPS,
            To(
                "options.progress.verbosity",
                "0: no steps; 1: steps; 2: with the values of the parameters",
            ),
            flat="verbose",
        ),
        Field(
            "log_interval",
            COUNT,
            10,
            To(
                "options.progress.log_interval",
                "with verbose 2: of all steps, every which one shows its values",
            ),
            flat="log_iteration_interval",
        ),
    ),
)
