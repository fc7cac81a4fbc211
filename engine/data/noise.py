"""Noise of one pixel: estimated from the data, or read from a file.

The estimate follows each line of constant lag, along which c2 varies slowly: the second
difference d = c[i, j] - (c[i-1, j-1] + c[i+1, j+1]) / 2 of independent noise has the
variance 3/2 sigma², and the median of |d| does not mind a few outliers. Noise that is
correlated over neighbouring frames, as that of few speckles is, comes out too small.
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.companion import read_companion
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
"""Second differences in all; they fix the median to a few parts in a thousand."""


def estimate_sigma(
    run: RunData, indices: Sequence[int], mask: MaskOf | None = None
) -> float:
    """Return the standard deviation of one pixel, pooled over some angles.

    With too few second differences (a run of a few frames, nearly everything masked)
    the scatter of all pixels is returned instead, which contains the signal and is
    therefore too large rather than too small.

    Parameters
    ----------
    indices
        Numbers of the matrices to use.
    mask
        Gives the pixels left out of a matrix; pixels that are not finite always are.
    """
    per_angle = max(_ENOUGH // max(len(indices), 1), _FEWEST)
    found = [_second_differences(_kept(run, k, mask), per_angle) for k in indices]
    # An angle without any scatter is dead, and tells nothing about the others.
    alive = [rows for rows in found if any(map(np.any, rows))] or found
    pooled = [np.empty(0, dtype=np.float32), *chain.from_iterable(alive)]
    magnitudes = np.abs(np.concatenate(pooled))
    magnitudes = magnitudes[np.isfinite(magnitudes)]
    if magnitudes.size < _FEWEST:
        return _scatter(run, indices, mask)
    sigma = _NORMAL * float(np.median(magnitudes)) / np.sqrt(1.5)
    return max(float(sigma), SIGMA_FLOOR)


def _kept(run: RunData, index: int, mask: MaskOf | None) -> NDArray[np.float32]:
    matrix = run.c2[index]
    return matrix if mask is None else np.where(mask(index), np.float32(np.nan), matrix)


def _second_differences(
    matrix: NDArray[np.float32], wanted: int
) -> list[NDArray[np.float32]]:
    """Return d along about `wanted` pixels, on rows spread over the matrix."""
    n = len(matrix)
    n_rows = n - 3
    if n_rows < 1:
        return []
    step = max(1, n_rows * n // (2 * wanted))
    found = []
    for i in range(1, n - 2, step):
        neighbours = matrix[i - 1, i : n - 2] + matrix[i + 1, i + 2 : n]
        found.append(matrix[i, i + 1 : n - 1] - 0.5 * neighbours)
    return found


def _scatter(run: RunData, indices: Sequence[int], mask: MaskOf | None) -> float:
    above = np.triu_indices(run.n_frames, k=1)
    pixels = np.concatenate(
        [np.empty(0), *(_kept(run, index, mask)[above] for index in indices)]
    )
    pixels = pixels[np.isfinite(pixels)]
    if pixels.size == 0:
        return SIGMA_FLOOR
    deviation = np.median(np.abs(pixels - np.median(pixels)))
    return max(_NORMAL * float(deviation), SIGMA_FLOOR)


def load_sigma(path: Path, run: RunData) -> NDArray[np.float64]:
    """Return the standard deviation of each pixel from a file, on the run's frames.

    Returns
    -------
    Symmetric array of shape (N, N) for every angle, or (K, N, N); the diagonal, which
    is never fitted, is 1.

    Raises
    ------
    DataError
        When it is no such array, or a value off the diagonal is not above 0.
    """
    array = read_companion(path, run, "noise.sigma")
    if array.dtype.kind not in "fiu":
        raise DataError(f"noise.sigma: {path} does not hold numbers")
    sigma = array.astype(np.float64)
    for matrix in sigma.reshape(-1, run.n_frames, run.n_frames):
        least = np.fmin(matrix, matrix.T) if stored_half(matrix) is None else matrix
        impossible = least <= 0
        complete(matrix)
        if least is not matrix:
            matrix[impossible] = least[impossible]
        np.fill_diagonal(matrix, 1.0)
    bad = np.argwhere(~(np.isfinite(sigma) & (sigma > 0)))
    if len(bad):
        place = ", ".join(map(str, bad[0].tolist()))
        raise DataError(
            f"noise.sigma: {path} holds {sigma[tuple(bad[0])]:g} at [{place}]; "
            "expected finite numbers above 0 everywhere off the diagonal"
        )
    return sigma
