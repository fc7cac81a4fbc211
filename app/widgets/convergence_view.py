"""How cost and distance to the minimum fall during a fit."""

import math
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.theme import Theme, current_theme

_EMPTY = "The cost of each step of a fit will be drawn here."
_WIDE = 1.6
"""From this ratio of width to height on, the curves stand side by side."""
_MARKER = 7


@dataclass(frozen=True, slots=True)
class _Point:
    evaluation: int
    cost: float
    edm: float
    accepted: bool


class _Curve:
    """One quantity on a logarithmic axis: a line through accepted points."""

    def __init__(self, name: str, label: str) -> None:
        self.name = name
        self.plot = pg.PlotItem()
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        self.plot.setLabel("left", label)
        self.plot.setLabel("bottom", "Evaluations (open: rejected)")
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
        shown = [
            (evaluation, math.log10(value), accepted)
            for evaluation, value, accepted in values
            if math.isfinite(value) and value > 0
        ]
        good = [(x, y) for x, y, accepted in shown if accepted]
        bad = [(x, y) for x, y, accepted in shown if not accepted]
        self.line.setData([x for x, _ in good], [y for _, y in good])
        self.accepted.setData([x for x, _ in good], [y for _, y in good])
        self.rejected.setData([x for x, _ in bad], [y for _, y in bad])
        self._show_all(shown)

    def _show_all(self, shown: list[tuple[int, float, bool]]) -> None:
        """Show every point, and never less than a tenth of a decade."""
        if not shown:
            return
        xs = [x for x, _, _ in shown]
        ys = [y for _, y, _ in shown]
        middle = (min(ys) + max(ys)) / 2
        half = max((max(ys) - min(ys)) / 2, 0.05)
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

    Numbers that have no logarithm are left out.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: list[_Point] = []
        self._side_by_side: bool | None = None
        self._curves = (_Curve("cost", "Cost"), _Curve("edm", "EDM"))
        self._graphics = pg.GraphicsLayoutWidget()
        self._graphics.ci.setSpacing(4)
        self._graphics.ci.setContentsMargins(4, 4, 8, 2)
        self._graphics.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._empty = QLabel(_EMPTY)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._graphics)
        layout.addWidget(self._empty)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Convergence of the fit")
        self.setMinimumSize(160, 90)
        self._place()
        self.apply_theme(current_theme())
        self._redraw()

    def clear(self) -> None:
        """Forget all points."""
        self._points.clear()
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
        for curve, colour in zip(
            self._curves, (theme.accent, theme.model), strict=True
        ):
            curve.apply_theme(theme, colour)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the curves side by side or one above the other."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        side_by_side = self.width() > _WIDE * self.height()
        if side_by_side == self._side_by_side:
            return
        self._side_by_side = side_by_side
        for curve in self._curves:
            if curve.plot.scene() is not None:
                self._graphics.ci.removeItem(curve.plot)
        for i, curve in enumerate(self._curves):
            place = (0, i) if side_by_side else (i, 0)
            self._graphics.ci.addItem(curve.plot, *place)

    def _redraw(self) -> None:
        self._graphics.setVisible(bool(self._points))
        self._empty.setVisible(not self._points)
        for curve in self._curves:
            curve.draw(self._points)
        self._describe()

    def _describe(self) -> None:
        text = _EMPTY
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
