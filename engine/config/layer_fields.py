"""The fields of ``optimization.nlsq.anti_degeneracy``: the layers against degeneracy.

The scaling mode itself is in `engine.config.other_fields`; what archived runs mean by
some of the keys is in `engine.config.layers`.
"""

from engine.config.choices import CV_MODES
from engine.config.fields import NLSQ, Field, NoEffect, To, section
from engine.config.kinds import (
    COUNT,
    INSIDE_1,
    POSITIVE,
    YES_NO,
    Choice,
)
from engine.config.monitor_fields import MONITOR, SHEAR_WEIGHTING
from engine.layer_options import CvMode

_PREFIX = NLSQ + "anti_degeneracy."
_TARGET = "options.layers."


def _to(target: str, meaning: str) -> To:
    return To(_TARGET + target, meaning)


SCALING_MODES = (
    *section(
        _PREFIX,
        None,
        (
            Field(
                "enable",
                YES_NO,
                True,
                _to("enable", "false: layers 2 to 5 are off, and auto is individual"),
            ),
            Field(
                "fourier_order",
                COUNT,
                2,
                _to("scaling.fourier_order", "highest harmonic of fourier"),
                flat="fourier_order",
            ),
            Field(
                "fourier_auto_threshold",
                COUNT,
                6,
                _to(
                    "scaling.fourier_auto_threshold",
                    "angles above which auto may choose fourier",
                ),
                flat="fourier_auto_threshold",
            ),
            Field(
                "constant_scaling_threshold",
                COUNT,
                3,
                _to(
                    "scaling.constant_scaling_threshold",
                    "angles from which auto begins with one pair for all",
                ),
                flat="constant_scaling_threshold",
            ),
            Field(
                "compare_scaling",
                YES_NO,
                False,
                _to(
                    "scaling.compare",
                    "*new*; whether the fit ends with a comparison of all modes",
                ),
            ),
            Field(
                "execute_layers",
                YES_NO,
                None,
                NoEffect("a layer that is switched on acts"),
            ),
        ),
    ),
    *section(
        _PREFIX + "score_test.",
        None,
        (
            Field(
                "enable",
                YES_NO,
                True,
                _to(
                    "scaling.score_test",
                    "*new*; whether shared contrasts and offsets are tested",
                ),
            ),
            Field(
                "p_value",
                INSIDE_1,
                1e-3,
                _to(
                    "scaling.score_p_value",
                    "*new*; probability of chance below which a wider mode is asked "
                    "for",
                ),
            ),
            Field(
                "max_shift_sigma",
                POSITIVE,
                0.3,
                _to(
                    "scaling.score_max_shift",
                    "*new*; shift of a parameter, in standard errors, from which it is",
                ),
            ),
        ),
    ),
)

HIERARCHICAL = section(
    _PREFIX + "hierarchical.",
    "hierarchical_",
    (
        Field(
            "enable",
            YES_NO,
            True,
            _to(
                "hierarchical.enable",
                "layer 2: physical parameters with the scaling eliminated",
            ),
            flat="enable_hierarchical",
        ),
        Field(
            "max_outer_iterations",
            COUNT,
            5,
            _to(
                "hierarchical.max_outer_iterations",
                "alternations, where the elimination is impossible",
            ),
        ),
        Field(
            "outer_tolerance",
            POSITIVE,
            1e-6,
            _to(
                "hierarchical.outer_tolerance",
                "relative change of the parameters that ends them",
            ),
        ),
        Field(
            "physical_max_iterations",
            COUNT,
            100,
            _to("hierarchical.physical_max_iterations", "steps of one physical stage"),
        ),
        Field(
            "per_angle_max_iterations",
            COUNT,
            50,
            _to("hierarchical.per_angle_max_iterations", "steps of one scaling stage"),
        ),
    ),
)

REGULARIZATION = section(
    _PREFIX + "regularization.",
    None,
    (
        Field(
            "enable",
            YES_NO,
            False,
            _to(
                "regularization.enable",
                "layer 3: penalty on contrasts and offsets that vary with the angle",
            ),
        ),
    ),
) + section(
    _PREFIX + "regularization.",
    "regularization_",
    (
        Field(
            "mode",
            Choice(CV_MODES),
            CvMode.RELATIVE,
            _to(
                "regularization.mode",
                "the penalty is on the variance, or on the squared CV; auto: relative "
                "for more than five values",
            ),
        ),
        Field(
            "lambda",
            POSITIVE,
            None,
            _to(
                "regularization.strength",
                "λ; null: tuned, or 1 without auto_tune_lambda",
            ),
            flat="group_variance_lambda",
        ),
        Field(
            "auto_tune_lambda",
            YES_NO,
            True,
            _to("regularization.auto_tune", "whether a λ that is not given is tuned"),
        ),
        Field(
            "target_cv",
            INSIDE_1,
            0.10,
            _to("regularization.target_cv", "CV at which λ is tuned"),
        ),
        Field(
            "target_contribution",
            INSIDE_1,
            0.10,
            _to(
                "regularization.target_contribution",
                "part of χ² that the penalty of a group then has",
            ),
        ),
        Field(
            "max_cv",
            INSIDE_1,
            0.20,
            _to("regularization.max_cv", "CV above which it is said, in every fit"),
        ),
    ),
)

LAYERS = (
    *SCALING_MODES,
    *HIERARCHICAL,
    *REGULARIZATION,
    *MONITOR,
    *SHEAR_WEIGHTING,
)
