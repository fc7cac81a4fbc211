"""Puts the matrices of a run where the strategy wants its tiles, one at a time.

A matrix is visited once: masked, cut, counted, averaged into the coarse grid, and put
away. So a run that stays on disk is never in memory as a whole.
"""

from contextlib import ExitStack
from typing import Protocol

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from engine.data.tile_store import TileStore
from engine.data.tiles import TileLayout, cut, tile_layout
from engine.kernel.coarse import CoarseGrid, has_coarse_grid
from engine.kernel.reduce import Pixels
from engine.kernel.sources import (
    AngleTiles,
    CutTiles,
    HeldTiles,
    MatrixOfAngle,
    StoredTiles,
    TileSource,
)
from engine.options import ChunkOptions
from engine.routing.chunks import COARSE_BYTES, ON_DISK, chunk_tiles
from engine.setup import Strategy

Tiles = NDArray[np.float32]


class _Place(Protocol):
    """Where tiles go, angle by angle, and where they come from afterwards."""

    def begin(self, matrix: MatrixOfAngle) -> None:
        """Take the matrix of the next angle."""
        ...

    def put(self, number: int, angle: int, c2: Tiles, weight: Tiles | None) -> None:
        """Take its tiles of one chunk."""
        ...

    def source(self, weight: float) -> TileSource:
        """Return everything put."""
        ...

    def close(self) -> None:
        """Give back what is not memory."""
        ...


class Tiling:
    """Tiles under way to their place.

    Parameters
    ----------
    strategy
        Says where that is.
    weighted
        Whether each pixel has a weight of its own.
    coarse
        Whether the coarse grid is wanted, where there is one.

    Raises
    ------
    OSError
        When there is no room on the scratch disk.
    """

    def __init__(
        self,
        strategy: Strategy,
        n_frames: int,
        n_angles: int,
        *,
        weighted: bool,
        coarse: bool,
        options: ChunkOptions,
    ) -> None:
        size = chunk_tiles(strategy, n_angles, options)
        self.layout = tile_layout(n_frames, chunk_tiles=size)
        self.n_points: list[int] = []
        self._place = _place(strategy, self.layout, n_angles, weighted=weighted)
        self._weighted = weighted
        self.grid: CoarseGrid | None = None
        if coarse and has_coarse_grid(self.layout):
            most = COARSE_BYTES if strategy in ON_DISK else np.inf
            with ExitStack() as undo:
                undo.callback(self._place.close)
                self.grid = CoarseGrid(
                    self.layout, n_angles, weighted=weighted, most_bytes=most
                )
                undo.pop_all()

    def add(self, matrix: MatrixOfAngle) -> None:
        """Cut the matrix of the next angle.

        Raises
        ------
        OSError
            When the scratch disk is full or refuses.
        """
        angle, count = len(self.n_points), 0
        self._place.begin(matrix)
        for number, chunk in enumerate(self.layout.chunks):
            c2 = cut(self.layout, chunk, matrix.c2, matrix.left_out)
            weight = (
                None
                if matrix.weight is None
                else cut(self.layout, chunk, matrix.weight, None)
            )
            count += int(np.count_nonzero(c2 == c2))
            self._place.put(number, angle, c2, weight)
            if self.grid is not None:
                self.grid.add(number, angle, c2, weight)
        self.n_points.append(count)

    def source(self, weight: float) -> TileSource:
        """Return the tiles of every angle added.

        Parameters
        ----------
        weight
            1/σ², where it does not vary.
        """
        return self._place.source(1.0 if self._weighted else weight)

    @property
    def store(self) -> TileStore | None:
        """The scratch file, where there is one."""
        return self._place.store if isinstance(self._place, _OnDisk) else None

    def close(self) -> None:
        """Give back scratch space."""
        self._place.close()
        if self.grid is not None:
            self.grid.close()


def _place(
    strategy: Strategy, layout: TileLayout, n_angles: int, *, weighted: bool
) -> _Place:
    if strategy is Strategy.STANDARD:
        return _InMemory(n_angles)
    if strategy is Strategy.LARGE:
        return _InMatrices(layout)
    return _OnDisk(layout, n_angles, weighted=weighted)


class _InMemory:
    def __init__(self, n_angles: int) -> None:
        self._tiles: list[list[tuple[jnp.ndarray, jnp.ndarray | None]]] = [
            [] for _ in range(n_angles)
        ]

    def begin(self, matrix: MatrixOfAngle) -> None:
        del matrix

    def put(self, number: int, angle: int, c2: Tiles, weight: Tiles | None) -> None:
        del number
        kept = None if weight is None else jnp.asarray(weight)
        self._tiles[angle].append((jnp.asarray(c2), kept))

    def source(self, weight: float) -> TileSource:
        # Of a fixed type, as from everywhere else: the kernel is compiled once.
        one = jnp.asarray(np.float64(weight))
        return HeldTiles(
            [
                AngleTiles(
                    tuple(Pixels(c2, one if w is None else w) for c2, w in chunks)
                )
                for chunks in self._tiles
            ]
        )

    def close(self) -> None:
        pass


class _InMatrices:
    def __init__(self, layout: TileLayout) -> None:
        self._layout = layout
        self._matrices: list[MatrixOfAngle] = []

    def begin(self, matrix: MatrixOfAngle) -> None:
        self._matrices.append(matrix)

    def put(self, number: int, angle: int, c2: Tiles, weight: Tiles | None) -> None:
        del number, angle, c2, weight

    def source(self, weight: float) -> TileSource:
        return CutTiles(self._layout, self._matrices, weight)

    def close(self) -> None:
        pass


class _OnDisk:
    def __init__(self, layout: TileLayout, n_angles: int, *, weighted: bool) -> None:
        self.store = TileStore(layout, n_angles, weighted=weighted)

    def begin(self, matrix: MatrixOfAngle) -> None:
        del matrix

    def put(self, number: int, angle: int, c2: Tiles, weight: Tiles | None) -> None:
        self.store.put(number, angle, c2, weight)

    def source(self, weight: float) -> TileSource:
        return StoredTiles(self.store, weight)

    def close(self) -> None:
        self.store.close()
