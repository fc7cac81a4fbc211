"""A matrix on a time axis and its picture at the resolution the screen has."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from app.widgets.images import reduce_blocks, to_index

_KEPT = 3
"""Reduced copies kept, so that a moved level does not reduce again."""


@dataclass(frozen=True, slots=True)
class TimeAxes:
    """Both axes of a map; element i belongs to ``start + i * step``, drawn centred."""

    start: float = 0.0
    """Time of the first element [s]."""
    step: float = 1.0
    """Time between elements [s]."""
    count: int = 1

    @property
    def low(self) -> float:
        """Left edge of the first element [s]."""
        return self.start - self.step / 2

    @property
    def high(self) -> float:
        """Right edge of the last element [s]."""
        return self.low + self.count * self.step


class MapImage(pg.ImageItem):
    """Draws a matrix of floats as indices into a table of 256 colours.

    Where several elements would fall on one pixel, their mean is drawn; `reduction`
    says how many along a side.
    """

    def __init__(self) -> None:
        super().__init__(axisOrder="col-major")
        self._axes = TimeAxes()
        self._array: NDArray[np.floating] | None = None
        self._cell = 1
        self._factor = 1
        self._levels = (0.0, 1.0)
        self._reduced: dict[int, NDArray[np.floating]] = {}

    @property
    def array(self) -> NDArray[np.floating] | None:
        """The matrix that is shown, in full."""
        return self._array

    @property
    def reduction(self) -> int:
        """How many elements of the axes stand behind one drawn element, per side."""
        return self._factor * self._cell

    def paint(self, painter: QPainter, *args: Any) -> None:  # noqa: ANN401
        """Draw single elements as squares, means of several without steps.

        A mean is a little wider than a pixel: without interpolation every so many are
        drawn twice, and a thin diagonal looks like a string of beads.
        """
        smooth = QPainter.RenderHint.SmoothPixmapTransform
        painter.setRenderHint(smooth, on=self.reduction > 1)
        super().paint(painter, *args)

    def set_array(
        self, axes: TimeAxes, array: NDArray[np.floating] | None, factor: int
    ) -> None:
        """Show another matrix.

        Parameters
        ----------
        axes : TimeAxes
        array : array or None
            Square; with fewer elements than the axes it is taken for their block means.
        factor : int
            Elements of `array` per drawn element, see `wanted_factor`.
        """
        self._axes = axes
        self._array = array
        self._reduced.clear()
        self._factor = factor
        if array is None:
            self.clear()
            return
        self._cell = math.ceil(axes.count / array.shape[0])
        self._draw()

    def wanted_factor(self, span: float, pixels: float) -> int:
        """Return the reduction at which no element is skipped on screen.

        Parameters
        ----------
        span : float
            Visible time [s].
        pixels : float
            Device pixels it is drawn on.
        """
        per_pixel = span / (self._axes.step * self._cell) / max(pixels, 1.0)
        return max(1, math.ceil(per_pixel - 0.02))

    def set_factor(self, factor: int) -> None:
        """Draw with another reduction."""
        if self._array is not None and factor != self._factor:
            self._factor = factor
            self._draw()

    def set_levels(self, low: float, high: float) -> None:
        """Draw with other levels."""
        if (low, high) != self._levels:
            self._levels = low, high
            if self._array is not None:
                self._draw()

    def value_at(self, t1: float, t2: float) -> float:
        """Return the element at two times [s]; NaN outside."""
        if self._array is None:
            return math.nan
        size = self._axes.step * self._cell
        i = math.floor((t1 - self._axes.low) / size)
        j = math.floor((t2 - self._axes.low) / size)
        n = self._array.shape[0]
        if 0 <= i < n and 0 <= j < n:
            return float(self._array[i, j])
        return math.nan

    def _draw(self) -> None:
        array = self._array
        if array is None:
            return
        if self._factor not in self._reduced:
            while len(self._reduced) >= _KEPT:
                self._reduced.pop(next(iter(self._reduced)))
            self._reduced[self._factor] = reduce_blocks(array, self._factor)
        reduced = self._reduced[self._factor]
        # Without levels pyqtgraph hands index and table to Qt as they are.
        self.setImage(to_index(reduced, *self._levels), autoLevels=False)
        side = reduced.shape[0] * self._axes.step * self.reduction
        self.setRect(self._axes.low, self._axes.low, side, side)
