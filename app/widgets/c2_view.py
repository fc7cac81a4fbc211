"""Data, model and residual of one angle side by side, with one zoom and one cursor."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.theme import Theme, current_theme
from app.widgets.c2_canvas import MAPS, C2Canvas
from app.widgets.c2_header import CHOICES, C2Footer, C2Header
from app.widgets.c2_layout import DATA, LEVELS, MODEL, RESIDUAL, RESIDUAL_LEVELS
from app.widgets.c2_panel import Range
from app.widgets.c2_readout import readout_text
from app.widgets.map_image import TimeAxes
from app.widgets.picture import Map, Picture, as_picture, in_sigmas, usable_sigma

_LEAST_SIGMAS = 4.0
"""A good residual is shown on ±4 σ; only a worse one widens the scale."""
_NO_MODEL = "No model yet.\nFit (F5) or simulate (F6)."
_NO_RESIDUAL = "The residual comes\nwith the model."
_NO_DATA = "No data."


class C2View(QWidget):
    """Three linked maps; decides nothing.

    New maps never move the view, nor the levels while they are locked.

    Signals
    -------
    cursor_text_changed(str)
        What is under the cursor; empty when it has left.
    frame_window_requested(float, float)
        First and last time [s] inside the crop square, after it was dragged.
    levels_lock_changed(bool)
    crop_visible_changed(bool)
    panels_changed(str)
        Which maps are shown: all, data, model or residual.
    """

    cursor_text_changed = Signal(str)
    frame_window_requested = Signal(float, float)
    levels_lock_changed = Signal(bool)
    crop_visible_changed = Signal(bool)
    panels_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps: dict[str, Picture | None] = dict.fromkeys(MAPS)
        self._sigma: float | None = None
        self._locked = False
        self._choice = CHOICES[0]
        self._header = C2Header()
        self._canvas = C2Canvas()
        self._footer = C2Footer()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header)
        layout.addWidget(self._canvas, stretch=1)
        layout.addWidget(self._footer)
        self.setFocusProxy(self._canvas)
        self.setAccessibleName("c2 maps")
        for name, text in zip(MAPS, (_NO_DATA, _NO_MODEL, _NO_RESIDUAL), strict=True):
            self._canvas.panels[name].set_empty_text(text)
        self._connect()
        self.set_crop_visible(visible=False)
        self.apply_theme(current_theme())

    def set_axes(self, t_start_s: float, dt_s: float, n: int) -> None:
        """Say which times the maps cover; other axes forget the maps and the zoom.

        Parameters
        ----------
        t_start_s : float
            Time of the first element [s].
        dt_s : float
            Time between elements [s].
        n : int
            Elements per side.
        """
        axes = TimeAxes(t_start_s, dt_s, n)
        if axes != self._canvas.axes:
            self._maps = dict.fromkeys(MAPS)
            self._canvas.set_cursor(None)
            self._canvas.set_axes(axes)

    @property
    def reduction(self) -> int:
        """How many elements should be drawn as one, along a side."""
        return self._canvas.wanted_factor

    def set_data(self, c2: Map | Picture | None) -> None:
        """Show measured c2; sets the levels of data and model unless locked."""
        picture = as_picture(c2)
        free = not self._locked
        self._set_map(DATA, picture, picture.levels if picture and free else None)

    def set_model(self, c2: Map | Picture | None) -> None:
        """Show c2 of the model on the levels of the data."""
        picture = as_picture(c2)
        free = not self._locked and self._maps[DATA] is None
        self._set_map(MODEL, picture, picture.levels if picture and free else None)

    def set_residual(
        self, difference: Map | Picture | None, sigma: float | None
    ) -> None:
        """Show data minus model, in units of sigma when that is given.

        Locked levels stay, except where the unit changes and they would mean nothing.

        Parameters
        ----------
        difference
            A matrix in units of c2, or a picture in the units that are shown.
        sigma
            Noise of c2; what no difference can be divided by counts as None.
        """
        sigma = usable_sigma(sigma)
        if difference is None:
            self._set_map(RESIDUAL, None)
            return
        if not isinstance(difference, Picture):
            difference = Picture(in_sigmas(difference, sigma))
        other_unit = (sigma is None) != (self._sigma is None)
        self._sigma = sigma
        title = "Residual" if sigma is None else "Residual / σ"
        self._canvas.panels[RESIDUAL].set_title(title)
        free = other_unit or not self._locked
        levels = self._levels_of_residual(difference) if free else None
        self._set_map(RESIDUAL, difference, levels)

    def set_title(self, title: str) -> None:
        """Show what the maps are of."""
        self._header.title.set_full_text(title)
        self.setAccessibleDescription(title)

    def set_empty(self, text: str) -> None:
        """Say what to do while there is nothing to show."""
        self._canvas.set_empty_text(text)

    def set_level_marks(self, offset: float | None, contrast: float | None) -> None:
        """Mark on the bar where c2 ends when nothing is correlated, and when all is."""
        marks: list[tuple[float, str]] = []
        if offset is not None:
            marks.append((offset, "offset"))
        if offset is not None and contrast is not None:
            marks.append((offset + contrast, "offset + contrast"))
        self._canvas.bars[LEVELS].set_marks(marks)

    def set_levels_locked(self, locked: bool) -> None:  # noqa: FBT001
        """Keep the levels whatever maps come, or let them follow the maps."""
        if locked == self._locked:
            return
        self._locked = locked
        self._header.set_locked(locked=locked)
        if not locked:
            self._show_automatic_levels()
        self.levels_lock_changed.emit(locked)

    @property
    def levels_locked(self) -> bool:
        """Whether levels stay as they are."""
        return self._locked

    def set_levels(self, low: float, high: float) -> None:
        """Set the levels of data and model."""
        self._canvas.set_levels(LEVELS, low, high)

    @property
    def levels(self) -> tuple[float, float]:
        """Levels of data and model."""
        return self._canvas.bars[LEVELS].levels

    @property
    def residual_levels(self) -> tuple[float, float]:
        """Levels of the residual, in units of sigma if it is."""
        return self._canvas.bars[RESIDUAL_LEVELS].levels

    @property
    def view_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Visible t1 and t2 [s]."""
        return self._canvas.view_range

    def reset_view(self) -> None:
        """Show everything."""
        self._canvas.reset_view()

    def cycle_panels(self) -> None:
        """Show all maps, then data, model and residual alone, then all."""
        following = CHOICES[(CHOICES.index(self._choice) + 1) % len(CHOICES)]
        self.show_panels(following)

    def show_panels(self, choice: str) -> None:
        """Show ``all`` maps or one of ``data``, ``model``, ``residual``."""
        self._choice = choice
        self._header.set_choice(choice)
        self._canvas.set_shown(MAPS if choice == CHOICES[0] else (choice,))
        self.panels_changed.emit(choice)

    @property
    def panels(self) -> str:
        """Which maps are shown."""
        return self._choice

    def set_crop_visible(self, visible: bool) -> None:  # noqa: FBT001
        """Show or hide the square that chooses a window of time."""
        self._header.set_crop(visible=visible)
        self._canvas.set_crop_visible(visible=visible)
        self.crop_visible_changed.emit(visible)

    def set_colour_maps(self, c2: str, residual: str) -> None:
        """Choose from `colormaps.SEQUENTIAL` and `colormaps.DIVERGING`."""
        self._canvas.colour_maps = (c2, residual)
        self._canvas.apply_theme(current_theme())

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._header.apply_theme(theme)
        self._canvas.apply_theme(theme)
        self._footer.apply_theme(theme)

    def _connect(self) -> None:
        header, canvas = self._header, self._canvas
        header.panels_chosen.connect(self.show_panels)
        header.lock_toggled.connect(self.set_levels_locked)
        header.crop_toggled.connect(self.set_crop_visible)
        header.reset_requested.connect(self.reset_view)
        canvas.cursor_moved.connect(self._on_cursor_moved)
        canvas.crop_released.connect(self._on_crop_released)
        # A level moved by hand would be lost with the next map.
        canvas.levels_edited.connect(lambda _bar: self.set_levels_locked(True))
        canvas.auto_levels_requested.connect(self._on_auto_levels)
        canvas.reduction_changed.connect(self._show_badge)

    def _set_map(
        self, name: str, picture: Picture | None, levels: Range | None = None
    ) -> None:
        self._maps[name] = picture
        self._canvas.set_map(name, picture, levels)
        # A crosshair left standing reads what is drawn now.
        self._canvas.set_cursor(self._canvas.cursor_position)

    def _show_automatic_levels(self) -> None:
        leading = (
            self._maps[DATA] if self._maps[DATA] is not None else self._maps[MODEL]
        )
        if leading is not None:
            self._canvas.set_levels(LEVELS, *leading.levels)
        residual = self._maps[RESIDUAL]
        if residual is not None:
            levels = self._levels_of_residual(residual)
            self._canvas.set_levels(RESIDUAL_LEVELS, *levels)

    def _levels_of_residual(self, shown: Picture) -> Range:
        least = 0.0 if self._sigma is None else _LEAST_SIGMAS
        level = max(shown.magnitude, least)
        return -level, level

    def _on_auto_levels(self) -> None:
        self.set_levels_locked(False)
        self._show_automatic_levels()

    def _on_crop_released(self, start: float, end: float) -> None:
        half = self._canvas.axes.step / 2
        self.frame_window_requested.emit(start + half, end - half)

    def _on_cursor_moved(self, position: tuple[float, float] | None) -> None:
        text = ""
        if position is not None:
            values = {n: p.value_at(*position) for n, p in self._canvas.panels.items()}
            axes = self._canvas.axes
            text = readout_text(axes, position, values, self._sigma)
        if text != self._footer.readout:
            self._footer.set_readout(text)
            self.cursor_text_changed.emit(text)

    def _show_badge(self) -> None:
        factor = self._canvas.reduction
        self._footer.set_badge(f"display reduced {factor}×" if factor > 1 else "")
