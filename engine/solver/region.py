"""Where the coefficients of a fit may lie, and the best step within."""

from dataclasses import dataclass

import numpy as np

from engine.solver.box import solve_box_quadratic
from engine.solver.equations import Array
from engine.solver.limits import Limits, solve_limited_quadratic


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A box, cut by limits on linear functions of the coefficients where there are any.

    It is convex: a step within it may be shortened.
    """

    lower: Array
    upper: Array
    limits: Limits | None = None

    def step(self, hessian: Array, gradient: Array, x: Array) -> Array:
        """Return the step from x that minimises a convex quadratic within."""
        lower, upper = self.lower - x, self.upper - x
        if self.limits is None:
            return solve_box_quadratic(hessian, gradient, lower, upper)
        limits = self.limits.shifted(x)
        return solve_limited_quadratic(hessian, gradient, lower, upper, limits)

    def clipped(self, x: Array) -> Array:
        """Return the nearest point of the box, which no limit cuts in one coefficient.

        Limits are on coefficients that nothing but `step` moves.
        """
        return np.clip(x, self.lower, self.upper)
