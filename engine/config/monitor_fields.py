"""The fields of layers 4 and 5 against degeneracy: the monitor and the weights."""

from engine.config.choices import RESPONSES
from engine.config.fields import NLSQ, Field, To, section
from engine.config.kinds import (
    ANY_NUMBER,
    COUNT,
    COUNT_OR_0,
    POSITIVE,
    SHARE,
    YES_NO,
    Choice,
)
from engine.config.name_kinds import ParameterNames
from engine.layer_options import CollapseResponse

_PREFIX = NLSQ + "anti_degeneracy."
_TARGET = "options.layers."


def _to(target: str, meaning: str) -> To:
    return To(_TARGET + target, meaning)


MONITOR = section(
    _PREFIX + "gradient_monitoring.",
    "gradient_",
    (
        Field(
            "enable",
            YES_NO,
            True,
            _to("monitor.enable", "layer 4: watches for a shear rate that collapses"),
            flat="enable_gradient_monitoring",
        ),
        Field(
            "ratio_threshold",
            POSITIVE,
            0.01,
            _to(
                "monitor.ratio_threshold",
                "ratio of the scaled gradients of physics and scaling that triggers",
            ),
        ),
        Field(
            "consecutive_triggers",
            COUNT,
            5,
            _to("monitor.consecutive_triggers", "checks in a row that have to trigger"),
        ),
        Field(
            "response",
            Choice(RESPONSES),
            CollapseResponse.HIERARCHICAL,
            _to("monitor.response", "what is then done"),
            flat="gradient_collapse_response",
        ),
    ),
) + section(
    _PREFIX + "gradient_monitoring.",
    None,
    (
        Field(
            "check_interval",
            COUNT,
            1,
            _to("monitor.check_interval", "accepted steps between two checks"),
        ),
        Field(
            "watch_parameters",
            ParameterNames(),
            ("gamma_dot_t0",),
            _to("monitor.watch_parameters", "parameters that are watched one by one"),
        ),
        Field(
            "watch_threshold",
            POSITIVE,
            1.0,
            _to(
                "monitor.watch_threshold",
                "signal to noise of one of them that triggers",
            ),
        ),
        Field(
            "watch_min_iteration",
            COUNT_OR_0,
            5,
            _to("monitor.watch_min_iteration", "accepted steps before the first check"),
        ),
        Field(
            "watch_consecutive_triggers",
            COUNT,
            3,
            _to(
                "monitor.watch_consecutive_triggers",
                "checks in a row that have to trigger",
            ),
        ),
        Field(
            "lambda_multiplier_on_collapse",
            POSITIVE,
            10.0,
            _to(
                "monitor.lambda_multiplier",
                "factor of a response for λ, where layer 3 is on",
            ),
        ),
        Field(
            "reset_per_angle_to_mean",
            YES_NO,
            True,
            _to(
                "monitor.reset_to_mean",
                "reset: the mean for every angle; false: the estimate at that point",
            ),
        ),
    ),
)

SHEAR_WEIGHTING = section(
    _PREFIX + "shear_weighting.",
    None,
    (
        Field(
            "enable",
            YES_NO,
            False,
            _to(
                "shear_weighting.enable",
                "layer 5: angles along the flow weigh more on the way",
            ),
        ),
        Field(
            "alpha",
            POSITIVE,
            1.0,
            _to("shear_weighting.alpha", "exponent of |cos(φ₀ - φ)|"),
        ),
        Field(
            "min_weight",
            SHARE,
            0.3,
            _to("shear_weighting.min_weight", "weight of a perpendicular angle"),
        ),
        Field(
            "update_frequency",
            COUNT,
            1,
            _to(
                "shear_weighting.update_frequency",
                "accepted steps after which φ₀ is read again",
            ),
        ),
        Field(
            "normalize",
            YES_NO,
            True,
            _to("shear_weighting.normalize", "whether the weights have a mean of 1"),
        ),
        Field(
            "initial_phi0",
            ANY_NUMBER,
            None,
            _to(
                "shear_weighting.initial_phi0",
                "flow direction of the first weights [°]; null: the start value",
            ),
        ),
        Field(
            "polish",
            YES_NO,
            True,
            _to(
                "shear_weighting.polish",
                "*new*; whether the fit ends with equal weights",
            ),
        ),
    ),
)
