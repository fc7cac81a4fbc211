"""Turns a run and a setup into a reduction: angles, frames, masks, noise, tiles."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from engine.data.masks import MaskOf, mask_builder, unused_masks
from engine.data.noise import estimate_sigma, load_sigma
from engine.data.phi import select_angles
from engine.data.run import RunData
from engine.data.tiles import TileLayout, cut, tile_layout
from engine.errors import DataError, OptionError
from engine.kernel.reduce import Pixels
from engine.kernel.reduction import AngleTiles, Reduction
from engine.models.base import Geometry
from engine.models.registry import build_model
from engine.setup import Scaling, Setup

Array = NDArray[np.float64]
_SUPPORTED_SCALING = (
    Scaling.AUTO,
    Scaling.INDIVIDUAL,
    Scaling.AVERAGED,
    Scaling.CONSTANT,
    Scaling.FIXED_CONSTANT,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Noise:
    """Standard deviation of a pixel."""

    sigma: float
    """The value, or the median of the given array."""
    array: NDArray[np.float64] | None
    """Given per pixel: (N, N) or (K, N, N) over all angles of the run."""
    source: str
    """``"estimated"`` or ``"given"``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """A fit ready to run."""

    data: RunData
    setup: Setup
    angles: tuple[int, ...]
    """Indices into ``data.phi`` of the fitted angles."""
    reduction: Reduction
    noise: Noise
    n_points: tuple[int, ...]
    """Fitted pixels of each angle."""
    warnings: tuple[str, ...]

    @property
    def phi(self) -> Array:
        """Fitted angles [deg], shape (K,)."""
        return self.reduction.phi


def build_problem(data: RunData, setup: Setup) -> Problem:
    """Select, mask, weigh and cut the data.

    Raises
    ------
    InputError
        When data and setup do not go together.
    """
    gap = check_setup(setup)
    chosen, warnings = select_angles(data.phi, setup.phi)
    angles = tuple(int(k) for k in np.flatnonzero(chosen))
    frames = fitted_frames(data, setup)
    mask = mask_builder(data, setup.masks)
    noise = _noise(data, setup, angles, mask)
    layout = tile_layout(len(frames))
    tiles = []
    n_points = []
    for k in angles:
        cut_angle = _cut_angle(data, mask, k, layout, noise)
        tiles.append(cut_angle)
        n_points.append(_count(cut_angle))
    _refuse_empty(data, angles, n_points)
    reduction = Reduction(
        model=build_model(setup.model, setup.convention),
        geometry=Geometry(q=data.q, gap=gap),
        times=data.times[frames],
        phi=data.phi[list(angles)],
        layout=layout,
        tiles=tiles,
        loss=setup.loss,
        loss_scale=setup.loss_scale,
    )
    return Problem(
        data=data,
        setup=setup,
        angles=angles,
        reduction=reduction,
        noise=noise,
        n_points=tuple(n_points),
        warnings=(*warnings, *unused_masks(data, setup.masks)),
    )


def check_setup(setup: Setup) -> float:
    """Return the gap [Å], or 0 for a model without shear.

    Raises
    ------
    OptionError
        When the model needs a gap and there is none, or the scaling mode is not there.
    """
    if setup.scaling not in _SUPPORTED_SCALING:
        supported = ", ".join(s.value for s in _SUPPORTED_SCALING)
        raise OptionError(
            f"scaling mode {setup.scaling.value!r} is not part of this version of "
            f"twotime; expected one of {supported}; "
            "choose with --scaling or optimization.nlsq.anti_degeneracy.per_angle_mode"
        )
    frozen = setup.scaling is Scaling.FIXED_CONSTANT
    if frozen and (setup.contrast_start is None or setup.offset_start is None):
        raise OptionError(
            "the scaling mode fixed_constant needs the values to use; give contrast "
            "and offset in initial_parameters.per_angle_scaling, one per fitted angle"
        )
    if not setup.spec.sheared:
        return 0.0
    if setup.gap is None or not setup.gap > 0:
        raise OptionError(
            f"the model {setup.model} needs the gap between stator and rotor [Å]; give "
            "analyzer_parameters.geometry.stator_rotor_gap in the run file or by --set"
        )
    return setup.gap


def fitted_frames(data: RunData, setup: Setup) -> NDArray[np.intp]:
    """Return the indices of the fitted frames in the window."""
    first = 1 if setup.drop_first_frame else 0
    frames = np.arange(first, data.n_frames)
    if len(frames) < 3:
        raise DataError(
            f"{data.path.name}: {len(frames)} frames are left to fit, expected at "
            "least 3; choose a longer range with --frames"
        )
    return frames


def _noise(data: RunData, setup: Setup, angles: tuple[int, ...], mask: MaskOf) -> Noise:
    if isinstance(setup.sigma, Path):
        array = np.asarray(load_sigma(setup.sigma, data), float)
        return Noise(sigma=float(np.nanmedian(array)), array=array, source="given")
    if setup.sigma is not None:
        if not (np.isfinite(setup.sigma) and setup.sigma > 0):
            raise OptionError(
                f"noise.sigma is {setup.sigma}; expected a number above 0, or null to "
                "estimate it from the data"
            )
        return Noise(sigma=float(setup.sigma), array=None, source="given")
    estimate = estimate_sigma(data, angles, mask)
    return Noise(sigma=float(estimate), array=None, source="estimated")


def _cut_angle(
    data: RunData, mask: MaskOf, index: int, layout: TileLayout, noise: Noise
) -> AngleTiles:
    first = data.n_frames - layout.n_frames
    left_out = mask(index)[first:, first:]
    matrix = data.c2[index, first:, first:]
    pixels = []
    for chunk in layout.chunks:
        c2 = jnp.asarray(cut(layout, chunk, matrix, left_out))
        weight: jnp.ndarray | np.ndarray = np.asarray(1.0 / noise.sigma**2)
        if noise.array is not None:
            sigma = noise.array if noise.array.ndim == 2 else noise.array[index]
            inverse = (1.0 / sigma[first:, first:] ** 2).astype(np.float32)
            weight = jnp.asarray(cut(layout, chunk, inverse, None))
        pixels.append(Pixels(c2, jnp.asarray(weight)))
    return AngleTiles(tuple(pixels))


def _count(tiles: AngleTiles) -> int:
    return sum(int(np.isfinite(np.asarray(p.c2)).sum()) for p in tiles.pixels)


def _refuse_empty(data: RunData, angles: tuple[int, ...], n_points: list[int]) -> None:
    empty = [k for k, n in zip(angles, n_points, strict=True) if n == 0]
    if not empty:
        return
    named = ", ".join(f"{data.phi[k]:g}°" for k in empty)
    if len(empty) == len(angles):
        raise DataError(
            f"{data.path.name}: no selected angle (phi = {named}) has a finite pixel "
            "off the diagonal; check the file, the frames and the masks"
        )
    several = len(empty) > 1
    raise DataError(
        f"{data.path.name}: the selected angle{'s' if several else ''} phi = {named} "
        f"ha{'ve' if several else 's'} no finite pixel off the diagonal; leave "
        f"{'them' if several else 'it'} out with --phi "
        f'"{",".join(_ranges_without(data.phi, angles, empty))}"'
    )


def _ranges_without(
    phi: Array, angles: tuple[int, ...], empty: list[int]
) -> Iterator[str]:
    """Yield --phi ranges that keep the usable angles and leave the empty ones out."""
    out = sorted({float(phi[k]) for k in empty})
    keep = [float(phi[k]) for k in angles if k not in empty]
    if len(keep) <= len(out) + 4:
        for value in sorted(set(keep)):
            yield f"{value - 0.01:g}:{value + 0.01:g}"
        return
    for low, high in zip(out, [*out[1:], out[0]], strict=True):
        yield f"{low + 0.01:g}:{high - 0.01:g}"
