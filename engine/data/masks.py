"""Which pixels of a matrix are left out of the fit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.companion import Companion
from engine.data.phi import SAME_ANGLE, distance
from engine.data.run import RunData
from engine.errors import DataError
from engine.setup import MaskRegion, Masks

MaskOf = Callable[[int], NDArray[np.bool_]]
"""Gives the pixels that are left out of the matrix of that number."""

_ROUNDING = 1e-6
"""Fraction of a frame by which the end of a region may miss the frame's time."""


def build_mask(run: RunData, masks: Masks, index: int) -> NDArray[np.bool_]:
    """Return which pixels of one matrix are left out; see `mask_builder`."""
    return mask_builder(run, masks)(index)


def mask_builder(run: RunData, masks: Masks) -> MaskOf:
    """Check the masks and their file, and return what builds one mask.

    A file with a mask for each angle stays where it is, and is read one at a time.

    Returns
    -------
    Function that takes the number of a matrix in the run and returns a symmetric array
    of shape (N, N) on the frames of the run; true is left out. Pixels without a finite
    value are always left out.

    Raises
    ------
    DataError
        When a mask cannot be.
    """
    spans = [_frames(run, span) for span in masks.frames]
    regions = [(r, _times(run, r)) for r in masks.regions]
    stored = None if masks.file is None else _from_file(masks.file, run)

    def build(index: int) -> NDArray[np.bool_]:
        left_out = np.isfinite(run.c2[index])
        np.logical_not(left_out, out=left_out)
        for frames in spans:
            left_out[frames, :] = True
        for region, (first, second) in regions:
            if _applies(region, run.phi[index]):
                left_out[np.ix_(first, second)] = True
        if stored is not None:
            left_out |= stored(index)
        return np.logical_or(left_out, left_out.T, out=left_out)

    return build


def unused_masks(run: RunData, masks: Masks) -> tuple[str, ...]:
    """Return what of the masks touches no pixel of the run, in words for the user."""
    notes = []
    for span in masks.frames:
        frames = _frames(run, span)
        if frames.start >= min(frames.stop, run.n_frames):
            notes.append(
                f"masks.frames: [{span[0]}, {span[1]}] lies outside the frames "
                f"{run.first_frame} to {run.last_frame} and masks nothing"
            )
    for region in masks.regions:
        matched = any(_applies(region, phi) for phi in run.phi)
        if not matched:
            notes.append(
                f"masks.regions: no angle is at phi = {region.phi:g}°; it masks nothing"
            )
        elif not all(part.size for part in _times(run, region)):
            notes.append(
                f"masks.regions: t1 {list(region.t1)} and t2 {list(region.t2)} hold no "
                f"pair of frames of this window (0 to {run.times[-1]:.6g} s); they "
                "mask nothing"
            )
    return tuple(notes)


def _applies(region: MaskRegion, phi: float) -> bool:
    return region.phi is None or bool(distance(region.phi, phi) <= SAME_ANGLE)


def _frames(run: RunData, span: tuple[int, int]) -> slice:
    first, last = span
    if not 1 <= first <= last:
        raise DataError(
            f"masks.frames: [{first}, {last}] is not a range of frames; expected "
            "[first, last] counted from 1 as in the file"
        )
    # Frames outside the window need no mask.
    start = max(first - run.first_frame, 0)
    return slice(start, max(last - run.first_frame + 1, start))


def _times(
    run: RunData, region: MaskRegion
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return _inside(run, region.t1, "t1"), _inside(run, region.t2, "t2")


def _inside(run: RunData, span: tuple[float, float], axis: str) -> NDArray[np.intp]:
    low, high = span
    if not low <= high:
        raise DataError(
            f"masks.regions: {axis} from {low:g} s to {high:g} s is not a range; "
            "expected [first, last] in seconds since the first frame that is read"
        )
    slack = _ROUNDING * run.dt
    times = run.times
    return np.flatnonzero((times >= low - slack) & (times <= high + slack))


def _from_file(path: Path, run: RunData) -> MaskOf:
    """Return what gives the mask of one matrix as the file has it."""
    file = Companion(path, run, "masks.file")
    if file.dtype.kind not in "bfiu":
        raise _not_a_mask(path)
    first = _as_mask(file[0], path)
    if file.n_arrays == 1:
        return lambda _: first
    if file.dtype.kind != "b":
        for k in range(1, file.n_arrays):
            _as_mask(file[k], path)
    return lambda index: _as_mask(file[index], path)


def _as_mask(array: NDArray[np.generic], path: Path) -> NDArray[np.bool_]:
    if array.dtype.kind == "b":
        return array.astype(bool, copy=False)
    mask = array != 0
    if not np.array_equal(mask, array):
        raise _not_a_mask(path)
    return mask


def _not_a_mask(path: Path) -> DataError:
    return DataError(
        f"masks.file: {path} holds values besides 0 and 1; expected true (or 1) "
        "where a pixel is left out"
    )
