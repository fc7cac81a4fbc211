r"""One pass over a chunk of tiles: every sum the equations of an angle need.

With the bases :math:`B_a` of the model (`engine.models.base`), weights w and residuals
r, and the frame-curve columns X of the channels, the needed sums have two shapes:

.. math::

    \sum_{ij} M_{ij}\,(X_j - X_i)(Y_j - Y_i)^T
      &= X_J^T c\,Y_J + X_I^T ρ\,Y_I - X_I^T M Y_J - X_J^T M^T Y_I \\
    \sum_{ij} M_{ij}\,(X_j - X_i) &= c^T X_J - ρ^T X_I

where ρ and c are the row and column sums of M = w·B_a·B_b, w·B_a or w·r·B_a. So a tile
of T × T pixels costs a few elementwise products, their row and column sums and products
with a handful of columns; its Jacobian is never formed, and memory stays O(T²).

Curves are taken relative to an anchor frame of the tile: only differences enter, and
without it the terms cancel.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from engine.kernel.losses import rho
from engine.models.base import AbstractModel, Channel
from engine.setup import Loss

_SMALL_TILE = 64
_SMALL_TILES_AT_ONCE = 8
"""Of tiles with fewer frames a side, so many are reduced together: the operations of a
small one take less time than starting them."""


class Sides(NamedTuple):
    """Frame curves of the rows or columns of G tiles, relative to the tile's anchor."""

    z: ArrayLike
    """Curves, shape (G, C, T)."""
    columns: tuple[ArrayLike, ...]
    """Per channel, the curves of the derivatives, shape (G, T, n_columns)."""


class Pixels(NamedTuple):
    """Measured pixels of G tiles."""

    c2: ArrayLike
    """Shape (G, T, T), float32; NaN where a pixel is not fitted."""
    weight: ArrayLike
    """1/σ²: one number, or an array like `c2`."""


class Point(NamedTuple):
    """Where the sums are taken, for one angle."""

    kappa: ArrayLike
    """Angle factors, shape (C,)."""
    contrast: ArrayLike
    offset: ArrayLike
    loss_scale: ArrayLike
    """In units of sigma."""


class ChunkSums(NamedTuple):
    """Sums over the pixels of a chunk. Chunks of one angle add up."""

    hessian: tuple[tuple[Array, ...], ...]
    """Per channel pair (c ≤ d): Σ w f_c f_d ΔX_c ΔX_dᵀ."""
    with_f: tuple[Array, ...]
    """Per channel: Σ w f f_c ΔX_c."""
    plain: tuple[Array, ...]
    """Per channel: Σ w f_c ΔX_c."""
    with_r: tuple[Array, ...]
    """Per channel: Σ w r f_c ΔX_c."""
    scalars: Array
    """Σw, Σwf, Σwf², Σwr, Σwrf, cost, χ², Σψ², Σρ', Σψ', shape (10,)."""


@partial(jax.jit, static_argnames=("model", "loss", "apart"))
def reduce_chunk(
    model: AbstractModel,
    loss: Loss,
    pixels: Pixels,
    sides: tuple[Sides, Sides],
    point: Point,
    *,
    apart: bool,
) -> ChunkSums:
    """Reduce the tiles of one angle.

    Parameters
    ----------
    model, loss
        What is fitted; the code is compiled once for each combination and shape.
    pixels
        Data and weights.
    sides
        Frame curves of rows and columns.
    point
        Angle factors, scaling and loss scale.
    apart
        Whether all tiles lie off the diagonal (`AbstractModel.bases`).
    """
    tiles = tiles_of(model, pixels, sides, point)

    def one_tile(tile: tuple) -> ChunkSums:
        moments = moments_of(model, loss, pixels, tile, point, apart=apart)
        return _contract(model.channels, moments, *tile[4:])

    first = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape[1:], a.dtype), tiles)
    shapes = jax.eval_shape(lambda t: _empty(model.channels, t), first)
    zero = jax.tree.map(lambda s: jnp.zeros(s.shape), shapes)
    if jnp.shape(pixels.c2)[1] >= _SMALL_TILE:

        def add_one(total: ChunkSums, tile: tuple) -> tuple[ChunkSums, None]:
            return jax.tree.map(jnp.add, total, one_tile(tile)), None

        return jax.lax.scan(add_one, zero, tiles)[0]

    def add_some(total: ChunkSums, some: tuple) -> tuple[ChunkSums, None]:
        sums = jax.vmap(one_tile)(some)
        return jax.tree.map(lambda a, b: a + b.sum(0), total, sums), None

    return jax.lax.scan(add_some, zero, _grouped(tiles))[0]


def tiles_of(
    model: AbstractModel, pixels: Pixels, sides: tuple[Sides, Sides], point: Point
) -> tuple:
    """Return what is gone through tile by tile.

    Data, weights (None for one number), the terms of rows and of columns, and the
    columns of both sides.
    """
    # Transcendentals of whole tiles before the loop: inside, XLA would fuse them into
    # the pixel loops and evaluate them once per pixel instead of once per frame.
    kappa = jnp.asarray(point.kappa)
    scale = kappa[None, :, None]
    rows = model.side_terms(scale * sides[0].z, 1.0)
    columns = model.side_terms(scale * sides[1].z, -1.0)
    weights = pixels.weight if jnp.ndim(pixels.weight) else None
    return (pixels.c2, weights, rows, columns, sides[0].columns, sides[1].columns)


def moments_of(
    model: AbstractModel,
    loss: Loss,
    pixels: Pixels,
    tile: tuple,
    point: Point,
    *,
    apart: bool,
) -> "Moments":
    """Return the weighted products of one of the tiles of `tiles_of`."""
    c2, weight, row_terms, column_terms = tile[:4]
    bases = model.bases(row_terms, column_terms, apart=apart)
    weight = jnp.asarray(pixels.weight if weight is None else weight)
    return Moments(bases, *_weigh(loss, c2, weight, bases[0], point))


def _grouped(tiles: tuple) -> tuple:
    """Return small tiles in groups, filled up with tiles in which nothing is fitted."""
    c2, *others = tiles
    missing = -len(c2) % _SMALL_TILES_AT_ONCE

    def group(a: Array, *, fill: float) -> Array:
        padding = [(0, missing)] + [(0, 0)] * (jnp.ndim(a) - 1)
        filled = jnp.pad(jnp.asarray(a), padding, constant_values=fill)
        return filled.reshape((-1, _SMALL_TILES_AT_ONCE, *filled.shape[1:]))

    rest = jax.tree.map(lambda a: group(a, fill=0.0), tuple(others))
    return (group(c2, fill=jnp.nan), *rest)


def _empty(channels: tuple[Channel, ...], tile: tuple) -> ChunkSums:
    """Return sums of zero, with the shapes of the columns in `tile`."""
    widths = [x.shape[1] for x in tile[4]]
    vectors = tuple(jnp.zeros(n) for n in widths)
    hessian = tuple(
        tuple(jnp.zeros((widths[c], widths[d])) for d in range(c, len(channels)))
        for c in range(len(channels))
    )
    return ChunkSums(hessian, vectors, vectors, vectors, jnp.zeros(10))


def _weigh(
    loss: Loss, c2: Array, weight: Array, f: Array, point: Point
) -> tuple[Array, Array, Array]:
    """Return effective weights, residuals and the scalars that need no basis."""
    data = c2.astype(float)
    fitted = data == data
    residual = jnp.where(fitted, point.offset + point.contrast * f - data, 0.0)
    base = jnp.where(fitted, weight.astype(float), 0.0)
    square = base * residual * residual
    chi2 = jnp.sum(square)
    if loss is Loss.LINEAR:
        n = jnp.sum(fitted, dtype=float)
        return base, residual, jnp.stack([0.5 * chi2, chi2, chi2, n, n])
    scale = point.loss_scale**2
    value, first, slope = rho(loss, square / scale)
    scalars = jnp.stack(
        [
            0.5 * scale * jnp.sum(jnp.where(fitted, value, 0.0)),
            chi2,
            jnp.sum(first * first * square),
            jnp.sum(jnp.where(fitted, first, 0.0)),
            jnp.sum(jnp.where(fitted, slope, 0.0)),
        ]
    )
    return base * first, residual, scalars


class Moments:
    """Weighted products of the bases, with row and column sums, each made once."""

    def __init__(
        self, bases: tuple[Array, ...], weight: Array, residual: Array, scalars: Array
    ) -> None:
        self._weighted = [weight * b for b in bases]
        self._bases = bases
        self._residual = residual
        self.scalars = scalars
        self._made: dict[tuple[str, int, int], tuple[Array, Array, Array]] = {}
        self.weighted_residual = weight * residual
        self.sum_w = jnp.sum(weight)
        self.sum_wr = jnp.sum(self.weighted_residual)

    def get(self, kind: str, a: int, b: int = 0) -> tuple[Array, Array, Array]:
        """Return a matrix and its row and column sums.

        Parameters
        ----------
        kind
            ``"pair"`` w·B_a·B_b, ``"plain"`` w·B_a or ``"residual"`` w·r·B_a.
        """
        low, high = (min(a, b), max(a, b)) if kind == "pair" else (a, a)
        key = (kind, low, high)
        if key not in self._made:
            matrix = self._weighted[low]
            if kind == "pair":
                matrix = matrix * self._bases[high]
            elif kind == "residual":
                matrix = matrix * self._residual
            self._made[key] = (matrix, matrix.sum(1), matrix.sum(0))
        return self._made[key]


def centred(
    channels: tuple[Channel, ...],
    moments: Moments,
    left: tuple[Array, ...],
    right: tuple[Array, ...],
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Return the columns relative to where the weight of the tile is.

    With a steep curve only a few frames of a tile may be correlated, and the anchor is
    then so far from them that the terms of a sum would cancel to nothing.
    """
    rows, columns = [], []
    for channel, x, y in zip(channels, left, right, strict=True):
        _, by_row, by_column = moments.get("pair", channel.base, channel.base)
        total = by_row.sum() + by_column.sum()
        centre = (by_row @ x + by_column @ y) / jnp.where(total > 0, total, 1.0)
        rows.append(x - centre)
        columns.append(y - centre)
    return tuple(rows), tuple(columns)


def _contract(
    channels: tuple[Channel, ...],
    moments: Moments,
    left: tuple[Array, ...],
    right: tuple[Array, ...],
) -> ChunkSums:
    """Contract the moments of one tile with the columns of its rows and columns."""
    left, right = centred(channels, moments, left, right)

    def vector(kind: str, c: int, other: int = 0) -> Array:
        channel = channels[c]
        _, by_row, by_column = moments.get(kind, channel.base, other)
        return channel.sign * (by_column @ right[c] - by_row @ left[c])

    def block(c: int, d: int) -> Array:
        matrix, by_row, by_column = moments.get(
            "pair", channels[c].base, channels[d].base
        )
        mixed = left[c].T @ (matrix @ right[d])
        back = mixed.T if c == d else right[c].T @ (matrix.T @ left[d])
        own = (right[c] * by_column[:, None]).T @ right[d] + (
            left[c] * by_row[:, None]
        ).T @ left[d]
        return channels[c].sign * channels[d].sign * (own - mixed - back)

    n = range(len(channels))
    f_rows = moments.get("plain", 0)[1]
    ff_rows = moments.get("pair", 0, 0)[1]
    rf_rows = moments.get("residual", 0)[1]
    scalars = jnp.stack(
        [moments.sum_w, f_rows.sum(), ff_rows.sum(), moments.sum_wr, rf_rows.sum()]
    )
    return ChunkSums(
        hessian=tuple(tuple(block(c, d) for d in n if d >= c) for c in n),
        with_f=tuple(vector("pair", c) for c in n),
        plain=tuple(vector("plain", c) for c in n),
        with_r=tuple(vector("residual", c) for c in n),
        scalars=jnp.concatenate([scalars, moments.scalars]),
    )
