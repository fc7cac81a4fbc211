"""Contrast and offset as a few harmonics of the angle.

A row of the basis is [1, cos φ, sin φ, cos 2φ, sin 2φ, …], with φ as in the data and
not relative to the flow direction, so that the map stays linear. The bounds belong to
the values; the coefficients have none, because a harmonic may be negative where no
value is.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def fourier_basis(phi: Array, order: int) -> Array:
    """Return the harmonics up to `order` at `phi` [deg], shape (K, 1 + 2·order)."""
    angle = np.deg2rad(np.asarray(phi, float))
    columns = [np.ones_like(angle)]
    for harmonic in range(1, order + 1):
        columns += [np.cos(harmonic * angle), np.sin(harmonic * angle)]
    return np.column_stack(columns)


def coefficient_labels(group: str, order: int) -> tuple[str, ...]:
    """Return the names of the coefficients of a group, ``contrast`` or ``offset``."""
    harmonics = [
        f"{group}_{part}{harmonic}" for harmonic in range(1, order + 1) for part in "cs"
    ]
    return (f"{group}_c0", *harmonics)


def least_angles(order: int) -> int:
    """Return the number of angles below which the coefficients are undetermined."""
    return 1 + 2 * order


def to_coefficients(basis: Array, values: Array) -> Array:
    """Return the coefficients nearest to `values`: a projection, not an inverse."""
    rcond = max(basis.shape) * np.finfo(float).eps
    return np.asarray(np.linalg.lstsq(basis, values, rcond=rcond)[0], float)


def condition(basis: Array) -> float:
    """Return the condition number; infinite with fewer angles than coefficients."""
    if len(basis) < basis.shape[1]:
        return float("inf")
    return float(np.linalg.cond(basis))


def within(
    values: Array, basis: Array, lower: float | Array, upper: float | Array
) -> Array:
    """Return coefficients near to `values` whose own values keep to the bounds.

    Where the projection does not, the constant is brought within the bounds and all
    harmonics are scaled down by one factor, no further than needed.

    Parameters
    ----------
    values
        Contrast or offset of every angle, shape (K,).
    basis
        As of `fourier_basis`.
    lower, upper
        Bounds of the values, one for all or shape (K,).
    """
    coefficients = to_coefficients(basis, values)
    fitted = basis @ coefficients
    if np.all((fitted >= lower) & (fitted <= upper)):
        return coefficients
    mean = np.clip(coefficients[0], np.max(lower), np.min(upper))
    swing = basis[:, 1:] @ coefficients[1:]
    room = np.where(swing > 0, upper - mean, mean - lower)
    moving = swing != 0
    factor = np.min(room[moving] / np.abs(swing[moving]), initial=1.0)
    return np.concatenate([[mean], factor * coefficients[1:]])
