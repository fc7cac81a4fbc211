"""Reads the matrices of one q ring into memory, one at a time."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.data.phi import SAME_ANGLE, distance, normalise, select_angles
from engine.data.readers.detect import open_source
from engine.data.rings import Ring, choose_ring
from engine.data.run import RunData
from engine.data.source import MatrixEntry, Source
from engine.data.validate import check
from engine.errors import CancelledError, DataError
from engine.events import Cancelled, never
from engine.setup import DataRequest, PhiSelection

LoadProgress = Callable[[int, int, str], None]
"""Told (matrices read, matrices in all, what is being read)."""

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


def load(
    request: DataRequest,
    *,
    select: PhiSelection | None = None,
    on_progress: LoadProgress | None = None,
    cancelled: Cancelled = never,
) -> RunData:
    """Read the matrices of one q ring.

    Parameters
    ----------
    select
        Read only the angles it selects; None reads the whole ring.
    cancelled
        Asked before every matrix.

    Raises
    ------
    DataError
        With the sentence for the user.
    CancelledError
        When `cancelled` answered true; nothing is kept.
    """
    begin = time.perf_counter()
    with open_source(request.file, request.dataset) as source:
        ring, all_q, notes = choose_ring(source.path, source.entries, request.q)
        warnings = list(notes)
        entries = list(ring.entries)
        n_file = _same_size(source, ring)
        dt, dt_source = resolve_dt(source, request.dt, warnings)
        phi = resolve_phi(source, entries, request.phi, warnings)
        if select is not None:
            chosen, said = select_angles(phi, select)
            warnings += said
            entries = [e for e, wanted in zip(entries, chosen, strict=True) if wanted]
            phi = phi[chosen]
        window = resolve_window(source, n_file, request, warnings)
        c2 = _allocate(source, len(entries), len(window))
        _read(source, entries, window, c2, on_progress, cancelled)
        warnings += source.notes
    run = RunData(
        path=request.file,
        layout=source.layout,
        q=ring.q,
        dt=dt,
        dt_source=dt_source,
        phi=_read_only(phi),
        bin_ids=tuple(e.label for e in entries),
        c2=_read_only(c2),
        first_frame=window.first_stored + window.start,
        n_frames_file=window.first_stored - 1 + n_file,
        q_list=all_q,
        warnings=tuple(warnings),
    )
    found = check(run)
    elapsed = time.perf_counter() - begin
    return replace(run, warnings=run.warnings + found, load_s=elapsed)


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


def _same_size(source: Source, ring: Ring) -> int:
    sizes = {e.n_frames for e in ring.entries}
    if len(sizes) > 1:
        raise DataError(
            f"{source.path}: the matrices at q = {ring.q:.6g} 1/Å have different "
            f"numbers of frames, {', '.join(map(str, sorted(sizes)))}; expected one"
        )
    return sizes.pop()


def _allocate(source: Source, count: int, n_frames: int) -> NDArray[np.float32]:
    try:
        return np.empty((count, n_frames, n_frames), dtype=np.float32)
    except MemoryError as error:
        size = count * n_frames**2 * 4 / 2**30
        raise DataError(
            f"{count} matrices of {n_frames} frames of {source.path} need {size:.1f} "
            "GiB of memory, which is not there; choose fewer angles with --phi or "
            "fewer frames with --frames"
        ) from error


def _read(
    source: Source,
    entries: list[MatrixEntry],
    window: Window,
    out: NDArray[np.float32],
    on_progress: LoadProgress | None,
    cancelled: Cancelled,
) -> None:
    """Fill `out`, one matrix at a time."""
    for k, entry in enumerate(entries):
        if cancelled():
            raise CancelledError(f"reading {source.path} was cancelled")
        if on_progress is not None:
            on_progress(k, len(entries), entry.label)
        out[k] = source.read(entry, window.frames)
    if on_progress is not None:
        on_progress(len(entries), len(entries), "")


def _read_only(array: NDArray) -> NDArray:
    array.flags.writeable = False
    return array
