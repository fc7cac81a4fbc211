"""Arrays beside a run, masks and errors, cut to the frames that were read."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.numpy_file import NumpyFile
from engine.data.readers.detect import first_bytes
from engine.data.run import RunData
from engine.errors import DataError

_NUMPY = (b"\x93NUMPY", b"PK\x03\x04")


def read_companion(path: Path, run: RunData, key: str) -> NDArray[np.generic]:
    """Return the array of a .npy or .npz file on the frames of a run.

    Parameters
    ----------
    key
        Key of the run file that names it, for the message.

    Returns
    -------
    Array of shape (N, N) for every angle, or (K, N, N).

    Raises
    ------
    DataError
        When it is no such array.
    """
    if not path.exists():
        raise DataError(f"{key}: {path} does not exist; check the path")
    if not first_bytes(path).startswith(_NUMPY):
        raise DataError(f"{key}: {path} is not a NumPy file; expected .npy or .npz")
    file = NumpyFile(path)
    try:
        if len(file.headers) != 1:
            raise DataError(
                f"{key}: {path} holds {len(file.headers)} arrays "
                f"({', '.join(file.headers)}); expected one"
            )
        array = np.array(file.array(next(iter(file.headers))))
    finally:
        file.close()
    return _on_window(array, path, run, key)


def _on_window(
    array: NDArray[np.generic], path: Path, run: RunData, key: str
) -> NDArray[np.generic]:
    sizes = {run.n_frames, run.n_frames_file}
    shape = array.shape
    square = len(shape) in {2, 3} and shape[-1] == shape[-2] and shape[-1] in sizes
    if not square or (len(shape) == 3 and shape[0] != len(run.phi)):
        found = " × ".join(map(str, shape)) or "a single value"
        frames = " or ".join(str(n) for n in sorted(sizes))
        raise DataError(
            f"{key}: {path} is {found}; expected N × N or {len(run.phi)} × N × N with "
            f"N = {frames} frames and one matrix per angle that is read"
        )
    if shape[-1] == run.n_frames:
        return array
    window = slice(run.first_frame - 1, run.last_frame)
    return array[..., window, window]
