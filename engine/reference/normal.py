r"""Weighted, masked, robust normal equations from a dense Jacobian, for tests only.

Pixels are those of the strict upper triangle. With the residual in units of sigma,
:math:`z = (r/\sigma)^2`, and the scale C of the loss in the same units, the cost is
SciPy's :math:`\tfrac12\sum C^2\rho(z/C^2)` and its gradient
:math:`\sum \rho'(z/C^2)\, J\, r/\sigma^2`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.reference.dense import DenseModel

Array = NDArray[Any]

# loss: (rho, rho') of z, as scipy.optimize.least_squares defines them
LOSSES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "linear": (lambda z: z, lambda z: np.ones_like(z)),
    "soft_l1": (lambda z: 2 * (np.sqrt(1 + z) - 1), lambda z: 1 / np.sqrt(1 + z)),
    "huber": (
        lambda z: np.where(z <= 1, z, 2 * np.sqrt(np.maximum(z, 1)) - 1),
        lambda z: np.where(z <= 1, 1.0, 1 / np.sqrt(np.maximum(z, 1))),
    ),
    "cauchy": (lambda z: np.log1p(z), lambda z: 1 / (1 + z)),
    "arctan": (lambda z: np.arctan(z), lambda z: 1 / (1 + z**2)),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class DenseEquations:
    """Cost, gradient and Gauss-Newton matrix of all coefficients."""

    cost: float
    gradient: Array
    hessian: Array
    chi_squared: float
    """Sum of (residual/sigma)² without the robust loss."""
    n_points: int

    def projected(self, basis: Array) -> "DenseEquations":
        """Return the equations of y where x = basis · y."""
        return DenseEquations(
            cost=self.cost,
            gradient=basis.T @ self.gradient,
            hessian=basis.T @ self.hessian @ basis,
            chi_squared=self.chi_squared,
            n_points=self.n_points,
        )


def fitted_pixels(c2: Array, mask: Array | None = None) -> Array:
    """Return which pixels are fitted, (K, N, N): above the diagonal, finite, kept.

    Parameters
    ----------
    mask
        True where a pixel is left out; broadcast to the shape of `c2`.
    """
    n = c2.shape[-1]
    kept = np.triu(np.ones((n, n), dtype=bool), k=1) & np.isfinite(c2)
    return kept if mask is None else kept & ~np.broadcast_to(mask, c2.shape)


def normal_equations(
    model: DenseModel,
    x: Array,
    c2: Array,
    *,
    sigma: Array | float = 1.0,
    mask: Array | None = None,
    loss: str = "linear",
    loss_scale: float = 1.0,
) -> DenseEquations:
    """Return the normal equations of [physical, contrasts, offsets].

    Parameters
    ----------
    sigma
        Standard deviation of a pixel; broadcast to the shape of `c2`.
    mask
        True where a pixel is left out.
    loss_scale
        Where the loss sets in, in units of sigma.
    """
    kept = fitted_pixels(c2, mask)
    scale = np.broadcast_to(np.asarray(sigma, dtype=float), c2.shape)[kept]
    residual = (model.c2(*model.unpacked(x)) - c2)[kept] / scale
    jacobian = model.jacobian(x)[kept] / scale[:, None]
    rho, slope = LOSSES[loss]
    z = (residual / loss_scale) ** 2
    weight = slope(z)
    return DenseEquations(
        cost=0.5 * loss_scale**2 * float(np.sum(rho(z))),
        gradient=jacobian.T @ (weight * residual),
        hessian=jacobian.T @ (weight[:, None] * jacobian),
        chi_squared=float(np.sum(residual**2)),
        n_points=int(kept.sum()),
    )


def averaged_basis(n_physical: int, n_angles: int) -> Array:
    """Return the matrix from [physical, contrast, offset] to one pair per angle."""
    basis = np.zeros((n_physical + 2 * n_angles, n_physical + 2))
    basis[:n_physical, :n_physical] = np.eye(n_physical)
    basis[n_physical : n_physical + n_angles, n_physical] = 1.0
    basis[n_physical + n_angles :, n_physical + 1] = 1.0
    return basis
