"""Uncertainties: covariance of the free coefficients, and which are not determined."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.fit.null_space import NullDirection, null_directions, sparsest, takes_part
from engine.kernel.pieces import AnglePieces

Array = NDArray[np.float64]

_NULL_EIGENVALUE = 1e-12
"""Of the column-scaled normal matrix, relative to the largest."""
BOUND_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Uncertainties:
    """Of all coefficients, in their order; NaN where there is no error."""

    stderr: Array
    at_bound: NDArray[np.bool_]
    undetermined: NDArray[np.bool_]
    names: tuple[str, ...]
    """Names of the coefficients of the covariance: those not at a bound."""
    covariance: Array
    """NaN for what the data do not determine."""
    inverse: Array
    """H⁻¹ of the same coefficients, without directions the data do not see."""
    correlation: Array
    """NaN between a coefficient that is not determined and any other."""
    condition_number: float
    one_sided: Array
    """Of a coefficient at a bound: how far from it χ² has risen by one, in units of the
    variance factor, all others following; NaN for the rest, or where nothing is
    known."""
    lost: tuple[NullDirection, ...] = ()
    """Ways to change the coefficients that the data do not see."""

    @property
    def singular(self) -> bool:
        """Whether the normal matrix could not be inverted as a whole."""
        return bool(self.lost)

    def in_units(self, units: Array) -> "Uncertainties":
        """Return them for coefficients that are `units` times these ones."""
        free = units[~self.at_bound]
        return replace(
            self,
            stderr=self.stderr * units,
            one_sided=self.one_sided * units,
            covariance=self.covariance * np.outer(free, free),
            inverse=self.inverse * np.outer(free, free),
            lost=tuple(
                d.in_units(dict(zip(self.names, free, strict=True))) for d in self.lost
            ),
        )


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


def withheld(found: Uncertainties) -> Uncertainties:
    """Return the uncertainties of a point that was not fitted: no error at all."""
    covariance = np.full_like(found.covariance, np.nan)
    return replace(
        found,
        stderr=np.full_like(found.stderr, np.nan),
        one_sided=np.full_like(found.one_sided, np.nan),
        covariance=covariance,
        correlation=_correlation(covariance, np.ones(len(covariance), bool)),
    )


def at_bounds(
    x: Array, bounds: tuple[Array, Array], tolerance: float = BOUND_TOLERANCE
) -> NDArray[np.bool_]:
    """Return which coefficients lie on a bound.

    Parameters
    ----------
    tolerance
        One nearer than this × (1 + abs(bound)) is on it.
    """
    found = np.zeros(len(x), bool)
    for bound in bounds:
        finite = np.isfinite(bound)
        place = np.where(finite, bound, 0)
        found |= finite & (np.abs(x - place) <= tolerance * (1 + np.abs(place)))
    return found


def uncertainties(  # noqa: PLR0913 - a matrix and all that restricts its inverse
    x: Array,
    hessian: Array,
    bounds: tuple[Array, Array],
    names: tuple[str, ...],
    scale: float,
    gradient: Array | None = None,
    tolerance: float = BOUND_TOLERANCE,
    scatter: Array | None = None,
    held: Array | None = None,
) -> Uncertainties:
    """Invert the normal matrix over the coefficients that are not at a bound.

    The matrix is scaled to unit diagonal and inverted by eigen-decomposition.
    Directions whose eigenvalue is lost in rounding are left out; a coefficient that
    takes part in one has no error, for whatever stands in its place would be no
    measure of it.

    Parameters
    ----------
    scale
        Variance factor s²: the reduced χ² where sigma is estimated, else 1.
    gradient
        Of the cost; needed for the one-sided errors of coefficients at a bound.
    tolerance
        See `at_bounds`.
    scatter
        Covariance of the gradient in units of `scale`, where it is not H: the
        covariance is then the sandwich H⁻¹ · scatter · H⁻¹.
    held
        Linear functions of the coefficients that are at a limit, shape (m, n): no step
        changes them.
    """
    bound = at_bounds(x, bounds, tolerance)
    free = np.flatnonzero(~bound)
    inner = tuple(names[i] for i in free)
    rows = np.empty((0, len(free))) if held is None else held[:, free]
    inverse = _inverse(hessian[np.ix_(free, free)], inner, rows)
    covariance = scale * inverse.matrix
    if scatter is not None:
        covariance = covariance @ scatter[np.ix_(free, free)] @ inverse.matrix
    covariance[inverse.undetermined] = np.nan
    covariance[:, inverse.undetermined] = np.nan
    undetermined = np.zeros(len(x), bool)
    undetermined[free] = inverse.undetermined
    stderr = np.full(len(x), np.nan)
    stderr[free] = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    one_sided = np.full(len(x), np.nan)
    if gradient is not None:
        near_upper = np.abs(x - bounds[1]) < np.abs(x - bounds[0])
        inward = np.where(near_upper, -gradient, gradient)
        for i in np.flatnonzero(bound):
            mixed = hessian[free, i]
            curvature = float(hessian[i, i] - mixed @ inverse.matrix @ mixed)
            one_sided[i] = _rise_by(scale, float(inward[i]), curvature)
    return Uncertainties(
        stderr=stderr,
        at_bound=bound,
        undetermined=undetermined,
        names=inner,
        covariance=covariance,
        inverse=inverse.matrix,
        correlation=_correlation(covariance, inverse.undetermined),
        condition_number=inverse.condition_number,
        one_sided=one_sided,
        lost=inverse.null,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Inverse:
    """A normal matrix inverted as far as it can be."""

    matrix: Array
    null: tuple[NullDirection, ...]
    undetermined: NDArray[np.bool_]
    condition_number: float


def _inverse(hessian: Array, names: tuple[str, ...], rows: Array) -> _Inverse:
    n = len(hessian)
    if not n:
        return _Inverse(hessian, (), np.zeros(0, bool), 1.0)
    norms = np.sqrt(np.maximum(np.diag(hessian), 0.0))
    safe = np.where(norms == 0, 1.0, norms)
    allowed = _unmoved(rows / safe)
    scaled = hessian / np.outer(safe, safe)
    values, inner = np.linalg.eigh(allowed.T @ scaled @ allowed)
    vectors = allowed @ inner
    largest = max(float(values[-1]), 1e-300)
    lost = values <= _NULL_EIGENVALUE * largest
    inverse = np.where(lost, 0.0, 1.0 / np.where(lost, 1.0, values))
    null = sparsest(vectors[:, lost])
    return _Inverse(
        matrix=(vectors * inverse) @ vectors.T / np.outer(safe, safe),
        null=null_directions(names, null, safe),
        undetermined=np.any(takes_part(null), axis=1),
        condition_number=float("inf") if lost.any() else largest / float(values[0]),
    )


def _unmoved(rows: Array) -> Array:
    """Return a basis of the steps that leave linear functions alone, (n, n - m)."""
    n = rows.shape[1]
    if not len(rows):
        return np.eye(n)
    _, sizes, directions = np.linalg.svd(rows)
    rank = int(np.count_nonzero(sizes > _NULL_EIGENVALUE * sizes.max(initial=0.0)))
    return np.asarray(directions[rank:].T)


def _rise_by(amount: float, slope: float, curvature: float) -> float:
    """Return the step after which 2·slope·d + curvature·d² has grown by `amount`."""
    slope, curvature = max(slope, 0.0), max(curvature, 0.0)
    root = slope + math.sqrt(slope**2 + curvature * amount)
    return amount / root if root > 0 else float("nan")


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
