"""Bare arrays: one matrix N × N, or a stack K × N × N, in a .npy or .npz file.

A file without more says nothing about q, φ and dt: they come from the request. An .npz
may carry them beside the matrices, as ``q``, ``phi`` and ``dt``.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.numpy_file import ONLY, NumpyFile
from engine.data.source import MatrixEntry, Source, check_matrix
from engine.data.text import listed
from engine.data.units import suspected_radians
from engine.errors import DataError

_PREFERRED = ("c2_exp", "c2", "twotime")
_Q = ("q", "wavevector_q", "wavevector_q_list")
_PHI = ("phi", "phi_angles", "phi_angles_list")
_KEY = "experimental_data.dataset"


class ArraySource(Source):
    """Matrices of one array."""

    layout = "array"
    baseline = None

    def __init__(
        self,
        file: NumpyFile,
        name: str,
        entries: Sequence[MatrixEntry],
        *,
        dt_file: float | None,
        notes: Sequence[str],
    ) -> None:
        super().__init__(file.path, entries, dt_file=dt_file, notes=notes)
        self._file = file
        self._name = name

    def close(self) -> None:
        """See `Source.close`."""
        self._file.close()

    def _stored(self, entry: MatrixEntry, frames: slice) -> NDArray[np.generic]:
        return self._file.window(self._name, entry.index, frames, np.dtype(np.float32))


def open_source(file: NumpyFile, wanted: str | None) -> ArraySource:
    """Tell what the file offers.

    Parameters
    ----------
    wanted
        Name of the array; ``name[i]`` picks one of a stack, counted from 0.

    Raises
    ------
    DataError
        When there is no such array, or it holds no two-time matrices.
    """
    name, position = _split(file.path, wanted)
    name = _choose(file, name)
    header = file.headers[name]
    called = name or "the array"
    shape = header.shape
    check_matrix(
        f"{file.path}",
        called,
        shape[1:] if len(shape) == 3 else shape,
        header.dtype.kind,
    )
    stacked = len(shape) == 3
    count = shape[0] if stacked else 1
    places = _places(file.path, called, position, count if stacked else None)
    notes: list[str] = []
    q = _per_matrix(file, _Q, count, called, notes)
    phi = _per_matrix(file, _PHI, count, called, notes)
    if phi[0] is not None:
        notes += suspected_radians([p for p in phi if p is not None], "phi")
    entries = [
        MatrixEntry(
            index=k,
            label=f"{name}[{k}]" if stacked else name or file.path.stem,
            q=q[k],
            phi=phi[k],
            n_frames=shape[-1],
            dtype=str(header.dtype),
        )
        for k in places
    ]
    return ArraySource(file, name, entries, dt_file=_dt(file), notes=notes)


def _split(path: Path, wanted: str | None) -> tuple[str | None, int | None]:
    """Return name and number of ``name[i]``; either may be missing."""
    if wanted is None:
        return None, None
    parts = re.fullmatch(r"(?P<name>[^\[\]]*)(\[(?P<position>\d+)\])?", wanted.strip())
    if parts is None:
        raise DataError(
            f"{path}: {_KEY} is {wanted!r}; expected the name of an array, or name[i] "
            "for one matrix of a stack, counted from 0"
        )
    position = parts["position"]
    return parts["name"] or None, None if position is None else int(position)


def _choose(file: NumpyFile, name: str | None) -> str:
    """Return the array that holds the matrices."""
    if ONLY in file.headers:
        return ONLY
    if name is not None:
        if name not in file.headers:
            raise DataError(
                f"{file.path} has no array {name!r}; it holds {contents(file)}; "
                f"change {_KEY}"
            )
        return name
    fitting = [n for n, h in file.headers.items() if _could_be_c2(h.shape, h.dtype)]
    preferred = [n for n in _PREFERRED if n in fitting]
    if len(fitting) != 1 and not preferred:
        problem = "several arrays could be" if fitting else "no array is"
        raise DataError(
            f"{file.path}: {problem} two-time matrices (N × N or K × N × N numbers); "
            f"it holds {contents(file)}; name one with {_KEY}"
        )
    return (preferred or fitting)[0]


def _could_be_c2(shape: tuple[int, ...], dtype: np.dtype) -> bool:
    return (
        dtype.kind == "f"
        and len(shape) in {2, 3}
        and shape[-1] == shape[-2]
        and shape[-1] >= 3
    )


def contents(file: NumpyFile) -> str:
    """Return the names and shapes of the arrays of a file."""
    shown = [
        f"{n} ({' × '.join(map(str, h.shape)) or 'a number'})"
        for n, h in file.headers.items()
    ]
    return listed(shown, shown=12) or "nothing"


def _places(
    path: Path, called: str, position: int | None, count: int | None
) -> Sequence[int]:
    """Return which matrices are meant; `count` is None for a single matrix."""
    if position is None:
        return range(count or 1)
    if count is None:
        raise DataError(
            f"{path}: {called} is one matrix, so [{position}] picks nothing; leave it "
            f"out of {_KEY}"
        )
    if position >= count:
        raise DataError(
            f"{path}: {called} holds {count} matrices, numbered 0 to {count - 1}; "
            f"{_KEY} asks for [{position}]"
        )
    return [position]


def _per_matrix(
    file: NumpyFile,
    names: tuple[str, ...],
    count: int,
    called: str,
    notes: list[str],
) -> list[float | None]:
    """Return a value for each matrix from an array beside them, None without one."""
    values = file.numbers(*names)
    if values is None or values.size == 0:
        return [None] * count
    if not np.isfinite(values).all():
        notes.append(f"{names[0]} holds values that are not finite and is not used")
        return [None] * count
    if values.size not in {1, count}:
        notes.append(
            f"{names[0]} has {values.size} values for the {count} matrices of {called} "
            "and is not used"
        )
        return [None] * count
    return [float(v) for v in np.broadcast_to(values, count)]


def _dt(file: NumpyFile) -> float | None:
    stated = file.numbers("dt")
    if stated is not None and stated.size == 1:
        return float(stated[0])
    times = file.numbers("t1")
    if times is not None and times.size > 1:
        return float((times[-1] - times[0]) / (times.size - 1))
    return None
