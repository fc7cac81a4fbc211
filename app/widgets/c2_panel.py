"""One map of c2 with its axes: data, model or residual."""

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.theme import Theme
from app.widgets.crop_square import CropSquare
from app.widgets.map_image import MapImage, TimeAxes
from app.widgets.picture import Picture

TITLE_HEIGHT = 22
BOTTOM = 38
"""Room for the horizontal axis."""
LEFT = 60
"""Room for the vertical axis with numbers."""
LEFT_BARE = 10
"""Room for the vertical axis without."""
RIGHT = 10
TOP = 8

Range = tuple[float, float]


class _Plot(pg.PlotWidget):
    """Leaves keys to the widget around it and tells when the mouse has left."""

    left = Signal()
    double_clicked = Signal()
    mouse_moved = Signal(QPointF)

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        super().mouseMoveEvent(ev)
        self.mouse_moved.emit(self.mapToScene(ev.position().toPoint()))

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        ev.ignore()

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self.left.emit()

    def mouseDoubleClickEvent(self, ev: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(ev)
        self.double_clicked.emit()


class C2Panel(QWidget):
    """A map with time axes, crosshair and crop square.

    Signals
    -------
    range_changed(tuple, tuple)
        Visible t1 and t2 [s].
    hovered(float, float)
        t1 and t2 [s] under the mouse.
    left()
    reset_requested()
    reduction_changed()
    """

    range_changed = Signal(tuple, tuple)
    hovered = Signal(float, float)
    left = Signal()
    reset_requested = Signal()
    reduction_changed = Signal()

    def __init__(
        self, title: str, *, diverging: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._diverging = diverging
        self._axes = TimeAxes()
        self._title = QLabel(title)
        self._title.setFixedHeight(TITLE_HEIGHT)
        self._item = pg.PlotItem(enableMenu=False)
        self._plot = _Plot(plotItem=self._item)
        self._view: pg.ViewBox = self._item.getViewBox()
        self._empty = QLabel(self._plot)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self.crop = CropSquare()
        self._image = MapImage()
        self._lines = [pg.InfiniteLine(angle=a, movable=False) for a in (90, 0)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._title)
        layout.addWidget(self._plot)
        self._set_up_plot()
        self._connect()
        self.setAccessibleName(f"c2 map: {title}")

    @property
    def array(self) -> NDArray[np.floating] | None:
        """The matrix that is shown, in full."""
        return self._image.array

    @property
    def reduction(self) -> int:
        """How many elements are drawn as one, along a side."""
        return self._image.reduction if self.array is not None else 1

    @property
    def view_box(self) -> pg.ViewBox:
        """The view of the plot, for range and geometry."""
        return self._view

    def wanted_factor(self) -> int:
        """Return how many elements should be drawn as one, along a side."""
        x0, x1 = self._view.viewRange()[0]
        pixels = self._view.width() * self.devicePixelRatioF()
        if not math.isfinite(x1 - x0):
            return 1
        return self._image.wanted_factor(x1 - x0, pixels)

    def set_title(self, text: str) -> None:
        """Show a title above the map."""
        self._title.setText(text)
        self.setAccessibleName(f"c2 map: {text}")

    def set_axes(self, axes: TimeAxes) -> None:
        """Take other axes; forgets the matrix."""
        self._axes = axes
        self.set_picture(None, (0.0, 1.0))
        span = axes.high - axes.low
        room = {"Min": axes.low - span / 2, "Max": axes.high + span / 2}
        limits = {f"{a}{end}": value for a in "xy" for end, value in room.items()}
        bounds = {"min": min(4 * axes.step, span), "max": 2 * span}
        ranges = {f"{b}{a}Range": value for a in "XY" for b, value in bounds.items()}
        self._view.setLimits(**limits, **ranges)
        self.crop.set_limits(axes.low, axes.high, axes.step)

    def set_picture(self, picture: Picture | None, levels: Range) -> None:
        """Show a matrix on some levels, or the empty text."""
        self._image.set_picture(self._axes, picture, self.wanted_factor(), levels)
        # The reduction depends on how many elements the matrix has.
        self._image.set_factor(self.wanted_factor())
        array = self.array
        self._empty.setVisible(array is None)
        size = "empty" if array is None else f"{array.shape[0]}×{array.shape[1]}"
        self.setAccessibleDescription(size)
        self.reduction_changed.emit()

    def set_empty_text(self, text: str) -> None:
        """Say what is missing while there is no matrix."""
        self._empty.setText(text)

    def set_levels(self, low: float, high: float) -> None:
        """Take the levels of the colour bar."""
        self._image.set_levels(low, high)
        if self.array is not None:
            rows, columns = self.array.shape
            self.setAccessibleDescription(
                f"{rows}×{columns}, colours from {low:.4g} to {high:.4g}"
            )

    def set_lookup_table(self, table: NDArray[np.uint8]) -> None:
        """Take 256 colours."""
        self._image.setLookupTable(table)

    def set_range(self, t1: Range, t2: Range) -> None:
        """Show a part of the axes."""
        self._view.setRange(xRange=t1, yRange=t2, padding=0, disableAutoRange=True)

    def set_cursor(self, position: tuple[float, float] | None) -> None:
        """Move the crosshair; None hides it."""
        for line, axis in zip(self._lines, (0, 1), strict=True):
            line.setVisible(position is not None and self.array is not None)
            if position is not None:
                line.setValue(position[axis])

    def set_numbers_visible(self, *, visible: bool) -> None:
        """Show or spare the numbers of the vertical axis."""
        axis = self._item.getAxis("left")
        axis.setStyle(showValues=visible)
        axis.setWidth(LEFT if visible else LEFT_BARE)
        axis.showLabel(visible)
        self._title.setIndent(LEFT if visible else LEFT_BARE)

    def value_at(self, t1: float, t2: float) -> float:
        """Return the element at two times [s]; NaN outside."""
        return self._image.value_at(t1, t2)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._plot.setBackground(theme.plot_background)
        self._empty.setStyleSheet(f"color: {theme.muted}; padding: 8px;")
        for side in ("left", "bottom"):
            axis = self._item.getAxis(side)
            axis.setPen(theme.border)
            axis.setTextPen(theme.text)
        colour = theme.on_residual if self._diverging else theme.on_map
        for line in self._lines:
            line.setPen(pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine))
        self.crop.set_colours(colour, theme.plot_background)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the empty text over the map and the reduction right."""
        super().resizeEvent(event)
        self._adapt()

    def _set_up_plot(self) -> None:
        item = self._item
        item.hideButtons()
        item.setContentsMargins(0, TOP, RIGHT, 0)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setFrameShape(_Plot.Shape.NoFrame)
        self._view.setDefaultPadding(0)
        self._view.disableAutoRange()
        for side, label in (("bottom", "t₁ (s)"), ("left", "t₂ (s)")):
            axis = item.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setLabel(label)
            # Dragging one axis alone would make the map oblong.
            axis.setEnabled(False)
            axis.setStyle(tickLength=4, autoExpandTextSpace=False)
        item.getAxis("bottom").setHeight(BOTTOM)
        self.set_numbers_visible(visible=True)
        item.addItem(self._image)
        for line in self._lines:
            line.setZValue(10)
            item.addItem(line, ignoreBounds=True)
        item.addItem(self.crop, ignoreBounds=True)
        self.set_cursor(None)
        self.crop.setVisible(False)

    def _connect(self) -> None:
        self._plot.left.connect(self.left)
        self._plot.double_clicked.connect(self.reset_requested)
        self._plot.mouse_moved.connect(self._on_mouse_moved)
        self._view.sigRangeChanged.connect(self._on_range_changed)
        self._view.sigResized.connect(self._adapt)

    def _on_mouse_moved(self, position: QPointF) -> None:
        if not self._view.sceneBoundingRect().contains(position):
            self.left.emit()
            return
        point = self._view.mapSceneToView(position)
        inside = all(
            self._axes.low <= t < self._axes.high for t in (point.x(), point.y())
        )
        if inside:
            self.hovered.emit(point.x(), point.y())
        else:
            self.left.emit()

    def _on_range_changed(self) -> None:
        (x0, x1), (y0, y1) = self._view.viewRange()
        self._adapt()
        self.range_changed.emit((x0, x1), (y0, y1))

    def _adapt(self) -> None:
        rect = self._view.sceneBoundingRect().toRect()
        self._empty.setGeometry(rect)
        before = self.reduction
        self._image.set_factor(self.wanted_factor())
        if self.reduction != before:
            self.reduction_changed.emit()
