"""NumPy files: names, shapes and types without reading, and no pickles ever."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError

ONLY = ""
"""Name of the single array of a .npy file."""


@dataclass(frozen=True, slots=True)
class Header:
    """What an array is."""

    shape: tuple[int, ...]
    dtype: np.dtype


class NumpyFile:
    """An open .npy or .npz file.

    Raises
    ------
    DataError
        When it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive: np.lib.npyio.NpzFile | None = None
        self._kept: dict[str, NDArray[np.generic]] = {}
        try:
            self.headers: Mapping[str, Header] = self._read_headers()
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            self.close()
            raise DataError(
                f"{path} is an incomplete or damaged NumPy file ({error}); copy it "
                "again, or write it again with numpy.save or numpy.savez"
            ) from error

    def _read_headers(self) -> dict[str, Header]:
        if not zipfile.is_zipfile(self.path):
            with self.path.open("rb") as file:
                return {ONLY: _header(file)}
        self._archive = np.load(self.path, allow_pickle=False)
        with zipfile.ZipFile(self.path) as archive:
            return {
                member.removesuffix(".npy"): _member_header(archive, member)
                for member in archive.namelist()
                if member.endswith(".npy")
            }

    def close(self) -> None:
        """Release the file."""
        self._kept.clear()
        if self._archive is not None:
            self._archive.close()

    def array(self, name: str) -> NDArray[np.generic]:
        """Return an array; that of a .npy file stays on disk until it is used.

        Raises
        ------
        DataError
            When it holds objects, or its bytes are not all there.
        """
        if name not in self._kept:
            self._kept[name] = self._load(name)
        return self._kept[name]

    def _load(self, name: str) -> NDArray[np.generic]:
        called = name or "the array"
        if self.headers[name].dtype.hasobject:
            raise DataError(
                f"{self.path}: {called} holds pickled objects, which are never "
                "loaded; expected plain numbers; save it again as numbers"
            )
        try:
            if self._archive is not None:
                return self._archive[name]
            return np.load(self.path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(
                f"{self.path}: {called} cannot be read ({error}); the file is "
                "incomplete: copy it again"
            ) from error

    def numbers(self, *names: str) -> NDArray[np.float64] | None:
        """Return the first of these arrays that is there and numeric, as a list."""
        for name in names:
            header = self.headers.get(name)
            if header is not None and header.dtype.kind in "fiu":
                return np.asarray(self.array(name), dtype=np.float64).reshape(-1)
        return None


def _member_header(archive: zipfile.ZipFile, member: str) -> Header:
    with archive.open(member) as file:
        return _header(file)


def _header(file: IO[bytes]) -> Header:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    return Header(tuple(shape), dtype)
