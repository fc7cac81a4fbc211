"""Normalised coefficients z = x / units for the warm-up, and the way back."""

import numpy as np

from engine.options import Normalization
from engine.solver.equations import Array

_NO_SIZE = 10 * np.finfo(float).eps
"""Start values smaller than this have no size to go by."""


def normalisation(
    strategy: Normalization, start: Array, lower: Array, upper: Array
) -> tuple[Array, Normalization]:
    """Return the unit of each coefficient and the strategy that was used.

    Parameters
    ----------
    strategy
        ``auto`` takes the bounds where at least one coefficient has a finite range,
        else the start values.
    start, lower, upper
        Shape (n,); bounds may be infinite.

    Returns
    -------
    units
        Finite and above 0, shape (n,). With ``bounds`` the range, or as with ``p0``
        where the range is 0 or infinite; with ``p0`` the size of the start value, or 1
        where that is 0; with ``none`` 1.
    used
        ``bounds``, ``p0`` or ``none``.
    """
    with np.errstate(over="ignore"):
        span = upper - lower
    ranged = np.isfinite(span) & (span > 0)
    if strategy is Normalization.AUTO:
        strategy = Normalization.BOUNDS if ranged.any() else Normalization.P0
    if strategy is Normalization.NONE:
        return np.ones_like(start), strategy
    size = np.where(np.abs(start) < _NO_SIZE, 1.0, np.abs(start))
    if strategy is Normalization.P0:
        return size, strategy
    return np.where(ranged, span, size), strategy


def normalise(x: Array, units: Array) -> Array:
    """Return z = x / units."""
    return x / units


def denormalise(z: Array, units: Array) -> Array:
    """Return x = z · units."""
    return z * units


def transform_covariance(covariance: Array, units: Array) -> Array:
    """Return the covariance of x, D C D with D = diag(units), from that of z, C."""
    return covariance * np.outer(units, units)
