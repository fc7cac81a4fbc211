"""Which free parameters the model answers to.

Where there is no shear, direction and exponent of a flow change nothing; their gradient
and their part of H are rounding, whose quotient may be anything.
"""

import numpy as np
from numpy.typing import NDArray

from engine.fit.equations import FitPoint
from engine.models.specs import PERIODS

Array = NDArray[np.float64]

_NONE = 1e-3
"""Change of the model over the range of a parameter [sigma] that counts as none."""
_ENDLESS = 1e10
"""Range of a parameter without bounds, in its unit."""


def unresponsive(point: FitPoint) -> NDArray[np.bool_]:
    """Return which coefficients change nothing, even over their whole range.

    Those of the scaling are never among them.
    """
    mapping = point.equations.parameters
    n = len(mapping.names)
    norms = np.sqrt(np.maximum(np.diag(point.hessian)[:n], 0.0))
    span = mapping.upper - mapping.lower
    ranges = [PERIODS.get(name, _ENDLESS) for name in mapping.names]
    response = norms * np.where(np.isfinite(span), span, ranges)
    found = np.zeros(len(point.x), bool)
    found[:n] = response < _NONE
    return found
