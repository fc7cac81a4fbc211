r"""What each frame adds to the gradient of an angle: sums over the pixels it is in.

A pixel of c2 belongs to two frames. With residuals r, weights w and the Jacobian J of a
pixel, the score of frame i is :math:`s_i = \sum_{j} (w\,r\,J)_{ij} + \sum_j
(w\,r\,J)_{ji}`; the scores of all frames sum to twice the gradient. They are made of
the same products as the sums of `engine.kernel.reduce`, only kept frame by frame.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from engine.kernel.reduce import Pixels, Point, Sides, centred, moments_of, tiles_of
from engine.models.base import AbstractModel
from engine.setup import Loss


class TileScores(NamedTuple):
    """Of the G tiles of a chunk, for their row frames or for their column frames."""

    columns: tuple[Array, ...]
    """Per channel: Σ w r f_c ΔX_c, shape (G, T, n_columns)."""
    with_f: Array
    """Σ w r f, shape (G, T)."""
    plain: Array
    """Σ w r, shape (G, T)."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameScores:
    """Scores of n frames for K angles and P physical parameters."""

    physical: NDArray[np.float64]
    """Shape (K, n, P)."""
    contrast: NDArray[np.float64]
    """Shape (K, n)."""
    offset: NDArray[np.float64]
    """Shape (K, n)."""


@partial(jax.jit, static_argnames=("model", "loss", "apart"))
def chunk_scores(
    model: AbstractModel,
    loss: Loss,
    pixels: Pixels,
    sides: tuple[Sides, Sides],
    point: Point,
    *,
    apart: bool,
) -> tuple[TileScores, TileScores]:
    """Return the scores of rows and columns; arguments as `reduce.reduce_chunk`."""

    def one_tile(tile: tuple) -> tuple[TileScores, TileScores]:
        moments = moments_of(model, loss, pixels, tile, point, apart=apart)
        left, right = centred(model.channels, moments, *tile[4:])
        product = moments.weighted_residual
        of_f = moments.get("residual", 0)
        by_row, by_column = [], []
        for channel, x, y in zip(model.channels, left, right, strict=True):
            matrix, row_sums, column_sums = moments.get("residual", channel.base)
            by_row.append(channel.sign * (matrix @ y - row_sums[:, None] * x))
            by_column.append(channel.sign * (column_sums[:, None] * y - matrix.T @ x))
        return (
            TileScores(tuple(by_row), of_f[1], product.sum(1)),
            TileScores(tuple(by_column), of_f[2], product.sum(0)),
        )

    return jax.lax.map(one_tile, tiles_of(model, pixels, sides, point))
