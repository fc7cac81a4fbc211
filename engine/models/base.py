r"""What a model of c2 declares; everything else in the engine is model-independent.

For angle k and frames i < j

.. math::

    c_2 = \mathrm{offset}_k + \mathrm{contrast}_k\, f(u_1, …, u_C),
    \qquad u_c = \kappa_{ck}\,(Z_c[j] - Z_c[i])

* :math:`Z_c` is the *frame curve* of channel c: one number per frame;
* :math:`\kappa_{ck}` is the *angle factor*;
* f is the *pair kernel*.

For the sums over pixels a model also gives f as a short list of *bases*: matrices, the
first of which is f, such that every ∂f/∂u_c is ± one of them. A pure decay needs none
besides f (∂f/∂u = -f), which is what makes the reduction cheap.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from engine.conventions import Convention
from engine.models.specs import ModelSpec

RATE_FLOOR = 1e-10
"""D(t) [Å²/s] and the shear rate [1/s] are never below this."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One argument of the pair kernel."""

    name: str
    curve_parameters: tuple[int, ...]
    """Indices of the parameters the frame curve depends on."""
    angle_dependent: bool
    """Whether the angle factor depends on a parameter."""
    base: int
    """Index of the base that is ± the derivative of f by this argument."""
    sign: float

    @property
    def n_columns(self) -> int:
        """Number of curves the reduction needs: slopes, and Z itself if κ moves."""
        return len(self.curve_parameters) + int(self.angle_dependent)


@dataclass(frozen=True, slots=True)
class Geometry:
    """What relates curves to angles."""

    q: float
    """Wavevector [1/Å]."""
    gap: float
    """Gap between stator and rotor [Å]; unused by static models."""


@dataclass(frozen=True)
class AbstractModel(ABC):
    """A model for the reduction. Hashable: it is a static argument of compiled code."""

    convention: Convention
    spec: ClassVar[ModelSpec]
    channels: ClassVar[tuple[Channel, ...]]

    @abstractmethod
    def curves(self, theta: Array, times: Array) -> Array:
        """Return the frame curves, shape (C, n), for times [s] of shape (n,)."""

    @abstractmethod
    def angle_factors(self, theta: Array, phi: Array, geometry: Geometry) -> Array:
        """Return κ, shape (K, C), for angles [rad] of shape (K,)."""

    @abstractmethod
    def kernel(self, u: Sequence[Array]) -> Array:
        """Return f elementwise; `u` has one array per channel."""

    @abstractmethod
    def side_terms(self, u: Array, sign: float) -> tuple[Array, ...]:
        """Return what the kernel needs of one side of a block of pixels.

        Parameters
        ----------
        u
            κ·(Z - Z at the anchor), shape (..., C, T).
        sign
            +1 for the rows (the earlier frames), -1 for the columns.

        Everything transcendental that factorises over rows and columns happens here,
        once per frame instead of once per pixel.
        """

    @abstractmethod
    def bases(
        self, rows: tuple[Array, ...], columns: tuple[Array, ...], *, apart: bool
    ) -> tuple[Array, ...]:
        """Return the bases of a block of pixels, each of shape (T, T), f first.

        Parameters
        ----------
        apart
            Whether every row frame is before every column frame, with the anchor
            between them; otherwise the block lies on the diagonal.
        """


def rate(prefactor: Array, exponent: Array, constant: Array, times: Array) -> Array:
    """Return ``prefactor · t^exponent + constant``, floored at `RATE_FLOOR`.

    Times below half a step are moved there, so that a window starting at t = 0 is
    finite for negative exponents. Clipped frames have gradient zero.
    """
    earliest = jnp.maximum(jnp.abs(times[1] - times[0]) / 2, 1e-8)
    safe = jnp.where(times > earliest, times, earliest)
    value = prefactor * safe**exponent + constant
    return jnp.where(value > RATE_FLOOR, value, RATE_FLOOR)


def cumulative_integral(values: Array, times: Array) -> Array:
    """Return the cumulative trapezoid of `values` over `times`, 0 at the first."""
    dt = times[1] - times[0]
    steps = 0.5 * (values[1:] + values[:-1])
    return dt * jnp.concatenate([jnp.zeros(1), jnp.cumsum(steps)])


def pair_arguments(model: AbstractModel, kappa: Array, curves: Array) -> list[Array]:
    """Return u_c of every pair, as full antisymmetric matrices made positive.

    The kernels are even in the shear argument and decay with the diffusion argument,
    so the absolute difference of the curves serves both triangles.
    """
    return [
        kappa[c] * jnp.abs(curves[c][None, :] - curves[c][:, None])
        for c in range(len(model.channels))
    ]


def curve_derivatives(model: AbstractModel, theta: Array, times: Array) -> Array:
    """Return the derivatives of the frame curves, shape (C, n, P)."""
    return jax.jacfwd(model.curves)(theta, times)
