"""c2 of one angle as a full matrix: for pictures, result files and simulation."""

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from engine.conventions import Convention
from engine.models.base import (
    AbstractModel,
    Geometry,
    pair_arguments,
)
from engine.models.registry import build_model
from engine.precision import prepare_jax


@partial(jax.jit, static_argnames="model")
def _c2(
    model: AbstractModel,
    theta: Array,
    times: Array,
    phi: Array,
    geometry: tuple[Array, Array],
    scaling: tuple[Array, Array],
) -> Array:
    where = Geometry(q=geometry[0], gap=geometry[1])  # type: ignore[arg-type]
    kappa = model.angle_factors(theta, jnp.deg2rad(phi)[None], where)[0]
    u = pair_arguments(model, kappa, model.curves(theta, times))
    return scaling[1] + scaling[0] * model.kernel(u)


def c2_map(  # noqa: PLR0913 - one keyword for each symbol of the equation
    model: str,
    convention: Convention,
    values: Mapping[str, float],
    times: NDArray[np.float64],
    *,
    q: float,
    gap: float | None,
    phi: float,
    contrast: float,
    offset: float,
) -> NDArray[np.float64]:
    """Return c2 of one angle for every pair of times.

    Parameters
    ----------
    values
        Physical parameters by name, in their units.
    times
        Time of each frame [s], equally spaced, shape (N,).
    q, gap
        Wavevector [1/Å] and gap [Å]; a static model ignores the gap.
    phi
        Azimuth [deg].

    Returns
    -------
    Array of shape (N, N); its diagonal is contrast + offset.
    """
    prepare_jax()
    numeric = build_model(model, convention)
    theta = jnp.asarray([values[p.name] for p in numeric.spec.parameters], float)
    result = _c2(
        numeric,
        theta,
        jnp.asarray(times, float),
        jnp.asarray(phi, float),
        (jnp.asarray(q, float), jnp.asarray(gap or 0.0, float)),
        (jnp.asarray(contrast, float), jnp.asarray(offset, float)),
    )
    return np.asarray(result)
