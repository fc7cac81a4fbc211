"""One row of bars over phi: an axis that names the angles, and a place to point at."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from app.theme import Theme

BAR = 0.74
"""Part of the room of an angle that its bar takes."""
_LETTER = 7.5
"""Room a letter below the axis takes, with its distance to the next [px]."""
_LEFT = 52
"""Width of the vertical axis, so that rows stand below each other [px]."""


class _AngleAxis(pg.AxisItem):
    """Names as many bars as there is room for."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.names: tuple[str, ...] = ()
        # Towards the text: the other way they would stand in the bars.
        self.setStyle(tickLength=4, hideOverlappingLabels=False)

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


class AnglePlot(pg.PlotItem):
    """Bars at whole numbers from 0; one of them can be pointed at.

    Parameters
    ----------
    named
        Whether the angles are named below the bars.
    """

    def __init__(self, label: str, *, named: bool) -> None:
        self.angles = _AngleAxis()
        super().__init__(axisItems={"bottom": self.angles}, enableMenu=False)
        self.hideButtons()
        for side in ("left", "bottom"):
            self.getAxis(side).enableAutoSIPrefix(False)
        self.getAxis("left").setWidth(_LEFT)
        self.setLabel("left", label)
        if named:
            self.setLabel("bottom", "φ (°)")
        else:
            self.angles.setStyle(showValues=False, tickLength=0)
        box = self.getViewBox()
        box.setMouseEnabled(x=False, y=False)
        box.disableAutoRange()
        self._top = 1.0
        self._place = pg.BarGraphItem(x=[], height=[], width=1.0, pen=None)
        self.addItem(self._place)

    def add_bars(self) -> pg.BarGraphItem:
        """Return bars that stand before those added earlier."""
        bars = pg.BarGraphItem(x=[], height=[], width=BAR)
        self.addItem(bars)
        return bars

    def set_room(self, names: tuple[str, ...], top: float) -> None:
        """Make room for a bar for each name, up to a height."""
        self._top = top if top > 0 else 1.0
        self.angles.names = names
        self.angles.picture = None
        across = (-0.6, max(len(names), 1) - 0.4)
        self.getViewBox().setRange(xRange=across, yRange=(0.0, self._top), padding=0)

    def point_at(self, index: int | None) -> None:
        """Mark the place of a bar, or none."""
        shown = [] if index is None else [index]
        heights = np.full(len(shown), self._top)
        self._place.setOpts(x=np.array(shown), height=heights)

    def index_at(self, position: QPointF) -> int | None:
        """Return the index of the bar at a point of the scene, there or not."""
        box = self.getViewBox()
        if not box.sceneBoundingRect().contains(position):
            return None
        return round(box.mapSceneToView(position).x())

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(theme.border)
            axis.setTextPen(theme.text)
        self.getViewBox().setBorder(pg.mkPen(QColor(theme.grid)))
        self._place.setOpts(brush=QColor(theme.selection), pen=None)
