"""How much each angle tells about one parameter, as bars over phi."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.documents.angle_bars import AngleBars
from app.theme import Theme, current_theme

_HEIGHT = 190
_BAR = 0.74
"""Part of the room of an angle that its bar takes."""
_LETTER = 7.5
"""Room a letter below the axis takes, with its distance to the next [px]."""
_LIGHT = 0.35
"""How much of its colour the light part of a bar keeps."""
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_NOWHERE = -1


def angle_text(phi: float, digits: int = 4) -> str:
    """Return an angle without its unit."""
    return f"{phi:.{digits}g}".replace("-", "−")


def light_colour(theme: Theme) -> str:
    """Return the colour of what a free scaling absorbs."""
    over, under = QColor(theme.accent), QColor(theme.plot_background)
    channels = (
        round(_LIGHT * a + (1 - _LIGHT) * b)
        for a, b in zip(over.getRgb()[:3], under.getRgb()[:3], strict=True)  # type: ignore[index]
    )
    return QColor(*channels).name()


class _AngleAxis(pg.AxisItem):
    """Names as many bars as there is room for."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.names: tuple[str, ...] = ()

    def tickValues(  # noqa: N802
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        count = len(self.names)
        if not count:
            return []
        longest = max(len(name) for name in self.names)
        fitting = max(1.0, size / (_LETTER * (longest + 1)))
        step = int(np.ceil(count / fitting))
        # The one in the middle has a name, so that those at the ends have room.
        first = (count // 2) % step
        return [(float(step), [float(i) for i in range(first, count, step)])]

    def tickStrings(
        self, values: list[float], scale: float, spacing: float
    ) -> list[str]:
        return [self.names[round(v)] for v in values if 0 <= round(v) < len(self.names)]


class _Graphics(pg.GraphicsLayoutWidget):
    """Leaves the wheel to the panel that scrolls."""

    def wheelEvent(self, ev: QWheelEvent) -> None:
        ev.ignore()


class InformationChart(QWidget):
    """Light bars for a known scaling, dark ones before them for one of its own.

    A stroke across each bar marks the share in the fit. The mouse or the arrow keys
    choose an angle.

    Signals
    -------
    pointed(int)
        Index of the angle chosen, by ascending angle; -1 for none.
    """

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars = AngleBars((), (), (), ())
        self._current = _NOWHERE
        self._axis = _AngleAxis()
        self._graphics = _Graphics()
        self._graphics.ci.setContentsMargins(0, 4, 6, 0)
        self._graphics.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot = self._graphics.ci.addPlot(axisItems={"bottom": self._axis})
        self._dress_plot()
        self.place = pg.BarGraphItem(x=[], height=[], width=1.0, pen=None)
        self.known = pg.BarGraphItem(x=[], height=[], width=_BAR)
        self.free = pg.BarGraphItem(x=[], height=[], width=_BAR)
        self.share = pg.PlotCurveItem(connect="pairs")
        for item in (self.place, self.known, self.free, self.share):
            self._plot.addItem(item)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._graphics)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Information of each angle")
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        scene = self._graphics.scene()
        scene.sigMouseMoved.connect(self._on_mouse)  # type: ignore[attr-defined]
        self.apply_theme(current_theme())

    @property
    def current(self) -> int:
        """Index of the angle chosen, -1 for none."""
        return self._current

    @property
    def names(self) -> tuple[str, ...]:
        """What is written below the bars."""
        return self._axis.names

    def set_bars(self, bars: AngleBars) -> None:
        """Draw other bars."""
        self._bars = bars
        x = np.arange(len(bars.phi))
        self._axis.names = tuple(angle_text(phi, digits=3) for phi in bars.phi)
        self._axis.picture = None
        self.known.setOpts(x=x, height=np.array(bars.known))
        self.free.setOpts(x=x, height=np.array(bars.free))
        ends = np.column_stack([x - _BAR / 2 - 0.06, x + _BAR / 2 + 0.06]).ravel()
        self.share.setData(ends, np.repeat(bars.share, 2), connect="pairs")
        self._plot.getViewBox().setRange(
            xRange=(-0.6, max(len(x), 1) - 0.4), yRange=(0.0, self._top()), padding=0
        )
        self._choose(_NOWHERE)

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._graphics.setBackground(theme.plot_background)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(theme.border)
            axis.setTextPen(theme.text)
        self._plot.getViewBox().setBorder(pg.mkPen(QColor(theme.grid)))
        light = QColor(light_colour(theme))
        self.place.setOpts(brush=QColor(theme.selection), pen=None)
        self.known.setOpts(brush=light, pen=pg.mkPen(theme.accent))
        self.free.setOpts(brush=QColor(theme.accent), pen=pg.mkPen(theme.accent))
        self.share.setPen(pg.mkPen(theme.model, width=2.5))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from angle to angle."""
        last = len(self._bars.phi) - 1
        key = Qt.Key(event.key())
        if last < 0 or key not in (*_STEPS, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
        elif key in _STEPS:
            self._choose(min(max(self._current + _STEPS[key], 0), last))
        else:
            self._choose(0 if key == Qt.Key.Key_Home else last)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        if self._bars.phi and self._current == _NOWHERE:
            self._choose(self._bars.best)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Leave the angle that was read off."""
        super().focusOutEvent(event)
        self._choose(_NOWHERE)

    def leaveEvent(self, event: object) -> None:
        """Leave the angle that was read off, unless the keyboard is here."""
        if not self.hasFocus():
            self._choose(_NOWHERE)

    def _dress_plot(self) -> None:
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).enableAutoSIPrefix(False)
        # Towards the text: the other way they would stand in the bars.
        self._axis.setStyle(tickLength=4, hideOverlappingLabels=False)
        self._plot.setLabel("left", "information (%)")
        self._plot.setLabel("bottom", "φ (°)")
        box = self._plot.getViewBox()
        box.setMouseEnabled(x=False, y=False)
        box.disableAutoRange()

    def _top(self) -> float:
        heights = (*self._bars.known, *self._bars.share)
        return 1.08 * max(heights, default=1.0) or 1.0

    def _on_mouse(self, position: QPointF) -> None:
        box = self._plot.getViewBox()
        inside = box.sceneBoundingRect().contains(position)
        index = round(box.mapSceneToView(position).x()) if inside else _NOWHERE
        self._choose(index if 0 <= index < len(self._bars.phi) else _NOWHERE)

    def _choose(self, index: int) -> None:
        shown = [] if index == _NOWHERE else [index]
        self.place.setOpts(
            x=np.array(shown), height=np.array([self._top()] * len(shown))
        )
        if index != self._current:
            self._current = index
            self.pointed.emit(index)
