r"""Diffusion without flow.

.. math::

    f = \exp\Bigl(-q^2 \int_{t_1}^{t_2} D(t)\,dt\Bigr),
    \qquad D(t) = D_0\,t^{\alpha} + D_\mathrm{offset}

For :math:`\alpha = 0` this is the textbook exp(-D q² τ) with D twice the
Stokes-Einstein coefficient.

References
----------
.. [1] H. He et al., PNAS 121 (31) e2401162121 (2024).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from engine.models.base import (
    AbstractModel,
    Channel,
    Geometry,
    cumulative_integral,
    rate,
)
from engine.models.factors import decay, outer
from engine.models.specs import STATIC, ModelSpec


@dataclass(frozen=True)
class StaticModel(AbstractModel):
    """One channel: the integral of D(t)."""

    spec: ClassVar[ModelSpec] = STATIC
    channels: ClassVar[tuple[Channel, ...]] = (
        Channel("diffusion", (0, 1, 2), angle_dependent=False, base=0, sign=-1.0),
    )

    def curves(self, theta: Array, times: Array) -> Array:
        """See `AbstractModel.curves`; Z [Å²]."""
        d0, alpha, d_offset = theta[0], theta[1], theta[2]
        return cumulative_integral(rate(d0, alpha, d_offset, times), times)[None]

    def angle_factors(self, theta: Array, phi: Array, geometry: Geometry) -> Array:
        """See `AbstractModel.angle_factors`; q² for every angle."""
        del theta
        return jnp.full((phi.shape[0], 1), geometry.q**2)

    def kernel(self, u: Sequence[Array]) -> Array:
        """See `AbstractModel.kernel`."""
        return jnp.exp(-u[0])

    def side_terms(self, u: Array, sign: float) -> tuple[Array, ...]:
        """See `AbstractModel.side_terms`."""
        return (u[..., 0, :], jnp.exp(jnp.minimum(sign * u[..., 0, :], 0.0)))

    def bases(
        self, rows: tuple[Array, ...], columns: tuple[Array, ...], *, apart: bool
    ) -> tuple[Array, ...]:
        """See `AbstractModel.bases`."""
        f = outer(rows[1], columns[1]) if apart else decay(rows[0], columns[0])
        return (f,)
