"""How archives and packages are compressed: with zstandard, at a level."""

import zstandard

LEVEL = 9
"""A quarter of a minute for the bundle."""
_WINDOW_LOG = 27
"""The longest look back that programs unpack without being told to (2^27 bytes)."""


def compressor(level: int) -> zstandard.ZstdCompressor:
    """Return what compresses on one core: a window this long leaves none to others."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, window_log=_WINDOW_LOG
    )
    return zstandard.ZstdCompressor(compression_params=parameters)
