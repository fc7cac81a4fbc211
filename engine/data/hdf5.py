"""HDF5 as real files hold it: scalars in odd shapes, half-written files, filters."""

import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from engine.data.source import MatrixEntry, Source, check_matrix
from engine.errors import DataError, ReadError

_REGISTERED_FILTERS_FROM = 256
"""Filters from this number on are not part of HDF5 but of hdf5plugin."""
_BUSY = (errno.EAGAIN, errno.EACCES, errno.EPERM)


def open_hdf5(path: Path) -> h5py.File:
    """Open for reading, without a lock, so that network file systems agree.

    Raises
    ------
    DataError
        When the file is damaged, incomplete or may not be read.
    """
    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        if error.errno in _BUSY:
            raise DataError(
                f"{path} may not be read ({error.strerror}); check its permissions"
            ) from error
        raise DataError(
            f"{path} is an incomplete or damaged HDF5 file ({_reason(error)}); it may "
            "still be being written or copied: wait for it, or copy it again"
        ) from error


def _reason(error: Exception) -> str:
    """Return the telling part of a message of the HDF5 library."""
    inner = re.search(r"\((.*)\)", str(error), re.DOTALL)
    return (inner.group(1) if inner else str(error)).strip()


Node = h5py.Group | h5py.Dataset


def node(file: h5py.Group, key: str) -> Node | None:
    """Return a group or dataset, None where there is none or its link is broken."""
    try:
        found = file.get(key)
    except (KeyError, OSError):
        return None
    return found if isinstance(found, Node) else None


def dataset(file: h5py.Group, key: str) -> h5py.Dataset | None:
    """Return a dataset, None where there is none of that name."""
    found = node(file, key)
    return found if isinstance(found, h5py.Dataset) else None


def numbers(file: h5py.File, key: str) -> NDArray[np.float64] | None:
    """Return a list of numbers whatever its shape, None where there is none."""
    found = dataset(file, key)
    if found is None:
        return None
    try:
        return np.asarray(found[()]).reshape(-1).astype(np.float64)
    except (TypeError, ValueError, OSError) as error:
        raise DataError(
            f"{file.filename}: {found.name} cannot be read as numbers "
            f"({_reason(error)}); expected a list of numbers"
        ) from error


def number(file: h5py.File, key: str) -> float | None:
    """Return one number stored as scalar, array of one or text; None if absent."""
    values = numbers(file, key)
    if values is None or values.size == 0 or not np.isfinite(values[0]):
        return None
    return float(values[0])


def texts(value: object) -> list[str]:
    """Return texts stored as bytes, objects, scalars or lists."""
    return [
        v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v)
        for v in np.asarray(value).reshape(-1).tolist()
    ]


def required_numbers(file: h5py.File, key: str, what: str) -> NDArray[np.float64]:
    """Return a list of finite numbers that the layout cannot do without.

    Raises
    ------
    DataError
        When it is missing, empty or not finite.
    """
    values = numbers(file, key)
    if values is None or values.size == 0:
        raise DataError(
            f"{file.filename}: the {what} /{key} is missing; expected one value per "
            "bin; write it into the file (a q given in the run file only selects)"
        )
    if not np.all(np.isfinite(values)):
        raise DataError(
            f"{file.filename}: the {what} /{key} holds values that are not finite; "
            "expected one number per bin; correct the file"
        )
    return values


@dataclass(frozen=True, slots=True)
class Plane:
    """One matrix: a dataset of two axes, or one plane of a dataset of three."""

    dataset: h5py.Dataset
    position: int | None = None
    """Number of the plane in a stack."""
    last_axis: bool = False
    """Whether the stack is counted along the last axis."""

    @property
    def label(self) -> str:
        """What the file calls the matrix."""
        name = str(self.dataset.name).rsplit("/", 1)[-1]
        return name if self.position is None else f"{name}[{self.position}]"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the matrix."""
        shape = tuple(int(n) for n in self.dataset.shape or ())
        if self.position is None:
            return shape
        return shape[:-1] if self.last_axis else shape[1:]

    def read(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Read a window into a new array.

        Raises
        ------
        ReadError
            When the file is damaged or packed with a filter that is not there.
        """
        _load_filters(self.dataset)
        where: tuple[slice | int, ...] = (rows, columns)
        if self.position is not None:
            at = self.position
            where = (rows, columns, at) if self.last_axis else (at, rows, columns)
        # The library converts piece by piece: wider numbers take no more memory.
        narrow = self.dataset.dtype == np.float32
        stored = self.dataset if narrow else self.dataset.astype(np.float32)
        try:
            return np.asarray(stored[where])
        except OSError as error:
            raise ReadError(
                f"{self.dataset.file.filename}: {self.dataset.name} cannot be read "
                f"({_reason(error)}); the file is damaged, or packed with a filter "
                "that the package hdf5plugin does not have"
            ) from error


def _load_filters(data: h5py.Dataset) -> None:
    """Register the filters of hdf5plugin if the dataset needs one."""
    packed = data.id.get_create_plist()
    filters = [packed.get_filter(k)[0] for k in range(packed.get_nfilters())]
    if any(f >= _REGISTERED_FILTERS_FROM for f in filters):
        import hdf5plugin  # noqa: F401  importing it registers the filters


def planes(found: Node, names: Sequence[str]) -> list[Plane]:
    """Return the matrices of a group, in the order of `names`, or of a stack."""
    if isinstance(found, h5py.Dataset):
        return stack(found)
    members = (node(found, name) for name in names)
    return [Plane(m) for m in members if isinstance(m, h5py.Dataset)]


def stack(found: h5py.Dataset, *, last_axis: bool = False) -> list[Plane]:
    """Return the planes of a three-dimensional dataset, or its only one."""
    if found.ndim != 3:
        return [Plane(found)]
    count = found.shape[-1] if last_axis else found.shape[0]
    return [Plane(found, k, last_axis) for k in range(count)]


def natural_order(names: Sequence[str]) -> list[str]:
    """Return names sorted so that numbers in them count as numbers."""
    return sorted(
        names,
        key=lambda name: [
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in re.split(r"(\d+)", name)
            if part
        ],
    )


class Hdf5Source(Source):
    """A source whose matrices are planes of HDF5 datasets."""

    def __init__(
        self,
        file: h5py.File,
        entries: Sequence[MatrixEntry],
        matrices: Sequence[Plane],
        *,
        dt_file: float | None,
        notes: Sequence[str],
    ) -> None:
        super().__init__(Path(file.filename), entries, dt_file=dt_file, notes=notes)
        self._file = file
        self._planes = matrices

    def close(self) -> None:
        """See `Source.close`."""
        self._file.close()

    def _stored(self, entry: MatrixEntry, frames: slice) -> NDArray[np.generic]:
        return self._planes[entry.index].read(frames, frames)


def entries_of(
    path: str,
    matrices: Sequence[Plane],
    q: Sequence[float | None],
    phi: Sequence[float | None],
) -> list[MatrixEntry]:
    """Return the entries of some matrices, whose shapes are checked.

    Raises
    ------
    DataError
        On a matrix that is not square, not of numbers or too small.
    """
    entries = []
    for index, plane in enumerate(matrices):
        kind = plane.dataset.dtype.kind
        check_matrix(path, f"{plane.dataset.name}", plane.shape, kind)
        entries.append(
            MatrixEntry(
                index=index,
                label=plane.label,
                q=q[index],
                phi=phi[index],
                n_frames=plane.shape[0],
                dtype=str(plane.dataset.dtype),
            )
        )
    return entries
