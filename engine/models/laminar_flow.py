r"""Diffusion under laminar shear flow.

.. math::

    f = \exp\Bigl(-q^2 \int_{t_1}^{t_2} D\,dt\Bigr)\,
        \mathrm{sinc}^m\bigl(s\,\tfrac12 q L \cos(\varphi_0-\varphi)
        \int_{t_1}^{t_2}\dot\gamma\,dt\bigr),
    \qquad \dot\gamma(t) = \dot\gamma_0\,t^{\beta} + \dot\gamma_\mathrm{offset}

with sinc(x) = sin(x)/x; the power m and the scale s belong to the shear convention
(`engine.conventions`). Without flow this is `engine.models.static`.

References
----------
.. [1] H. He et al., PNAS 121 (31) e2401162121 (2024).
.. [2] H. He et al., PNAS 122 (42) e2514216122 (2025).
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
from engine.models.factors import decay, outer, sinc, sinc_block
from engine.models.specs import LAMINAR_FLOW, ModelSpec


@dataclass(frozen=True)
class LaminarFlowModel(AbstractModel):
    """Two channels: the integral of D(t) and the strain."""

    spec: ClassVar[ModelSpec] = LAMINAR_FLOW
    channels: ClassVar[tuple[Channel, ...]] = (
        Channel("diffusion", (0, 1, 2), angle_dependent=False, base=0, sign=-1.0),
        Channel("shear", (3, 4, 5), angle_dependent=True, base=1, sign=1.0),
    )

    def curves(self, theta: Array, times: Array) -> Array:
        """See `AbstractModel.curves`; Z_D [Å²] and the strain (dimensionless)."""
        diffusion = rate(theta[0], theta[1], theta[2], times)
        shear = rate(theta[3], theta[4], theta[5], times)
        return jnp.stack(
            [cumulative_integral(diffusion, times), cumulative_integral(shear, times)]
        )

    def angle_factors(self, theta: Array, phi: Array, geometry: Geometry) -> Array:
        """See `AbstractModel.angle_factors`; q² and the convention's ½ q L cos."""
        shear = (
            self.convention.argument_scale
            * 0.5
            * geometry.q
            * geometry.gap
            * jnp.cos(jnp.deg2rad(theta[6]) - phi)
        )
        return jnp.stack([jnp.full_like(shear, geometry.q**2), shear], axis=1)

    def kernel(self, u: Sequence[Array]) -> Array:
        """See `AbstractModel.kernel`."""
        return jnp.exp(-u[0]) * sinc(u[1]) ** self.convention.power

    def side_terms(self, u: Array, sign: float) -> tuple[Array, ...]:
        """See `AbstractModel.side_terms`."""
        diffusion, shear = u[..., 0, :], u[..., 1, :]
        return (
            diffusion,
            jnp.exp(jnp.minimum(sign * diffusion, 0.0)),
            shear,
            jnp.sin(shear),
            jnp.cos(shear),
        )

    def bases(
        self, rows: tuple[Array, ...], columns: tuple[Array, ...], *, apart: bool
    ) -> tuple[Array, ...]:
        """See `AbstractModel.bases`."""
        fade = outer(rows[1], columns[1]) if apart else decay(rows[0], columns[0])
        value, slope = sinc_block(
            (rows[2], rows[3], rows[4]), (columns[2], columns[3], columns[4])
        )
        power = self.convention.power
        below = fade * value if power == 2 else fade * value * value * value
        return (below * value, power * below * slope)
