"""A square on the diagonal of a map: a window of time that can be dragged."""

from enum import Enum

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseDragEvent
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

_HANDLE_PX = 5
_HIT_PX = 14


class _Part(Enum):
    START = "start"
    END = "end"
    BODY = "body"


class _Signals(QObject):
    edited = Signal(float, float)
    released = Signal(float, float)


class CropSquare(pg.GraphicsObject):
    """Start and end of a window of time, kept inside the axes.

    Dragging a corner on the diagonal moves start or end, dragging elsewhere inside
    moves both. ``signals.edited(t0, t1)`` goes out while dragging and
    ``signals.released(t0, t1)`` after.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signals = _Signals()
        self._limits = (0.0, 1.0)
        self._step = 1.0
        self._window = (0.0, 1.0)
        self._part: _Part | None = None
        self._anchor = (0.0, 0.0)
        self._line = QColor()
        self._shade = QColor()
        self.setZValue(20)

    @property
    def edges(self) -> tuple[float, float]:
        """Start and end [s]."""
        return self._window

    def set_limits(self, start: float, end: float, step: float) -> None:
        """Take the axes: first and last time and the time between frames [s]."""
        self._limits = (start, end)
        self._step = step
        self.set_window(start, end)

    def set_window(self, start: float, end: float) -> None:
        """Show a window, cut to the axes; emits nothing."""
        low, high = self._limits
        start = min(max(start, low), high - self._step)
        end = max(min(end, high), start + self._step)
        if (start, end) != self._window:
            self.prepareGeometryChange()
            self._window = (start, end)
            self.update()

    def set_colours(self, line: str, shade: str) -> None:
        """Take the colours of the outline and of what lies outside."""
        self._line = QColor(line)
        self._shade = QColor(shade)
        self._shade.setAlphaF(0.45)
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Return the whole map: what lies outside the window is shaded."""
        low, high = self._limits
        return QRectF(low, low, high - low, high - low)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Shade what lies outside; outline the square and its two corners."""
        start, end = self._window
        square = QRectF(start, start, end - start, end - start)
        outside = QPainterPath()
        outside.addRect(self.boundingRect())
        outside.addRect(square)
        painter.fillPath(outside, QBrush(self._shade))
        pen = QPen(self._line, 2)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawRect(square)
        painter.setBrush(self._line)
        width, height = self._pixel()
        for corner in (start, end):
            painter.drawEllipse(
                QPointF(corner, corner), width * _HANDLE_PX, height * _HANDLE_PX
            )

    def mouseDragEvent(self, event: MouseDragEvent) -> None:  # noqa: N802
        """Move start, end or both."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        if event.isStart():
            self._part = self._part_at(event.buttonDownPos())
            self._anchor = self._window
        if self._part is None:
            event.ignore()
            return
        event.accept()
        offset = event.pos() - event.buttonDownPos()
        self._shift((offset.x() + offset.y()) / 2)
        self.signals.edited.emit(*self._window)
        if event.isFinish():
            self._part = None
            self.signals.released.emit(*self._window)

    def step(self, start: int, end: int) -> None:
        """Move start and end by whole frames, as keys do."""
        t0, t1 = self._window
        self.set_window(t0 + start * self._step, t1 + end * self._step)
        self.signals.edited.emit(*self._window)

    def _shift(self, by: float) -> None:
        by = round(by / self._step) * self._step
        start, end = self._anchor
        low, high = self._limits
        if self._part is _Part.START:
            self.set_window(min(start + by, end - self._step), end)
        elif self._part is _Part.END:
            self.set_window(start, max(end + by, start + self._step))
        else:
            by = min(max(by, low - start), high - end)
            self.set_window(start + by, end + by)

    def _part_at(self, point: QPointF) -> _Part | None:
        start, end = self._window
        width, height = self._pixel()
        distance = {
            part: max(abs(point.x() - t) / width, abs(point.y() - t) / height)
            for part, t in ((_Part.START, start), (_Part.END, end))
        }
        nearest = min(distance, key=lambda part: distance[part])
        if distance[nearest] <= _HIT_PX:
            return nearest
        inside = start <= point.x() <= end and start <= point.y() <= end
        return _Part.BODY if inside else None

    def _pixel(self) -> tuple[float, float]:
        size = self.pixelLength(pg.Point(1, 0)), self.pixelLength(pg.Point(0, 1))
        width, height = (s if s else self._step for s in size)
        return width, height
