"""NumPy files: names, shapes and types without reading, and no pickles ever."""

import contextlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError

ONLY = ""
"""Name of the single array of a .npy file."""
_PIECE = 1 << 18
"""Bytes that are read at a time."""
_File = io.BufferedReader | zipfile.ZipExtFile
_DAMAGED = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True)
class Header:
    """What an array is."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool = False
    """Whether the first axis runs fastest."""


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
        self._stream: _Stream | None = None
        try:
            self.headers: Mapping[str, Header] = self._read_headers()
        except _DAMAGED as error:
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
        self._close_stream()
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
        with self._reading(name):
            if self._archive is not None:
                return self._archive[name]
            return np.load(self.path, mmap_mode="r", allow_pickle=False)

    def window(
        self, name: str, index: int, frames: slice, dtype: np.dtype | None = None
    ) -> NDArray[np.generic]:
        """Read a square window of one matrix, and little more than that into memory.

        Matrices of one array are best read in ascending order: what is packed cannot
        be read backwards.

        Parameters
        ----------
        index
            Number of the matrix in a stack K × N × N; 0 of an array N × N.
        frames
            Rows and columns, with both ends given.
        dtype
            Type of the result; None keeps the stored one.

        Raises
        ------
        DataError
            When it holds objects, or its bytes are not all there.
        """
        header = self.headers[name]
        n = header.shape[-1]
        # In Fortran order the number of the matrix runs fastest.
        inner = header.shape[0] if header.fortran and len(header.shape) == 3 else 1
        before, inside = (0, index) if header.fortran else (index * n, 0)
        size = frames.stop - frames.start
        out = np.empty((size, size), dtype=dtype or header.dtype)
        target = out.T if header.fortran else out
        step = max(1, _PIECE // (n * inner * header.dtype.itemsize))
        with self._reading(name):
            stream = self._opened(name)
            for first in range(frames.start, frames.stop, step):
                last = min(first + step, frames.stop)
                shape = (last - first, n, inner)
                block = stream.items((before + first) * n * inner, shape, header.dtype)
                rows = slice(first - frames.start, last - frames.start)
                target[rows] = block[:, frames, inside]
        return out

    @contextlib.contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        """Say in words for the user what goes wrong on reading an array."""
        called = name or "the array"
        if self.headers[name].dtype.hasobject:
            raise DataError(
                f"{self.path}: {called} holds pickled objects, which are never "
                "loaded; expected plain numbers; save it again as numbers"
            )
        try:
            yield
        except _DAMAGED as error:
            self._close_stream()
            raise DataError(
                f"{self.path}: {called} cannot be read ({error}); the file is "
                "incomplete: copy it again"
            ) from error

    def _opened(self, name: str) -> "_Stream":
        """Return where an array is read, which stays open for its next matrix."""
        if self._stream is None or self._stream.name != name:
            self._close_stream()
            file = self._open(name)
            _header(file)
            self._stream = _Stream(name, file, file.tell())
        return self._stream

    def _open(self, name: str) -> _File:
        if self._archive is None:
            return self.path.open("rb")
        archive = self._archive.zip
        if archive is None:
            raise OSError(f"{self.path} was closed")
        return cast("zipfile.ZipExtFile", archive.open(f"{name}.npy"))

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.file.close()
            self._stream = None

    def numbers(self, *names: str) -> NDArray[np.float64] | None:
        """Return the first of these arrays that is there and numeric, as a list."""
        for name in names:
            header = self.headers.get(name)
            if header is not None and header.dtype.kind in "fiu":
                return np.asarray(self.array(name), dtype=np.float64).reshape(-1)
        return None


@dataclass(frozen=True, slots=True, eq=False)
class _Stream:
    """The bytes of one array."""

    name: str
    file: _File
    start: int
    """Place of the first number."""

    def items(
        self, first: int, shape: tuple[int, ...], dtype: np.dtype
    ) -> NDArray[np.generic]:
        """Read numbers that follow each other, from that of number `first` on."""
        self.file.seek(self.start + first * dtype.itemsize)
        found = np.empty(shape, dtype)
        rest = found.reshape(-1).view(np.uint8).data
        while rest.nbytes:
            count = self.file.readinto(rest)
            if not count:
                raise EOFError(f"{rest.nbytes} bytes are missing")
            rest = rest[count:]
        return found


def _member_header(archive: zipfile.ZipFile, member: str) -> Header:
    with archive.open(member) as file:
        return _header(file)


def _header(file: IO[bytes] | _File) -> Header:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(file)
    return Header(tuple(shape), dtype, fortran)
