r"""The metric in which the solver damps a step, and the radius that limits one.

The metric d of a coefficient is the norm of its Jacobian column (never decreasing) or,
where the user gave a typical size u, proportional to 1/u. A column norm carries the
unit of the residual, a typical size does not, so the common factor is

.. math::

    s = \max_i \lVert J_i\rVert\, u_i, \qquad d_i = s / u_i,

with the start value in place of a size that was not given. Then no coefficient is
damped less than by its column norm at the start, and only ratios of sizes matter, as
with SciPy's `x_scale`.
"""

import numpy as np
from numpy.typing import NDArray

from engine.solver.equations import Array, Equations

_SMALLEST_RADIUS, _LARGEST_RADIUS = 1e-8, 1e3
_POOR, _GOOD = 0.25, 0.75
"""Ratio of actual to predicted reduction below and above which the radius changes."""
_NEAR = 0.9
"""Part of the radius from which a step counts as limited by it."""


def column_norms(hessian: Array, floor: Array | float = 0.0) -> Array:
    """Return the column norms of J from H = JᵀJ, not below `floor` and never 0."""
    norms = np.sqrt(np.maximum(np.diag(hessian), 0.0))
    norms = np.maximum(norms, floor)
    return np.where(norms > 0, norms, 1.0)


class Metric:
    """The metric of a fit under way.

    Parameters
    ----------
    given
        Reciprocal typical sizes, shape (n,), NaN where there is none; None for none.
    start
        The equations at the start, finite.
    scale
        The metric to go on with, where a fit is continued.
    """

    def __init__(
        self, given: Array | None, start: Equations, scale: Array | None = None
    ) -> None:
        given = np.full_like(start.x, np.nan) if given is None else given
        self._given: NDArray[np.bool_] = ~np.isnan(given)
        norms = column_norms(start.hessian)
        if scale is not None:
            self.scale = np.where(self._given, scale, np.maximum(norms, scale))
            return
        self.scale = np.where(self._given, _common(given, start) * given, norms)

    def grow(self, hessian: Array) -> None:
        """Follow the column norms of a new point upwards."""
        grown = column_norms(hessian, self.scale)
        self.scale = np.where(self._given, self.scale, grown)

    def norms(self, hessian: Array) -> Array:
        """Return column norms for judging convergence, whatever the sizes given."""
        return np.where(self._given, column_norms(hessian), self.scale)


def _common(given: Array, start: Equations) -> float:
    """Return s, or 1 where nothing depends on any coefficient."""
    if np.isnan(given).all() or not start.finite:
        return 1.0
    sizes = np.where(np.isnan(given), np.abs(start.x), 1.0 / given)
    effects = np.sqrt(np.maximum(np.diag(start.hessian), 0.0)) * sizes
    return float(effects.max()) or 1.0


class Radius:
    """The longest step, which adapts to how well the quadratic model predicts.

    Parameters
    ----------
    size
        None for no limit.
    units
        Per coefficient; None for 1.
    """

    def __init__(self, size: float | None, units: Array | None) -> None:
        self.size = size
        self._units = 1.0 if units is None else units
        self._length = 0.0

    def shortened(self, step: Array) -> tuple[Array, bool]:
        """Return the step, not longer than the radius, and whether that bound it."""
        self._length = float(np.linalg.norm(step / self._units))
        if self.size is None or self._length <= self.size:
            return step, False
        shorter = step * (self.size / self._length)
        self._length = self.size
        return shorter, True

    def adapt(self, ratio: float) -> None:
        """Change the radius after the last step, given actual/predicted reduction."""
        if self.size is None:
            return
        if not ratio >= _POOR:
            self.size = max(self.size / 2, _SMALLEST_RADIUS)
        elif ratio > _GOOD and self._length >= _NEAR * self.size:
            self.size = min(self.size * 2, max(_LARGEST_RADIUS, self.size))
