"""Frame curves of a model at a point, cut the way the data are cut."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from engine.data.tiles import TileChunk, TileLayout
from engine.kernel.reduce import Sides
from engine.models.base import AbstractModel, Geometry, curve_derivatives

Array = NDArray[np.float64]

_KEPT = 4
"""Chunks under way at a time are fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameState:
    """Curves and angle factors with their derivatives, as NumPy arrays."""

    curves: Array
    """Shape (C, n)."""
    slopes: Array
    """∂curves/∂θ, shape (C, n, P)."""
    kappa: Array
    """Shape (K, C)."""
    kappa_slopes: Array
    """∂kappa/∂θ, shape (K, C, P)."""


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


def frame_state(
    model: AbstractModel, theta: Array, times: Array, phi: Array, geometry: Geometry
) -> FrameState:
    """Evaluate a model on its axes.

    Parameters
    ----------
    theta
        Physical parameters, shape (P,).
    times
        Of every frame [s], shape (n,).
    phi
        Azimuth of every angle [rad], shape (K,).
    """
    arrays = _state_arrays(
        model,
        jnp.asarray(theta, float),
        jnp.asarray(times, float),
        jnp.asarray(phi, float),
        jnp.array([geometry.q, geometry.gap], float),
    )
    return FrameState(*(np.asarray(a) for a in arrays))


class FrameCurves:
    """Cuts the frame curves the way the data are cut."""

    def __init__(
        self, model: AbstractModel, state: FrameState, layout: TileLayout
    ) -> None:
        self._chunks = layout.chunks
        self._sides: dict[int, tuple[Sides, Sides]] = {}
        z = _with_cells(state.curves.T, layout.group)
        self._z = z[layout.frames].transpose(0, 2, 1)
        self._columns = []
        for c, channel in enumerate(model.channels):
            parts = [state.slopes[c][:, list(channel.curve_parameters)]]
            if channel.angle_dependent:
                parts.append(state.curves[c][:, None])
            columns = _with_cells(np.concatenate(parts, axis=1), layout.group)
            self._columns.append(columns[layout.frames])

    def sides(self, number: int) -> tuple[Sides, Sides]:
        """Return rows and columns of a chunk, relative to each tile's anchor.

        The anchor is the last row frame: off the diagonal it lies between rows and
        columns. Every angle of a chunk shares them, so the last few are kept.
        """
        made = self._sides.get(number)
        if made is None:
            made = self._make(self._chunks[number])
            self._sides.pop(number - _KEPT, None)
            self._sides[number] = made
        return made

    def _make(self, chunk: TileChunk) -> tuple[Sides, Sides]:
        z_anchor = self._z[chunk.rows][:, :, -1:]
        anchors = [x[chunk.rows][:, -1:, :] for x in self._columns]

        def side(blocks: NDArray[np.intp]) -> Sides:
            columns = (
                x[blocks] - a for x, a in zip(self._columns, anchors, strict=True)
            )
            return Sides(
                jnp.asarray(self._z[blocks] - z_anchor),
                tuple(jnp.asarray(x) for x in columns),
            )

        return side(chunk.rows), side(chunk.columns)


def _with_cells(curves: Array, group: int) -> Array:
    """Return curves of shape (n, X), followed by their means over cells of frames."""
    if group == 1:
        return curves
    starts = np.arange(0, len(curves), group)
    counts = np.diff(np.append(starts, len(curves)))
    means = np.add.reduceat(curves, starts, axis=0) / counts[:, None]
    return np.concatenate([curves, means])
