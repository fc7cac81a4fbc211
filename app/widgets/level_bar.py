"""A colour bar whose two levels can be moved, by mouse or by keyboard."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme, current_theme

_BAR = 14
_HANDLE = 8
_HIT = 12
_MARGIN = 8
_PAD = 0.12
"""Room beyond the levels, as a part of their distance, to drag them into."""
_LOW, _HIGH = 0, 1


class LevelBar(QWidget):
    """Shows which colour is which number; its ends are dragged.

    Up and Down move the level that was touched last (Left and Right choose it), Home or
    a double click asks for automatic levels.

    Signals
    -------
    levels_edited(float, float)
        While a level is dragged or stepped.
    auto_requested()
    """

    levels_edited = Signal(float, float)
    auto_requested = Signal()

    def __init__(
        self, name: str, *, symmetric: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._symmetric = symmetric
        self._low, self._high = (-1.0, 1.0) if symmetric else (0.0, 1.0)
        self._extent = self._low, self._high
        self._table: NDArray[np.uint8] | None = None
        self._marks: tuple[tuple[float, str], ...] = ()
        self._theme = current_theme()
        self._active = _HIGH
        self._dragged: int | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._describe()
        self._frame_levels()

    @property
    def levels(self) -> tuple[float, float]:
        """Low and high level."""
        return self._low, self._high

    def set_levels(self, low: float, high: float) -> None:
        """Show levels; emits nothing."""
        if (low, high) == (self._low, self._high) or not low < high:
            return
        self._low, self._high = low, high
        self._frame_levels()
        self._describe()

    def set_lookup_table(self, table: NDArray[np.uint8]) -> None:
        """Take the colours of the maps: 255 rows, then the one for no value."""
        self._table = np.ascontiguousarray(table[:255])
        self.update()

    def set_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Mark values on the bar, each with its name."""
        self._marks = tuple(m for m in marks if math.isfinite(m[0]))
        self._describe()
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for bar, handles and numbers."""
        return QSize(self.minimumSizeHint().width(), 160)

    def minimumSizeHint(self) -> QSize:
        """Return the room for bar, handles and numbers."""
        text = self.fontMetrics().horizontalAdvance("−0.005")
        return QSize(_HANDLE + _BAR + 7 + text, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar, its numbers, the marks and the two handles."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = self._bar()
        self._paint_colours(painter, bar)
        self._paint_numbers(painter, bar)
        painter.setPen(QPen(QColor(self._theme.text), 1.6))
        for value, _name in self._marks:
            y = self._y(value)
            if bar.top() <= y <= bar.bottom():
                painter.drawLine(QPointF(bar.left(), y), QPointF(bar.right(), y))
        for which in (_LOW, _HIGH):
            self._paint_handle(painter, which)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the nearer level."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        distances = [abs(self._y(v) - event.position().y()) for v in self.levels]
        which = int(np.argmin(distances))
        if distances[which] <= _HIT:
            self._dragged = self._active = which
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the level that is held."""
        if self._dragged is not None:
            self._move(self._dragged, self._value(event.position().y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go, and make room again to drag further."""
        self._dragged = None
        self._frame_levels()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for automatic levels."""
        self._dragged = None
        self.auto_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step the levels."""
        step = (self._high - self._low) / 50
        match event.key():
            case Qt.Key.Key_Up:
                self._move(self._active, self.levels[self._active] + step)
                self._frame_levels()
            case Qt.Key.Key_Down:
                self._move(self._active, self.levels[self._active] - step)
                self._frame_levels()
            case Qt.Key.Key_Left:
                self._active = _LOW
            case Qt.Key.Key_Right:
                self._active = _HIGH
            case Qt.Key.Key_Home:
                self.auto_requested.emit()
            case _:
                super().keyPressEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show which level the keys would move."""
        super().focusInEvent(event)
        self.update()

    def _move(self, which: int, value: float) -> None:
        least = (self._high - self._low) * 1e-3
        if self._symmetric:
            level = max(value if which == _HIGH else -value, least)
            self._low, self._high = -level, level
        elif which == _LOW:
            self._low = min(value, self._high - least)
        else:
            self._high = max(value, self._low + least)
        self._describe()
        self.update()
        self.levels_edited.emit(self._low, self._high)

    def _frame_levels(self) -> None:
        room = (self._high - self._low) * _PAD
        self._extent = self._low - room, self._high + room
        self.update()

    def _bar(self) -> QRectF:
        height = max(1, self.height() - 2 * _MARGIN)
        return QRectF(_HANDLE, _MARGIN, _BAR, height)

    def _y(self, value: float) -> float:
        low, high = self._extent
        bar = self._bar()
        return bar.bottom() - (value - low) / (high - low) * bar.height()

    def _value(self, y: float) -> float:
        low, high = self._extent
        bar = self._bar()
        return low + (bar.bottom() - y) / bar.height() * (high - low)

    def _describe(self) -> None:
        marks = "".join(f", {name} {value:.4g}" for value, name in self._marks)
        text = f"{self._low:.4g} to {self._high:.4g}{marks}"
        self.setAccessibleDescription(text)
        self.setToolTip(f"{text}\nDrag the ends; double-click for automatic levels")

    def _paint_colours(self, painter: QPainter, bar: QRectF) -> None:
        if self._table is not None:
            rows = max(1, round(bar.height()))
            low, high = self._extent
            values = high - (np.arange(rows) + 0.5) / rows * (high - low)
            part = (values - self._low) / (self._high - self._low)
            entry = np.clip(part * 254 + 0.5, 0, 254).astype(np.intp)
            column = np.ascontiguousarray(self._table[entry][:, None, :])
            image = QImage(column.data, 1, rows, 4, QImage.Format.Format_RGBA8888)
            painter.drawImage(bar, image)
        painter.setPen(QPen(QColor(self._theme.border), 1))
        painter.drawRect(bar)

    def _paint_numbers(self, painter: QPainter, bar: QRectF) -> None:
        painter.setPen(QColor(self._theme.text))
        metrics = painter.fontMetrics()
        room = max(3, int(bar.height() // (2 * metrics.height())))
        for value, text in ticks(*self._extent, room):
            y = self._y(value)
            painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + 3, y))
            box = QRectF(bar.right() + 6, y - 10, self.width() - bar.right() - 6, 20)
            alignment = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(box, alignment, text)

    def _paint_handle(self, painter: QPainter, which: int) -> None:
        y = self._y(self.levels[which])
        tip = QPolygonF(
            [
                QPointF(_HANDLE + 1, y),
                QPointF(0.5, y - _HANDLE * 0.75),
                QPointF(0.5, y + _HANDLE * 0.75),
            ]
        )
        marked = self._dragged == which or (self.hasFocus() and self._active == which)
        colour = QColor(self._theme.accent if marked else self._theme.text)
        painter.setPen(QPen(colour, 1))
        painter.drawLine(QPointF(_HANDLE, y), QPointF(_HANDLE + _BAR, y))
        painter.setBrush(colour)
        painter.drawPolygon(tip)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    """Return round numbers between two levels with their text, `count` at most."""
    span = high - low
    if not (span > 0 and math.isfinite(span)):
        return []
    power = 10.0 ** math.floor(math.log10(span / (count + 1)))
    steps = (m * power for m in (1, 2, 5, 10, 20, 50))
    step = next(s for s in steps if len(_multiples(low, high, s)) <= count)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    values = (k * step for k in _multiples(low, high, step))
    form = f".{decimals}f" if decimals <= 5 and abs(high) < 1e5 else ".1e"
    return [(v, f"{v:{form}}".replace("-", "−")) for v in values]


def _multiples(low: float, high: float, step: float) -> range:
    """Return the whole numbers whose multiples of a step lie between two levels."""
    return range(math.ceil(low / step), math.floor(high / step) + 1)
