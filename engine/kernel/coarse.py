r"""A coarse grid of the same matrices: few of the pixels, nearly all they say.

Away from the diagonal m × m pixels are averaged into a cell, with their weights summed;
near it, where c2 changes within a few frames, every pixel is kept. The model of a cell
is that of the mean curves of its frames: the argument of the pair kernel is a
difference of curves, and the mean of a difference is the difference of the means. What
is left is the curvature of f within a cell, small where a cell is short against its
lag.

To leading order the cost on the grid is that of all pixels less the scatter within the
cells, which no parameter changes; so the grid finds nearly the same minimum, and its
cost plus a constant estimates the full one.

A tile of T frames becomes one of T/m cells, and its near-diagonal part m tiles of T/m
frames on the diagonal and m beside it, so every tile of the grid has T/m places a side.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from engine.data.tiles import TileChunk, TileLayout, chunks_of
from engine.kernel.reduce import Pixels
from engine.kernel.sources import AngleTiles, HeldTiles

GROUP = 4
"""Frames of a cell, m."""
_LEAST_BLOCKS = 4
"""With fewer blocks of frames the grid is not much smaller than the matrices."""
_CHUNK_TILES = 64

Tiles = NDArray[np.float32]


def has_coarse_grid(layout: TileLayout) -> bool:
    """Whether the grid of a layout is much smaller than the matrices."""
    return len(layout.frames) >= _LEAST_BLOCKS and layout.tile % GROUP**2 == 0


class CoarseGrid:
    """Collects cells and near-diagonal pixels of every angle as its tiles go by.

    Parameters
    ----------
    fine
        The layout the tiles come in.
    weighted
        Whether each pixel has a weight of its own.
    """

    def __init__(self, fine: TileLayout, n_angles: int, *, weighted: bool) -> None:
        self._fine = fine
        side = fine.tile // GROUP
        self._near_cells = side // GROUP - 1
        n_blocks = len(fine.frames)
        cells = (n_angles, n_blocks + n_blocks * (n_blocks - 1) // 2, side, side)
        near = (n_angles, 2 * GROUP * n_blocks - 1, side, side)
        self._cells = np.full(cells, np.nan, np.float32)
        self._cell_weights = np.zeros(cells, np.float32)
        self._near = np.full(near, np.nan, np.float32)
        self._near_weights = np.zeros(near, np.float32) if weighted else None
        self._first = np.cumsum([0, *(len(c.rows) for c in fine.chunks)])
        cell_chunks, near_chunks = _chunks(n_blocks)
        self._n_cell_chunks = len(cell_chunks)
        self.layout = TileLayout(
            n_frames=fine.n_frames,
            tile=side,
            frames=_places(fine, side),
            chunks=(*cell_chunks, *near_chunks),
            group=GROUP,
        )

    @property
    def n_points(self) -> int:
        """Cells and pixels with a value, over all angles."""
        return sum(int(np.count_nonzero(a == a)) for a in (self._cells, self._near))

    @property
    def nbytes(self) -> int:
        """Memory of the grid."""
        held = (self._cells, self._cell_weights, self._near, self._near_weights)
        return sum(a.nbytes for a in held if a is not None)

    def add(self, number: int, angle: int, c2: Tiles, weight: Tiles | None) -> None:
        """Take the tiles of one angle in a chunk of the fine layout."""
        chunk = self._fine.chunks[number]
        place = slice(self._first[number], self._first[number + 1])
        one = np.ones(1, np.float32)
        mean, total = _cell_means(jnp.asarray(c2), one if weight is None else weight)
        far = _cell_distance(chunk, c2.shape[-1] // GROUP) >= self._near_cells
        self._cells[angle, place] = np.where(far, np.asarray(mean), np.float32(np.nan))
        self._cell_weights[angle, place] = np.where(far, np.asarray(total), 0)
        self._keep_near(chunk, self._near[angle], c2)
        if self._near_weights is not None and weight is not None:
            self._keep_near(chunk, self._near_weights[angle], weight)

    def _keep_near(self, chunk: TileChunk, out: Tiles, tiles: Tiles) -> None:
        """Copy what lies within the near lags of the diagonal."""
        side = tiles.shape[-1] // GROUP
        within = np.arange(side) // GROUP
        distance = within[None, :] - within[:, None]
        on = np.where(distance < self._near_cells, np.float32(1), np.float32(np.nan))
        beside = distance + side // GROUP < self._near_cells
        off = np.where(beside, np.float32(1), np.float32(np.nan))
        first_beside = GROUP * len(self._fine.frames)
        for tile, i, j in zip(tiles, chunk.rows, chunk.columns, strict=True):
            if i == j:
                blocks = tile.reshape(GROUP, side, GROUP, side)
                for s in range(GROUP):
                    out[GROUP * i + s] = blocks[s, :, s] * on
                for s in range(GROUP - 1):
                    out[first_beside + GROUP * i + s] = blocks[s, :, s + 1] * off
            elif j == i + 1:
                corner = tile[-side:, :side]
                out[first_beside + GROUP * i + GROUP - 1] = corner * off

    def tiles(self, weight: float) -> HeldTiles:
        """Return the grid of every angle.

        Parameters
        ----------
        weight
            1/σ² where it does not vary; the weights of the cells are counts then.
        """
        factor = np.float32(1.0 if self._near_weights is not None else weight)
        count = len(self._cells)
        return HeldTiles([self._angle(k, weight, factor) for k in range(count)])

    def _angle(self, k: int, weight: float, factor: np.float32) -> AngleTiles:
        pixels = []
        start = 0
        for number, chunk in enumerate(self.layout.chunks):
            if number == self._n_cell_chunks:
                start = 0
            place = slice(start, start + len(chunk.rows))
            start = place.stop
            if number < self._n_cell_chunks:
                weights = self._cell_weights[k, place] * factor
                pixels.append(Pixels(self._cells[k, place], weights))
            elif self._near_weights is None:
                pixels.append(Pixels(self._near[k, place], np.asarray(weight)))
            else:
                weights = self._near_weights[k, place]
                pixels.append(Pixels(self._near[k, place], weights))
        return AngleTiles(tuple(pixels))


def _chunks(n_blocks: int) -> tuple[list[TileChunk], list[TileChunk]]:
    """Return the chunks of cells, and of the pixels near the diagonal.

    Blocks of cells are numbered as the fine blocks they come from; behind them come the
    sub-blocks of frames.
    """
    block = np.arange(n_blocks)
    rows, columns = np.triu_indices(n_blocks, k=1)
    sub = n_blocks + np.arange(GROUP * n_blocks)
    return (
        [
            *chunks_of(block, block, apart=False, size=_CHUNK_TILES),
            *chunks_of(rows, columns, apart=True, size=_CHUNK_TILES),
        ],
        [
            *chunks_of(sub, sub, apart=False, size=_CHUNK_TILES),
            *chunks_of(sub[:-1], sub[1:], apart=True, size=_CHUNK_TILES),
        ],
    )


def _places(fine: TileLayout, side: int) -> NDArray[np.intp]:
    """Return where on the curves, followed by those of the cells, each place is."""
    n, n_blocks = fine.n_frames, len(fine.frames)
    cells = n + np.minimum(np.arange(n_blocks * side), (n - 1) // GROUP)
    frames = fine.frames.reshape(GROUP * n_blocks, side)
    return np.concatenate([cells.reshape(n_blocks, side), frames])


def _cell_distance(chunk: TileChunk, side: int) -> NDArray[np.intp]:
    """Return how many cells apart row and column are, shape (G, side, side)."""
    cell = np.arange(side)
    apart = (chunk.columns - chunk.rows) * side
    return apart[:, None, None] + cell[None, None, :] - cell[None, :, None]


@jax.jit
def _cell_means(c2: Array, weight: Array) -> tuple[Array, Array]:
    """Return weighted means and sums of weights of m × m pixels; NaN where none is."""
    n, side = c2.shape[0], c2.shape[-1] // GROUP
    fitted = c2 == c2
    w = jnp.where(fitted, weight, 0.0)
    value = jnp.where(fitted, c2 * weight, 0.0)

    def summed(a: Array) -> Array:
        return a.reshape(n, side, GROUP, side, GROUP).sum((2, 4))

    total = summed(w)
    mean = jnp.where(total > 0, summed(value) / jnp.where(total > 0, total, 1), jnp.nan)
    return mean.astype(jnp.float32), total.astype(jnp.float32)
