"""How cost and distance to the minimum fall during a fit."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.theme import Theme, current_theme
from app.widgets.convergence_curve import ConvergencePoint, Curve

__all__ = ["ConvergencePoint", "ConvergenceView"]

_ACROSS = "Evaluations (open: rejected)"
_DASHED = "dashed: coarse grid (estimate)"
_EMPTY = "The cost of each step of a fit will be drawn here."
_WIDE = 1.6
"""From this ratio of width to height on, the curves stand side by side."""
_NARROWEST, _LOWEST = 150, 70
"""Least width and height of a curve with its numbers [px]."""
_TITLED_FROM = 150
"""From this height [px] on there is room to say what runs to the right."""
_REDRAW_MS = 80
"""Steps on the coarse grid come faster than anyone can see."""


class ConvergenceView(QWidget):
    """Cost and EDM against evaluations; filled marks are accepted steps, open rejected.

    Steps on the coarse grid are lighter and dashed; they follow each other at unit
    distance, as full evaluations do. The cost stands on a linear axis while it hardly
    changes. Numbers that have no logarithm are left out.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: list[ConvergencePoint] = []
        self._placed: tuple[tuple[int, int], ...] = ()
        self._pending = QTimer(self)
        self._pending.setSingleShot(True)
        self._pending.setInterval(_REDRAW_MS)
        self._pending.timeout.connect(self._redraw)
        self._curves = (
            Curve("cost", "Cost", may_be_linear=True),
            Curve("edm", "EDM", may_be_linear=False),
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
        self.set_points((), why)

    def set_points(self, points: Iterable[ConvergencePoint], why: str = "") -> None:
        """Show these points and no others.

        Parameters
        ----------
        points
            In the order of the fit.
        why
            Why there are none; empty if they are still to come.
        """
        self._points = list(points)
        self._empty_text = why or _EMPTY
        self._redraw()

    def add_point(self, point: ConvergencePoint) -> None:
        """Add a step of the fit; what comes in quick succession is drawn at once."""
        self._points.append(point)
        if not self._pending.isActive():
            self._pending.start()

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
        self._across.setText(self._title())

    def _title(self) -> str:
        """Return the longest legend there is room for."""
        if not any(p.coarse for p in self._points):
            return _ACROSS
        width = self._across.fontMetrics().horizontalAdvance
        titles = (f"{_ACROSS}, {_DASHED}", f"Open: rejected, {_DASHED}")
        fits = (t for t in titles if width(t) < self.width())
        return next(fits, _DASHED.capitalize())

    def _redraw(self) -> None:
        self._pending.stop()
        self._graphics.setVisible(bool(self._points))
        self._empty.setText(self._empty_text)
        self._empty.setVisible(not self._points)
        self._place_title()
        drawn = _spread(self._points)
        for curve in self._curves:
            curve.draw(drawn)
        self._describe()

    def _describe(self) -> None:
        text = self._empty_text
        if self._points:
            last = self._points[-1]
            rejected = sum(not p.accepted for p in self._points)
            coarse = sum(p.coarse for p in self._points)
            where = f", {coarse} on the coarse grid" if coarse else ""
            about = "about " if last.coarse else ""
            text = (
                f"{len(self._points)} steps, {rejected} rejected{where}; after "
                f"{last.evaluation} evaluations cost {about}{last.cost:.6g}, "
                f"EDM {last.edm:.3g}"
            )
            if coarse:
                text += f"\n{_DASHED.capitalize()}"
        self.setAccessibleDescription(text)
        self.setToolTip("" if not self._points else text)


def _spread(points: Sequence[ConvergencePoint]) -> list[ConvergencePoint]:
    """Count evaluations on the coarse grid too, so that each has its own place."""
    drawn, before = [], 0
    for point in points:
        before += point.coarse
        drawn.append(replace(point, evaluation=point.evaluation + before))
    return drawn
