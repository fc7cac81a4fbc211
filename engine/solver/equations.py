"""What the solvers see of a fit: numbers at a point, and how to get them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """Half the (robust) sum of squares at a point, with gradient and Gauss-Newton H.

    `x` may differ from the point asked for: an evaluation may improve the coefficients
    it can solve for exactly, as long as that does not raise the cost.
    """

    x: Array
    cost: float
    gradient: Array
    hessian: Array

    @property
    def finite(self) -> bool:
        """Whether cost, gradient and H are all finite."""
        return bool(
            np.isfinite(self.cost)
            and np.isfinite(self.gradient).all()
            and np.isfinite(self.hessian).all()
        )

    def reduction(self, step: Array) -> float:
        """Return the reduction of the cost that the quadratic model predicts."""
        return -float(self.gradient @ step + 0.5 * step @ self.hessian @ step)


Evaluate = Callable[[Array], Equations]
"""Returns the equations at a point, or raises `engine.errors.CancelledError`."""
Move = Callable[[Array, Array], Array]
"""From a point and a step to the trial point within the bounds; x + step to first
order, but free to follow a known curvature."""
