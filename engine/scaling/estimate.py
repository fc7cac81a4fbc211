"""Contrast and offset of one angle for display, where none have been fitted yet."""

import numpy as np
from numpy.typing import NDArray


def closest_scaling(
    shape: NDArray[np.float32], c2: NDArray[np.float32]
) -> tuple[float, float]:
    """Return contrast and offset that bring g1² closest to c2 off the diagonal."""
    upper = np.triu(np.isfinite(c2) & np.isfinite(shape), k=1)
    x = shape[upper].astype(np.float64)
    y = c2[upper].astype(np.float64)
    if x.size == 0:
        return 0.0, 1.0
    spread = x - x.mean()
    variance = float(spread @ spread)
    if variance <= 1e-12 * x.size:
        return 0.0, float(y.mean())
    contrast = float(spread @ y) / variance
    return contrast, float(y.mean() - contrast * x.mean())
