"""Per-angle equations: everything a solver needs, before scaling and parameters mix.

All fields are sums over the fitted pixels of an angle; they are functions of the
physical parameters and of the angle's contrast and offset, whatever the scaling mode,
the fixed parameters or the place the data live in. Those are linear maps applied later.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AnglePieces:
    """Sums of K angles for P physical parameters; f is the model without scaling."""

    contrast: Array
    """Scaling at which the residuals were taken, shape (K,)."""
    offset: Array
    hessian: Array
    """Σ w ∂f ∂fᵀ, shape (K, P, P)."""
    with_f: Array
    """Σ w f ∂f, shape (K, P)."""
    plain: Array
    """Σ w ∂f, shape (K, P)."""
    with_r: Array
    """Σ w r ∂f, shape (K, P)."""
    sw: Array
    swf: Array
    swff: Array
    swr: Array
    swrf: Array
    cost: Array
    """½ Σ loss, in units of sigma, shape (K,)."""
    chi2: Array
    """Σ r²/σ², shape (K,)."""
    psi2: Array
    """Σ ψ²/σ² of the robust loss, shape (K,)."""
    rho1: Array
    """Σ ρ', shape (K,)."""
    psi1: Array
    """Σ dψ/dr, shape (K,)."""

    @property
    def total_cost(self) -> float:
        """Cost over all angles."""
        return float(self.cost.sum())

    def weighted(self, weights: Array | float) -> "AnglePieces":
        """Return every sum of an angle multiplied by its weight, shape (K,)."""
        w = np.broadcast_to(np.asarray(weights, float), self.sw.shape)
        sums = {
            name: getattr(self, name) * w.reshape(-1, *[1] * (dimensions - 1))
            for name, dimensions in _SUMS.items()
        }
        return replace(self, **sums)

    def at_scaling(self, contrast: Array, offset: Array) -> "AnglePieces":
        """Return the pieces for another scaling, exactly, without touching the data.

        Valid for the linear loss only: there the residual is linear in contrast and
        offset and the weights do not depend on it.
        """
        dc, do = contrast - self.contrast, offset - self.offset
        square = (
            do * do * self.sw + 2 * do * dc * self.swf + dc * dc * self.swff
        ) + 2 * (do * self.swr + dc * self.swrf)
        chi2 = self.chi2 + square
        return replace(
            self,
            contrast=contrast,
            offset=offset,
            with_r=self.with_r + do[:, None] * self.plain + dc[:, None] * self.with_f,
            swr=self.swr + do * self.sw + dc * self.swf,
            swrf=self.swrf + do * self.swf + dc * self.swff,
            cost=0.5 * chi2,
            chi2=chi2,
            psi2=chi2,
        )


_SUMS = {
    "hessian": 3,
    **dict.fromkeys(("with_f", "plain", "with_r"), 2),
    **dict.fromkeys(("sw", "swf", "swff", "swr", "swrf"), 1),
    **dict.fromkeys(("cost", "chi2", "psi2", "rho1", "psi1"), 1),
}
"""Sums over the pixels of an angle, with the number of their dimensions."""
