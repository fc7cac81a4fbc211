"""What a data file offers: which matrices, before any of them is read."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.data.halves import Half, complete
from engine.data.text import listed
from engine.errors import DataError, ReadError

SYMMETRIC_WITHIN = 1e-6
"""Differences of the two triangles up to this are rounding."""
_COARSE = 8
"""Blocks per side over which noise is averaged out before the halves are compared."""
_PAUSE_S = 0.05
"""Time after which a matrix that could not be read is tried again [s]."""
_BASELINE_BETWEEN = 0.5
"""A plateau at long lag below this belongs to a baseline of 0, above it to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixEntry:
    """One two-time matrix of a file."""

    index: int
    """Place among the matrices of the file, from 0."""
    label: str
    """What the file calls it, e.g. ``"c2_00012"``."""
    q: float | None
    """Wavevector [1/Å]; None where the file does not tell."""
    phi: float | None
    """Azimuth [deg] as stored; None where the file does not tell."""
    n_frames: int
    """Frames on either side."""
    dtype: str
    """Number type in the file, e.g. ``"float32"``."""


def check_matrix(path: str, name: str, shape: tuple[int, ...], kind: str) -> None:
    """Refuse what cannot be a two-time matrix.

    Raises
    ------
    DataError
        With the sentence for the user.
    """
    text = " × ".join(map(str, shape)) or "a single number"
    if kind not in "fiu":
        raise DataError(f"{path}: {name} does not hold numbers; expected c2 values")
    if len(shape) != 2 or shape[0] != shape[1]:
        raise DataError(
            f"{path}: {name} is {text}; expected a square matrix, frames × frames"
        )
    if shape[0] < 3:
        raise DataError(
            f"{path}: {name} is {text}; expected a matrix of at least 3 × 3 frames"
        )


class Source(ABC):
    """An open data file of one layout; closed by leaving its ``with`` block.

    Parameters
    ----------
    dt_file
        Time between frames as the file tells it [s], None if it does not.
    notes
        What was assumed on opening, in words for the user.
    first_frame
        Number of the first frame stored, 1-based; None where the file holds a window
        and does not tell which.
    """

    layout: str
    stated_half: Half | None = None
    """The triangle that is stored, where the file says so."""
    baseline: int | None = 1
    """Value of c2 without correlation, 0 or 1; None to be told from the values."""

    def __init__(
        self,
        path: Path,
        entries: Sequence[MatrixEntry],
        *,
        dt_file: float | None = None,
        notes: Sequence[str] = (),
        first_frame: int | None = 1,
    ) -> None:
        self.path = path
        self.entries = tuple(entries)
        self.dt_file = dt_file
        self.first_frame = first_frame
        self._notes = list(notes)
        self._averaged: list[str] = []
        self._largest_asymmetry = 0.0
        self._lifted: list[str] = []
        self._read_again: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Release the file."""

    @abstractmethod
    def _stored(self, entry: MatrixEntry, frames: slice) -> NDArray[np.generic]:
        """Return the stored values of a window, frame 1 at index 0 of both axes.

        An array that owns its values is new, so that it may be completed in place.

        Raises
        ------
        DataError, OSError
            When they cannot be read.
        """

    def read(self, entry: MatrixEntry, frames: slice) -> NDArray[np.float32]:
        """Read one matrix on a window of frames.

        Parameters
        ----------
        frames
            Window as indices into the stored frames, with both ends given.

        Returns
        -------
        Full, symmetric matrix with baseline about 1; NaN where there is no value.
        """
        matrix = self._values(entry, frames)
        coarse = _settle(matrix)
        asymmetry = complete(matrix, self.stated_half)
        if asymmetry > SYMMETRIC_WITHIN:
            self._refuse_unlike_halves(entry, coarse)
            _note(self._averaged, entry)
            self._largest_asymmetry = max(self._largest_asymmetry, asymmetry)
        if self.baseline == 0:
            matrix += 1.0
        elif self.baseline is None and _plateau(matrix) < _BASELINE_BETWEEN:
            matrix += 1.0
            _note(self._lifted, entry)
        return matrix

    def _values(self, entry: MatrixEntry, frames: slice) -> NDArray[np.float32]:
        """Return the stored values in a writable array of their own.

        What fails is tried again once: a network file system may fail for a moment.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            try:
                stored = self._stored(entry, frames)
            except (DataError, OSError):
                time.sleep(_PAUSE_S)
                stored = self._stored_at_last(entry, frames)
                _note(self._read_again, entry)
            return np.require(stored, np.float32, ["C", "O", "W"])

    def _stored_at_last(self, entry: MatrixEntry, frames: slice) -> NDArray[np.generic]:
        try:
            return self._stored(entry, frames)
        except OSError as error:
            raise ReadError(
                f"{self.path}: the matrix {entry.label} cannot be read ({error}); "
                "check that the file is still there, or copy it again"
            ) from error

    def _refuse_unlike_halves(self, entry: MatrixEntry, coarse: NDArray) -> None:
        """Refuse a matrix whose halves are not two measurements of the same thing."""
        above = np.triu(np.ones(coarse.shape, bool), k=1)
        upper, lower = coarse[above], coarse.T[above]
        both = np.isfinite(upper) & np.isfinite(lower)
        difference = upper[both] - lower[both]
        spread = float(np.std([upper[both], lower[both]])) if both.any() else 0.0
        if spread and np.sqrt(np.mean(difference**2)) > spread:
            raise DataError(
                f"{self.path}: the matrix {entry.label} is not symmetric: its halves "
                "differ by more than its values vary; expected c2(t1, t2), so if it is "
                "stored as age and lag, convert it to two times first"
            )

    def remark(self, note: str) -> None:
        """Add what the user should know."""
        self._notes.append(note)

    @property
    def read_again(self) -> tuple[str, ...]:
        """A sentence for each matrix that could be read at the second attempt only."""
        return tuple(
            f"the matrix {label} could not be read at first and was read again"
            for label in self._read_again
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed and repaired so far, in words for the user."""
        notes = list(self._notes)
        if self._averaged:
            notes.append(
                f"not symmetric, by up to {self._largest_asymmetry:.2g}: "
                f"{listed(self._averaged)}; the mean of the two halves is used"
            )
        if self._lifted:
            notes.append(
                f"baseline about 0: {listed(self._lifted)}; 1 was added, so that c2 "
                "tends to 1 where nothing is correlated"
            )
        return (*notes, *self.read_again)


def _note(labels: list[str], entry: MatrixEntry) -> None:
    """Keep the name of a matrix, once however often it is read."""
    if entry.label not in labels:
        labels.append(entry.label)


def _settle(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """Make NaN of what is not finite, in place; return the means of a few large blocks.

    A block without a value has the mean NaN.
    """
    edges = np.linspace(0, len(matrix), min(_COARSE, len(matrix)) + 1).astype(int)
    means = []
    for first, last in pairwise(edges):
        rows = matrix[first:last]
        finite = np.isfinite(rows)
        np.copyto(rows, np.nan, where=~finite)
        total = np.sum(rows, axis=0, where=finite, dtype=np.float64)
        count = np.add.reduceat(np.count_nonzero(finite, axis=0), edges[:-1])
        sums = np.add.reduceat(total, edges[:-1])
        means.append(np.where(count > 0, sums / np.maximum(count, 1), np.nan))
    return np.array(means)


def _plateau(matrix: NDArray[np.float32]) -> float:
    """Return the median of the longest lags, NaN when there is no value."""
    quarter = max(1, len(matrix) // 4)
    corner = matrix[:quarter, -quarter:]
    finite = corner[np.isfinite(corner)]
    return float(np.median(finite)) if finite.size else float("nan")
