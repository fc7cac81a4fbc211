"""The reduction of a whole run: threads over (angle, chunk), cancellable in between.

XLA releases the interpreter lock while it computes, so plain threads use all cores; the
units are small, so a fit stops within a fraction of one pass. A chunk is let go as soon
as its angles are done, so a pass over a file holds a few chunks at most.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import jax
import numpy as np
from numpy.typing import NDArray

from engine.data.tiles import TileLayout
from engine.errors import CancelledError
from engine.events import Cancelled
from engine.kernel.curves import FrameCurves, FrameState, frame_state
from engine.kernel.pieces import AnglePieces
from engine.kernel.reduce import ChunkSums, Point, reduce_chunk
from engine.kernel.scores import FrameScores, TileScores, chunk_scores
from engine.kernel.sources import PixelsOf, TileSource
from engine.machine import available_cores
from engine.models.base import AbstractModel, Geometry
from engine.precision import prepare_jax
from engine.routing.chunks import pass_threads
from engine.setup import Loss

Array = NDArray[np.float64]


_UNIT_PIXELS = 2e5
"""Pixels a thread gets at a time, about: handing them over takes as long as reducing a
few thousand."""
_LEAST_UNITS = 12
"""For each thread: with few large ones some threads would wait for the others."""

Result = TypeVar("Result")

Advanced = Callable[[float], None]
"""Told the fraction of a pass that is done."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reduction:
    """Everything that stays the same during a fit."""

    model: AbstractModel
    geometry: Geometry
    times: Array
    """Time of every frame [s], shape (n,)."""
    phi: Array
    """Azimuth of every fitted angle [deg], shape (K,)."""
    layout: TileLayout
    tiles: TileSource
    loss: Loss
    loss_scale: float

    def __call__(
        self,
        theta: Array,
        contrast: Array,
        offset: Array,
        cancelled: Cancelled,
        advanced: Advanced | None = None,
    ) -> AnglePieces:
        """Reduce all pixels once.

        Parameters
        ----------
        theta
            Physical parameters, shape (P,).
        contrast, offset
            Per angle, shape (K,).
        advanced
            Told now and then how much is done.

        Raises
        ------
        CancelledError
            When `cancelled` answered true before the last chunk.
        OSError
            When the tiles cannot be read.
        """
        state, run_chunk = self._at(theta, contrast, offset, cancelled)

        def reduce_angle(number: int, k: int, pixels_of: PixelsOf) -> ChunkSums:
            return run_chunk(reduce_chunk, number, k, pixels_of)

        totals: list[ChunkSums | None] = [None] * self.tiles.n_angles
        for _, k, sums in self._every(reduce_angle, advanced):
            before = totals[k]
            totals[k] = sums if before is None else jax.tree.map(_add, before, sums)
        done = [sums for sums in totals if sums is not None]
        return _assemble(self.model, state, done, contrast, offset)

    def frame_scores(
        self, theta: Array, contrast: Array, offset: Array, cancelled: Cancelled
    ) -> FrameScores:
        """Return what every frame adds to the gradient, by another pass.

        Parameters and errors are those of a reduction.
        """
        state, run_chunk = self._at(theta, contrast, offset, cancelled)
        widths = [channel.n_columns for channel in self.model.channels]
        n_angles, n = self.tiles.n_angles, len(self.times)
        totals: list[Array] = [np.zeros((n, sum(widths) + 2)) for _ in range(n_angles)]

        def score_angle(
            number: int, k: int, pixels_of: PixelsOf
        ) -> tuple[TileScores, TileScores]:
            return run_chunk(chunk_scores, number, k, pixels_of)

        for number, k, both in self._every(score_angle, None):
            chunk = self.layout.chunks[number]
            for blocks, scores in zip((chunk.rows, chunk.columns), both, strict=True):
                parts = (*scores.columns, *(a[..., None] for a in scores[1:]))
                values = np.concatenate(parts, axis=-1)
                np.add.at(totals[k], self.layout.frames[blocks], values)
        ends = np.cumsum(widths)
        physical, others = [], []
        for k in range(n_angles):
            sums, totals[k] = totals[k], np.empty((0, 0))
            maps = (_column_map(self.model, state, k, c) for c in range(len(widths)))
            parts = np.split(sums[:, : ends[-1]], ends[:-1], axis=1)
            mapped = sum(x @ m for x, m in zip(parts, maps, strict=True))
            physical.append(contrast[k] * mapped)
            others.append(sums[:, -2:])
        return FrameScores(np.stack(physical), *np.stack(others).transpose(2, 0, 1))

    def _at(
        self, theta: Array, contrast: Array, offset: Array, cancelled: Cancelled
    ) -> tuple[FrameState, Callable[..., Any]]:
        """Return the curves at a point, and what runs a kernel on an angle's chunk."""
        prepare_jax()  # in float32 the sums would be wrong without a word
        state = frame_state(
            self.model, theta, self.times, np.deg2rad(self.phi), self.geometry
        )
        curves = FrameCurves(self.model, state, self.layout)
        points = [
            Point(
                state.kappa[k],
                np.float64(contrast[k]),
                np.float64(offset[k]),
                np.float64(self.loss_scale),
            )
            for k in range(self.tiles.n_angles)
        ]

        def run_chunk(
            kernel: Callable[..., Any], number: int, k: int, pixels_of: PixelsOf
        ) -> Any:  # noqa: ANN401 - what the kernel returns
            if cancelled():
                raise CancelledError("stopped by the user")
            found = kernel(
                self.model,
                self.loss,
                pixels_of(k),
                curves.sides(number),
                points[k],
                apart=self.layout.chunks[number].apart,
            )
            return jax.tree.map(np.asarray, found)

        return state, run_chunk

    def _every(
        self,
        work: Callable[[int, int, PixelsOf], Result],
        advanced: Advanced | None,
    ) -> Iterator[tuple[int, int, Result]]:
        """Yield (chunk, angle, what was made of them), always in the same order.

        No more angles are queued than a chunk has, so few chunks are held at a time.
        """

        def do(unit: _Unit) -> list[tuple[int, int, Result]]:
            return [
                (unit.number, k, work(unit.number, k, unit.pixels_of))
                for k in unit.angles
            ]

        n_angles = self.tiles.n_angles
        workers = _workers(n_angles * len(self.layout.chunks))
        pending: deque[tuple[int, Future[list[tuple[int, int, Result]]]]] = deque()
        queued = 0
        with (
            _threads(workers) as pool,
            closing(self._units(advanced)) as units,
        ):
            for unit in units:
                pending.append((len(unit.angles), pool.submit(do, unit)))
                queued += len(unit.angles)
                del unit
                while queued > max(n_angles, 2 * workers):
                    count, done = pending.popleft()
                    queued -= count
                    yield from done.result()
            for _, done in pending:
                yield from done.result()

    def _units(self, advanced: Advanced | None) -> Generator["_Unit"]:
        """Yield every unit as its chunk comes."""
        n_angles, n_chunks = self.tiles.n_angles, len(self.layout.chunks)
        size = self._angles_at_once()
        with closing(self.tiles.chunks()) as chunks:
            for number, pixels_of in enumerate(chunks):
                for first in range(0, n_angles, size):
                    angles = range(first, min(first + size, n_angles))
                    yield _Unit(number, angles, pixels_of)
                del pixels_of
                if advanced is not None:
                    advanced((number + 1) / n_chunks)

    def _angles_at_once(self) -> int:
        """Return how many angles of a chunk a thread gets at a time.

        Enough to be worth handing over, and few enough to keep all threads busy to the
        end.
        """
        n_angles, n_chunks = self.tiles.n_angles, len(self.layout.chunks)
        pixels = self.layout.n_tiles * self.layout.tile**2 / n_chunks
        each = n_angles * n_chunks // (_LEAST_UNITS * _workers(n_angles * n_chunks))
        return max(1, min(round(_UNIT_PIXELS / pixels), each))


@dataclass(frozen=True, slots=True, eq=False)
class _Unit:
    """What a thread reduces at a time."""

    number: int
    """Of the chunk."""
    angles: range
    pixels_of: PixelsOf


def _workers(n_units: int) -> int:
    return min(pass_threads(available_cores()), n_units)


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Provide threads; what has not begun when they are left is dropped."""
    pool = ThreadPoolExecutor(count, "reduce")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _add(a: Array, b: Array) -> Array:
    return a + b


def _assemble(
    model: AbstractModel,
    state: FrameState,
    sums: Sequence[ChunkSums],
    contrast: Array,
    offset: Array,
) -> AnglePieces:
    """Map the sums of curve columns to physical parameters, angle by angle."""
    n_angles, n_physical = len(sums), state.slopes.shape[2]
    hessian = np.zeros((n_angles, n_physical, n_physical))
    vectors = np.zeros((3, n_angles, n_physical))
    for k, part in enumerate(sums):
        maps = [_column_map(model, state, k, c) for c in range(len(model.channels))]
        for c, row in enumerate(part.hessian):
            for d, block in enumerate(row, start=c):
                mapped = maps[c].T @ block @ maps[d]
                hessian[k] += mapped if c == d else mapped + mapped.T
        for kind, blocks in enumerate((part.with_f, part.plain, part.with_r)):
            for c, block in enumerate(blocks):
                vectors[kind, k] += maps[c].T @ block
    scalars = np.stack([np.asarray(part.scalars) for part in sums], axis=1)
    return AnglePieces(contrast, offset, hessian, *vectors, *scalars)


def _column_map(model: AbstractModel, state: FrameState, k: int, c: int) -> Array:
    """Return how ∂u_c/∂θ of angle k is made of the columns, shape (columns, P)."""
    channel = model.channels[c]
    matrix = np.zeros((channel.n_columns, state.slopes.shape[2]))
    for row, p in enumerate(channel.curve_parameters):
        matrix[row, p] = state.kappa[k, c]
    if channel.angle_dependent:
        matrix[-1] = state.kappa_slopes[k, c]
    return matrix
