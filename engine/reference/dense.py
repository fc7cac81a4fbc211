r"""The two-time model written out in dense NumPy: slow, obvious, for tests only.

Every fast path is compared with these functions, so they share nothing with it: no JAX,
no tiles, no frame curves differentiated by hand. For each pair of frames

.. math::

    c_2 = \text{offset} + \text{contrast}\,
        \exp\bigl(-q^2\,dt\,I_D\bigr)\,\Bigl(\frac{\sin x}{x}\Bigr)^m,
    \qquad x = s\,\tfrac12 q L\,dt\,\cos(\varphi_0-\varphi)\,I_\gamma

with :math:`I[i, j] = |c_j - c_i|`, where c is the cumulative trapezoid of D(t) or of
the shear rate on frame indices; m and s belong to the shear convention. The archived
programs replace :math:`|d|` by :math:`\sqrt{d^2 + 10^{-12}}`: ``smooth=True``.

All functions accept complex parameter values, so that derivatives can be taken by a
complex step, exact to rounding.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.conventions import Convention

Array = NDArray[Any]

RATE_FLOOR = 1e-10
SMOOTHING = 1e-12
DIFFUSION_NAMES = ("D0", "alpha", "D_offset")
SHEAR_NAMES = ("gamma_dot_t0", "beta", "gamma_dot_t_offset", "phi0")


def floored_times(times: Array) -> Array:
    """Return the times [s] with those not above half a frame replaced by half a frame.

    A power law with a negative exponent would be infinite at t = 0.
    """
    step = abs(times[1] - times[0]) if len(times) > 1 else 0.0
    floor = max(step / 2, 1e-8)
    return np.where(times > floor, times, floor)


def power_law(
    prefactor: complex, exponent: complex, offset: complex, times: Array
) -> Array:
    """Return prefactor · tᵉˣᵖᵒⁿᵉⁿᵗ + offset on the frames, cut off at 1e-10."""
    rate = prefactor * floored_times(times) ** exponent + offset
    return np.where(np.real(rate) > RATE_FLOOR, rate, RATE_FLOOR)


def pair_integral(rate: Array, *, smooth: bool) -> Array:
    """Return |∫ rate| between every two frames, in units of rate × frame, (N, N)."""
    cumulative = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2)])
    difference = cumulative[None, :] - cumulative[:, None]
    if smooth:
        return np.sqrt(difference**2 + SMOOTHING)
    return np.where(np.real(difference) < 0, -difference, difference)


def sinc(x: Array) -> Array:
    """Return sin(x)/x, by its Taylor series where the quotient loses digits."""
    near = np.abs(x) < 1.0
    square = np.where(near, x, 0.0) ** 2
    series = np.ones_like(square)
    for k in range(12, 0, -1):
        series = 1 - square / (2 * k * (2 * k + 1)) * series
    safe = np.where(near, 1.0, x)
    return np.where(near, series, np.sin(safe) / safe)


@dataclass(frozen=True, kw_only=True, eq=False)
class DenseModel:
    """One model on one time axis and one set of angles."""

    model: str
    """``static`` or ``laminar_flow``."""
    times: Array
    """Time of each frame [s], equally spaced."""
    phi: Array
    """Azimuth of each matrix [deg]."""
    q: float
    """Wavevector [1/Å]."""
    gap: float | None = None
    """Gap between stator and rotor [Å]."""
    convention: Convention = Convention.LITERATURE
    smooth: bool = False
    """Whether |·| is smoothed as in the archived programs."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the physical parameters, in model order."""
        if self.model == "static":
            return DIFFUSION_NAMES
        return DIFFUSION_NAMES + SHEAR_NAMES

    @property
    def dt(self) -> float:
        """Time between frames [s]."""
        return float(self.times[1] - self.times[0])

    def decay(self, theta: ArrayLike) -> Array:
        """Return the diffusion factor of c2 for every pair of frames, (N, N)."""
        d0, alpha, d_offset = np.asarray(theta)[:3]
        rate = power_law(d0, alpha, d_offset, self.times)
        return np.exp(-(self.q**2) * self.dt * pair_integral(rate, smooth=self.smooth))

    def shear_argument(self, theta: ArrayLike) -> Array:
        """Return the argument of sinc, (K, N, N)."""
        if self.gap is None:
            raise ValueError("a model with shear needs the gap")
        prefactor, beta, constant, phi0 = np.asarray(theta)[3:]
        rate = power_law(prefactor, beta, constant, self.times)
        strain = self.dt * pair_integral(rate, smooth=self.smooth)
        cosine = np.cos(np.radians(1.0) * (phi0 - self.phi))
        scale = 0.5 * self.q * self.gap * self.convention.argument_scale
        return (scale * cosine)[:, None, None] * strain

    def correlation(self, theta: ArrayLike) -> Array:
        """Return the squared field correlation of every angle and pair, (K, N, N)."""
        decay = np.broadcast_to(
            self.decay(theta), (len(self.phi), len(self.times), len(self.times))
        )
        if self.model == "static":
            return decay
        return decay * sinc(self.shear_argument(theta)) ** self.convention.power

    def c2(self, theta: ArrayLike, contrast: ArrayLike, offset: ArrayLike) -> Array:
        """Return the two-time correlation of every angle, (K, N, N)."""
        return np.asarray(offset)[:, None, None] + (
            np.asarray(contrast)[:, None, None] * self.correlation(theta)
        )

    def unpacked(self, x: Array) -> tuple[Array, Array, Array]:
        """Split [physical, contrast of each angle, offset of each angle]."""
        n = len(self.names)
        k = len(self.phi)
        return x[:n], x[n : n + k], x[n + k :]

    def jacobian(self, x: Array, *, step: float = 1e-30) -> Array:
        """Return ∂c2/∂x at every pixel by complex steps, (K, N, N, len(x))."""
        columns = []
        for p in range(len(x)):
            shifted = np.asarray(x, dtype=complex)
            h = step * max(abs(x[p]), 1.0)
            shifted[p] += 1j * h
            columns.append(np.imag(self.c2(*self.unpacked(shifted))) / h)
        return np.stack(columns, axis=-1)

    def at_times(self, times: Array) -> "DenseModel":
        """Return the same model on another time axis."""
        return replace(self, times=times)


def c2_matrix(
    model: DenseModel, values: Mapping[str, float], contrast: float, offset: float
) -> Array:
    """Return c2 of the first angle of `model` for parameters given by name, (N, N)."""
    theta = [values[name] for name in model.names]
    return model.c2(theta, [contrast], [offset])[0]
