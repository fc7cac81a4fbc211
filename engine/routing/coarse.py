"""Memory of the coarse grid (`engine.kernel.coarse`), which shortens most fits."""

import numpy as np

from engine.data.tiles import TileLayout
from engine.routing.chunks import COARSE_BYTES

COARSE_FROM = 4e6
"""Fitted pixels from which data in memory have a coarse grid beside them."""
GROUP = 4
"""Frames of a cell of the grid."""
_LEAST_BLOCKS = 4
_PAIR = 8
"""Bytes of a value and its weight."""
_BLOCK_BYTES = 16e6
_FEWEST_TILES, _MOST_TILES = 8, 64


def coarse_bytes(layout: TileLayout, n_angles: int, *, on_disk: bool) -> float:
    """Return the memory of the coarse grid of a layout; 0 where it has none.

    Parameters
    ----------
    on_disk
        Whether a large grid is kept on disk, as the data are.
    """
    n_blocks = len(layout.frames)
    if n_blocks < _LEAST_BLOCKS or layout.tile % GROUP**2:
        return 0.0
    cells = n_blocks * (n_blocks + 1) // 2
    tiles = cells + 2 * GROUP * n_blocks - 1
    area = (layout.tile // GROUP) ** 2
    one_angle = _PAIR * tiles * area
    if on_disk and n_angles * one_angle > COARSE_BYTES:
        return one_angle + _buffers(n_angles, area)
    return (1 + n_angles) * one_angle


def _buffers(n_angles: int, area: int) -> float:
    """Return what is read of the scratch file at a time: a chunk in use, and the next.

    Parameters
    ----------
    area
        Pixels of a tile of the grid.
    """
    most = _BLOCK_BYTES / (n_angles * _PAIR * area)
    tiles = float(np.clip(most, _FEWEST_TILES, _MOST_TILES))
    return 3 * n_angles * tiles * _PAIR * area
