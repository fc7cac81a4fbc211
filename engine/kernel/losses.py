r"""Robust losses, as in SciPy: ½ C² Σ ρ(z) with z = (r/σ)²/C².

C is the loss scale in units of sigma. The reduction weights each pixel by ρ'(z)
(iteratively reweighted least squares): every step then lowers the cost, whatever the
outliers. ψ = ρ' r and its derivative give the covariance of the M-estimate.
"""

import jax.numpy as jnp
from jax import Array

from engine.setup import Loss


def rho(loss: Loss, z: Array) -> tuple[Array, Array, Array]:
    """Return ρ(z), ρ'(z) and dψ/dr = ρ' + 2 z ρ''."""
    if loss is Loss.SOFT_L1:
        root = jnp.sqrt(1.0 + z)
        return 2.0 * z / (root + 1.0), 1.0 / root, 1.0 / (root * (1.0 + z))
    if loss is Loss.HUBER:
        inside = z <= 1.0
        root = jnp.sqrt(jnp.where(inside, 1.0, z))
        return (
            jnp.where(inside, z, 2.0 * root - 1.0),
            1.0 / root,
            jnp.where(inside, 1.0, 0.0),
        )
    if loss is Loss.CAUCHY:
        return jnp.log1p(z), 1.0 / (1.0 + z), (1.0 - z) / (1.0 + z) ** 2
    if loss is Loss.ARCTAN:
        below = 1.0 + z * z
        return jnp.arctan(z), 1.0 / below, (1.0 - 3.0 * z * z) / below**2
    one = jnp.ones_like(z)
    return z, one, one
