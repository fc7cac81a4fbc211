"""Factors of pair kernels over a block of pixels, from terms of its rows and columns.

With the anchor between rows and columns, ``exp`` of a difference is a product of two
numbers below 1 and ``sin`` of a difference follows from the angle-difference identity,
whose two terms then have the same sign: neither overflows nor cancels.
"""

import jax.numpy as jnp
from jax import Array

_SERIES_BELOW = 0.1
"""|x| below which sinc uses its series: the next term is below 1e-16 there."""


def outer(rows: Array, columns: Array) -> Array:
    """Return the outer product of two vectors."""
    return rows[:, None] * columns[None, :]


def decay(u_rows: Array, u_columns: Array) -> Array:
    """Return exp(-(u_j - u_i)) for a block on the diagonal; 1 where j is before i."""
    return jnp.exp(-jnp.maximum(u_columns[None, :] - u_rows[:, None], 0.0))


def sinc_block(
    rows: tuple[Array, Array, Array], columns: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """Return sinc and its derivative at x = x_j - x_i.

    Parameters
    ----------
    rows, columns
        The argument, its sine and its cosine, each of shape (T,).
    """
    (x_i, sin_i, cos_i), (x_j, sin_j, cos_j) = rows, columns
    x = x_j[None, :] - x_i[:, None]
    sin_x = outer(cos_i, sin_j) - outer(sin_i, cos_j)
    cos_x = outer(cos_i, cos_j) + outer(sin_i, sin_j)
    small = jnp.abs(x) < _SERIES_BELOW
    inverse = 1.0 / jnp.where(small, 1.0, x)
    x2 = x * x
    series = 1 - x2 * (1 / 6) * (
        1 - x2 * (1 / 20) * (1 - x2 * (1 / 42) * (1 - x2 * (1 / 72)))
    )
    sinc = jnp.where(small, series, sin_x * inverse)
    slope = (
        -x * (1 / 3) * (1 - x2 * (1 / 10) * (1 - x2 * (1 / 28) * (1 - x2 * (1 / 54))))
    )
    return sinc, jnp.where(small, slope, (cos_x - sinc) * inverse)


def sinc(x: Array) -> Array:
    """Return sin(x)/x elementwise, 1 at x = 0."""
    small = jnp.abs(x) < _SERIES_BELOW
    safe = jnp.where(small, 1.0, x)
    x2 = jnp.where(small, x * x, 0.0)
    series = 1 - x2 / 6 * (1 - x2 / 20 * (1 - x2 / 42 * (1 - x2 / 72)))
    return jnp.where(small, series, jnp.sin(safe) / safe)
