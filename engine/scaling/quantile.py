"""Contrast and offset of one matrix from quantiles alone, without a model.

The plateau at long lags is the offset, the level at short lags offset plus contrast.
Where g1 decays within the shortest fifth of the lags the contrast comes out too small,
and where it has not decayed at the longest the offset too large: good enough to begin
a fit where the model at the start can tell nothing, and never to be frozen unseen.
"""

import numpy as np
from numpy.typing import NDArray

_FEWEST, _FEW = 100, 10
"""Finite pixels needed at all, and among the long or the short lags."""
_LOW, _HIGH = 10, 90
_SHORT, _LONG = 20, 80


def quantile_scaling(
    c2: NDArray[np.floating],
    times: NDArray[np.float64],
    contrast_bounds: tuple[float, float],
    offset_bounds: tuple[float, float],
) -> tuple[float, float]:
    """Return contrast and offset of a two-time matrix, within their bounds.

    Parameters
    ----------
    c2
        Shape (N, N); pixels that are not finite do not count.
    times
        Of the frames [s], shape (N,).
    """
    pixels = np.asarray(c2, np.float64)
    finite = np.isfinite(pixels)
    values, lags = pixels[finite], np.abs(np.subtract.outer(times, times))[finite]
    if len(values) < _FEWEST:
        return float(np.mean(contrast_bounds)), float(np.mean(offset_bounds))
    short, long = np.percentile(lags, [_SHORT, _LONG])
    offset = np.percentile(_some(values, lags >= long), _LOW)
    ceiling = np.percentile(_some(values, lags <= short), _HIGH)
    offset = float(np.clip(offset, *offset_bounds))
    return float(np.clip(ceiling - offset, *contrast_bounds)), offset


def _some(
    values: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    return values[chosen] if np.count_nonzero(chosen) >= _FEW else values
