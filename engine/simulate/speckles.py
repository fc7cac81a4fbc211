"""c2 as a detector with few speckles measures it.

Each speckle is a complex Gaussian field whose values at two times are correlated by
g1(t1, t2); c2 is the average over speckles of the product of their intensities. The
noise is that of a measurement: pixels that share a frame are correlated, and it grows
with the contrast.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.conventions import Convention
from engine.errors import OptionError

_JITTER = 1e-6
"""Added to the diagonal of g1, which is positive definite up to rounding only."""
_AT_ONCE = 1024
_RATE_FLOOR = 1e-10

Array = NDArray[np.float64]


def speckle_c2(
    g1: Array, n_speckles: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return c2 with baseline 1 and contrast 1, averaged over some speckles.

    Parameters
    ----------
    g1
        Correlation of the field, with its sign, shape (N, N).

    Raises
    ------
    OptionError
        When no field has this correlation.
    """
    n = len(g1)
    try:
        factor = np.linalg.cholesky(g1 + _JITTER * np.eye(n)).T
    except np.linalg.LinAlgError as error:
        raise OptionError(
            "no speckle field has the correlation of these parameters; simulate "
            "independent noise (--noise) instead of speckles"
        ) from error
    products, sums = np.zeros((n, n)), np.zeros(n)
    for start in range(0, n_speckles, _AT_ONCE):
        count = min(_AT_ONCE, n_speckles - start)
        real = rng.standard_normal((count, n)) @ factor
        imaginary = rng.standard_normal((count, n)) @ factor
        intensity = real**2 + imaginary**2
        products += intensity.T @ intensity
        sums += intensity.sum(axis=0)
    return n_speckles * products / np.outer(sums, sums)


def field_sign(
    values: Mapping[str, float],
    convention: Convention,
    times: Array,
    *,
    q: float,
    gap: float,
    phi: float,
) -> Array:
    """Return the sign of g1 under shear, which c2 does not show.

    In the conventions whose g1 is a square it is 1 everywhere.
    """
    n = len(times)
    if convention.power != 2:
        return np.ones((n, n))
    strain = _strain(values, times)
    angle = np.deg2rad(values["phi0"] - phi)
    argument = 0.5 * q * gap * np.cos(angle) * np.subtract.outer(strain, strain)
    # numpy.sinc is sin(pi x) / (pi x)
    return np.where(np.sinc(argument / np.pi) < 0, -1.0, 1.0)


def _strain(values: Mapping[str, float], times: Array) -> Array:
    """Return the strain since the first frame, by the trapezoidal rule of the model."""
    dt = times[1] - times[0]
    t = np.maximum(times, 0.5 * dt)
    rate = values["gamma_dot_t0"] * t ** values["beta"] + values["gamma_dot_t_offset"]
    rate = np.maximum(rate, _RATE_FLOOR)
    steps = 0.5 * dt * (rate[1:] + rate[:-1])
    return np.concatenate([[0.0], np.cumsum(steps)])
