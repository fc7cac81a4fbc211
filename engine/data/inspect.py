"""What a data file is, for a person who wonders; no matrix is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.phi import normalise
from engine.data.readers.detect import first_bytes, is_hdf5, open_source, source_of
from engine.data.resolve import resolve_dt, resolve_phi
from engine.data.rings import choose_ring, rings
from engine.data.source import MatrixEntry, Source
from engine.data.text import degrees, wavevectors
from engine.errors import DataError


@dataclass(frozen=True, slots=True)
class RingSummary:
    """The matrices of one wavevector."""

    q: float | None
    """Wavevector [1/Å]; None where the file does not tell."""
    phi: tuple[float, ...]
    """Azimuth of each matrix [deg], as far as the file tells."""
    n_matrices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a data file is and holds."""

    path: Path
    layout: str | None
    """None when the file holds no two-time matrices."""
    holds: str
    """A clause: what the file holds."""
    rings: tuple[RingSummary, ...] = ()
    n_frames: int | None = None
    """Frames on either side of the matrices; None where they differ."""
    dt: float | None = None
    """Time between frames [s]; None where the file does not tell."""
    n_points: int = 0
    """Pixels above the diagonal of the ring that is read by default."""
    notes: tuple[str, ...] = ()
    """What would be assumed on reading."""
    problems: tuple[str, ...] = ()
    """Why the file cannot be fitted as it is."""

    @property
    def q(self) -> tuple[float, ...]:
        """Every wavevector of the file [1/Å], ascending."""
        return tuple(r.q for r in self.rings if r.q is not None)

    @property
    def phi(self) -> tuple[float, ...]:
        """Every azimuth of the file [deg], ascending."""
        return tuple(sorted({p for r in self.rings for p in r.phi}))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "path": str(self.path),
            "layout": self.layout,
            "holds": self.holds,
            "q": list(self.q),
            "phi": list(self.phi),
            "rings": [
                {"q": r.q, "phi": list(r.phi), "n_matrices": r.n_matrices}
                for r in self.rings
            ],
            "n_frames": self.n_frames,
            "dt": self.dt,
            "n_points": self.n_points,
            "notes": list(self.notes),
            "problems": list(self.problems),
        }

    def to_text(self) -> str:
        """Return lines for a terminal."""
        rows = [
            ("file", str(self.path)),
            ("layout", self.layout or "none that can be read"),
        ]
        rows.append(("holds", self.holds))
        for ring in self.rings:
            q = "not told" if ring.q is None else wavevectors([ring.q])
            angles = degrees(ring.phi) if ring.phi else "φ not told"
            rows.append(("q", f"{q}: {ring.n_matrices} matrices, {angles}"))
        if self.layout is not None:
            rows.append(("frames", _or_unknown(self.n_frames)))
            dt = "not told" if self.dt is None else f"{self.dt:.6g} s"
            rows += [("dt", dt), ("points", f"{self.n_points:,}")]
        rows += [("note", note) for note in self.notes]
        rows += [("problem", problem) for problem in self.problems]
        return "\n".join(f"{name:<8} {text}" for name, text in rows)


def _or_unknown(n_frames: int | None) -> str:
    return "differ between matrices" if n_frames is None else str(n_frames)


def inspect_file(path: Path) -> Inspection:
    """Tell what a file is without reading a matrix.

    Raises
    ------
    DataError
        When it cannot be opened at all.
    """
    head = first_bytes(path)
    if is_hdf5(path, head):
        return _inspect_hdf5(path)
    try:
        source = open_source(path)
    except DataError as error:
        contents = _array_contents(path, head)
        if contents is None:
            raise
        return Inspection(
            path=path, layout=None, holds=contents, problems=(str(error),)
        )
    with source:
        return _summary(source)


def _array_contents(path: Path, head: bytes) -> str | None:
    """Return what a NumPy file holds, None when it is no readable NumPy file."""
    from engine.data.numpy_file import NumpyFile
    from engine.data.readers.array import contents

    if not head.startswith((b"\x93NUMPY", b"PK")):
        return None
    try:
        file = NumpyFile(path)
    except DataError:
        return None
    try:
        return contents(file)
    finally:
        file.close()


def _inspect_hdf5(path: Path) -> Inspection:
    from engine.data.contents import is_result, keys, multi_tau
    from engine.data.hdf5 import open_hdf5
    from engine.data.text import listed

    file = open_hdf5(path)
    try:
        with source_of(file) as source:
            return _summary(source)
    except DataError as error:
        g2 = multi_tau(file)
        holds = f"multi-tau {g2}" if g2 else listed(keys(file), shown=20) or "nothing"
        if is_result(file):
            holds = "a result of Twotime: maps of data, model and residual"
        return Inspection(path=path, layout=None, holds=holds, problems=(str(error),))
    finally:
        file.close()


def _summary(source: Source) -> Inspection:
    problems: list[str] = []
    notes: list[str] = list(source.notes)
    offered = [(r.q, r.entries) for r in rings(source.entries)]
    chosen = source.entries
    if offered:
        chosen = choose_ring(source.path, source.entries, None)[0].entries
    else:
        offered = [(None, chosen)]
        _ask(problems, lambda: choose_ring(source.path, source.entries, None))
    _ask(problems, lambda: resolve_dt(source, None, []))
    _ask(problems, lambda: resolve_phi(source, chosen, None, notes))
    sizes = {e.n_frames for e in source.entries}
    n_frames = sizes.pop() if len(sizes) == 1 else None
    n = chosen[0].n_frames
    count = len(source.entries)
    kind = source.entries[0].dtype
    return Inspection(
        path=source.path,
        layout=source.layout,
        holds=f"{count} two-time matri{'x' if count == 1 else 'ces'} of {kind}",
        rings=tuple(_ring_summary(q, entries) for q, entries in offered),
        n_frames=n_frames,
        dt=source.dt_file,
        n_points=len(chosen) * n * (n - 1) // 2,
        notes=tuple(notes),
        problems=tuple(problems),
    )


def _ring_summary(q: float | None, entries: Sequence[MatrixEntry]) -> RingSummary:
    known = [e.phi for e in entries if e.phi is not None]
    return RingSummary(q, tuple(normalise(known).tolist()), len(entries))


def _ask(problems: list[str], question: Callable[[], object]) -> None:
    """Note the sentence that reading the file would end with."""
    try:
        question()
    except DataError as error:
        problems.append(str(error))
