"""What `fit.png` draws of an angle: its maps, reduced to what a picture can show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.report.maps import AngleMaps

MAX_ROWS = 6
"""Angles drawn at most."""
MAX_SIDE = 512
"""Pixels a map is reduced to at most, along each axis."""
_STRIP = 64


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """What is drawn of one angle: reduced maps, the diagonal left out."""

    phi: float
    data: NDArray[np.float32]
    model: NDArray[np.float32]
    residual: NDArray[np.float32]
    reduction: int
    """Frames averaged to one drawn pixel, along each axis."""


def chosen_rows(n_angles: int) -> list[int]:
    """Return the positions of the angles drawn, evenly over all of them."""
    if n_angles <= MAX_ROWS:
        return list(range(n_angles))
    return [int(k) for k in np.linspace(0, n_angles - 1, MAX_ROWS).round()]


def panel(maps: AngleMaps) -> Panel:
    """Reduce the maps of one angle to what is drawn."""
    reduction = -(-maps.data.shape[0] // MAX_SIDE)
    data, model = (block_mean(image, reduction) for image in (maps.data, maps.model))
    return Panel(maps.phi, data, model, data - model, reduction)


def block_mean(image: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Average blocks of size × size pixels, leaving out the diagonal and NaN.

    The last blocks of a side that `size` does not divide are smaller. A block with no
    finite pixel is NaN. The image is taken in strips, so that little memory is needed.
    """
    n = image.shape[0]
    edges = np.arange(0, n, size)
    reduced = np.empty((edges.size, edges.size), np.float32)
    rows = size * _STRIP
    for top in range(0, n, rows):
        strip = np.array(image[top : top + rows], dtype=np.float32)
        inside = np.arange(strip.shape[0])
        strip[inside, top + inside] = np.nan
        finite = np.isfinite(strip)
        strip[~finite] = 0
        starts = np.arange(0, strip.shape[0], size)
        total = _block_sum(strip, starts, edges)
        count = _block_sum(finite.astype(np.float32), starts, edges)
        first = top // size
        with np.errstate(invalid="ignore"):
            reduced[first : first + starts.size] = total / count
    return reduced


def _block_sum(strip: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return np.add.reduceat(np.add.reduceat(strip, columns, axis=1), rows, axis=0)
