"""Layer 5: angles along the flow weigh more than those across it.

    w = w_min + (1 - w_min) · |cos(φ₀ - φ)|^α

The factor multiplies all that an angle adds to the fit. It is not the noise, so a fit
that ends with such weights is less precise than one that only begins with them.
"""

import numpy as np
from numpy.typing import NDArray

from engine.layer_options import ShearWeightingOptions

Array = NDArray[np.float64]

_LEAST_COSINE = 1e-10
_TURN = 0.1
"""Change of the flow direction [deg] from which the weights are computed anew."""


def shear_weights(phi: Array, phi0: float, options: ShearWeightingOptions) -> Array:
    """Return the factor of every angle, shape (K,).

    Parameters
    ----------
    phi
        Angles [deg], shape (K,).
    phi0
        Flow direction [deg].
    options
        Exponent, weight of a perpendicular angle, and whether the mean is to be 1.
    """
    along = np.abs(np.cos(np.deg2rad(phi0 - np.asarray(phi, float))))
    along = np.maximum(along, _LEAST_COSINE) ** options.alpha
    weights = options.min_weight + (1.0 - options.min_weight) * along
    return weights / np.mean(weights) if options.normalize else weights


def moved(phi0: float, before: float) -> bool:
    """Return whether the flow direction [deg] has turned; half a turn is none."""
    return abs((phi0 - before + 90.0) % 180.0 - 90.0) > _TURN
