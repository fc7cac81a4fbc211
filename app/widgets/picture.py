"""A matrix with what it takes to draw it, made ready on any thread."""

import math
from collections import OrderedDict
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.widgets.images import reduce_blocks, robust_levels, symmetric_level

Map = NDArray[np.floating]

_KEPT = 3
"""Reduced copies kept, so that a moved level does not reduce again."""


class Picture:
    """A square matrix, its automatic levels, and copies reduced for the screen.

    What is asked for is computed once. One thread at a time may ask.

    Parameters
    ----------
    array
        N × N; not changed any more.
    """

    def __init__(self, array: Map) -> None:
        self.array = array
        self._reduced: OrderedDict[int, Map] = OrderedDict()

    @cached_property
    def levels(self) -> tuple[float, float]:
        """`robust_levels` of the matrix."""
        return robust_levels(self.array)

    @cached_property
    def magnitude(self) -> float:
        """`symmetric_level` of the matrix."""
        return symmetric_level(self.array)

    def reduced(self, factor: int) -> Map:
        """Return the means over blocks of `factor` × `factor` elements."""
        if factor not in self._reduced:
            self._reduced[factor] = reduce_blocks(self.array, factor)
        self._reduced.move_to_end(factor)
        while len(self._reduced) > _KEPT:
            self._reduced.popitem(last=False)
        return self._reduced[factor]

    def ready(self, factor: int, *, diverging: bool = False) -> Self:
        """Compute what drawing at a reduction needs; return the picture itself.

        Parameters
        ----------
        factor
            See `reduced`.
        diverging
            Whether its colours stand around zero.
        """
        self.reduced(factor)
        _ = self.magnitude if diverging else self.levels
        return self


def as_picture(shown: Map | Picture | None) -> Picture | None:
    """Return a picture of a matrix that may be one already."""
    return Picture(shown) if isinstance(shown, np.ndarray) else shown


def usable_sigma(sigma: float | None) -> float | None:
    """Return a noise that differences can be divided by, else None."""
    if sigma is not None and math.isfinite(sigma) and sigma > 0:
        return sigma
    return None


def in_sigmas(difference: Map, sigma: float | None) -> Map:
    """Return a difference in units of `sigma`, if that is usable."""
    usable = usable_sigma(sigma)
    if usable is None:
        return difference
    return difference / np.asarray(usable, dtype=difference.dtype)
