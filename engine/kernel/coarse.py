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

from engine.data.tile_store import TileStore
from engine.data.tiles import TileChunk, TileLayout, chunks_of
from engine.kernel.reduce import Pixels
from engine.kernel.sources import AngleTiles, HeldTiles, StoredTiles, TileSource
from engine.routing.coarse import GROUP

_LEAST_BLOCKS = 4
"""With fewer blocks of frames the grid is not much smaller than the matrices."""
_FEWEST_TILES, _MOST_TILES = 8, 64
_BLOCK_BYTES = 16e6
"""Size of a chunk of all angles, values and weights, about."""

Tiles = NDArray[np.float32]


def has_coarse_grid(layout: TileLayout) -> bool:
    """Whether the grid of a layout is much smaller than the matrices."""
    return len(layout.frames) >= _LEAST_BLOCKS and layout.tile % GROUP**2 == 0


class CoarseGrid:
    """Collects cells and near-diagonal pixels, angle by angle, as tiles go by.

    Parameters
    ----------
    fine
        The layout the tiles come in, all chunks of one angle before the next angle.
    weighted
        Whether each pixel has a weight of its own.
    most_bytes
        A grid that takes more is kept on disk.

    Raises
    ------
    OSError
        When there is no room on the scratch disk.
    """

    def __init__(
        self,
        fine: TileLayout,
        n_angles: int,
        *,
        weighted: bool,
        most_bytes: float = np.inf,
    ) -> None:
        self._fine, self._weighted, self._n_angles = fine, weighted, n_angles
        side = fine.tile // GROUP
        self._near_cells = side // GROUP - 1
        self._first = np.cumsum([0, *(len(c.rows) for c in fine.chunks)])
        n_blocks = len(fine.frames)
        self.layout = TileLayout(
            n_frames=fine.n_frames,
            tile=side,
            frames=_places(fine, side),
            chunks=_chunks(n_blocks, _chunk_tiles(n_angles, side)),
            group=GROUP,
        )
        self._values, self._weights = self._empty()
        self._held: list[list[tuple[Array, Array]]] = []
        self.n_points = 0
        """Cells and pixels with a value, over all angles."""
        self.store: TileStore | None = None
        """Scratch file of a large grid."""
        if n_angles * (self._values.nbytes + self._weights.nbytes) > most_bytes:
            self.store = TileStore(self.layout, n_angles, weighted=True)

    def _empty(self) -> tuple[Tiles, Tiles]:
        """Return values and weights of an angle, in the order of `_chunks`."""
        shape = (self.layout.n_tiles, self.layout.tile, self.layout.tile)
        return np.full(shape, np.nan, np.float32), np.zeros(shape, np.float32)

    def add(self, number: int, angle: int, c2: Tiles, weight: Tiles | None) -> None:
        """Take the tiles of one angle in a chunk of the fine layout.

        Raises
        ------
        OSError
            When the scratch disk is full or refuses.
        """
        chunk = self._fine.chunks[number]
        before = GROUP * len(self._fine.frames) if chunk.apart else 0
        place = slice(self._first[number] + before, self._first[number + 1] + before)
        one = np.ones(1, np.float32)
        mean, total = _cell_means(jnp.asarray(c2), one if weight is None else weight)
        far = _cell_distance(chunk, self.layout.tile) >= self._near_cells
        self._values[place] = np.where(far, np.asarray(mean), np.float32(np.nan))
        self._weights[place] = np.where(far, np.asarray(total), 0)
        self._keep_near(chunk, self._values, c2)
        weights = np.ones_like(c2) if weight is None else weight
        self._keep_near(chunk, self._weights, weights)
        if number == len(self._fine.chunks) - 1:
            self._finish(angle)

    def _finish(self, angle: int) -> None:
        """Put an angle away; its arrays serve the next one."""
        self.n_points += int(np.count_nonzero(self._values == self._values))
        start = 0
        pieces = []
        for number, chunk in enumerate(self.layout.chunks):
            place = slice(start, start + len(chunk.rows))
            start = place.stop
            values, weights = self._values[place], self._weights[place]
            if self.store is not None:
                self.store.put(number, angle, values, weights)
            else:
                pieces.append((jnp.array(values), jnp.array(weights)))
        if self.store is None:
            self._held.append(pieces)

    def _keep_near(self, chunk: TileChunk, out: Tiles, tiles: Tiles) -> None:
        """Copy what lies within the near lags of the diagonal."""
        side = tiles.shape[-1] // GROUP
        within = np.arange(side) // GROUP
        distance = within[None, :] - within[:, None]
        on = np.where(distance < self._near_cells, np.float32(1), np.float32(np.nan))
        beside = distance + side // GROUP < self._near_cells
        off = np.where(beside, np.float32(1), np.float32(np.nan))
        n_blocks = len(self._fine.frames)
        on_it, beside_it = out[n_blocks:], out[1 - GROUP * n_blocks :]
        for tile, i, j in zip(tiles, chunk.rows, chunk.columns, strict=True):
            if i == j:
                blocks = tile.reshape(GROUP, side, GROUP, side)
                for s in range(GROUP):
                    on_it[GROUP * i + s] = blocks[s, :, s] * on
                for s in range(GROUP - 1):
                    beside_it[GROUP * i + s] = blocks[s, :, s + 1] * off
            elif j == i + 1:
                corner = tile[-side:, :side]
                beside_it[GROUP * i + GROUP - 1] = corner * off

    def tiles(self, weight: float) -> TileSource:
        """Return the grid of every angle, once: what is held is handed over.

        Parameters
        ----------
        weight
            1/σ² where it does not vary; the weights of the cells are counts then.
        """
        factor = 1.0 if self._weighted else weight
        if self.store is not None:
            return StoredTiles(self.store, factor)
        # Angle by angle, so that counts go as the weights made of them come.
        held = list(reversed(self._held))
        self._held.clear()
        return HeldTiles([_angle(held.pop(), factor) for _ in range(len(held))])

    def close(self) -> None:
        """Give back scratch space."""
        if self.store is not None:
            self.store.close()


def _chunk_tiles(n_angles: int, side: int) -> int:
    """Return how many tiles a chunk has, fewer the more angles come with each."""
    most = _BLOCK_BYTES / (n_angles * 8 * side**2)
    return int(np.clip(most, _FEWEST_TILES, _MOST_TILES))


def _angle(pieces: list[tuple[Array, Array]], factor: float) -> AngleTiles:
    weight = jnp.float32(factor)
    return AngleTiles(tuple(Pixels(c2, weight * counts) for c2, counts in pieces))


def _chunks(n_blocks: int, size: int) -> tuple[TileChunk, ...]:
    """Return the chunks: what lies on the diagonal before what lies beside it.

    Of both the cells come first, in blocks numbered as those they come from; behind
    them come pixels near the diagonal, in sub-blocks of frames.
    """
    block = np.arange(n_blocks)
    rows, columns = np.triu_indices(n_blocks, k=1)
    sub = n_blocks + np.arange(GROUP * n_blocks)
    on = np.concatenate([block, sub])
    left, right = (np.concatenate(p) for p in ((rows, sub[:-1]), (columns, sub[1:])))
    return (
        *chunks_of(on, on, apart=False, size=size),
        *chunks_of(left, right, apart=True, size=size),
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
