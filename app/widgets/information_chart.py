"""How much each angle tells about one parameter, and what its scaling takes of it."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.documents.angle_bars import AngleBars
from app.theme import Theme, current_theme
from app.widgets.angle_plot import AnglePlot

_HEIGHT = 240
_LIGHT = 0.35
"""How much of its colour the light part of a bar keeps."""
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_NOWHERE = -1


def angle_text(phi: float, digits: int = 4) -> str:
    """Return an angle without its unit."""
    return f"{phi:.{digits}g}".replace("-", "−")


def light_colour(theme: Theme) -> str:
    """Return the colour of what a scaling of its own takes."""
    over, under = QColor(theme.model), QColor(theme.plot_background)
    channels = (
        round(_LIGHT * a + (1 - _LIGHT) * b)
        for a, b in zip(over.getRgb()[:3], under.getRgb()[:3], strict=True)  # type: ignore[index]
    )
    return QColor(*channels).name()


class _Graphics(pg.GraphicsLayoutWidget):
    """Leaves the wheel to the panel that scrolls."""

    def wheelEvent(self, ev: QWheelEvent) -> None:
        ev.ignore()


class InformationChart(QWidget):
    """Above, the share of each angle; below, what it keeps if its scaling is free.

    The mouse or the arrow keys choose an angle.

    Signals
    -------
    pointed(int)
        Index of the angle chosen, by ascending angle; -1 for none.
    """

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars = AngleBars((), (), (), 0.0)
        self._current = _NOWHERE
        self._graphics = _Graphics()
        self._graphics.ci.setContentsMargins(0, 4, 6, 0)
        self._graphics.ci.setSpacing(8)
        self._graphics.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.share_plot = AnglePlot("share (%)", named=False)
        self.kept_plot = AnglePlot("kept (%)", named=True)
        self.kept_plot.getAxis("left").setTicks([[(v, str(v)) for v in (0, 50, 100)]])
        self._plots = (self.share_plot, self.kept_plot)
        for row, plot in enumerate(self._plots):
            self._graphics.ci.addItem(plot, row, 0)
        rows = self._graphics.ci.layout
        rows.setRowStretchFactor(0, 2)  # type: ignore[attr-defined]
        rows.setRowStretchFactor(1, 1)  # type: ignore[attr-defined]
        self.share = self.share_plot.add_bars()
        self.absorbed = self.kept_plot.add_bars()
        self.kept = self.kept_plot.add_bars()
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
        return self.kept_plot.angles.names

    def set_bars(self, bars: AngleBars) -> None:
        """Draw other bars."""
        self._bars = bars
        x = np.arange(len(bars.phi))
        names = tuple(angle_text(phi, digits=3) for phi in bars.phi)
        self.share_plot.set_room(names, 1.08 * max(bars.share, default=0.0))
        self.kept_plot.set_room(names, 100.0)
        self.share.setOpts(x=x, height=np.array(bars.share))
        self.absorbed.setOpts(x=x, height=np.full(len(x), 100.0))
        self.kept.setOpts(x=x, height=np.array(bars.kept))
        self._choose(_NOWHERE)

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._graphics.setBackground(theme.plot_background)
        for plot in self._plots:
            plot.apply_theme(theme)
        for bars, brush, pen in (
            (self.share, theme.accent, theme.accent),
            (self.absorbed, light_colour(theme), theme.model),
            (self.kept, theme.model, theme.model),
        ):
            bars.setOpts(brush=QColor(brush), pen=pg.mkPen(pen))

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

    def _on_mouse(self, position: QPointF) -> None:
        found = (plot.index_at(position) for plot in self._plots)
        index = next((i for i in found if i is not None), _NOWHERE)
        self._choose(index if 0 <= index < len(self._bars.phi) else _NOWHERE)

    def _choose(self, index: int) -> None:
        for plot in self._plots:
            plot.point_at(None if index == _NOWHERE else index)
        if index != self._current:
            self._current = index
            self.pointed.emit(index)
