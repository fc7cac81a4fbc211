"""How many tiles of each angle are handed out at once."""

import math

import numpy as np

from engine.data.tiles import CHUNK_TILES, TILE
from engine.options import ChunkOptions
from engine.setup import Strategy

ON_DISK = (Strategy.CHUNKED, Strategy.STREAMING)
"""Strategies whose data stay on disk."""
COARSE_BYTES = 100e6
"""Coarse grid that is kept in memory at most when the data stay on disk."""
_BLOCK_BYTES = 16e6
"""Size of a chunk of all angles on disk: large enough to read at full speed."""
_READ_AHEAD = 2
"""Chunks on disk beside those being reduced: one ready, one being read."""
_MOST_THREADS = 16


def pass_threads(cores: int) -> int:
    """Return how many threads reduce the data.

    One more than there are cores, where there are several: while it hands over its
    next tiles, the others compute.
    """
    return min(cores + (cores > 1), _MOST_THREADS)


def chunk_tiles(strategy: Strategy, n_angles: int, options: ChunkOptions) -> int:
    """Return how many tiles of each angle a chunk has."""
    if strategy not in ON_DISK:
        return CHUNK_TILES
    points = options.points
    if strategy is Strategy.STREAMING and options.streaming_points is not None:
        points = options.streaming_points
    one_tile = n_angles * TILE**2
    tiles = _BLOCK_BYTES / 4 // one_tile if points is None else -(-points // one_tile)
    return int(np.clip(tiles, 1, CHUNK_TILES))


def buffered_chunks(strategy: Strategy, n_angles: int, cores: int) -> float:
    """Return how many chunks of all angles are in memory at a time during a pass.

    A pass queues as many tiles of one angle as a chunk has, or two for each thread.
    From matrices in memory only what a thread works on is cut.
    """
    threads = pass_threads(cores)
    if strategy is Strategy.STANDARD:
        return 0.0
    if strategy is Strategy.LARGE:
        return threads / n_angles
    return math.ceil(max(n_angles, 2 * threads) / n_angles) + _READ_AHEAD
