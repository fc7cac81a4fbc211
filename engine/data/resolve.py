"""Time step, angles and frames of a run, from the file and from what was asked for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.phi import SAME_ANGLE, distance, normalise
from engine.data.source import MatrixEntry, Source
from engine.errors import DataError
from engine.setup import DataRequest

_DT_WITHIN = 0.01
"""Relative difference of two dt that is worth a warning."""
_FEWEST_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Window:
    """Frames to read, as indices into those the file holds."""

    start: int
    stop: int
    first_stored: int
    """Number of the first frame the file holds, 1-based."""

    @property
    def frames(self) -> slice:
        """The window as a slice."""
        return slice(self.start, self.stop)

    def __len__(self) -> int:
        return self.stop - self.start


def resolve_dt(
    source: Source, wanted: float | None, warnings: list[str]
) -> tuple[float, str]:
    """Return the time between frames [s] and where it came from.

    Raises
    ------
    DataError
        When nobody tells it, or it is not a positive number.
    """
    dt = wanted if wanted is not None else source.dt_file
    if dt is None:
        raise DataError(
            f"{source.path} does not tell the time between frames; give it in seconds "
            "with --set analyzer_parameters.dt=… or as analyzer_parameters.dt in the "
            "run file"
        )
    if not (math.isfinite(dt) and dt > 0):
        where = "analyzer_parameters.dt" if wanted is not None else f"{source.path}: dt"
        raise DataError(f"{where} is {dt:g} s; expected a number of seconds above 0")
    if wanted is None:
        return dt, "file"
    in_file = source.dt_file
    if in_file and abs(wanted - in_file) > _DT_WITHIN * in_file:
        warnings.append(
            f"dt is {wanted:g} s in the run file or options, but {in_file:g} s in the "
            f"data file (frame time × stride × average); {wanted:g} s is used"
        )
    return dt, "run file or option"


def resolve_phi(
    source: Source,
    entries: Sequence[MatrixEntry],
    wanted: tuple[float, ...] | None,
    warnings: list[str],
) -> NDArray[np.float64]:
    """Return the azimuth of each matrix [deg] in (-180, 180].

    Raises
    ------
    DataError
        When they are not known, or are not as many as the matrices.
    """
    stored = [e.phi for e in entries]
    known = [p for p in stored if p is not None]
    count = len(stored)
    if len(known) == count:
        phi = normalise(known)
        if wanted is not None and not _same_angles(phi, wanted):
            warnings.append(
                "the file tells φ itself; the angles given for bare arrays are not used"
            )
        return phi
    if wanted is not None and len(wanted) == count:
        return normalise(wanted)
    if wanted is not None:
        raise DataError(
            f"{source.path} holds {count} matrices to read, but {len(wanted)} angles "
            "were given in experimental_data.phi_angles; expected one in degrees per "
            "matrix"
        )
    if count > 1:
        raise DataError(
            f"{source.path} holds {count} matrices and does not tell their φ; give "
            "one angle in degrees per matrix as experimental_data.phi_angles, or pick "
            "one matrix with experimental_data.dataset = name[i]"
        )
    warnings.append("the file does not tell φ: 0° is taken")
    return np.zeros(1)


def _same_angles(phi: NDArray[np.float64], wanted: tuple[float, ...]) -> bool:
    return len(wanted) == len(phi) and bool(np.all(distance(phi, wanted) < SAME_ANGLE))


def resolve_window(
    source: Source, n_file: int, request: DataRequest, warnings: list[str]
) -> Window:
    """Return the frames to read.

    Raises
    ------
    DataError
        When they are none, or not in the file.
    """
    first, last = request.first_frame, request.last_frame
    begin = source.first_frame or _assumed_first(n_file, request, warnings)
    end = begin + n_file - 1
    asked = f"frames {first} to {last if last >= 0 else 'the end'}"
    if first < 1 or (0 <= last <= first):
        raise DataError(
            f"{asked} were asked for; expected a first frame of at least 1 and a later "
            "last frame (-1: to the end); change --frames, or start_frame and "
            "end_frame in analyzer_parameters"
        )
    if first > end or 0 <= last < begin:
        raise DataError(
            f"{asked} were asked for, but {source.path} holds frames {begin} to {end}; "
            "change --frames, or start_frame and end_frame in analyzer_parameters"
        )
    used = max(first, begin), end if last < 0 else min(last, end)
    if used != (first, last if last >= 0 else end):
        warnings.append(
            f"{asked} were asked for, but the file holds {begin} to {end}: "
            f"{used[0]} to {used[1]} are used"
        )
    window = Window(used[0] - begin, used[1] - begin + 1, begin)
    if len(window) < _FEWEST_FRAMES:
        raise DataError(
            f"{asked} are {len(window)} frames of {source.path}; expected at least "
            f"{_FEWEST_FRAMES}"
        )
    return window


def _assumed_first(n_file: int, request: DataRequest, warnings: list[str]) -> int:
    """Return the number of the first frame of a file that holds an unknown window."""
    first, last = request.first_frame, request.last_frame
    fits = last < 0 or last - first + 1 == n_file
    begin = first if fits else 1
    warnings.append(
        f"the cache does not tell which frames it holds: {begin} to "
        f"{begin + n_file - 1} are assumed"
    )
    return begin
