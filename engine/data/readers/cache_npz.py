"""NPZ caches that the archived programs kept of what they had loaded.

They hold the matrices of one q on a window of frames; the metadata, where it is text
and not a pickle, tells which window.
"""

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.data.numpy_file import NumpyFile
from engine.data.source import MatrixEntry, Source, check_matrix
from engine.errors import DataError

_Q = "wavevector_q_list"
_PHI = "phi_angles_list"
_MATRICES = "c2_exp"
_METADATA = "cache_metadata_json"
_EQUAL_STEPS = 1e-3
"""Steps of a time axis that differ by less than this fraction are equal."""


class CacheSource(Source):
    """Matrices of a cache."""

    layout = "cache"

    def __init__(
        self,
        file: NumpyFile,
        entries: Sequence[MatrixEntry],
        *,
        dt_file: float | None,
        first_frame: int | None,
    ) -> None:
        super().__init__(file.path, entries, dt_file=dt_file, first_frame=first_frame)
        self._file = file

    def close(self) -> None:
        """See `Source.close`."""
        self._file.close()

    def _stored(self, entry: MatrixEntry, frames: slice) -> NDArray[np.generic]:
        return self._file.window(_MATRICES, entry.index, frames, np.dtype(np.float32))


def offers(file: NumpyFile) -> bool:
    """Whether the file is a cache of an archived program."""
    return {_Q, _PHI, _MATRICES} <= file.headers.keys()


def open_source(file: NumpyFile) -> CacheSource:
    """Tell what the file offers.

    Raises
    ------
    DataError
        When lists and matrices do not go together.
    """
    header = file.headers[_MATRICES]
    if len(header.shape) != 3:
        raise DataError(
            f"{file.path}: {_MATRICES} has {len(header.shape)} axes; expected a stack "
            "of matrices, K × N × N"
        )
    count, n_frames = header.shape[:2]
    check_matrix(f"{file.path}", _MATRICES, header.shape[1:], header.dtype.kind)
    q = _list(file, _Q, count)
    phi = _list(file, _PHI, count)
    entries = [
        MatrixEntry(
            index=k,
            label=f"{_MATRICES}[{k}]",
            q=float(q[k]),
            phi=float(phi[k]),
            n_frames=n_frames,
            dtype=str(header.dtype),
        )
        for k in range(count)
    ]
    return CacheSource(
        file, entries, dt_file=_dt(file, n_frames), first_frame=_first_frame(file)
    )


def _list(file: NumpyFile, name: str, count: int) -> NDArray[np.float64]:
    values = file.numbers(name)
    if values is None or len(values) != count:
        found = "no numbers" if values is None else f"{len(values)} values"
        raise DataError(
            f"{file.path}: {name} holds {found}, but {_MATRICES} holds {count} "
            "matrices; expected one per matrix; make the cache again"
        )
    if not np.isfinite(values).all():
        raise DataError(
            f"{file.path}: {name} holds values that are not finite; expected one "
            "number per matrix; make the cache again"
        )
    return values


def _dt(file: NumpyFile, n_frames: int) -> float | None:
    header = file.headers.get("t1")
    if header is None:
        return None
    times = file.numbers("t1")
    if len(header.shape) != 1 or times is None or len(times) != n_frames:
        shape = " × ".join(map(str, header.shape))
        raise DataError(
            f"{file.path}: t1 is {shape}; expected a list of the times of the "
            f"{n_frames} frames; make the cache again"
        )
    steps = np.diff(times)
    dt = float(np.mean(steps))
    if not dt > 0 or np.max(np.abs(steps - dt)) > _EQUAL_STEPS * dt:
        raise DataError(
            f"{file.path}: t1 does not rise in equal steps; expected the times of "
            "equally spaced frames; make the cache again"
        )
    return dt


def _first_frame(file: NumpyFile) -> int | None:
    """Return the number of the first frame that was kept, None where not told."""
    start = _metadata(file).get("start_frame")
    return start if isinstance(start, int) and start >= 1 else None


def _metadata(file: NumpyFile) -> Mapping[str, object]:
    header = file.headers.get(_METADATA)
    if header is None or header.dtype.kind not in "US":
        return {}
    text = file.array(_METADATA).reshape(-1)[0]
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
