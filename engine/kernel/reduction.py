"""The reduction of a whole run: threads over (angle, chunk), cancellable in between.

XLA releases the interpreter lock while it computes, so plain threads use all cores; the
units are small, so a fit stops within a fraction of one pass.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from engine.data.tiles import TileChunk, TileLayout
from engine.errors import CancelledError
from engine.events import Cancelled
from engine.kernel.pieces import AnglePieces
from engine.kernel.reduce import ChunkSums, Pixels, Point, Sides, reduce_chunk
from engine.models.base import AbstractModel, Geometry, curve_derivatives
from engine.precision import prepare_jax
from engine.setup import Loss

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AngleTiles:
    """Data of one angle: one `Pixels` for each chunk of the layout."""

    pixels: tuple[Pixels, ...]


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
    tiles: Sequence[AngleTiles]
    loss: Loss
    loss_scale: float

    def __call__(
        self, theta: Array, contrast: Array, offset: Array, cancelled: Cancelled
    ) -> AnglePieces:
        """Reduce all pixels once.

        Parameters
        ----------
        theta
            Physical parameters, shape (P,).
        contrast, offset
            Per angle, shape (K,).

        Raises
        ------
        CancelledError
            When `cancelled` answered true before the last chunk.
        """
        prepare_jax()  # in float32 the sums would be wrong without a word
        state = _frame_state(
            self.model, theta, self.times, np.deg2rad(self.phi), _geometry(self)
        )
        curves = _FrameCurves(self.model, state, self.layout)
        sides = [curves.sides(chunk) for chunk in self.layout.chunks]

        def reduce_unit(unit: tuple[int, int]) -> ChunkSums:
            if cancelled():
                raise CancelledError("stopped by the user")
            k, number = unit
            point = Point(
                state.kappa[k],
                np.float64(contrast[k]),
                np.float64(offset[k]),
                np.float64(self.loss_scale),
            )
            sums = reduce_chunk(
                self.model,
                self.loss,
                self.tiles[k].pixels[number],
                sides[number],
                point,
                apart=self.layout.chunks[number].apart,
            )
            return jax.tree.map(np.asarray, sums)

        n_chunks = len(self.layout.chunks)
        units = [(k, c) for c in range(n_chunks) for k in range(len(self.tiles))]
        sums = _in_threads(reduce_unit, units)
        by_angle: list[list[ChunkSums]] = [[] for _ in self.tiles]
        for (k, _), part in zip(units, sums, strict=True):
            by_angle[k].append(part)
        totals = [jax.tree.map(lambda *a: sum(a), *parts) for parts in by_angle]
        return _assemble(self.model, state, totals, contrast, offset)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _in_threads(
    work: Callable[[tuple[int, int]], ChunkSums], units: list[tuple[int, int]]
) -> list[ChunkSums]:
    workers = min(available_cores(), len(units), 16)
    with ThreadPoolExecutor(workers, thread_name_prefix="reduce") as pool:
        return list(pool.map(work, units))


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Curves and angle factors with their derivatives, as NumPy arrays."""

    curves: Array
    """Shape (C, n)."""
    slopes: Array
    """∂curves/∂θ, shape (C, n, P)."""
    kappa: Array
    """Shape (K, C)."""
    kappa_slopes: Array
    """∂kappa/∂θ, shape (K, C, P)."""


def _geometry(reduction: Reduction) -> Array:
    return np.array([reduction.geometry.q, reduction.geometry.gap])


@partial(jax.jit, static_argnames="model")
def _state_arrays(
    model: AbstractModel,
    theta: jax.Array,
    times: jax.Array,
    phi: jax.Array,
    geometry: jax.Array,
) -> tuple[jax.Array, ...]:
    where = Geometry(q=geometry[0], gap=geometry[1])  # pyright: ignore[reportArgumentType]
    factors = partial(model.angle_factors, phi=phi, geometry=where)
    return (
        model.curves(theta, times),
        curve_derivatives(model, theta, times),
        factors(theta),
        jax.jacfwd(factors)(theta),
    )


def _frame_state(
    model: AbstractModel, theta: Array, times: Array, phi: Array, geometry: Array
) -> _State:
    arrays = _state_arrays(
        model,
        jnp.asarray(theta, float),
        jnp.asarray(times, float),
        jnp.asarray(phi, float),
        jnp.asarray(geometry, float),
    )
    return _State(*(np.asarray(a) for a in arrays))


class _FrameCurves:
    """Cuts the frame curves the way the data are cut."""

    def __init__(self, model: AbstractModel, state: _State, layout: TileLayout) -> None:
        self._z = state.curves[:, layout.frames].transpose(1, 0, 2)
        self._columns = []
        for c, channel in enumerate(model.channels):
            parts = [state.slopes[c][:, list(channel.curve_parameters)]]
            if channel.angle_dependent:
                parts.append(state.curves[c][:, None])
            self._columns.append(np.concatenate(parts, axis=1)[layout.frames])

    def sides(self, chunk: TileChunk) -> tuple[Sides, Sides]:
        """Return rows and columns of a chunk, relative to each tile's anchor.

        The anchor is the last row frame: off the diagonal it lies between rows and
        columns.
        """
        z_anchor = self._z[chunk.rows][:, :, -1:]
        anchors = [x[chunk.rows][:, -1:, :] for x in self._columns]

        def side(blocks: NDArray[np.intp]) -> Sides:
            return Sides(
                self._z[blocks] - z_anchor,
                tuple(
                    x[blocks] - a for x, a in zip(self._columns, anchors, strict=True)
                ),
            )

        return side(chunk.rows), side(chunk.columns)


def _assemble(
    model: AbstractModel,
    state: _State,
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


def _column_map(model: AbstractModel, state: _State, k: int, c: int) -> Array:
    """Return how ∂u_c/∂θ of angle k is made of the columns, shape (columns, P)."""
    channel = model.channels[c]
    matrix = np.zeros((channel.n_columns, state.slopes.shape[2]))
    for row, p in enumerate(channel.curve_parameters):
        matrix[row, p] = state.kappa[k, c]
    if channel.angle_dependent:
        matrix[-1] = state.kappa_slopes[k, c]
    return matrix
