"""A matrix on a time axis and its picture at the resolution the screen has."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from app.widgets.images import to_index
from app.widgets.picture import Picture


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
        self._picture: Picture | None = None
        self._cell = 1
        self._factor = 1
        self._levels = (0.0, 1.0)

    @property
    def array(self) -> NDArray[np.floating] | None:
        """The matrix that is shown, in full."""
        return None if self._picture is None else self._picture.array

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

    def set_picture(
        self,
        axes: TimeAxes,
        picture: Picture | None,
        factor: int,
        levels: tuple[float, float],
    ) -> None:
        """Show another matrix.

        Parameters
        ----------
        axes : TimeAxes
        picture : Picture or None
            With fewer elements than the axes it is taken for their block means.
        factor : int
            Its elements per drawn element, see `wanted_factor`.
        levels : tuple
            Low and high.
        """
        self._axes = axes
        self._picture = picture
        self._factor = factor
        self._levels = levels
        if picture is None:
            self.clear()
            return
        self._cell = math.ceil(axes.count / picture.array.shape[0])
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
        if self._picture is not None and factor != self._factor:
            self._factor = factor
            self._draw()

    def set_levels(self, low: float, high: float) -> None:
        """Draw with other levels."""
        if (low, high) != self._levels:
            self._levels = low, high
            self._draw()

    def value_at(self, t1: float, t2: float) -> float:
        """Return the element at two times [s]; NaN outside."""
        array = self.array
        if array is None:
            return math.nan
        size = self._axes.step * self._cell
        i = math.floor((t1 - self._axes.low) / size)
        j = math.floor((t2 - self._axes.low) / size)
        n = array.shape[0]
        if 0 <= i < n and 0 <= j < n:
            return float(array[i, j])
        return math.nan

    def _draw(self) -> None:
        if self._picture is None:
            return
        reduced = self._picture.reduced(self._factor)
        # Without levels pyqtgraph hands index and table to Qt as they are.
        self.setImage(to_index(reduced, *self._levels), autoLevels=False)
        side = reduced.shape[0] * self._axes.step * self.reduction
        self.setRect(self._axes.low, self._axes.low, side, side)
