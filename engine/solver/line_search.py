r"""A line search along a direction that bends at the bounds.

It looks for a length t whose point x(t), the projection of x + t d onto the box,
fulfils both, with p = x(t) - x and the gradients g before and g' after,

.. math::

    C(x(t)) \le C(x) + 10^{-4}\, g\cdot p, \qquad g'\cdot p \ge 0.9\, g\cdot p,

by doubling and bisection [1]_. The second one makes sure of positive curvature; it is
given up where the step may not become longer.

References
----------
.. [1] A. S. Lewis, M. L. Overton, Nonsmooth optimization via quasi-Newton methods,
   Math. Program. 141 (2013), algorithm 4.6.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.solver.equations import Array, Equations, Evaluate

MOST_EVALUATIONS = 20
_DECREASE, _CURVATURE = 1e-4, 0.9
_NEGLIGIBLE = 1e-15
"""Promised decrease relative to the cost below which rounding decides."""
_PATIENCE = 3
"""A first trial that rises is what a line search is for. One that still does after
being shortened this often says that the direction is no good."""


@dataclass(frozen=True, slots=True, eq=False)
class NormalisedBox:
    """The coordinates a minimiser moves, in units, and how far they may go."""

    units: Array
    """Shape (n,), above 0."""
    free: NDArray[np.bool_]
    """Which coefficients are moved; m of n."""
    lower: Array
    upper: Array

    def gradient(self, at: Equations) -> Array:
        """Return ∂C/∂z, shape (m,)."""
        return (at.gradient * self.units)[self.free]

    def difference(self, a: Equations, b: Equations) -> Array:
        """Return z_b - z_a, shape (m,)."""
        return ((b.x - a.x) / self.units)[self.free]

    def moved(self, x: Array, step: Array) -> Array:
        """Return x + step, projected onto the box."""
        end = x.copy()
        end[self.free] += step * self.units[self.free]
        return np.clip(end, self.lower, self.upper)

    def reach(self, x: Array, direction: Array) -> float:
        """Return the multiple of the direction from which on nothing moves any more."""
        going = direction != 0
        bound = np.where(direction > 0, self.upper[self.free], self.lower[self.free])
        room = (bound - x[self.free])[going] / self.units[self.free][going]
        return float(np.max(room / direction[going], initial=0.0))

    def blocked(self, x: Array, direction: Array) -> NDArray[np.bool_]:
        """Return which coordinates are at a bound the direction leads out of."""
        outward = (x <= self.lower)[self.free] & (direction < 0)
        return outward | (x >= self.upper)[self.free] & (direction > 0)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The end of a line search."""

    point: Equations | None
    """None where no length lowers the cost."""
    at_longest: bool = False
    """Whether the point is at the longest step allowed."""
    too_high: bool = False
    """Whether it was given up because of the ceiling."""


class LineSearch:
    """One search from a point along a direction of descent.

    Parameters
    ----------
    box
        The coordinates moved.
    start
        Where it starts.
    direction
        Shape (m,), normalised.
    longest
        Largest multiple of the direction allowed; infinite for no limit.
    ceiling
        A cost that ends the search when it is still exceeded by shortened steps.
    """

    def __init__(
        self,
        box: NormalisedBox,
        start: Equations,
        direction: Array,
        *,
        longest: float,
        ceiling: float,
    ) -> None:
        self._box, self._start, self._direction = box, start, direction
        self._longest, self._ceiling = longest, ceiling
        self._limit = min(longest, box.reach(start.x, direction))
        self._gradient = box.gradient(start)
        self._short, self._long = 0.0, math.inf
        self._shortened = 0
        self._found = Found(None)

    def run(self, evaluate: Evaluate) -> Found:
        """Return an acceptable point, the best one there is, or none.

        Raises
        ------
        CancelledError
            From `evaluate`.
        """
        length = min(1.0, self._limit)
        for _ in range(MOST_EVALUATIONS):
            x = self._box.moved(self._start.x, length * self._direction)
            if self._hopeless(length) or np.array_equal(x, self._start.x):
                break
            following = self._judge(evaluate(x), length)
            if following is None:
                break
            length = following
        return self._found

    def _hopeless(self, length: float) -> bool:
        promised = -length * float(self._gradient @ self._direction)
        return promised <= _NEGLIGIBLE * abs(self._start.cost)

    def _judge(self, trial: Equations, length: float) -> float | None:
        """Take note of a trial; return the next length, None when this is the end."""
        if not trial.finite:
            return self._shorter(length, 0.25)
        step = self._box.difference(self._start, trial)
        slope = float(self._gradient @ step)
        rise = trial.cost - self._start.cost
        if slope >= 0 or rise > _DECREASE * slope:
            return self._refuse(trial.cost, length, slope, rise)
        self._found = Found(trial, at_longest=length >= self._longest)
        curved = self._box.gradient(trial) @ step >= _CURVATURE * slope
        if curved or length >= self._limit:
            return None
        self._short = length
        if math.isinf(self._long):
            return min(2 * length, self._limit)
        return (self._short + self._long) / 2

    def _refuse(
        self, cost: float, length: float, slope: float, rise: float
    ) -> float | None:
        patient = self._shortened < _PATIENCE or self._found.point is not None
        if cost > self._ceiling and not patient:
            self._found = Found(None, too_high=True)
            return None
        # The lowest point of the parabola through both costs and the slope.
        fraction = slope / (slope - rise) / 2 if slope < 0 else 0.5
        return self._shorter(length, fraction)

    def _shorter(self, length: float, fraction: float) -> float:
        """Return a shorter length: the fraction asked for, as far as that is sane."""
        self._shortened += 1
        self._long = length
        if self._short > 0:
            return (self._short + self._long) / 2
        return length * min(max(fraction, 0.1), 0.5)
