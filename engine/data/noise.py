"""Noise of one pixel: estimated from the data, or read from a file.

The estimate follows each line of constant lag, along which c2 varies slowly: the second
difference d = c[i, j] - (c[i-1, j-1] + c[i+1, j+1]) / 2 of independent noise has the
variance 3/2 sigma², and the median of |d| does not mind a few outliers. Noise that is
correlated over neighbouring frames, as that of few speckles is, comes out too small.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.companion import Companion
from engine.data.halves import complete, stored_half
from engine.data.masks import MaskOf
from engine.data.run import RunData
from engine.errors import DataError

SIGMA_FLOOR = 1e-6
"""Smallest estimate: what rounding to single precision leaves of noiseless data."""
_NORMAL = 1.4826
"""Standard deviation of normal noise over the median of its magnitude."""
_FEWEST = 30
"""With fewer second differences the estimate is not worth much."""
_ENOUGH = 1_500_000
"""Numbers in all; they fix a median to a few parts in a thousand."""


def estimate_sigma(
    run: RunData, indices: Sequence[int], mask: MaskOf | None = None
) -> float:
    """Return the standard deviation of one pixel, pooled over some angles.

    Parameters
    ----------
    indices
        Numbers of the matrices to use.
    mask
        Gives the pixels left out of a matrix; pixels that are not finite always are.
    """
    estimate = NoiseEstimate(len(indices))
    for k in indices:
        estimate.add(run.c2[k], None if mask is None else mask(k))
    return estimate.sigma()


class NoiseEstimate:
    """Standard deviation of one pixel, pooled over angles that are shown one by one.

    It keeps a sample of bounded size. With too few second differences (a run of a few
    frames, nearly everything masked) the scatter of the pixels is taken instead, which
    contains the signal and is therefore too large rather than too small.

    Parameters
    ----------
    n_angles
        How many there will be.
    """

    def __init__(self, n_angles: int) -> None:
        self._per_angle = max(_ENOUGH // max(n_angles, 1), _FEWEST)
        # An angle without any scatter is dead, and tells nothing about the others.
        self._alive: list[NDArray[np.float32]] = []
        self._dead: list[NDArray[np.float32]] = []
        self._pixels: list[NDArray[np.floating]] = []

    def add(
        self, matrix: NDArray[np.float32], left_out: NDArray[np.bool_] | None = None
    ) -> None:
        """Take note of one angle.

        Parameters
        ----------
        matrix
            Shape (N, N); pixels that are not finite do not count.
        left_out
            Pixels that do not count either, shape (N, N).
        """
        rows = _second_differences(matrix, left_out, self._per_angle)
        found = np.concatenate([np.empty(0, dtype=np.float32), *rows])
        magnitudes = np.abs(found[np.isfinite(found)])
        pool = self._alive if np.any(magnitudes) else self._dead
        pool.append(magnitudes)
        if sum(map(len, self._alive)) >= _FEWEST:
            self._pixels.clear()
        else:
            self._pixels.append(sample_above(matrix, left_out, self._per_angle))

    def sigma(self) -> float:
        """Return the estimate from the angles so far."""
        magnitudes = _joined(self._alive or self._dead)
        if magnitudes.size < _FEWEST:
            return self._scatter()
        sigma = _NORMAL * float(np.median(magnitudes)) / np.sqrt(1.5)
        return max(float(sigma), SIGMA_FLOOR)

    def _scatter(self) -> float:
        pixels = _joined(self._pixels).astype(np.float64)
        if pixels.size == 0:
            return SIGMA_FLOOR
        deviation = np.median(np.abs(pixels - np.median(pixels)))
        return max(_NORMAL * float(deviation), SIGMA_FLOOR)


def _joined(pieces: Sequence[NDArray[np.floating]]) -> NDArray[np.floating]:
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.float32)


def _second_differences(
    matrix: NDArray[np.float32], left_out: NDArray[np.bool_] | None, wanted: int
) -> list[NDArray[np.float32]]:
    """Return d along about `wanted` pixels, on rows spread over the matrix."""
    n = len(matrix)
    n_rows = n - 3
    if n_rows < 1:
        return []
    step = max(1, n_rows * n // (2 * wanted))
    found = []
    for i in range(1, n - 2, step):
        here, above, below = (
            np.s_[i, i + 1 : n - 1],
            np.s_[i - 1, i : n - 2],
            np.s_[i + 1, i + 2 : n],
        )
        row = matrix[here] - 0.5 * (matrix[above] + matrix[below])
        if left_out is not None:
            row[left_out[here] | left_out[above] | left_out[below]] = np.nan
        found.append(row)
    return found


def sample_above(
    matrix: NDArray[np.floating], left_out: NDArray[np.bool_] | None, limit: int
) -> NDArray[np.floating]:
    """Return the finite pixels above the diagonal, every so many if above `limit`."""

    def rows() -> Iterator[NDArray[np.bool_]]:
        for i in range(len(matrix) - 1):
            counts = np.isfinite(matrix[i, i + 1 :])
            yield counts if left_out is None else counts & ~left_out[i, i + 1 :]

    total = sum(int(np.count_nonzero(row)) for row in rows())
    step = max(1, -(-total // limit))
    found: list[NDArray[np.floating]] = [np.empty(0, dtype=matrix.dtype)]
    seen = 0
    for i, counts in enumerate(rows()):
        pixels = matrix[i, i + 1 :][counts]
        found.append(pixels[-seen % step :: step])
        seen += pixels.size
    return np.concatenate(found)


class SigmaArrays:
    """Standard deviation of each pixel, one angle at a time.

    An array for each angle stays in its file; one that holds for all is kept.

    Raises
    ------
    DataError
        When a value off the diagonal is not above 0.
    """

    def __init__(self, file: Companion) -> None:
        self._file = file
        self.n_arrays = file.n_arrays
        """K, or 1 for one array that holds for every angle."""
        limit = max(_ENOUGH // file.n_arrays, _FEWEST)
        sample = []
        for k in range(file.n_arrays):
            sample.append(sample_above(_checked(file, k), None, limit))
        self.median = float(np.median(_joined(sample)))
        """Median off the diagonal, of a sample where there are very many pixels."""
        self._only = _completed(file[0]) if file.n_arrays == 1 else None

    def __getitem__(self, index: int) -> NDArray[np.float64]:
        """Return the symmetric array (N, N) of one matrix of the run.

        The diagonal, which is never fitted, is 1.

        Raises
        ------
        DataError
            When it cannot be read any more.
        """
        return _completed(self._file[index]) if self._only is None else self._only


def load_sigma(path: Path, run: RunData) -> SigmaArrays:
    """Return the standard deviation of each pixel from a file, on the run's frames.

    Raises
    ------
    DataError
        When it is no array (N, N) for every angle or (K, N, N), or a value off the
        diagonal is not above 0.
    """
    file = Companion(path, run, "noise.sigma")
    if file.dtype.kind not in "fiu":
        raise DataError(f"noise.sigma: {path} does not hold numbers")
    return SigmaArrays(file)


def _completed(stored: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return an array, which is used up, full and symmetric with 1 on its diagonal."""
    sigma = stored.astype(np.float64, copy=False)
    np.fill_diagonal(sigma, 1.0)
    complete(sigma)
    return sigma


def _checked(file: Companion, index: int) -> NDArray[np.float64]:
    """Read and complete one array whose values are not known to be possible."""
    stored = file[index].astype(np.float64, copy=False)
    np.fill_diagonal(stored, 1.0)
    if stored_half(stored) is None:
        # The mean of both halves would hide a value that only one of them holds.
        _refuse(file, index, stored, stored <= 0)
    sigma = _completed(stored)
    _refuse(file, index, sigma, ~(np.isfinite(sigma) & (sigma > 0)))
    return sigma


def _refuse(
    file: Companion, index: int, sigma: NDArray[np.float64], bad: NDArray[np.bool_]
) -> None:
    if not bad.any():
        return
    row, column = np.unravel_index(np.argmax(bad | bad.T), bad.shape)
    value = np.fmin(sigma[row, column], sigma[column, row])
    raise DataError(
        f"noise.sigma: {file.path} holds {value:g} at "
        f"{file.where(index, int(row), int(column))}; expected finite numbers above 0 "
        "everywhere off the diagonal"
    )
