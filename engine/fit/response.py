"""Which free parameters the model answers to, and the distance without the others.

Where there is no shear, direction and exponent of a flow change nothing; their gradient
and their part of H are rounding, whose quotient may be anything.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.fit.equations import FitPoint
from engine.models.specs import PERIODS
from engine.setup import Tolerances
from engine.solver.trust_region import solve

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


def distance_without(point: FitPoint, left_out: NDArray[np.bool_]) -> float:
    """Return the EDM of a point with some coefficients held where they are."""
    equations = point.equations
    lower, upper = (np.where(left_out, point.x, bound) for bound in equations.bounds)
    found = solve(
        equations,
        replace(point),
        (lower, upper),
        tolerances=Tolerances(edm=0.0, max_iterations=0),
        limits=equations.limits,
    )
    return found.edm if np.isfinite(found.edm) else float("inf")
