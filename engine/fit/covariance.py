"""Uncertainties: covariance of the free coefficients, and which are not determined."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.kernel.pieces import AnglePieces

Array = NDArray[np.float64]

_NULL_EIGENVALUE = 1e-13
"""Of the column-scaled normal matrix, relative to the largest."""
_NULL_WEIGHT = 0.05
"""Weight in lost directions from which a coefficient counts as not determined."""
_BOUND_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Uncertainties:
    """Of all coefficients, in their order; NaN where there is no error."""

    stderr: Array
    at_bound: NDArray[np.bool_]
    undetermined: NDArray[np.bool_]
    names: tuple[str, ...]
    """Names of the coefficients of the covariance: those not at a bound."""
    covariance: Array
    correlation: Array
    """NaN between a coefficient that is not determined and any other."""
    condition_number: float


def without_errors(found: Uncertainties, lost: NDArray[np.bool_]) -> Uncertainties:
    """Return the uncertainties with no error for the coefficients in `lost` either."""
    undetermined = found.undetermined | lost
    inner = undetermined[~found.at_bound]
    return replace(
        found,
        stderr=np.where(undetermined, np.nan, found.stderr),
        undetermined=undetermined,
        correlation=_correlation(found.covariance, inner),
    )


def at_bounds(x: Array, bounds: tuple[Array, Array]) -> NDArray[np.bool_]:
    """Return which coefficients lie on a bound."""
    found = np.zeros(len(x), bool)
    for bound in bounds:
        finite = np.isfinite(bound)
        near = np.abs(x - np.where(finite, bound, 0)) <= _BOUND_TOLERANCE * (
            1 + np.abs(np.where(finite, bound, 0))
        )
        found |= near & finite
    return found


def uncertainties(
    x: Array,
    hessian: Array,
    bounds: tuple[Array, Array],
    names: tuple[str, ...],
    scale: float,
) -> Uncertainties:
    """Invert the normal matrix over the coefficients that are not at a bound.

    The matrix is scaled to unit diagonal and inverted by eigen-decomposition;
    directions whose eigenvalue is lost in rounding are left out and said to be so.

    Parameters
    ----------
    scale
        Variance factor s²: the reduced χ² where sigma is estimated, else 1.
    """
    bound = at_bounds(x, bounds)
    free = np.flatnonzero(~bound)
    norms = np.sqrt(np.maximum(np.diag(hessian)[free], 0.0))
    dead = norms == 0
    safe = np.where(dead, 1.0, norms)
    scaled = hessian[np.ix_(free, free)] / np.outer(safe, safe)
    values, vectors = np.linalg.eigh(scaled) if len(free) else (np.ones(1), np.eye(0))
    largest = max(float(values[-1]), 1e-300)
    lost = values <= _NULL_EIGENVALUE * largest
    inverse = np.where(lost, 0.0, 1.0 / np.where(lost, 1.0, values))
    covariance = scale * (vectors * inverse) @ vectors.T / np.outer(safe, safe)
    weight = (vectors**2)[:, lost].sum(axis=1) if len(free) else np.zeros(0)
    undetermined = np.zeros(len(x), bool)
    undetermined[free] = dead | (weight > _NULL_WEIGHT)
    stderr = np.full(len(x), np.nan)
    stderr[free] = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    stderr[undetermined] = np.nan
    return Uncertainties(
        stderr=stderr,
        at_bound=bound,
        undetermined=undetermined,
        names=tuple(names[i] for i in free),
        covariance=covariance,
        correlation=_correlation(covariance, undetermined[free]),
        condition_number=float("inf") if lost.any() else largest / float(values[0]),
    )


def _correlation(covariance: Array, undetermined: NDArray[np.bool_]) -> Array:
    """Return the correlations; NaN for what the data do not determine."""
    sigma = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    safe = np.where(sigma > 0, sigma, 1.0)
    found = np.clip(covariance / np.outer(safe, safe), -1.0, 1.0)
    found[undetermined] = np.nan
    found[:, undetermined] = np.nan
    np.fill_diagonal(found, 1.0)
    return found


def variance_factor(
    pieces: AnglePieces, *, n_points: int, n_free: int, robust: bool, estimated: bool
) -> float:
    """Return s² such that s² H⁻¹ is the covariance, H being the weighted normal matrix.

    For the linear loss this is the reduced χ² where sigma is estimated and 1 where it
    is given. For a robust loss it is Huber's factor
    ``(Σψ²/(n-p)) · mean(ρ') / mean(ψ')²``, because H is weighted by ρ'.
    """
    dof = max(n_points - n_free, 1)
    if not robust:
        return float(pieces.chi2.sum() / dof) if estimated else 1.0
    mean_rho = float(pieces.rho1.sum()) / n_points
    mean_psi = float(pieces.psi1.sum()) / n_points
    if mean_psi <= 0:
        return float("inf")
    return float(pieces.psi2.sum() / dof * mean_rho / mean_psi**2)
