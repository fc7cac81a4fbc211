"""One angle in the strip: its picture, whether it is used, how well it is fitted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QCheckBox, QWidget

from app.documents.numbers import angle_text, chi_squared_text
from app.theme import Theme, current_theme
from app.widgets.images import to_index

PICTURE = 104
_PAD = 6
_BAR = 5


@dataclass(frozen=True, slots=True, eq=False)
class AngleItem:
    """What is shown of one angle."""

    index: int
    """Names the angle in signals; phi may repeat."""
    phi: float
    """[deg]"""
    selected: bool
    """Whether the fit uses it."""
    chi_squared: float | None
    """Reduced chi squared of the fit that is shown."""
    thumbnail: NDArray[np.floating]
    """c2, reduced to about 100 elements a side."""
    information: float | None = None
    """cos²(φ0 − φ): how much the angle says about shear, 0 to 1."""
    levels: tuple[float, float] | None = None
    """Levels that suit the picture; None if it has no value."""


class AngleCell(QWidget):
    """Draws one `AngleItem`.

    Signals
    -------
    clicked(int)
    use_toggled(int, bool)
    """

    clicked = Signal(int)
    use_toggled = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._item: AngleItem | None = None
        self._theme = current_theme()
        self._table: list[int] = []
        self._index = np.zeros((1, 1), dtype=np.uint8)
        self._levels = (0.0, 1.0)
        self._current = False
        self._use = QCheckBox(self)
        # The strip has the focus; Space reaches the box through it.
        self._use.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._use.toggled.connect(self._on_toggled)
        size = self.full_size(self.fontMetrics())
        self.setFixedSize(size)
        self._use.setGeometry(
            _PAD, 4, size.width() - 2 * _PAD, self.fontMetrics().height() + 6
        )

    @staticmethod
    def full_size(metrics: QFontMetrics) -> QSize:
        """Return the size of every cell."""
        text = metrics.height()
        return QSize(PICTURE + 2 * _PAD, PICTURE + 2 * text + _BAR + 4 * _PAD)

    @property
    def index(self) -> int:
        """Index of the angle shown, -1 before there is one."""
        return -1 if self._item is None else self._item.index

    @property
    def picture(self) -> QRect:
        """Where the picture is."""
        return QRect(_PAD, self.fontMetrics().height() + 12, PICTURE, PICTURE)

    def set_item(self, item: AngleItem, levels: tuple[float, float]) -> None:
        """Show an angle on levels that all angles share; emits nothing."""
        known = self._item
        if (
            known is None
            or known.thumbnail is not item.thumbnail
            or (levels != self._levels)
        ):
            self._levels = levels
            # Rows of an image run down the screen, t2 runs up.
            upright = to_index(item.thumbnail, *levels).T[::-1]
            self._index = np.ascontiguousarray(upright)
        self._item = item
        self._use.blockSignals(True)
        self._use.setChecked(item.selected)
        self._use.blockSignals(False)
        self._use.setText(angle_text(item.phi))
        self._describe(item)
        self.update()

    def set_current(self, *, current: bool) -> None:
        """Outline the angle that is looked at."""
        if current != self._current:
            self._current = current
            font = self._use.font()
            font.setBold(current)
            self._use.setFont(font)
            self.update()

    def toggle(self) -> None:
        """Switch the use as a click on the box does."""
        self._use.click()

    def apply_theme(self, theme: Theme, table: list[int]) -> None:
        """Take the colours of a theme, and of the map as ``0xAARRGGBB``."""
        self._theme = theme
        self._table = table
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the angle."""
        if event.button() == Qt.MouseButton.LeftButton and self._item is not None:
            self.clicked.emit(self._item.index)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw outline, picture, information and chi squared."""
        item = self._item
        if item is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_frame(painter)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rows, columns = self._index.shape
        image = QImage(
            self._index.data, columns, rows, columns, QImage.Format.Format_Indexed8
        )
        image.setColorTable(self._table)
        painter.setOpacity(1.0 if item.selected else 0.35)
        painter.drawImage(self.picture, image)
        painter.setOpacity(1.0)
        if item.information is not None:
            self._paint_information(painter, item.information)
        if item.chi_squared is not None:
            self._paint_chi_squared(painter, item.chi_squared)

    def _paint_frame(self, painter: QPainter) -> None:
        if not self._current:
            return
        painter.setPen(QPen(QColor(self._theme.accent), 2))
        painter.setBrush(QColor(self._theme.selection))
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(box, 5, 5)

    def _paint_information(self, painter: QPainter, information: float) -> None:
        part = min(max(information, 0.0), 1.0)
        left, y = self.picture.left(), self.picture.bottom() + 1 + _BAR
        pen = QPen(QColor(self._theme.grid), _BAR - 1)
        painter.setPen(pen)
        painter.drawLine(QPointF(left, y), QPointF(left + PICTURE, y))
        if part > 0:
            pen.setColor(QColor(self._theme.accent))
            painter.setPen(pen)
            painter.drawLine(QPointF(left, y), QPointF(left + PICTURE * part, y))

    def _paint_chi_squared(self, painter: QPainter, chi_squared: float) -> None:
        painter.setPen(QColor(self._theme.text))
        top = self.picture.bottom() + _BAR + 6
        box = QRect(_PAD, top, PICTURE, self.height() - top - 2)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, chi_text(chi_squared))

    def _on_toggled(self, used: bool) -> None:  # noqa: FBT001
        if self._item is not None:
            self.use_toggled.emit(self._item.index, used)

    def _describe(self, item: AngleItem) -> None:
        parts = [f"φ = {angle_text(item.phi)}", "used" if item.selected else "not used"]
        if item.chi_squared is not None:
            parts.append(chi_text(item.chi_squared))
        if item.information is not None:
            parts.append(f"cos²(φ₀ − φ) = {item.information:.2f}")
        self.setToolTip("\n".join(parts))
        self.setAccessibleName(", ".join(parts))
        self._use.setAccessibleName(f"Use φ = {angle_text(item.phi)}")


def chi_text(chi_squared: float) -> str:
    """Return reduced chi squared as shown under a picture."""
    return f"χ²ᵣ {chi_squared_text(chi_squared)}"
