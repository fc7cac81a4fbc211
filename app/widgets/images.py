"""From matrices of numbers to pixels, in plain NumPy, for any thread.

Maps are shown as 8-bit indices into a colour table (index 255: no value), which is many
times faster than handing floats with NaN to the painter. Where a matrix has more
elements than the screen has pixels it is reduced by block means: a stride would show
other data than there are.
"""

import math

import numpy as np
from numpy.typing import NDArray

NAN_INDEX = 255
_TOP = 254
_SAMPLE = 200_000
"""Elements that are enough to find percentiles for display."""


def to_index(array: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint8]:
    """Return where each element lies between two levels, 0 to 254.

    Elements beyond the levels take the nearest; those that are not finite become 255.
    Equal levels give the middle of the table everywhere.
    """
    if not high > low:
        index = np.full(array.shape, _TOP // 2, dtype=np.uint8)
    else:
        scale = _TOP / (high - low)
        # The shift comes first: c2 lies close to 1, where float32 has few digits left
        # after scaling. NaN becomes some byte in the cast and is overwritten below.
        scaled = np.subtract(array, low, dtype=array.dtype)
        scaled *= scale
        scaled += 0.5
        np.clip(scaled, 0, _TOP, out=scaled)
        with np.errstate(invalid="ignore"):
            index = scaled.astype(np.uint8)
    finite = np.isfinite(array)
    if not finite.all():
        index[~finite] = NAN_INDEX
    return index


def block_mean(
    array: NDArray[np.floating], max_pixels: int
) -> tuple[NDArray[np.floating], int]:
    """Reduce a square matrix to at most so many rows by means over blocks.

    Parameters
    ----------
    array : array
        N × N.
    max_pixels : int
        Longest side wanted.

    Returns
    -------
    tuple
        The reduced matrix and the side of a block. Blocks at the far edges may be cut;
        they hold the mean of what is there. Elements that are not finite do not count,
        and a block of nothing else is NaN.
    """
    factor = max(1, math.ceil(max(array.shape) / max(1, max_pixels)))
    return reduce_blocks(array, factor), factor


def reduce_blocks(array: NDArray[np.floating], factor: int) -> NDArray[np.floating]:
    """Return the means over blocks of `factor` × `factor` elements."""
    if factor <= 1:
        return array
    total = _block_sum(array, factor)
    if np.isfinite(total).all():
        return total / _block_sizes(array.shape, factor).astype(total.dtype)
    finite = np.isfinite(array)
    total = _block_sum(np.where(finite, array, 0.0), factor)
    count = _block_sum(finite.astype(total.dtype), factor)
    means = np.full_like(total, np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means


def _block_sum(array: NDArray[np.floating], factor: int) -> NDArray[np.floating]:
    # Inf plus -inf is NaN, which the caller wants to see, not to be warned of.
    with np.errstate(invalid="ignore"):
        # Adding strided rows is ten times faster than `np.add.reduceat`.
        return _row_sum(_row_sum(array, factor).T, factor).T


def _row_sum(array: NDArray[np.floating], factor: int) -> NDArray[np.floating]:
    total = array[::factor].copy()
    for k in range(1, factor):
        rows = array[k::factor]
        total[: len(rows)] += rows
    return total


def _block_sizes(shape: tuple[int, ...], factor: int) -> NDArray[np.int_]:
    sides = [np.diff(np.append(np.arange(0, n, factor), n)) for n in shape]
    return np.outer(sides[0], sides[1])


def robust_levels(
    array: NDArray[np.floating], lower: float = 0.5, upper: float = 99.5
) -> tuple[float, float]:
    """Return the levels that hold all but the extreme elements off the diagonal.

    Parameters
    ----------
    array : array
        N × N; its diagonal and elements that are not finite do not count. Of very large
        matrices an even sample is taken.
    lower, upper : float
        Percentiles.

    Returns
    -------
    tuple
        Low and high, always low < high; (0, 1) if there is nothing to look at.
    """
    values = off_diagonal(array)
    if values.size == 0:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, (lower, upper)))
    if high > low:
        return low, high
    margin = max(abs(low) * 1e-3, 1e-6)
    return low - margin, low + margin


def usable_levels(array: NDArray[np.floating]) -> tuple[float, float] | None:
    """Return `robust_levels`, None if there is nothing to look at."""
    return robust_levels(array) if np.isfinite(array).any() else None


def symmetric_level(array: NDArray[np.floating], percentile: float = 99.0) -> float:
    """Return the magnitude that all but the extreme elements stay below; above 0."""
    values = off_diagonal(array)
    if values.size == 0:
        return 1.0
    level = float(np.percentile(np.abs(values), percentile))
    return level if level > 0 else 1.0


def off_diagonal(array: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the finite elements off the diagonal, or an even sample of them."""
    n = array.shape[1]
    flat = np.ravel(array)
    step = max(1, flat.size // _SAMPLE)
    # A step that shares a factor with the side would keep meeting the same columns.
    while step > 1 and math.gcd(step, n) > 1:
        step += 1
    values = flat[::step]
    row, column = np.divmod(np.arange(0, flat.size, step), n)
    return values[np.isfinite(values) & (row != column)]
