r"""Limited memory of curvature: L-BFGS directions from the last few steps.

From pairs of a step s and the change y of the gradient along it the two-loop recursion
[1]_ gives :math:`-H^{-1}g` without a matrix. Within bounds it is used on the
coordinates that may move alone: pairs are cut to those, and a pair that has no positive
curvature left there is passed over, so the direction always descends.

References
----------
.. [1] J. Nocedal, S. Wright, Numerical Optimization, 2nd ed. (2006), algorithm 7.4.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from engine.solver.equations import Array

_PAIRS = 10
_LEAST_COSINE = 1e-8
"""Cosine between s and y below which a pair tells nothing but rounding."""


class CurvatureMemory:
    """The last pairs of steps and changes of the gradient."""

    def __init__(self) -> None:
        self._pairs: deque[tuple[Array, Array]] = deque(maxlen=_PAIRS)

    def __len__(self) -> int:
        return len(self._pairs)

    def add(self, step: Array, change: Array) -> None:
        """Remember a pair, unless its curvature is not positive."""
        if _curved(step, change):
            self._pairs.append((step, change))

    def clear(self) -> None:
        """Forget everything."""
        self._pairs.clear()

    def direction(self, gradient: Array, moving: NDArray[np.bool_]) -> Array | None:
        """Return the quasi-Newton step in the moving coordinates, 0 in the others.

        None where no pair tells anything about these coordinates.
        """
        cut = [(s[moving], y[moving]) for s, y in self._pairs]
        pairs = [(s, y) for s, y in cut if _curved(s, y)]
        if not pairs:
            return None
        step = np.zeros_like(gradient)
        step[moving] = -_two_loops(pairs, gradient[moving])
        return step


def _curved(step: Array, change: Array) -> bool:
    lengths = float(np.linalg.norm(step) * np.linalg.norm(change))
    return float(step @ change) > _LEAST_COSINE * lengths


def _two_loops(pairs: list[tuple[Array, Array]], gradient: Array) -> Array:
    """Return the inverse of the approximated Hessian applied to the gradient."""
    vector = gradient.copy()
    weights = []
    for s, y in reversed(pairs):
        weight = (s @ vector) / (s @ y)
        vector = vector - weight * y
        weights.append(weight)
    s, y = pairs[-1]
    vector = vector * ((s @ y) / (y @ y))
    for (s, y), weight in zip(pairs, reversed(weights), strict=True):
        vector = vector + s * (weight - (y @ vector) / (s @ y))
    return vector
