"""Half matrices and asymmetric ones made full and symmetric, in place.

A two-time matrix is often stored as one triangle, the other holding zeros or nothing.
Which one is told by the values themselves: adding the transpose to a matrix that is
full already would double it. Everything works on blocks of rows, so that a large
matrix is never copied as a whole.
"""

from collections.abc import Iterator
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

_BLOCK = 128
"""Rows in a block: few, as the temporaries are several times as large."""

Matrix = NDArray[np.floating]


class Half(StrEnum):
    """The triangle of a matrix that is stored."""

    UPPER = "upper"
    LOWER = "lower"

    @property
    def other(self) -> "Half":
        """The opposite triangle."""
        return Half.LOWER if self is Half.UPPER else Half.UPPER


def stored_half(matrix: Matrix) -> Half | None:
    """Return the only triangle that holds values, None when both or neither do."""
    upper, lower = _holds_values(matrix), _holds_values(matrix.T)
    if upper == lower:
        return None
    return Half.UPPER if upper else Half.LOWER


def complete(matrix: Matrix, stated: Half | None = None) -> float:
    """Make a matrix full and symmetric in place.

    A half matrix is mirrored; of a full one the mean of the two triangles is taken,
    or the value of one where the other has none (NaN).

    Parameters
    ----------
    stated
        The triangle that the file says is stored; what the values show goes first.

    Returns
    -------
    Largest difference between the two triangles of a full matrix, 0 for a half one.
    """
    half = stored_half(matrix) or stated
    if half is None:
        return _average(matrix)
    _mirror(matrix if half is Half.UPPER else matrix.T)
    return 0.0


def _blocks(n: int) -> Iterator[tuple[int, int]]:
    for start in range(0, n, _BLOCK):
        yield start, min(start + _BLOCK, n)


def _holds_values(matrix: Matrix) -> bool:
    """Whether the strict upper triangle has an element that is neither 0 nor NaN."""
    for start, stop in _blocks(len(matrix)):
        rows = np.triu(matrix[start:stop, start:], k=1)
        if np.any((rows != 0) & ~np.isnan(rows)):
            return True
    return False


def _mirror(matrix: Matrix) -> None:
    """Copy the upper triangle onto the lower one."""
    for start, stop in _blocks(len(matrix)):
        matrix[stop:, start:stop] = matrix[start:stop, stop:].T
        corner = matrix[start:stop, start:stop]
        upper = np.triu(corner)
        corner[...] = upper + np.triu(corner, k=1).T


def _average(matrix: Matrix) -> float:
    """Replace both triangles by their mean; return their largest difference."""
    largest = 0.0
    for start, stop in _blocks(len(matrix)):
        rows = matrix[start:stop, start:]
        columns = matrix[start:, start:stop].T
        with np.errstate(invalid="ignore"):
            difference = np.abs(rows - columns)
            mean = 0.5 * (rows + columns)
        largest = max(largest, float(np.nanmax(difference, initial=0.0)))
        mean = np.where(np.isnan(rows), columns, mean)
        mean = np.where(np.isnan(columns), rows, mean)
        matrix[start:stop, start:] = mean
        matrix[start:, start:stop] = mean.T
    return largest
