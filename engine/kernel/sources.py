"""Where the tiles of a reduction come from: memory, matrices in memory, or a file.

A source hands out one chunk after the other, and of each chunk every angle, so that any
part of a pass tells something about every coefficient. What walks over the chunks does
not know where they live.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.tile_store import TileStore
from engine.data.tiles import TileLayout, cut
from engine.kernel.reduce import Pixels

PixelsOf = Callable[[int], Pixels]
"""Gives the pixels of an angle in a chunk; may be called on any thread."""


class TileSource(ABC):
    """Hands out the tiles of a run, chunk by chunk."""

    @property
    @abstractmethod
    def n_angles(self) -> int:
        """Number of angles in every chunk."""

    @abstractmethod
    def chunks(self) -> Generator[PixelsOf]:
        """Yield every chunk of the layout in order; close the iterator when done.

        Raises
        ------
        OSError
            When it cannot be read, also when tried again.
        """


@dataclass(frozen=True, slots=True, eq=False)
class AngleTiles:
    """Data of one angle: one `Pixels` for each chunk of the layout."""

    pixels: tuple[Pixels, ...]


@dataclass(frozen=True, slots=True, eq=False)
class HeldTiles(TileSource):
    """Tiles in memory."""

    angles: Sequence[AngleTiles]

    @property
    def n_angles(self) -> int:
        """See `TileSource.n_angles`."""
        return len(self.angles)

    def chunks(self) -> Generator[PixelsOf]:
        """See `TileSource.chunks`."""
        for number in range(len(self.angles[0].pixels)):
            yield lambda k, c=number: self.angles[k].pixels[c]


@dataclass(frozen=True, slots=True, eq=False)
class MatrixOfAngle:
    """The matrix of one angle on the fitted frames, and what is left out of it."""

    c2: NDArray[np.float32]
    left_out: NDArray[np.bool_] | None
    weight: NDArray[np.float32] | None
    """1/σ² of each pixel, where it varies."""


@dataclass(frozen=True, slots=True, eq=False)
class CutTiles(TileSource):
    """Tiles cut from matrices in memory whenever they are wanted."""

    layout: TileLayout
    matrices: Sequence[MatrixOfAngle]
    weight: float
    """1/σ², where it does not vary."""

    @property
    def n_angles(self) -> int:
        """See `TileSource.n_angles`."""
        return len(self.matrices)

    def chunks(self) -> Generator[PixelsOf]:
        """See `TileSource.chunks`."""
        for number in range(len(self.layout.chunks)):
            yield lambda k, c=number: self._pixels(k, c)

    def _pixels(self, k: int, number: int) -> Pixels:
        matrix, chunk = self.matrices[k], self.layout.chunks[number]
        c2 = cut(self.layout, chunk, matrix.c2, matrix.left_out)
        if matrix.weight is None:
            return Pixels(c2, np.asarray(self.weight))
        return Pixels(c2, cut(self.layout, chunk, matrix.weight, None))


@dataclass(frozen=True, slots=True, eq=False)
class StoredTiles(TileSource):
    """Tiles in a scratch file, the next chunk being read while one is reduced."""

    store: TileStore
    weight: float
    """1/σ², or what stored weights are multiplied by."""

    @property
    def n_angles(self) -> int:
        """See `TileSource.n_angles`."""
        return self.store.n_angles

    def chunks(self) -> Generator[PixelsOf]:
        """See `TileSource.chunks`."""
        count = self.store.n_chunks
        with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as reader:
            ahead = reader.submit(self.store.read, 0)
            for number in range(count):
                block = ahead.result()
                if number + 1 < count:
                    ahead = reader.submit(self.store.read, number + 1)
                yield lambda k, b=block: self._pixels(b, k)
                # Not kept while the next one is waited for.
                del block

    def _pixels(self, block: NDArray[np.float32], k: int) -> Pixels:
        if block.shape[1] == 1:
            return Pixels(block[k, 0], np.asarray(self.weight))
        return Pixels(block[k, 0], block[k, 1] * np.float32(self.weight))
