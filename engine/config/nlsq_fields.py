"""Fields of the solver, of memory and of recovery in ``optimization.nlsq``.

One row a field: key, what it may be, default, and where the value goes or why it has no
effect. `engine.config.table` puts the rows of all modules together.
"""

from engine.config.choices import LOSSES
from engine.config.fields import NLSQ, Field, NoEffect, To, section
from engine.config.kinds import (
    COUNT,
    COUNT_OR_0,
    POSITIVE,
    UP_TO_1,
    YES_NO,
    Choice,
    Number,
    Sizes,
    SizesByName,
    Text,
    choice,
)
from engine.options import LARGEST_FRACTION, SMALLEST_FRACTION
from engine.setup import Loss

_INFORMATION = NoEffect("it is informational")
_FRACTION = Number(at_least=SMALLEST_FRACTION, at_most=LARGEST_FRACTION)

MAIN = section(
    NLSQ,
    None,
    (
        Field("workflow", Text(), "auto", _INFORMATION),
        Field(
            "goal",
            choice("fast", "robust", "quality", "memory_efficient"),
            "quality",
            _INFORMATION,
        ),
        Field(
            "loss",
            Choice(LOSSES),
            Loss.LINEAR,
            To("loss", "robust loss; archived runs without the key: soft_l1, and said"),
        ),
        Field(
            "loss_scale",
            Number(above=0.0, meaning="in units of sigma"),
            1.0,
            To("loss_scale", "*new*; where the loss sets in, in units of σ"),
        ),
        Field(
            "max_iterations",
            COUNT,
            200,
            To(
                "tolerances.max_iterations",
                "accepted steps after which the fit gives up",
            ),
        ),
        Field(
            "edm",
            Number(above=0.0, meaning="in units of chi squared"),
            1e-6,
            To(
                "tolerances.edm",
                "*new*; estimated distance to the minimum, in units of χ², at which "
                "it has converged",
            ),
        ),
        Field(
            "ftol",
            POSITIVE,
            None,
            To("tolerances.ftol", "further criterion: relative change of the cost"),
            also=(NLSQ + "tolerance",),
        ),
        Field(
            "xtol",
            POSITIVE,
            None,
            To("tolerances.xtol", "further criterion: relative change of parameters"),
        ),
        Field(
            "gtol",
            POSITIVE,
            None,
            To("tolerances.gtol", "further criterion: scaled gradient"),
        ),
        Field(
            "x_scale",
            Sizes(),
            "jac",
            To(
                "options.steps.x_scale",
                "typical sizes of the parameters, in which a step is measured: jac "
                "takes them from the Jacobian, null is 1",
            ),
            null_counts=True,
        ),
        Field(
            "x_scale_map",
            SizesByName(),
            {},
            To("options.steps.x_scale_map", "the same by name; goes before x_scale"),
        ),
        Field(
            "trust_region_scale",
            POSITIVE,
            1.0,
            To("options.steps.trust_region_scale", "multiplies the typical sizes"),
        ),
        Field(
            "memory_fraction",
            _FRACTION,
            None,
            To(
                "options.memory.fraction",
                "fraction of the machine's memory that a fit may use; null: the "
                "environment's `NLSQ_MEMORY_FRACTION`, else 0.75",
            ),
        ),
        Field(
            "memory_threshold_gb",
            Number(above=0.0, meaning="in GB"),
            None,
            To("options.memory.threshold_gb", "the same in GB; goes before all others"),
        ),
    ),
)

MEMORY = (
    *section(
        NLSQ + "streaming.",
        None,
        (
            Field(
                "enable",
                YES_NO,
                True,
                To("options.chunks.out_of_core", "whether data may stay on disk"),
                flat="enable_streaming",
            ),
        ),
    ),
    *section(
        NLSQ + "stratified.",
        None,
        (
            Field(
                "enable",
                YES_NO,
                True,
                NoEffect("every chunk carries every angle by construction"),
                flat="enable_stratified",
            ),
            Field(
                "target_chunk_size",
                COUNT,
                None,
                To(
                    "options.chunks.points",
                    "pixels of a chunk, rounded up to whole tiles; null: chosen",
                ),
                flat="target_chunk_size",
                also=("optimization.stratification.target_chunk_size",),
            ),
        ),
    ),
)

_OTHER_PLACE = "optimization.recovery."
RECOVERY = section(
    NLSQ + "recovery.",
    None,
    (
        Field(
            "enable",
            YES_NO,
            True,
            To("options.recovery.enable", "whether a fit that failed is tried again"),
            flat="enable_recovery",
            also=(_OTHER_PLACE + "enable",),
        ),
        Field(
            "max_attempts",
            COUNT_OR_0,
            3,
            To("options.recovery.max_attempts", "attempts in all, the first included"),
            flat="max_recovery_attempts",
            also=(_OTHER_PLACE + "max_attempts",),
        ),
        Field(
            "max_retries",
            COUNT_OR_0,
            3,
            To(
                "options.retries.max_retries",
                "retries of the streaming strategy; not more than max_attempts unless "
                "given",
            ),
            also=(_OTHER_PLACE + "max_retries",),
        ),
        Field(
            "lr_decay",
            UP_TO_1,
            0.5,
            To("options.retries.lr_decay", "factor of each retry for its first step"),
            also=(_OTHER_PLACE + "lr_decay",),
        ),
        Field(
            "lambda_growth",
            Number(at_least=1.0),
            2.0,
            To(
                "options.retries.lambda_growth",
                "factor of each retry for the damping",
            ),
            also=(_OTHER_PLACE + "lambda_growth",),
        ),
        Field(
            "trust_decay",
            UP_TO_1,
            0.5,
            To(
                "options.retries.trust_decay",
                "factor of each retry for its reach",
            ),
            also=(_OTHER_PLACE + "trust_decay",),
        ),
        Field(
            "log_retries",
            YES_NO,
            True,
            To("options.retries.log_retries", "whether retries are said"),
            also=(_OTHER_PLACE + "log_retries",),
        ),
    ),
)
