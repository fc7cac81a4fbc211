"""A dial of azimuth: angles of the data as dots, ranges as arcs to drag."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.documents.numbers import angle_count, angle_text
from app.theme import Theme, current_theme
from app.widgets import phi_geometry as geometry
from app.widgets.phi_layout import HIT, Layout
from app.widgets.phi_painter import DialPicture, paint_dial
from engine.setup import PhiRange

_NEW_HALF_WIDTH = 10.0
_SNAP = 1.0
_STEP, _BIG_STEP = 1.0, 10.0
_MOVES = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: 1,
}
_WIDENS = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}
_CHOICES = {Qt.Key.Key_PageUp: 1, Qt.Key.Key_PageDown: -1}


@dataclass(slots=True)
class _Drag:
    part: str
    """``minimum``, ``maximum`` or ``body``."""
    ranges: tuple[PhiRange, ...]
    """As they were at the press."""
    last: float
    """Angle of the mouse [deg]."""
    turned: float = 0.0
    """Since the press, counted through full turns."""


class PhiDial(QWidget):
    """0° (of the flow, if any) is to the right, angles run counter-clockwise.

    Drag an end or the middle of an arc; double-click an empty place for a new one;
    click a dot to use or leave out that angle. Keys: Page Up and Down choose an arc,
    arrows turn it (with Shift by 10°), + and - widen it, Insert adds one, Delete
    removes it.

    Signals
    -------
    ranges_previewed(tuple)
        While dragging.
    ranges_edited(tuple)
        Ranges (`PhiRange`) after a drag or a key was released.
    angle_toggled(int, bool)
        Which angle was clicked, and whether it is to be used.
    """

    ranges_previewed = Signal(tuple)
    ranges_edited = Signal(tuple)
    angle_toggled = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._phi: tuple[float, ...] = ()
        self._selected: tuple[bool, ...] = ()
        self._disabled: tuple[bool, ...] = ()
        self._ranges: tuple[PhiRange, ...] = ()
        self._current = 0
        self._drag: _Drag | None = None
        self._pending = False
        self._flow = False
        self._read_only = False
        self._theme = current_theme()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        policy = QSizePolicy.Policy
        self.setSizePolicy(policy.Expanding, policy.Expanding)
        self.setAccessibleName("Dial of phi ranges")
        self._describe()

    @property
    def ranges(self) -> tuple[PhiRange, ...]:
        """Ranges as drawn."""
        return self._ranges

    @property
    def current(self) -> int:
        """Which range keys act on."""
        return self._current

    @property
    def used(self) -> tuple[bool, ...]:
        """Which angles are drawn as used, also while a range is dragged."""
        if self._drag is None and not self._pending:
            return self._selected
        return geometry.used_angles(self._phi, self._ranges, self._disabled)

    def set_angles(
        self,
        phi: Sequence[float],
        selected: Sequence[bool],
        disabled: Sequence[bool] = (),
    ) -> None:
        """Show the angles of the data.

        Parameters
        ----------
        phi : sequence of float
            [deg]; values may repeat.
        selected : sequence of bool
            Which of them the fit uses.
        disabled : sequence of bool
            Which of them were switched off one by one; none if left out.
        """
        self._phi = tuple(phi)
        self._selected = tuple(selected)
        self._disabled = tuple(disabled) or (False,) * len(self._phi)
        self._describe()
        self.update()

    def set_ranges(self, ranges: tuple[PhiRange, ...]) -> None:
        """Show ranges; emits nothing."""
        self._ranges = tuple(ranges)
        self._drag = None
        self._pending = False
        self._current = min(self._current, max(0, len(self._ranges) - 1))
        self._describe()
        self.update()

    @property
    def flow(self) -> bool:
        """Whether the direction of the flow is drawn."""
        return self._flow

    def set_flow(self, *, flow: bool) -> None:
        """Draw the direction of the flow, or none."""
        self._flow = flow
        self.update()

    def set_current(self, index: int) -> None:
        """Choose the range that keys act on."""
        if 0 <= index < len(self._ranges):
            self._current = index
            self.update()

    def set_read_only(self, *, read_only: bool) -> None:
        """Refuse or accept edits."""
        self._read_only = read_only
        if read_only:
            self._drag = None
            self.unsetCursor()
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.update()

    def add_range(self, phi: float = 0.0) -> None:
        """Add a range around an angle and emit the edit."""
        added = geometry.around(round(phi / _SNAP) * _SNAP, _NEW_HALF_WIDTH)
        self._current = len(self._ranges)
        self._change((*self._ranges, added))
        self._commit()

    def remove_current(self) -> None:
        """Remove the current range and emit the edit."""
        if not self._ranges:
            return
        kept = tuple(r for i, r in enumerate(self._ranges) if i != self._current)
        self._current = min(self._current, max(0, len(kept) - 1))
        self._change(kept)
        self._commit()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(240, 240)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size at which ends can be told apart."""
        return QSize(170, 170)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dial."""
        picture = DialPicture(
            phi=self._phi,
            used=self.used,
            disabled=self._disabled,
            ranges=self._ranges,
            current=self._current,
            flow=self._flow,
            focused=self.hasFocus(),
            enabled=not self._read_only,
        )
        paint_dial(QPainter(self), self._layout(), picture, self._theme)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of an arc or switch an angle."""
        if event.button() != Qt.MouseButton.LeftButton or self._read_only:
            return
        point = event.position()
        found = self._arc_at(point)
        if found is not None:
            self._current, part = found
            _, phi = geometry.polar(self._layout().centre, point)
            self._drag = _Drag(part, self._ranges, phi)
            self.update()
            return
        index = self._layout().dot_at(self._phi, point)
        if index is not None:
            self.angle_toggled.emit(index, not self._selected[index])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn what is held, or show what could be."""
        point = event.position()
        if self._drag is None:
            self._show_hand(point)
            return
        _, phi = geometry.polar(self._layout().centre, point)
        drag = self._drag
        drag.turned += geometry.normalised(phi - drag.last)
        drag.last = phi
        before = drag.ranges[self._current]
        if drag.part == "body":
            after = geometry.moved(before, round(drag.turned / _SNAP) * _SNAP)
        else:
            move = geometry.with_start if drag.part == "minimum" else geometry.with_end
            after = move(before, drag.turned, _SNAP)
        self._replace_current(after)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Commit a drag."""
        drag, self._drag = self._drag, None
        if drag is not None and drag.ranges != self._ranges:
            self._commit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Add a range at an empty place."""
        if event.button() != Qt.MouseButton.LeftButton or self._read_only:
            return
        point = event.position()
        radius, phi = geometry.polar(self._layout().centre, point)
        dot = self._layout().dot_at(self._phi, point)
        empty = self._arc_at(point) is None and dot is None
        if empty and radius > HIT:
            self.add_range(phi)
        else:
            self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Edit the current range."""
        key = Qt.Key(event.key())
        big = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        step = _BIG_STEP if big and key in _MOVES else _STEP
        if key in _CHOICES and self._ranges:
            self._current = (self._current + _CHOICES[key]) % len(self._ranges)
            self.update()
        elif self._read_only or (not self._ranges and key != Qt.Key.Key_Insert):
            super().keyPressEvent(event)
        elif key in _MOVES:
            self._edit_current(geometry.moved, _MOVES[key] * step)
        elif key in _WIDENS:
            self._edit_current(geometry.widened, _WIDENS[key] * step)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_current()
        elif key == Qt.Key.Key_Insert:
            self.add_range()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Commit what the keys did, once and not at every repeat."""
        if self._pending and not event.isAutoRepeat():
            self._commit()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Commit what the keys did if their release goes elsewhere."""
        if self._pending:
            self._commit()
        super().focusOutEvent(event)

    def _layout(self) -> Layout:
        metrics = self.fontMetrics()
        left, right = (metrics.horizontalAdvance(text) for text in ("180°", "0°"))
        return Layout.fit(self.size(), left, right)

    def _arc_at(self, point: QPointF) -> tuple[int, str] | None:
        return self._layout().arc_at(self._ranges, self._current, point)

    def _show_hand(self, point: QPointF) -> None:
        if self._read_only:
            return
        found = self._arc_at(point)
        if found is not None:
            body = found[1] == "body"
            shape = Qt.CursorShape.SizeAllCursor if body else Qt.CursorShape.CrossCursor
            self.setCursor(shape)
            self.setToolTip(geometry.describe(self._ranges[found[0]]))
            return
        index = self._layout().dot_at(self._phi, point)
        if index is None:
            self.unsetCursor()
            self.setToolTip("Double-click to add a range; click a dot to switch it")
            return
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        state = "used" if self.used[index] else "not used"
        self.setToolTip(f"φ = {angle_text(self._phi[index])}, {state}")

    def _edit_current(
        self, edit: Callable[[PhiRange, float], PhiRange], by: float
    ) -> None:
        self._pending = True
        self._replace_current(edit(self._ranges[self._current], by))

    def _replace_current(self, limits: PhiRange) -> None:
        ranges = list(self._ranges)
        ranges[self._current] = limits
        self._change(tuple(ranges))

    def _change(self, ranges: tuple[PhiRange, ...]) -> None:
        if ranges == self._ranges:
            return
        self._ranges = ranges
        self._describe()
        self.update()
        self.ranges_previewed.emit(ranges)

    def _commit(self) -> None:
        # Until the answer (`set_ranges`, `set_angles`) the dots follow the arcs.
        self._pending = True
        self._selected = self.used
        self._pending = False
        self._describe()
        self.update()
        self.ranges_edited.emit(self._ranges)

    def _describe(self) -> None:
        ranges = ", ".join(geometry.describe(r) for r in self._ranges) or "none"
        count = f"{sum(self.used)} of {angle_count(len(self._phi))} used"
        self.setAccessibleDescription(f"{count}; ranges: {ranges}")
