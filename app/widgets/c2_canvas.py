"""The maps themselves: placed, linked, with their colour bars and one cursor."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.theme import Theme
from app.widgets.c2_layout import (
    DATA,
    LEVELS,
    MODEL,
    RESIDUAL,
    RESIDUAL_LEVELS,
    arrange,
)
from app.widgets.c2_panel import C2Panel, Range
from app.widgets.colormaps import DIVERGING, SEQUENTIAL, lookup_table
from app.widgets.level_bar import LevelBar
from app.widgets.map_image import TimeAxes
from app.widgets.picture import Picture

MAPS = (DATA, MODEL, RESIDUAL)
_BAR_OF = {DATA: LEVELS, MODEL: LEVELS, RESIDUAL: RESIDUAL_LEVELS}


_ZOOM = 0.8
_INSET = 0.1
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Down: (0, -1),
    Qt.Key.Key_Up: (0, 1),
}


class C2Canvas(QWidget):
    """Maps of data, model and residual that zoom and pan as one.

    Keys: arrows move the cursor (with Shift by ten frames), + and - zoom, Home shows
    everything. While the crop square is on, Ctrl+Left/Right moves its end,
    Ctrl+Shift+Left/Right its start, and Return stands for letting go of it.

    Signals
    -------
    cursor_moved(object)
        t1 and t2 [s] under the cursor, None when it has left.
    crop_released(float, float)
        Edges [s] of the crop square.
    levels_edited(str)
        Which bar was moved by the user, at `levels`.
    auto_levels_requested(str)
    reduction_changed()
    """

    cursor_moved = Signal(object)
    crop_released = Signal(float, float)
    levels_edited = Signal(str)
    auto_levels_requested = Signal(str)
    reduction_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axes = TimeAxes()
        self._linking = False
        self._shown: tuple[str, ...] = MAPS
        self._cursor: tuple[float, float] | None = None
        self.colour_maps: tuple[str, str] = (SEQUENTIAL[0], DIVERGING[0])
        self.panels = {
            DATA: C2Panel("Data", parent=self),
            MODEL: C2Panel("Model", parent=self),
            RESIDUAL: C2Panel("Residual", diverging=True, parent=self),
        }
        self.bars = {
            LEVELS: LevelBar("Levels of data and model", parent=self),
            RESIDUAL_LEVELS: LevelBar(
                "Levels of the residual", symmetric=True, parent=self
            ),
        }
        self._empty = QLabel(self)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self.setMinimumSize(240, 140)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("c2 maps")
        self._connect()

    @property
    def axes(self) -> TimeAxes:
        """The time axes of every map."""
        return self._axes

    @property
    def cursor_position(self) -> tuple[float, float] | None:
        """t1 and t2 [s] under the crosshair, None while there is none."""
        return self._cursor

    @property
    def view_range(self) -> tuple[Range, Range]:
        """Visible t1 and t2 [s]."""
        t1, t2 = self.panels[self._shown[0]].view_box.viewRange()
        return (t1[0], t1[1]), (t2[0], t2[1])

    @property
    def reduction(self) -> int:
        """How many frames are drawn as one, at most, in the maps that are shown."""
        return max(self.panels[name].reduction for name in self._shown)

    @property
    def wanted_factor(self) -> int:
        """How many elements the maps that are shown should draw as one."""
        return self.panels[self._shown[0]].wanted_factor()

    def set_axes(self, axes: TimeAxes) -> None:
        """Take other axes, forget the maps and show everything."""
        self._axes = axes
        self._linking = True
        for panel in self.panels.values():
            panel.set_axes(axes)
        self._linking = False
        self.reset_view()
        self._refresh_empty()

    def set_map(
        self, name: str, picture: Picture | None, levels: Range | None = None
    ) -> None:
        """Show another matrix at the present range, on other levels if given."""
        owner = _BAR_OF[name]
        if levels is not None:
            self.bars[owner].set_levels(*levels)
        # With the picture, so that it is drawn once.
        self.panels[name].set_picture(picture, self.bars[owner].levels)
        self.set_levels(owner, *self.bars[owner].levels)
        self._refresh_empty()

    def set_levels(self, bar: str, low: float, high: float) -> None:
        """Show other levels in a bar and its maps."""
        self.bars[bar].set_levels(low, high)
        for name, owner in _BAR_OF.items():
            if owner == bar:
                self.panels[name].set_levels(*self.bars[bar].levels)

    def set_shown(self, names: tuple[str, ...]) -> None:
        """Show all maps or one."""
        t1, t2 = self.view_range
        self._shown = names
        self.set_range(t1, t2)
        self.place()
        self.reduction_changed.emit()

    def set_range(self, t1: Range, t2: Range) -> None:
        """Show a part of the axes in every map."""
        self._linking = True
        for panel in self.panels.values():
            panel.set_range(t1, t2)
        self._linking = False

    def reset_view(self) -> None:
        """Show everything."""
        whole = (self._axes.low, self._axes.high)
        self.set_range(whole, whole)

    def zoom(self, factor: float) -> None:
        """Show `factor` times as much around the middle."""
        ranges = []
        for low, high in self.view_range:
            middle, half = (low + high) / 2, (high - low) / 2 * factor
            ranges.append((middle - half, middle + half))
        self.set_range(*ranges)

    def set_cursor(self, position: tuple[float, float] | None) -> None:
        """Move the crosshair of every map; None hides it."""
        self._cursor = position
        for panel in self.panels.values():
            panel.set_cursor(position)
        self.cursor_moved.emit(position)

    def set_crop_visible(self, *, visible: bool) -> None:
        """Show or hide the crop square; it starts a little inside the axes."""
        axes = self._axes
        inset = round(axes.count * _INSET) * axes.step
        for panel in self.panels.values():
            if visible and not panel.crop.isVisible():
                panel.crop.set_window(axes.low + inset, axes.high - inset)
            panel.crop.setVisible(visible)

    def set_empty_text(self, text: str) -> None:
        """Say what is missing while there is no map at all."""
        self._empty.setText(text)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._empty.setStyleSheet(f"color: {theme.muted};")
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(theme.plot_background))
        self.setPalette(palette)
        sequential, diverging = (
            lookup_table(name, theme.nan) for name in self.colour_maps
        )
        tables = {LEVELS: sequential, RESIDUAL_LEVELS: diverging}
        for name, panel in self.panels.items():
            panel.apply_theme(theme)
            panel.set_lookup_table(tables[_BAR_OF[name]])
        for name, bar in self.bars.items():
            bar.apply_theme(theme)
            bar.set_lookup_table(tables[name])

    def place(self) -> None:
        """Put every part where there is room for it."""
        bar_width = self.bars[LEVELS].minimumSizeHint().width()
        plan = arrange(self._shown, self.width(), self.height(), bar_width)
        for name, part in (self.panels | self.bars).items():
            part.setVisible(name in plan.parts and self._empty.isHidden())
            if name in plan.parts:
                part.setGeometry(plan.parts[name])
        for name, panel in self.panels.items():
            panel.set_numbers_visible(visible=name in plan.numbered)
        self._empty.setGeometry(self.rect().adjusted(24, 0, -24, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the parts anew."""
        super().resizeEvent(event)
        self.place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor, zoom, or move the crop square."""
        key = Qt.Key(event.key())
        modifiers = event.modifiers()
        crop = self.panels[DATA].crop
        if key in _ARROWS and modifiers & Qt.KeyboardModifier.ControlModifier:
            if crop.isVisible():
                shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
                step = _ARROWS[key][0]
                crop.step(*((step, 0) if shift else (0, step)))
        elif key in _ARROWS:
            frames = 10 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1
            self._step_cursor(*(frames * d for d in _ARROWS[key]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _ZOOM)
        elif key == Qt.Key.Key_Home:
            self.reset_view()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and crop.isVisible():
            self.crop_released.emit(*crop.edges)
        else:
            super().keyPressEvent(event)

    def _step_cursor(self, right: int, up: int) -> None:
        axes = self._axes
        middle = tuple((low + high) / 2 for low, high in self.view_range)
        frames = [
            min(max(round((t - axes.start) / axes.step) + by, 0), axes.count - 1)
            for t, by in zip(self._cursor or middle, (right, up), strict=True)
        ]
        t1, t2 = (axes.start + frame * axes.step for frame in frames)
        self.set_cursor((t1, t2))

    def _refresh_empty(self) -> None:
        empty = all(panel.array is None for panel in self.panels.values())
        if empty == self._empty.isHidden():
            self._empty.setVisible(empty)
            self.place()

    def _connect(self) -> None:
        for panel in self.panels.values():
            panel.range_changed.connect(self._on_range_changed)
            panel.hovered.connect(lambda t1, t2: self.set_cursor((t1, t2)))
            panel.left.connect(lambda: self.set_cursor(None))
            panel.reset_requested.connect(self.reset_view)
            panel.reduction_changed.connect(self.reduction_changed)
            panel.crop.signals.edited.connect(self._on_crop_edited)
            panel.crop.signals.released.connect(self.crop_released)
        for name, bar in self.bars.items():
            bar.levels_edited.connect(
                lambda low, high, name=name: self._on_levels_edited(name, low, high)
            )
            bar.auto_requested.connect(
                lambda name=name: self.auto_levels_requested.emit(name)
            )

    def _on_range_changed(self, t1: Range, t2: Range) -> None:
        if not self._linking:
            self.set_range(t1, t2)

    def _on_crop_edited(self, start: float, end: float) -> None:
        for panel in self.panels.values():
            panel.crop.set_window(start, end)

    def _on_levels_edited(self, bar: str, low: float, high: float) -> None:
        self.set_levels(bar, low, high)
        self.levels_edited.emit(bar)
