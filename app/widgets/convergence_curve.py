"""One quantity of a fit against its evaluations, on axes that suit it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from app.theme import Theme

_MARKER = 7
_COARSE_MARKER = 6
_LINE = 18
"""Height of a number on the vertical axis [px]."""
_APART = 3
"""Distance of marks between decades [px] from which on they are worth drawing."""
_LEAST_RATIO = 2.0
"""Numbers that differ by less are drawn on a linear axis; all would look alike."""
_TONE = 0.65
"""How much of its colour a step on the coarse grid keeps."""


@dataclass(frozen=True, slots=True)
class ConvergencePoint:
    """A step of a fit, as it is drawn."""

    evaluation: int
    """Evaluations so far, on the coarse grid too."""
    cost: float
    edm: float
    """Estimated distance of the cost to its minimum."""
    accepted: bool
    """Whether the step was taken."""
    coarse: bool = False
    """Whether it was taken on the coarse grid; its cost is an estimate."""


class _CountAxis(pg.AxisItem):
    """Has numbers at whole counts only."""

    def tickSpacing(  # noqa: N802
        self,
        minVal: float,
        maxVal: float,
        size: float,
    ) -> list[tuple[float, float]]:
        spacing = super().tickSpacing(minVal, maxVal, size)
        return [level for level in spacing if level[0] >= 1] or [(1.0, 0.0)]


class _ValueAxis(pg.AxisItem):
    """Spares numbers that would touch each other."""

    def tickSpacing(  # noqa: N802
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, float]]:
        spacing = super().tickSpacing(minVal, maxVal, size)
        room = max(1.0, size / _LINE)
        fitting = [s for s in spacing if (maxVal - minVal) / s[0] <= room]
        widest = spacing[0][0]
        wider = ((widest * k, 0.0) for k in (2, 5, 10))
        fits = (s for s in wider if (maxVal - minVal) / s[0] <= room)
        return fitting or [next(fits, spacing[0])]

    def logTickValues(  # noqa: N802
        self, minVal: float, maxVal: float, size: float, stdTicks: list
    ) -> list:
        ticks = super().logTickValues(minVal, maxVal, size, stdTicks)
        crowded = 9 * (maxVal - minVal) * _APART > size
        return [t for t in ticks if t[0] is not None] if crowded else ticks

    def tickStrings(
        self, values: list[float], scale: float, spacing: float
    ) -> list[str]:
        if self.logMode:
            return super().tickStrings(values, scale, spacing)
        return [f"{value:.10g}" for value in values]


class Curve:
    """One quantity: a line through accepted points, as a rule on a logarithmic axis.

    Steps on the coarse grid are lighter, and dashes lead to them and on from them.

    Parameters
    ----------
    may_be_linear
        Whether numbers that hardly differ are drawn as they are.
    """

    def __init__(self, name: str, label: str, *, may_be_linear: bool) -> None:
        self.name = name
        self._may_be_linear = may_be_linear
        self.plot = pg.PlotItem(
            axisItems={"bottom": _CountAxis("bottom"), "left": _ValueAxis("left")},
            enableMenu=False,
        )
        self.plot.hideButtons()
        self.plot.setLabel("left", label)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        # The numbers are made logarithmic here: those of zero or less have no place.
        self.plot.getAxis("left").setLogMode(x=False, y=True)
        self.plot.getViewBox().setDefaultPadding(0.06)
        self.plot.getViewBox().setMouseEnabled(x=False, y=False)
        # The range is set with every point; finding one would take as long again.
        self.plot.getViewBox().disableAutoRange()
        self.line = pg.PlotCurveItem()
        self.dashes = pg.PlotCurveItem()
        self.accepted = pg.ScatterPlotItem(size=_MARKER, pxMode=True)
        self.rejected = pg.ScatterPlotItem(size=_MARKER, pxMode=True)
        self.coarse = pg.ScatterPlotItem(size=_COARSE_MARKER, pxMode=True)
        self.coarse_rejected = pg.ScatterPlotItem(size=_COARSE_MARKER, pxMode=True)
        self._marks = (
            (self.accepted, True, False),
            (self.rejected, False, False),
            (self.coarse, True, True),
            (self.coarse_rejected, False, True),
        )
        for item in (self.dashes, self.line, *(mark for mark, _, _ in self._marks)):
            self.plot.addItem(item)

    def draw(self, points: Sequence[ConvergencePoint]) -> None:
        """Draw those of the points that have a logarithm."""
        drawn = [(p, getattr(p, self.name)) for p in points]
        drawn = [(p, value) for p, value in drawn if math.isfinite(value) and value > 0]
        linear = self._linear([value for _, value in drawn])
        self.plot.getAxis("left").setLogMode(x=False, y=not linear)
        shown = [(p, v if linear else math.log10(v)) for p, v in drawn]
        self._draw_lines([(p, y) for p, y in shown if p.accepted])
        for mark, accepted, coarse in self._marks:
            chosen = [
                (p.evaluation, y)
                for p, y in shown
                if p.accepted == accepted and p.coarse == coarse
            ]
            # Even what is empty takes its time to paint.
            mark.setVisible(bool(chosen))
            if chosen or mark.getData()[0].size:
                mark.setData([x for x, _ in chosen], [y for _, y in chosen])
        # A tenth of a decade, or a hundred-thousandth.
        least = 1e-5 * max((y for _, y in shown), default=0.0) if linear else 0.1
        self._show_all([(p.evaluation, y) for p, y in shown], least)

    def apply_theme(self, theme: Theme, colour: str) -> None:
        """Take the colours of a theme."""
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(theme.border)
            axis.setTextPen(theme.text)
        grid = QColor(theme.grid)
        self.plot.getViewBox().setBorder(pg.mkPen(grid))
        light = _blend(colour, theme.plot_background, _TONE)
        dashed = pg.mkPen(light, width=1.5, style=Qt.PenStyle.DashLine)
        dashed.setDashPattern([3, 2])
        self.line.setPen(pg.mkPen(colour, width=1.5))
        self.dashes.setPen(dashed)
        self.accepted.setPen(pg.mkPen(colour))
        self.accepted.setBrush(pg.mkBrush(colour))
        self.rejected.setPen(pg.mkPen(colour, width=1.2))
        self.rejected.setBrush(pg.mkBrush(theme.plot_background))
        self.coarse.setPen(pg.mkPen(light))
        self.coarse.setBrush(pg.mkBrush(light))
        self.coarse_rejected.setPen(pg.mkPen(light, width=1.2))
        self.coarse_rejected.setBrush(pg.mkBrush(theme.plot_background))

    def _draw_lines(self, taken: list[tuple[ConvergencePoint, float]]) -> None:
        """Join neighbours: by dashes where one of them is an estimate."""
        xs = [p.evaluation for p, _ in taken]
        ys = [y for _, y in taken]
        coarse = np.array([p.coarse for p, _ in taken], dtype=bool)
        dashed = np.zeros(len(taken), dtype=bool)
        dashed[:-1] = coarse[:-1] | coarse[1:]
        for line, joined in ((self.line, ~dashed), (self.dashes, dashed)):
            # Whether each point is joined to the next one.
            some = joined[:-1].any()
            kept = slice(None) if some or line is self.line else slice(0)
            line.setData(xs[kept], ys[kept], connect=joined[kept].astype(np.int32))
            line.setVisible(bool(some))

    def _linear(self, values: list[float]) -> bool:
        if not (self._may_be_linear and values):
            return False
        return max(values) < _LEAST_RATIO * min(values)

    def _show_all(self, shown: list[tuple[int, float]], least: float) -> None:
        """Show every point, and never less than so much of the vertical axis."""
        if not shown:
            return
        xs = [x for x, _ in shown]
        ys = [y for _, y in shown]
        middle = (min(ys) + max(ys)) / 2
        half = max(max(ys) - min(ys), least) / 2
        self.plot.getViewBox().setRange(
            xRange=(min(xs), max(*xs, min(xs) + 1)),
            yRange=(middle - half, middle + half),
        )


def _blend(colour: str, ground: str, part: float) -> QColor:
    """Return a colour thinned by the ground it stands on."""
    over, under = QColor(colour), QColor(ground)
    channels = (
        round(part * a + (1 - part) * b)
        for a, b in zip(over.getRgb()[:3], under.getRgb()[:3], strict=True)  # type: ignore[index]
    )
    return QColor(*channels)
