"""What a data file offers: which matrices, before any of them is read."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.data.halves import Half, complete
from engine.data.text import listed
from engine.errors import DataError

SYMMETRIC_WITHIN = 1e-6
"""Differences of the two triangles up to this are rounding."""
_COARSE = 8
"""Blocks per side over which noise is averaged out before the halves are compared."""
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
        """Return the stored values of a window, frame 1 at index 0 of both axes."""

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
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = np.array(self._stored(entry, frames), dtype=np.float32)
        matrix[~np.isfinite(matrix)] = np.nan
        coarse = _block_means(matrix)
        asymmetry = complete(matrix, self.stated_half)
        if asymmetry > SYMMETRIC_WITHIN:
            self._refuse_unlike_halves(entry, coarse)
            self._averaged.append(entry.label)
            self._largest_asymmetry = max(self._largest_asymmetry, asymmetry)
        if self.baseline == 0:
            matrix += 1.0
        elif self.baseline is None and _plateau(matrix) < _BASELINE_BETWEEN:
            matrix += 1.0
            self._lifted.append(entry.label)
        return matrix

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
        return tuple(notes)


def _block_means(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the means of a few large blocks; NaN for a block without a value."""
    edges = np.linspace(0, len(matrix), min(_COARSE, len(matrix)) + 1)[:-1].astype(int)

    def summed(values: NDArray) -> NDArray[np.float64]:
        by_row = np.add.reduceat(values, edges, axis=0, dtype=np.float64)
        return np.add.reduceat(by_row, edges, axis=1)

    finite = np.isfinite(matrix)
    count = summed(finite)
    total = summed(np.where(finite, matrix, 0.0))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _plateau(matrix: NDArray[np.float32]) -> float:
    """Return the median of the longest lags, NaN when there is no value."""
    quarter = max(1, len(matrix) // 4)
    corner = matrix[:quarter, -quarter:]
    finite = corner[np.isfinite(corner)]
    return float(np.median(finite)) if finite.size else float("nan")
