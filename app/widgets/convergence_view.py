"""How cost and distance to the minimum fall during a fit."""

import math
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.theme import Theme, current_theme

_ACROSS = "Evaluations (open: rejected)"
_EMPTY = "The cost of each step of a fit will be drawn here."
_WIDE = 1.6
"""From this ratio of width to height on, the curves stand side by side."""
_NARROWEST, _LOWEST = 150, 70
"""Least width and height of a curve with its numbers [px]."""
_MARKER = 7
_LINE = 18
"""Height of a number on the vertical axis [px]."""
_LEAST_RATIO = 2.0
"""Numbers that differ by less are drawn on a linear axis; all would look alike."""
_TITLED_FROM = 150
"""From this height [px] on there is room to say what runs to the right."""


@dataclass(frozen=True, slots=True)
class _Point:
    evaluation: int
    cost: float
    edm: float
    accepted: bool


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

    def tickStrings(
        self, values: list[float], scale: float, spacing: float
    ) -> list[str]:
        if self.logMode:
            return super().tickStrings(values, scale, spacing)
        return [f"{value:.10g}" for value in values]


class _Curve:
    """One quantity: a line through accepted points, as a rule on a logarithmic axis.

    Parameters
    ----------
    may_be_linear
        Whether numbers that hardly differ are drawn as they are.
    """

    def __init__(self, name: str, label: str, *, may_be_linear: bool) -> None:
        self.name = name
        self._may_be_linear = may_be_linear
        self.plot = pg.PlotItem(
            axisItems={"bottom": _CountAxis("bottom"), "left": _ValueAxis("left")}
        )
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        self.plot.setLabel("left", label)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        # The numbers are made logarithmic here: those of zero or less have no place.
        self.plot.getAxis("left").setLogMode(x=False, y=True)
        self.plot.getViewBox().setDefaultPadding(0.06)
        self.plot.getViewBox().setMouseEnabled(x=False, y=False)
        self.line = pg.PlotCurveItem()
        self.accepted = pg.ScatterPlotItem(size=_MARKER, pxMode=True)
        self.rejected = pg.ScatterPlotItem(size=_MARKER, pxMode=True)
        for item in (self.line, self.accepted, self.rejected):
            self.plot.addItem(item)

    def draw(self, points: list[_Point]) -> None:
        """Draw those of the points that have a logarithm."""
        values = [(p.evaluation, getattr(p, self.name), p.accepted) for p in points]
        values = [v for v in values if math.isfinite(v[1]) and v[1] > 0]
        linear = self._linear([value for _, value, _ in values])
        self.plot.getAxis("left").setLogMode(x=False, y=not linear)
        shown = [(x, y if linear else math.log10(y), good) for x, y, good in values]
        good = [(x, y) for x, y, accepted in shown if accepted]
        bad = [(x, y) for x, y, accepted in shown if not accepted]
        self.line.setData([x for x, _ in good], [y for _, y in good])
        self.accepted.setData([x for x, _ in good], [y for _, y in good])
        self.rejected.setData([x for x, _ in bad], [y for _, y in bad])
        # A tenth of a decade, or a hundred-thousandth.
        least = 1e-5 * max((y for _, y, _ in shown), default=0.0) if linear else 0.1
        self._show_all(shown, least)

    def _linear(self, values: list[float]) -> bool:
        if not (self._may_be_linear and values):
            return False
        return max(values) < _LEAST_RATIO * min(values)

    def _show_all(self, shown: list[tuple[int, float, bool]], least: float) -> None:
        """Show every point, and never less than so much of the vertical axis."""
        if not shown:
            return
        xs = [x for x, _, _ in shown]
        ys = [y for _, y, _ in shown]
        middle = (min(ys) + max(ys)) / 2
        half = max(max(ys) - min(ys), least) / 2
        self.plot.getViewBox().setRange(
            xRange=(min(xs), max(*xs, min(xs) + 1)),
            yRange=(middle - half, middle + half),
        )

    def apply_theme(self, theme: Theme, colour: str) -> None:
        """Take the colours of a theme."""
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(theme.border)
            axis.setTextPen(theme.text)
        grid = QColor(theme.grid)
        self.plot.getViewBox().setBorder(pg.mkPen(grid))
        self.line.setPen(pg.mkPen(colour, width=1.5))
        self.accepted.setPen(pg.mkPen(colour))
        self.accepted.setBrush(pg.mkBrush(colour))
        self.rejected.setPen(pg.mkPen(colour, width=1.2))
        self.rejected.setBrush(pg.mkBrush(theme.plot_background))


class ConvergenceView(QWidget):
    """Cost and EDM against evaluations; filled marks are accepted steps, open rejected.

    The cost stands on a linear axis while it hardly changes. Numbers that have no
    logarithm are left out.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: list[_Point] = []
        self._placed: tuple[tuple[int, int], ...] = ()
        self._curves = (
            _Curve("cost", "Cost", may_be_linear=True),
            _Curve("edm", "EDM", may_be_linear=False),
        )
        self._graphics = pg.GraphicsLayoutWidget()
        self._graphics.ci.setSpacing(4)
        self._graphics.ci.setContentsMargins(4, 4, 8, 2)
        self._graphics.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._across = QLabel(_ACROSS)
        self._across.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._across.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        )
        self._empty_text = _EMPTY
        self._empty = QLabel(_EMPTY)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._graphics, 1)
        layout.addWidget(self._across)
        layout.addWidget(self._empty)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Convergence of the fit")
        self.setMinimumSize(160, 90)
        self._place()
        self.apply_theme(current_theme())
        self._redraw()

    def clear(self, why: str = "") -> None:
        """Forget all points.

        Parameters
        ----------
        why
            Why there are none; empty if they are still to come.
        """
        self._points.clear()
        self._empty_text = why or _EMPTY
        self._redraw()

    def add_point(
        self,
        evaluation: int,
        cost: float,
        edm: float,
        accepted: bool,  # noqa: FBT001
    ) -> None:
        """Add a step of the fit.

        Parameters
        ----------
        evaluation : int
            Evaluations of the model so far.
        cost : float
        edm : float
            Estimated distance of the cost to its minimum.
        accepted : bool
            Whether the step was taken.
        """
        self._points.append(_Point(evaluation, cost, edm, accepted))
        self._redraw()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._graphics.setBackground(theme.plot_background)
        self._empty.setStyleSheet(
            f"color: {theme.muted}; background: {theme.plot_background}; padding: 12px;"
        )
        self._across.setStyleSheet(
            f"color: {theme.text}; background: {theme.plot_background};"
            "padding-bottom: 3px;"
        )
        for curve, colour in zip(
            self._curves, (theme.accent, theme.model), strict=True
        ):
            curve.apply_theme(theme, colour)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the curves side by side or one above the other."""
        super().resizeEvent(event)
        self._place()
        self._place_title()

    def _place(self) -> None:
        places = self._places()
        if places == self._placed:
            return
        self._placed = places
        for curve in self._curves:
            if curve.plot.scene() is not None:
                self._graphics.ci.removeItem(curve.plot)
        # Where there is room for one only, that is the cost.
        for curve, place in zip(self._curves, places, strict=False):
            self._graphics.ci.addItem(curve.plot, *place)

    def _places(self) -> tuple[tuple[int, int], ...]:
        """Return row and column of each curve that there is room for."""
        width, height = self.width(), self.height()
        if width > _WIDE * height and width >= 2 * _NARROWEST:
            return (0, 0), (0, 1)
        if height >= 2 * _LOWEST:
            return (0, 0), (1, 0)
        return ((0, 0),)

    def _place_title(self) -> None:
        room = self.height() >= _TITLED_FROM
        self._across.setVisible(bool(self._points) and room)

    def _redraw(self) -> None:
        self._graphics.setVisible(bool(self._points))
        self._empty.setText(self._empty_text)
        self._empty.setVisible(not self._points)
        self._place_title()
        for curve in self._curves:
            curve.draw(self._points)
        self._describe()

    def _describe(self) -> None:
        text = self._empty_text
        if self._points:
            last = self._points[-1]
            rejected = sum(not p.accepted for p in self._points)
            text = (
                f"{len(self._points)} steps, {rejected} rejected; after "
                f"{last.evaluation} evaluations cost {last.cost:.6g}, "
                f"EDM {last.edm:.3g}"
            )
        self.setAccessibleDescription(text)
        self.setToolTip("" if not self._points else text)
