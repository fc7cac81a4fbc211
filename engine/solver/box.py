r"""Quadratic subproblem in a box: min g·p + ½ p·H p with lower ≤ p ≤ upper.

Primal active set: take the Newton step in the variables that are not held, stop at the
first bound and hold that variable there; at the minimum of a face let go the held
variable that promises most, until none does. Every face is visited once at most, so it
is finite for a positive definite H, which damping or a ridge guarantees. A projected
line search is shorter to write, but creeps along a narrow valley towards a bound it can
never reach. Dense, because the fits have at most a few hundred coefficients.

References
----------
.. [1] J. Nocedal, S. Wright, Numerical Optimization, 2nd ed. (2006), section 16.5.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_NEGLIGIBLE = 1e-14
"""Gain, relative to the reduction so far, below which rounding decides."""
_NULL = 1e-14
"""Eigenvalue, relative to the largest, that is none."""


def solve_box_quadratic(
    hessian: Array, gradient: Array, lower: Array, upper: Array
) -> Array:
    """Return the minimiser of a convex quadratic in a box that contains 0.

    Parameters
    ----------
    hessian
        Symmetric positive (semi)definite, shape (n, n).
    gradient
        Shape (n,).
    lower, upper
        Bounds of the step, ``lower <= 0 <= upper``; may be infinite.
    """
    step = np.zeros_like(gradient)
    held = (step <= lower) & (gradient > 0) | (step >= upper) & (gradient < 0)
    for _ in range(20 + 10 * len(gradient)):
        slope = gradient + hessian @ step
        negligible = _NEGLIGIBLE * abs(float(gradient @ step)) + 1e-300
        free = ~held
        direction = np.zeros_like(step)
        direction[free] = -newton_direction(hessian[np.ix_(free, free)], slope[free])
        if -float(slope @ direction) > negligible:
            step, hit = _move(step, direction, lower, upper)
            held |= hit
            continue
        # One without room would be hit again at once.
        roomy = held & (lower < upper)
        released = _most_promising(hessian, slope, held & (step <= lower), roomy)
        if released is None or released[1] <= negligible:
            break
        held[released[0]] = False
    return step


def _move(
    step: Array, direction: Array, lower: Array, upper: Array
) -> tuple[Array, NDArray[np.bool_]]:
    """Go along `direction`, not beyond the first bound; return which ones were hit."""
    bound = np.where(direction > 0, upper, lower)
    room = np.full_like(step, np.inf)
    moving = direction != 0
    room[moving] = (bound[moving] - step[moving]) / direction[moving]
    length = min(1.0, float(room.min()))
    hit = room <= length
    moved = np.clip(step + length * direction, lower, upper)
    return np.where(hit, bound, moved), hit


def _most_promising(
    hessian: Array, slope: Array, at_lower: NDArray[np.bool_], held: NDArray[np.bool_]
) -> tuple[int, float] | None:
    """Return the held variable whose release lowers the quadratic most, and by what."""
    inward = held & np.where(at_lower, slope < 0, slope > 0)
    if not inward.any():
        return None
    gain = np.where(inward, slope**2 / np.maximum(np.diag(hessian), 1e-300), 0.0)
    best = int(np.argmax(gain))
    return best, float(gain[best])


def newton_direction(hessian: Array, gradient: Array) -> Array:
    """Return H⁻¹ g, by Cholesky or, for a singular H, by its pseudo-inverse."""
    if not len(gradient):
        return gradient
    scale = 1.0 / np.sqrt(np.maximum(np.diag(hessian), 1e-300))
    scaled = hessian * scale[:, None] * scale
    try:
        factor = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        return scale * _pseudo_solve(scaled, scale * gradient)
    half = np.linalg.solve(factor, scale * gradient)
    return scale * np.linalg.solve(factor.T, half)


def _pseudo_solve(matrix: Array, vector: Array) -> Array:
    """Solve in the directions of positive curvature; rounding made up the others."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > _NULL * max(float(values[-1]), 0.0)
    inverse = np.where(kept, 1.0 / np.where(kept, values, 1.0), 0.0)
    return vectors @ (inverse * (vectors.T @ vector))
