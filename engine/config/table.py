"""Every key of the archived options and Twotime's own beside them: the whole table."""

from engine.config.fields import Field
from engine.config.hybrid_fields import HYBRID
from engine.config.later_fields import LATER
from engine.config.layer_fields import LAYERS
from engine.config.nlsq_fields import MAIN, MEMORY, RECOVERY
from engine.config.other_fields import BESIDE, PLACE, SCALING, TRANSFORMS
from engine.config.report_fields import DIAGNOSTICS, PROGRESS, QUALITY

FIELDS: tuple[Field, ...] = (
    *PLACE,
    *MAIN,
    *SCALING,
    *LAYERS,
    *MEMORY,
    *HYBRID,
    *RECOVERY,
    *QUALITY,
    *PROGRESS,
    *DIAGNOSTICS,
    *TRANSFORMS,
    *BESIDE,
    *LATER,
)
