"""The strict upper triangle of c2, cut into square tiles of frames.

A tile pairs a block of row frames with a block of column frames. Tiles on the diagonal
and tiles off it are kept apart, because off the diagonal the model factorises. A pixel
that is not fitted (masked, not finite, on or below the diagonal, padding) is NaN and
adds exactly nothing to any sum.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TILE = 128
"""Frames per side of a tile: large enough for few calls, small enough for the cache."""
CHUNK_TILES = 16
"""Tiles handed to the kernel at once, about: the grain of threads and of cancelling."""


@dataclass(frozen=True, slots=True, eq=False)
class TileChunk:
    """Tiles of one kind that are reduced by one call, the same for every angle."""

    rows: NDArray[np.intp]
    """Block number of the rows of each tile, shape (G,)."""
    columns: NDArray[np.intp]
    """Block number of the columns of each tile, shape (G,)."""
    apart: bool
    """Whether every row frame is before every column frame."""


@dataclass(frozen=True, slots=True, eq=False)
class TileLayout:
    """How a matrix of n frames is cut."""

    n_frames: int
    tile: int
    frames: NDArray[np.intp]
    """Frame on the curves' axis of each place, shape (n_blocks, tile); padding repeats
    the last one."""
    chunks: tuple[TileChunk, ...]
    group: int = 1
    """Frames of a cell: above 1, the numbers in `frames` go on behind the last frame
    with the cells, whose curves are means (`engine.kernel.coarse`)."""

    @property
    def n_tiles(self) -> int:
        """Number of tiles of one angle."""
        return sum(len(c.rows) for c in self.chunks)


def tile_layout(
    n_frames: int,
    *,
    tile: int | None = None,
    frames: NDArray[np.intp] | None = None,
    chunk_tiles: int = CHUNK_TILES,
) -> TileLayout:
    """Return how to cut a matrix of `n_frames` frames.

    Parameters
    ----------
    tile
        Frames per side; None chooses, smaller for short runs.
    frames
        Index of each frame of the matrix on the axis of the curves, ascending, shape
        (n_frames,), for a matrix of some frames only; None for all of them.
    chunk_tiles
        Tiles of a chunk, about.
    """
    side = tile or min(TILE, -(-n_frames // 16) * 16)
    n_blocks = -(-n_frames // side)
    places = np.minimum(np.arange(n_blocks * side), n_frames - 1)
    if frames is not None:
        places = frames[places]
    rows, columns = np.triu_indices(n_blocks, k=1)
    diagonal = np.arange(n_blocks)
    chunks = [
        *chunks_of(diagonal, diagonal, apart=False, size=chunk_tiles),
        *chunks_of(rows, columns, apart=True, size=chunk_tiles),
    ]
    return TileLayout(n_frames, side, places.reshape(n_blocks, side), tuple(chunks))


def chunks_of(
    rows: NDArray[np.intp], columns: NDArray[np.intp], *, apart: bool, size: int
) -> Iterator[TileChunk]:
    """Split tiles into chunks of nearly equal size, so that few shapes are compiled."""
    if not len(rows):
        return
    n_chunks = max(1, round(len(rows) / size))
    size = -(-len(rows) // n_chunks)
    for start in range(0, len(rows), size):
        part = slice(start, start + size)
        yield TileChunk(rows[part], columns[part], apart)


def cut(
    layout: TileLayout,
    chunk: TileChunk,
    matrix: NDArray[np.float32],
    left_out: NDArray[np.bool_] | None,
) -> NDArray[np.float32]:
    """Copy the tiles of one chunk out of a full matrix.

    Parameters
    ----------
    matrix
        Shape (n_frames, n_frames); only the strict upper triangle is read.
    left_out
        Pixels not to fit, same shape, or None.

    Returns
    -------
    Array of shape (G, tile, tile); NaN where nothing is fitted.
    """
    side = layout.tile
    out = np.full((len(chunk.rows), side, side), np.nan, dtype=np.float32)
    for g, (i, j) in enumerate(zip(chunk.rows, chunk.columns, strict=True)):
        r = slice(i * side, min((i + 1) * side, layout.n_frames))
        c = slice(j * side, min((j + 1) * side, layout.n_frames))
        block = matrix[r, c]
        place = out[g, : block.shape[0], : block.shape[1]]
        place[...] = block
        if left_out is not None:
            place[left_out[r, c]] = np.nan
        place[~np.isfinite(place)] = np.nan
    if not chunk.apart:
        out[:, np.tri(side, dtype=bool)] = np.nan
    return out
