r"""Quadratic subproblem in a box with limits on a few linear functions of the step.

.. math::

    \min_p\; g\cdot p + \tfrac12\,p\cdot H p, \qquad
    \mathrm{lower} \le p \le \mathrm{upper}, \qquad
    \mathrm{limits.lower} \le A p \le \mathrm{limits.upper}

Primal active set, as in `engine.solver.box`: take the Newton step in the face of the
constraints that are held, stop at the first other one and hold that too; at the minimum
of the face let go the constraint whose multiplier promises most, until none does. A
held variable leaves the problem; held rows of A confine the step to their null space
[1]_. A row that the held ones already determine cannot be reached, and is never held.
The number of rounds is limited: where that should ever end it, the step is allowed and
lowers the quadratic, but not to the minimum.

The columns are scaled to unit curvature, so that units do not matter; the rows of A
have length 1 in those variables.

References
----------
.. [1] J. Nocedal, S. Wright, Numerical Optimization, 2nd ed. (2006), sections 16.2
   and 16.5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.solver.box import newton_direction, solve_box_quadratic

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_NEGLIGIBLE = 1e-14
"""Gain, relative to the reduction so far, below which rounding decides."""
_NOISE = 1e-12
"""Multiplier, relative to the largest slope, below which its sign is chance."""
_TINY = 1e-300
"""Curvature of a variable without influence."""
_DEPENDENT = 1e-10
"""Part of a row outside the span of the held ones that is rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Linear functions of the coefficients that stay between two values."""

    matrix: Array
    """Shape (m, n)."""
    lower: Array
    """Shape (m,); may be infinite, as `upper` may."""
    upper: Array

    def values(self, x: Array) -> Array:
        """Return the limited functions at `x`, shape (m,)."""
        return self.matrix @ x

    def at_limit(self, x: Array, tolerance: float) -> Mask:
        """Return which functions are nearer a limit than tolerance·(1 + |limit|)."""
        values = self.values(x)
        low = values - self.lower < _margin(self.lower, tolerance)
        return low | (self.upper - values < _margin(self.upper, tolerance))

    def shifted(self, x: Array) -> "Limits":
        """Return the limits of a step from `x`; no step at all is always allowed."""
        values = self.values(x)
        return Limits(
            self.matrix,
            np.minimum(self.lower - values, 0.0),
            np.maximum(self.upper - values, 0.0),
        )


def _margin(limit: Array, tolerance: float) -> Array:
    return tolerance * (1.0 + np.abs(np.where(np.isfinite(limit), limit, 0.0)))


def solve_limited_quadratic(
    hessian: Array, gradient: Array, lower: Array, upper: Array, limits: Limits
) -> Array:
    """Return the minimiser of a convex quadratic within a box and limits.

    Parameters
    ----------
    hessian
        Symmetric positive (semi)definite, shape (n, n).
    gradient
        Shape (n,); in the range of `hessian`, as in every least-squares problem.
    lower, upper
        Bounds of the step, ``lower <= 0 <= upper``; may be infinite.
    limits
        Limits of the step that allow 0, see `Limits.shifted`.
    """
    if not len(limits.lower):
        return solve_box_quadratic(hessian, gradient, lower, upper)
    curvature = np.diag(hessian)
    scale = 1.0 / np.sqrt(np.where(curvature > _TINY, curvature, 1.0))
    scaled = _Problem(
        hessian * scale[:, None] * scale,
        gradient * scale,
        *_constraints(lower / scale, upper / scale, limits, scale),
    )
    step, side = _active_set(scaled)
    held = side[: len(gradient)]
    step = np.where(held > 0, upper, np.where(held < 0, lower, scale * step))
    return np.clip(step, lower, upper)


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """In scaled variables; the constraints are the n variables, then the m rows."""

    hessian: Array
    gradient: Array
    rows: Array
    """Shape (m, n)."""
    lower: Array
    """Shape (n + m,)."""
    upper: Array

    def values(self, step: Array) -> Array:
        """Return what the constraints limit, shape (n + m,)."""
        return np.concatenate([step, self.rows @ step])

    def moved(self, step: Array, by: Array) -> Array:
        """Return ``step + by``, in the box in spite of rounding."""
        n = len(step)
        return np.clip(step + by, self.lower[:n], self.upper[:n])


def _constraints(
    lower: Array, upper: Array, limits: Limits, scale: Array
) -> tuple[Array, Array, Array]:
    """Return rows of length 1 and the lower and upper ends of all constraints."""
    rows = limits.matrix * scale
    length = np.linalg.norm(rows, axis=1)
    length = np.where(length > 0, length, 1.0)
    return (
        rows / length[:, None],
        np.concatenate([lower, limits.lower / length]),
        np.concatenate([upper, limits.upper / length]),
    )


def _active_set(problem: _Problem) -> tuple[Array, Array]:
    """Return the minimiser and, per constraint, the side it is held at: -1, 0 or 1."""
    g, n = problem.gradient, len(problem.gradient)
    step, side = np.zeros(n), np.zeros(len(problem.lower))
    side[:n] -= (problem.lower[:n] >= 0) & (g > 0)
    side[:n] += (problem.upper[:n] <= 0) & (g < 0)
    face = _face(problem, side)
    for _ in range(20 + 10 * len(side)):
        slope = g + problem.hessian @ step
        direction = face.newton(problem.hessian, slope)
        if -float(slope @ direction) > _NEGLIGIBLE * abs(float(g @ step)) + 1e-300:
            length, hit = _length(problem, face, side, step, direction)
            step = problem.moved(step, length * direction)
            if hit is None:
                continue
            side[hit] = np.sign(problem.values(direction)[hit])
        else:
            released = _released(problem, face, side, slope)
            if released is None:
                break
            side[released] = 0.0
        face = _face(problem, side)
    return step, side


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """The constraints held: variables left out, rows as an orthogonal split."""

    free: Mask
    rows: NDArray[np.intp]
    """Indices of the held rows, k of them."""
    normal: Array
    """Basis of what the held rows span in the f free variables, shape (f, k)."""
    triangle: Array
    """What the held rows are in that basis, as columns, (k, k)."""
    along: Array
    """Basis of their null space, shape (f, f - k)."""

    def newton(self, hessian: Array, slope: Array) -> Array:
        """Return the step to the minimum of the face."""
        inner = hessian[np.ix_(self.free, self.free)]
        slope = slope[self.free]
        direction = np.zeros(len(self.free))
        if len(self.rows):
            inner = self.along.T @ inner @ self.along
            reduced = newton_direction(inner, self.along.T @ slope)
            direction[self.free] = -self.along @ reduced
        else:
            direction[self.free] = -newton_direction(inner, slope)
        return direction

    def reachable(self, problem: _Problem) -> Mask:
        """Return which constraints the held ones leave undetermined, (n + m,)."""
        part = np.zeros(len(problem.lower))
        n = len(self.free)
        part[:n][self.free] = np.linalg.norm(self.along, axis=1)
        part[n:] = np.linalg.norm(problem.rows[:, self.free] @ self.along, axis=1)
        return part > _DEPENDENT

    def multipliers(self, problem: _Problem, slope: Array) -> Array:
        """Return the slope the constraints hold up, shape (n + m,); 0 if not held."""
        n = len(self.free)
        result = np.zeros(len(problem.lower))
        if len(self.rows):
            of_rows = np.linalg.solve(self.triangle, self.normal.T @ slope[self.free])
            result[n + self.rows] = of_rows
            slope = slope - of_rows @ problem.rows[self.rows]
        result[:n] = np.where(self.free, 0.0, slope)
        return result


def _face(problem: _Problem, side: Array) -> _Face:
    """Split the space of the free variables by the held rows."""
    n = len(problem.gradient)
    free, rows = side[:n] == 0, np.flatnonzero(side[n:])
    f, k = int(np.count_nonzero(free)), len(rows)
    if not k:
        return _Face(free, rows, np.zeros((f, 0)), np.zeros((0, 0)), np.eye(f))
    q, r = np.linalg.qr(problem.rows[np.ix_(rows, free)].T, mode="complete")
    return _Face(free, rows, q[:, :k], r[:k], q[:, k:])


def _length(
    problem: _Problem, face: _Face, side: Array, step: Array, direction: Array
) -> tuple[float, int | None]:
    """Return how far to go along `direction`, 0 to 1, and the constraint met there."""
    rate = problem.values(direction)
    gap = np.where(rate > 0, problem.upper, problem.lower) - problem.values(step)
    moving = (side == 0) & (rate != 0) & face.reachable(problem)
    room = np.full(len(rate), np.inf)
    room[moving] = np.maximum(gap[moving] / rate[moving], 0.0)
    hit = int(np.argmin(room))
    return (float(room[hit]), hit) if room[hit] <= 1 else (1.0, None)


def _released(problem: _Problem, face: _Face, side: Array, slope: Array) -> int | None:
    """Return the held constraint the slope pulls away from most; None if none."""
    pull = face.multipliers(problem, slope) * side
    noise = _NOISE * float(np.max(np.abs(problem.gradient)))
    best = int(np.argmax(pull))
    return best if pull[best] > noise else None
