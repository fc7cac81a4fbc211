"""Finds out what a file is from its content; its name does not matter."""

from pathlib import Path
from typing import TYPE_CHECKING

from engine.data.source import Source
from engine.errors import DataError

if TYPE_CHECKING:
    import h5py

_HDF5 = b"\x89HDF\r\n\x1a\n"
_NPY = b"\x93NUMPY"
_ZIP = b"PK\x03\x04"
_LARGEST_USER_BLOCK = 1 << 20
_EXPECTED = (
    "expected an HDF5 file with two-time matrices, or matrices in a .npy or .npz file"
)


def open_source(path: Path, dataset: str | None = None) -> Source:
    """Open a data file with the reader of its layout.

    Parameters
    ----------
    dataset
        Name of the array in an .npz; ``name[i]`` picks one of a stack.

    Raises
    ------
    DataError
        When there is no such file, or it holds no two-time matrices.
    """
    head = first_bytes(path)
    if head.startswith((_NPY, _ZIP)):
        return _open_numpy(path, dataset)
    if is_hdf5(path, head):
        source = _open_hdf5(path)
        if dataset is not None:
            source.remark(
                f"experimental_data.dataset ({dataset!r}) is not used: it names an "
                "array of a .npz file, and this is HDF5"
            )
        return source
    raise DataError(f"{path} is neither HDF5 nor NumPy; {_EXPECTED}")


def first_bytes(path: Path) -> bytes:
    """Return the beginning of a file.

    Raises
    ------
    DataError
        When it is missing, a folder, empty or may not be read.
    """
    if path.is_dir():
        raise DataError(f"{path} is a folder; {_EXPECTED}")
    try:
        with path.open("rb") as file:
            head = file.read(len(_HDF5))
    except FileNotFoundError as error:
        raise DataError(
            f"the data file {path} does not exist; check its path, and "
            "experimental_data.file_path if it comes from a run file"
        ) from error
    except OSError as error:
        raise DataError(
            f"the data file {path} cannot be read ({error.strerror}); check its "
            "permissions"
        ) from error
    if not head:
        raise DataError(f"{path} is empty (0 bytes); {_EXPECTED}")
    return head


def is_hdf5(path: Path, head: bytes) -> bool:
    """Whether the file has the HDF5 signature, possibly behind a user block."""
    if head == _HDF5:
        return True
    place = 512
    with path.open("rb") as file:
        while place <= _LARGEST_USER_BLOCK:
            file.seek(place)
            found = file.read(len(_HDF5))
            if found == _HDF5:
                return True
            if len(found) < len(_HDF5):
                return False
            place *= 2
    return False


def _open_numpy(path: Path, dataset: str | None) -> Source:
    from engine.data.numpy_file import NumpyFile
    from engine.data.readers import array, cache_npz

    file = NumpyFile(path)
    try:
        if dataset is None and cache_npz.offers(file):
            return cache_npz.open_source(file)
        return array.open_source(file, dataset)
    except DataError:
        file.close()
        raise


def _open_hdf5(path: Path) -> Source:
    from engine.data.hdf5 import open_hdf5

    file = open_hdf5(path)
    try:
        return source_of(file)
    except DataError:
        file.close()
        raise


def source_of(file: "h5py.File") -> Source:
    """Return the source of an open HDF5 file.

    Raises
    ------
    DataError
        When it holds no two-time matrices; the message says what it does hold.
    """
    from engine.data.contents import is_result, without_twotime
    from engine.data.readers import aps_old, aps_u, nexus

    for reader in (aps_u, aps_old, nexus):
        found = reader.find(file)
        if found is not None:
            return reader.open_source(file, found)
    if is_result(file):
        raise DataError(
            f"{file.filename} is a result of Twotime, not measured data; open run.yaml "
            "beside it, which names the data and starts from the same values"
        )
    raise DataError(
        f"{file.filename}: {without_twotime(file)}; expected two-time matrices in "
        "/xpcs/twotime/correlation_map, /exchange/C2T_all or "
        "/entry/twotime/two_time_corr_func"
    )
