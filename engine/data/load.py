"""Reads the matrices of one q ring, one at a time, into memory if they are to be kept.

Every matrix is read once in any case, for what there is to say about it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.data.matrices import Matrices
from engine.data.phi import select_angles
from engine.data.readers.detect import open_source
from engine.data.resolve import Window, resolve_dt, resolve_phi, resolve_window
from engine.data.rings import Ring, choose_ring
from engine.data.run import RunData
from engine.data.source import MatrixEntry, Source
from engine.data.stored import StoredMatrices
from engine.data.validate import MatrixFacts, examine, sentences
from engine.errors import CancelledError, DataError
from engine.events import Cancelled, never
from engine.setup import DataRequest, PhiSelection

LoadProgress = Callable[[int, int, str], None]
"""Told (matrices read, matrices in all, what is being read)."""
Keep = Callable[[int, int], bool]
"""Asked (number of matrices, frames of the window): are they kept in memory?"""
OnMatrix = Callable[[int, NDArray[np.float32]], None]
"""Shown each matrix, read-only, with its number in the run."""


def always(_n_matrices: int, _n_frames: int) -> bool:
    """Keep the matrices in memory, however large."""
    return True


def load(
    request: DataRequest,
    *,
    select: PhiSelection | None = None,
    keep: Keep = always,
    on_matrix: OnMatrix | None = None,
    on_progress: LoadProgress | None = None,
    cancelled: Cancelled = never,
) -> RunData:
    """Read the matrices of one q ring.

    Parameters
    ----------
    select
        Read only the angles it selects; None reads the whole ring.
    keep
        Asked before any memory is taken. Where it answers false the matrices stay in
        the file, and the run reads each again when it is asked for.
    on_matrix
        Called once with each matrix as it is read.
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
        chosen = _choose(source, request, select)
        kept = keep(len(chosen.entries), len(chosen.window))
        c2, refused = _allocate(chosen) if kept else (None, ())
        facts: list[MatrixFacts] = []

        def visit(k: int, matrix: NDArray[np.float32]) -> None:
            facts.append(examine(matrix))
            if c2 is not None:
                c2[k] = matrix
            if on_matrix is not None:
                on_matrix(k, matrix)

        _read(source, chosen, visit, on_progress, cancelled)
        said = (*chosen.notes, *source.notes, *refused)
    run = _run(request, source.layout, chosen, c2)
    said += sentences(run, facts)
    elapsed = time.perf_counter() - begin
    return replace(run, warnings=said, load_s=elapsed)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Chosen:
    """What of a file is read."""

    ring: Ring
    q_list: tuple[float, ...]
    entries: Sequence[MatrixEntry]
    phi: NDArray[np.float64]
    dt: float
    dt_source: str
    window: Window
    n_frames_file: int
    notes: Sequence[str]


def _choose(
    source: Source, request: DataRequest, select: PhiSelection | None
) -> _Chosen:
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
    return _Chosen(
        ring=ring,
        q_list=all_q,
        entries=entries,
        phi=phi,
        dt=dt,
        dt_source=dt_source,
        window=window,
        n_frames_file=window.first_stored - 1 + n_file,
        notes=warnings,
    )


def _run(
    request: DataRequest,
    layout: str,
    chosen: _Chosen,
    c2: NDArray[np.float32] | None,
) -> RunData:
    frames = chosen.window.frames
    matrices: Matrices
    if c2 is None:
        matrices = StoredMatrices(request.file, request.dataset, chosen.entries, frames)
    else:
        matrices = _read_only(c2)
    return RunData(
        path=request.file,
        layout=layout,
        q=chosen.ring.q,
        dt=chosen.dt,
        dt_source=chosen.dt_source,
        phi=_read_only(chosen.phi),
        bin_ids=tuple(e.label for e in chosen.entries),
        c2=matrices,
        first_frame=chosen.window.first_stored + chosen.window.start,
        n_frames_file=chosen.n_frames_file,
        q_list=chosen.q_list,
    )


def _same_size(source: Source, ring: Ring) -> int:
    sizes = {e.n_frames for e in ring.entries}
    if len(sizes) > 1:
        raise DataError(
            f"{source.path}: the matrices at q = {ring.q:.6g} 1/Å have different "
            f"numbers of frames, {', '.join(map(str, sorted(sizes)))}; expected one"
        )
    return sizes.pop()


def _allocate(chosen: _Chosen) -> tuple[NDArray[np.float32] | None, tuple[str, ...]]:
    """Return memory for the matrices, or why there is none."""
    count, n_frames = len(chosen.entries), len(chosen.window)
    try:
        return np.empty((count, n_frames, n_frames), dtype=np.float32), ()
    except MemoryError:
        size = count * n_frames**2 * 4 / 1e9
        note = (
            f"{count} matrices of {n_frames} frames need {size:.1f} GB of memory, "
            "which is not there: they stay in the file"
        )
        return None, (note,)


def _read(
    source: Source,
    chosen: _Chosen,
    visit: OnMatrix,
    on_progress: LoadProgress | None,
    cancelled: Cancelled,
) -> None:
    """Show each matrix to `visit`; no more than one is in memory."""
    total = len(chosen.entries)
    for k, entry in enumerate(chosen.entries):
        if cancelled():
            raise CancelledError(f"reading {source.path} was cancelled")
        if on_progress is not None:
            on_progress(k, total, entry.label)
        visit(k, _read_only(source.read(entry, chosen.window.frames)))
    if on_progress is not None:
        on_progress(total, total, "")


def _read_only(array: NDArray) -> NDArray:
    array.flags.writeable = False
    return array
