"""The correlation matrix of a fit as a picture with names."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.theme import Theme, current_theme

_MAX_CELL = 34
_NUMBERS_FROM = 26
"""Cells at least this large [px] carry their number."""
_NEGATIVE = QColor("#2166ac")
_POSITIVE = QColor("#b2182b")


class CorrelationView(QWidget):
    """Paints cells from blue (-1) to red (+1); a tool tip names the pair."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._matrix: NDArray[np.float64] = np.zeros((0, 0))
        self._theme = current_theme()
        self.setAccessibleName("Correlation matrix")
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        policy.setHorizontalPolicy(QSizePolicy.Policy.Expanding)
        self.setSizePolicy(policy)
        self.setMinimumHeight(60)

    def set_matrix(self, names: Sequence[str], matrix: NDArray[np.float64]) -> None:
        """Show a matrix of correlation coefficients."""
        self._names = tuple(names)
        self._matrix = np.asarray(matrix, dtype=float)
        self.setAccessibleDescription(self._summary())
        self.updateGeometry()
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height at which cells are square."""
        left, top = self._margins()
        return round(top + self._cell(width - left) * len(self._names)) + 8

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(360, self.heightForWidth(360))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint cells and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, top = self._margins()
        cell = self._cell(self.width() - left)
        for i, name in enumerate(self._names):
            self._paint_names(painter, i, name, (left, top, cell))
            for j in range(len(self._names)):
                rect = QRectF(left + j * cell, top + i * cell, cell - 1, cell - 1)
                self._paint_cell(painter, rect, float(self._matrix[i, j]))
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Answer a request for a tool tip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._text_at(event.pos()), self)
            return True
        return super().event(event)

    def _paint_names(
        self,
        painter: QPainter,
        i: int,
        name: str,
        place: tuple[float, float, float],
    ) -> None:
        left, top, cell = place
        painter.setPen(QPen(QColor(self._theme.text)))
        row = QRectF(0, top + i * cell, left - 6, cell)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(row, flags, name)
        painter.save()
        painter.translate(left + (i + 0.5) * cell, top - 5)
        painter.rotate(-60)
        height = painter.fontMetrics().height()
        painter.drawText(QPointF(0, height / 4), name)
        painter.restore()

    def _paint_cell(self, painter: QPainter, rect: QRectF, value: float) -> None:
        if not np.isfinite(value):
            painter.fillRect(rect, QColor(self._theme.grid))
            if rect.width() >= _NUMBERS_FROM:
                painter.setPen(QColor(self._theme.muted))
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, "–")
            return
        hue = _POSITIVE if value >= 0 else _NEGATIVE
        ground = QColor(self._theme.panel)
        share = min(1.0, abs(value))
        colour = QColor.fromRgbF(
            *(
                g + (h - g) * share
                for g, h in zip(
                    (ground.redF(), ground.greenF(), ground.blueF()),
                    (hue.redF(), hue.greenF(), hue.blueF()),
                    strict=True,
                )
            )
        )
        painter.fillRect(rect, colour)
        if rect.width() >= _NUMBERS_FROM:
            light = colour.lightnessF() < 0.55
            painter.setPen(QColor("white") if light else QColor("#202020"))
            font = painter.font()
            painter.save()
            font.setPointSizeF(font.pointSizeF() * 0.78)
            painter.setFont(font)
            text = f"{value:+.2f}".replace("0.", ".") if abs(value) < 1 else "1"
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
            painter.restore()

    def _margins(self) -> tuple[float, float]:
        metrics = self.fontMetrics()
        longest = max((metrics.horizontalAdvance(n) for n in self._names), default=0)
        return longest + 12.0, longest * 0.87 + 14.0

    def _cell(self, width: float) -> float:
        count = max(1, len(self._names))
        room = width - 0.5 * self._margins()[1]
        return max(4.0, min(_MAX_CELL, room / count))

    def _text_at(self, position: object) -> str:
        left, top = self._margins()
        cell = self._cell(self.width() - left)
        j = int((position.x() - left) // cell)  # type: ignore[attr-defined]
        i = int((position.y() - top) // cell)  # type: ignore[attr-defined]
        count = len(self._names)
        if not (0 <= i < count and 0 <= j < count):
            return ""
        value = self._matrix[i, j]
        text = f"{value:+.4f}" if np.isfinite(value) else "not determined by the data"
        return f"{self._names[i]} and {self._names[j]}: {text}"

    def _summary(self) -> str:
        count = len(self._names)
        if count < 2:
            return ""
        off = np.where(np.eye(count, dtype=bool), 0.0, np.nan_to_num(self._matrix))
        i, j = np.unravel_index(np.argmax(np.abs(off)), off.shape)
        return (
            f"Strongest correlation: {self._names[int(i)]} and "
            f"{self._names[int(j)]}, {off[i, j]:+.2f}"
        )
