"""Turns a run and a setup into a reduction: angles, frames, masks, noise, tiles."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.masks import MaskOf, mask_builder, unused_masks
from engine.data.noise import NoiseEstimate, SigmaArrays, load_sigma
from engine.data.phi import select_angles
from engine.data.run import RunData
from engine.errors import CancelledError, DataError, OptionError
from engine.events import Cancelled, never
from engine.fit.tiling import Tiling
from engine.kernel.reduction import Advanced, Reduction
from engine.kernel.sources import MatrixOfAngle
from engine.models.base import Geometry
from engine.models.registry import build_model
from engine.routing.coarse import COARSE_FROM
from engine.setup import Masks, Scaling, Setup, Strategy

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Noise:
    """Standard deviation of a pixel."""

    sigma: float
    """The value, or the median of the given array."""
    varies: bool
    """Whether it is given for each pixel."""
    source: str
    """``"estimated"`` or ``"given"``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """A fit ready to run. `close` gives back its scratch space."""

    data: RunData
    setup: Setup
    strategy: Strategy
    angles: tuple[int, ...]
    """Indices into ``data.phi`` of the fitted angles."""
    reduction: Reduction
    coarse: Reduction | None
    """The same on the coarse grid, where that pays."""
    noise: Noise
    n_points: tuple[int, ...]
    """Fitted pixels of each angle."""
    warnings: tuple[str, ...]
    tiling: Tiling
    read_before: tuple[str, ...] = ()
    """What `read_again` has to say of a run that was moved into memory for the fit."""

    @property
    def phi(self) -> Array:
        """Fitted angles [deg], shape (K,)."""
        return self.reduction.phi

    def n_values(self, reduction: Reduction) -> int:
        """Return how many values a reduction sums: pixels, or those of the grid."""
        grid = self.tiling.grid
        if reduction is self.coarse and grid is not None:
            return grid.n_points
        return sum(self.n_points)

    @property
    def read_again(self) -> tuple[str, ...]:
        """What could be read at the second try only, in words for the user."""
        store = self.tiling.store
        again = (*self.read_before, *self.data.read_again)
        if store is None or not store.read_again:
            return again
        return (*again, "the scratch file could not be read at first")

    def close(self) -> None:
        """Give back scratch space."""
        self.tiling.close()


def build_problem(
    data: RunData,
    setup: Setup,
    strategy: Strategy = Strategy.STANDARD,
    *,
    cancelled: Cancelled = never,
    advanced: Advanced | None = None,
) -> Problem:
    """Select, mask, weigh and cut the data.

    Parameters
    ----------
    strategy
        Where the tiles go.
    cancelled
        Asked before every matrix that is read from a file.
    advanced
        Told the fraction of matrices that are cut.

    Raises
    ------
    InputError
        When data and setup do not go together.
    OSError
        When the data cannot be read or the scratch disk is full.
    CancelledError
        When `cancelled` answered true; nothing is kept.
    """
    gap = check_setup(setup)
    chosen, warnings = select_angles(data.phi, setup.phi)
    angles = tuple(int(k) for k in np.flatnonzero(chosen))
    frames = fitted_frames(data, setup)
    given = load_sigma(setup.sigma, data) if isinstance(setup.sigma, Path) else None
    pixels = len(angles) * len(frames) * (len(frames) - 1) / 2
    out_of_core = strategy in {Strategy.CHUNKED, Strategy.STREAMING}
    with ExitStack() as undo:
        tiling = Tiling(
            strategy,
            len(frames),
            len(angles),
            weighted=given is not None,
            coarse=out_of_core or pixels >= COARSE_FROM,
            options=setup.options.chunks,
        )
        undo.callback(tiling.close)
        visit = _Visit(data, setup, given, NoiseEstimate(len(angles)), tiling)
        for done, k in enumerate(angles):
            if not data.in_memory and cancelled():
                raise CancelledError("stopped while the data were being read")
            visit.matrix(k)
            if advanced is not None:
                advanced((done + 1) / len(angles))
        _refuse_empty(data, setup, angles, tiling.n_points)
        noise = _noise(setup, given, visit.estimate)
        undo.pop_all()
    weight = 1.0 / noise.sigma**2
    reduction = Reduction(
        model=build_model(setup.model, setup.convention),
        geometry=Geometry(q=data.q, gap=gap),
        times=data.times[frames],
        phi=data.phi[list(angles)],
        layout=tiling.layout,
        tiles=tiling.source(weight),
        loss=setup.loss,
        loss_scale=setup.loss_scale,
    )
    return Problem(
        data=data,
        setup=setup,
        strategy=strategy,
        angles=angles,
        reduction=reduction,
        coarse=_coarse(reduction, tiling, weight),
        noise=noise,
        n_points=tuple(tiling.n_points),
        warnings=(*warnings, *unused_masks(data, setup.masks)),
        tiling=tiling,
    )


def _coarse(reduction: Reduction, tiling: Tiling, weight: float) -> Reduction | None:
    grid = tiling.grid
    if grid is None:
        return None
    return replace(reduction, layout=grid.layout, tiles=grid.tiles(weight))


class _Visit:
    """What is done with each matrix, once."""

    def __init__(
        self,
        data: RunData,
        setup: Setup,
        given: SigmaArrays | None,
        estimate: NoiseEstimate,
        tiling: Tiling,
    ) -> None:
        self._data, self._given, self._tiling = data, given, tiling
        self._first = 1 if setup.drop_first_frame else 0
        masked = setup.masks != Masks()
        self._mask: MaskOf | None = mask_builder(data, setup.masks) if masked else None
        self._wants_noise = setup.sigma is None
        self.estimate = estimate

    def matrix(self, k: int) -> None:
        """Visit the matrix of that number."""
        whole = self._data.c2[k]
        left_out = None if self._mask is None else self._mask(k)
        if self._wants_noise:
            self.estimate.add(whole, left_out)
        fitted = np.s_[self._first :, self._first :]
        weight = None
        if self._given is not None:
            weight = (1.0 / self._given[k][fitted] ** 2).astype(np.float32)
        self._tiling.add(
            MatrixOfAngle(
                c2=whole[fitted],
                left_out=None if left_out is None else left_out[fitted],
                weight=weight,
            )
        )


def _noise(setup: Setup, given: SigmaArrays | None, estimate: NoiseEstimate) -> Noise:
    if given is not None:
        return Noise(sigma=given.median, varies=True, source="given")
    if not isinstance(setup.sigma, float | int):
        return Noise(sigma=estimate.sigma(), varies=False, source="estimated")
    return Noise(sigma=float(setup.sigma), varies=False, source="given")


def check_setup(setup: Setup) -> float:
    """Return the gap [Å], or 0 for a model without shear.

    Raises
    ------
    OptionError
        When the model needs a gap and there is none, or values that are to be used.
    """
    frozen = setup.scaling is Scaling.FIXED_CONSTANT
    if frozen and (setup.contrast_start is None or setup.offset_start is None):
        raise OptionError(
            "the scaling mode fixed_constant needs the values to use; give contrast "
            "and offset in initial_parameters.per_angle_scaling, one per fitted angle"
        )
    sigma = setup.sigma
    if isinstance(sigma, float | int) and not (np.isfinite(sigma) and sigma > 0):
        raise OptionError(
            f"noise.sigma is {setup.sigma}; expected a number above 0, or null to "
            "estimate it from the data"
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


def _refuse_empty(
    data: RunData, setup: Setup, angles: tuple[int, ...], n_points: list[int]
) -> None:
    masked = " outside the masks" if setup.masks != Masks() else ""
    empty = [k for k, n in zip(angles, n_points, strict=True) if n == 0]
    if not empty:
        return
    named = ", ".join(f"{data.phi[k]:g}°" for k in empty)
    if len(empty) == len(angles):
        raise DataError(
            f"{data.path.name}: no selected angle (phi = {named}) has a finite pixel "
            f"off the diagonal{masked}; check the file, the frames and the masks"
        )
    several = len(empty) > 1
    raise DataError(
        f"{data.path.name}: the selected angle{'s' if several else ''} phi = {named} "
        f"ha{'ve' if several else 's'} no finite pixel off the diagonal{masked}; leave "
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
