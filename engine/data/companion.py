"""Arrays beside a run, masks and errors, cut to the frames that were read."""

import threading
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.numpy_file import Header, NumpyFile
from engine.data.readers.detect import first_bytes
from engine.data.run import RunData
from engine.errors import DataError

_NUMPY = (b"\x93NUMPY", b"PK\x03\x04")


class Companion:
    """An array of a .npy or .npz file that stays there; one matrix is read at a time.

    Several threads may ask.

    Parameters
    ----------
    key
        Key of the run file that names it, for messages.

    Raises
    ------
    DataError
        When it is no array of shape (N, N) for every angle, or (K, N, N).
    """

    def __init__(self, path: Path, run: RunData, key: str) -> None:
        self.path = path
        self.key = key
        self._file = _open(path, key)
        self._reading = threading.Lock()
        # Garbage collection would close it too, but not without a warning.
        weakref.finalize(self, self._file.close)
        self._name, header = _only_array(self._file, key)
        _check_shape(header.shape, path, run, key)
        self.dtype = header.dtype
        self.n_arrays = header.shape[0] if len(header.shape) == 3 else 1
        """K, or 1 for an array that holds for every angle."""
        self._stacked = len(header.shape) == 3
        whole = header.shape[-1] == run.n_frames
        first = 0 if whole else run.first_frame - 1
        self._frames = slice(first, first + run.n_frames)

    def __getitem__(self, index: int) -> NDArray[np.generic]:
        """Return a new array (N, N), as stored, for one matrix of the run.

        Raises
        ------
        DataError
            When it cannot be read.
        """
        place = index if self._stacked else 0
        with self._reading:
            try:
                return self._file.window(self._name, place, self._frames)
            except DataError as error:
                raise DataError(f"{self.key}: {error}") from error

    def where(self, index: int, row: int, column: int) -> str:
        """Return a place on the frames of the run as one writes it for the array."""
        stack = f"{index}, " if self._stacked else ""
        return f"[{stack}{row}, {column}]"


def _open(path: Path, key: str) -> NumpyFile:
    if not path.exists():
        raise DataError(f"{key}: {path} does not exist; check the path")
    if not first_bytes(path).startswith(_NUMPY):
        raise DataError(f"{key}: {path} is not a NumPy file; expected .npy or .npz")
    return NumpyFile(path)


def _only_array(file: NumpyFile, key: str) -> tuple[str, Header]:
    if len(file.headers) != 1:
        raise DataError(
            f"{key}: {file.path} holds {len(file.headers)} arrays "
            f"({', '.join(file.headers)}); expected one"
        )
    return next(iter(file.headers.items()))


def _check_shape(shape: tuple[int, ...], path: Path, run: RunData, key: str) -> None:
    sizes = {run.n_frames, run.n_frames_file}
    square = len(shape) in {2, 3} and shape[-1] == shape[-2] and shape[-1] in sizes
    if not square or (len(shape) == 3 and shape[0] != len(run.phi)):
        found = " × ".join(map(str, shape)) or "a single value"
        frames = " or ".join(str(n) for n in sorted(sizes))
        raise DataError(
            f"{key}: {path} is {found}; expected N × N or {len(run.phi)} × N × N with "
            f"N = {frames} frames and one matrix per angle that is read"
        )
