"""Colours of the window: two sets of tokens, and who applies them.

Widgets ask `current_theme` for a token and never name a colour themselves; when the
scheme changes, `ThemeManager.changed` hands every painted widget the new set. Every
text token reaches a contrast of 4.5:1 on every surface token (WCAG 2.1, AA).
"""

import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

Mode = Literal["system", "light", "dark"]

_NATIVE = sys.platform in ("darwin", "win32")
"""Whether the platform has a style of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One set of colours, each ``#rrggbb``."""

    name: str
    """``light`` or ``dark``."""
    window: str
    """Behind everything."""
    panel: str
    """Behind lists, tables and fields."""
    plot_background: str
    raised: str
    """Buttons."""
    border: str
    grid: str
    text: str
    muted: str
    """Text of second rank."""
    accent: str
    """What is current or can be dragged; as text on every surface."""
    on_accent: str
    """Text on an accent surface."""
    good: str
    warn: str
    bad: str
    selection: str
    """Behind selected rows and ranges; `text` stays readable on it."""
    data: str
    """Curves and ticks that stand for data."""
    model: str
    """Curves that stand for a model."""
    on_map: str
    """Marks over a map of c2."""
    on_residual: str
    """Marks over a map of residuals, whose middle is light."""
    nan: str
    """Pixels without a value; neutral, so that no level can be mistaken for it."""

    @property
    def dark(self) -> bool:
        """Whether light text stands on a dark ground."""
        return self.name == "dark"


LIGHT = Theme(
    name="light",
    window="#f3f4f6",
    panel="#ffffff",
    plot_background="#ffffff",
    raised="#fbfbfc",
    border="#c6cbd2",
    grid="#d5d9df",
    text="#1b1f24",
    muted="#59616b",
    accent="#0b62b0",
    on_accent="#ffffff",
    good="#1a6b33",
    warn="#8a5300",
    bad="#b3261e",
    selection="#cfe3f7",
    data="#1b1f24",
    model="#b34700",
    on_map="#ffffff",
    on_residual="#1b1f24",
    nan="#9a9a9a",
)

DARK = Theme(
    name="dark",
    window="#1f2226",
    panel="#2b3036",
    plot_background="#181a1d",
    raised="#373d44",
    border="#4a5159",
    grid="#3d434a",
    text="#e7eaee",
    muted="#a9b1bb",
    accent="#6cb4f5",
    on_accent="#0d1117",
    good="#6fcf8b",
    warn="#f0b655",
    bad="#ff8f85",
    selection="#274863",
    data="#e7eaee",
    model="#f5a05a",
    on_map="#ffffff",
    on_residual="#1b1f24",
    nan="#6e6e6e",
)


def current_theme() -> Theme:
    """Return the tokens that go with the application's palette."""
    if QGuiApplication.instance() is None:
        return LIGHT
    ground = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if ground.lightnessF() < 0.5 else LIGHT


def palette_of(theme: Theme) -> QPalette:
    """Return the Qt palette made of a set of tokens."""
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.window,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.bad,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Accent: theme.accent,
        role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: theme.panel,
        role.Midlight: theme.raised,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Shadow: theme.grid,
    }
    palette = QPalette()
    for key, colour in colours.items():
        palette.setColor(key, QColor(colour))
    faint = QColor(theme.muted)
    faint.setAlphaF(0.6)
    for key in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, faint)
    return palette


def style_sheet_of(theme: Theme) -> str:
    """Return the little that a palette cannot say: dock titles and spacing."""
    return f"""
        QDockWidget::title {{
            background: {theme.window};
            padding: 5px 8px;
            border-bottom: 1px solid {theme.border};
        }}
        QMainWindow::separator {{
            background: {theme.window};
            width: 5px;
            height: 5px;
        }}
        QToolBar {{ spacing: 3px; padding: 3px; border: 0; }}
        QHeaderView::section {{ padding: 3px 6px; }}
        QDialogButtonBox, QMessageBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    """


def check_box_style_of(theme: Theme) -> str:
    """Return the look of check boxes and radio buttons; Fusion's vanish in the dark."""
    mark = files("resources").joinpath("style", f"check_{theme.name}.svg")
    path = Path(str(mark)).as_posix()
    places = ("QCheckBox", "QAbstractItemView", "QGroupBox")

    def indicator(state: str) -> str:
        return ", ".join(f"{place}::indicator{state}" for place in places)

    return f"""
        {indicator("")} {{
            width: 13px;
            height: 13px;
            border: 1px solid {theme.muted};
            border-radius: 3px;
            background: {theme.plot_background};
        }}
        {indicator(":checked")} {{
            border-color: {theme.accent};
            background: {theme.accent};
            image: url("{path}");
        }}
        {indicator(":hover")}, {indicator(":focus")} {{ border-color: {theme.accent}; }}
        {indicator(":disabled")} {{ border-color: {theme.border}; }}
        {indicator(":checked:disabled")} {{ background: {theme.muted}; }}
        QRadioButton::indicator {{
            width: 13px;
            height: 13px;
            border: 1px solid {theme.muted};
            border-radius: 7px;
            background: {theme.plot_background};
        }}
        QRadioButton::indicator:checked {{
            width: 7px;
            height: 7px;
            border: 4px solid {theme.accent};
        }}
    """


class ThemeManager(QObject):
    """Chooses the scheme and applies it to the application.

    Signals
    -------
    changed(Theme)
        After the palette and style sheet have changed.
    """

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mode: Mode = "system"
        self._app: QApplication | None = None
        self._theme: Theme | None = None
        self._refreshing = False

    @property
    def mode(self) -> Mode:
        """What was asked for."""
        return self._mode

    @property
    def theme(self) -> Theme:
        """What is shown."""
        return self._theme or current_theme()

    def set_mode(self, mode: Mode) -> None:
        """Follow the system, or keep one scheme."""
        self._mode = mode
        if self._app is not None:
            self._refresh()

    def apply(self, app: QApplication) -> None:
        """Style an application now and whenever the system's scheme changes."""
        if self._app is None:
            app.styleHints().colorSchemeChanged.connect(self._refresh)
        self._app = app
        if not _NATIVE:
            app.setStyle("Fusion")
        self._refresh()

    def _refresh(self) -> None:
        app = self._app
        # Setting the scheme emits colorSchemeChanged, which comes back here.
        if app is None or self._refreshing:
            return
        wanted = {
            "system": Qt.ColorScheme.Unknown,
            "light": Qt.ColorScheme.Light,
            "dark": Qt.ColorScheme.Dark,
        }[self._mode]
        hints = app.styleHints()
        self._refreshing = True
        hints.setColorScheme(wanted)
        self._refreshing = False
        theme = self._wanted_theme(hints.colorScheme())
        if theme is self._theme:
            return
        self._theme = theme
        sheet = style_sheet_of(theme)
        # Native styles bring palettes and check boxes of their own; Fusion takes ours.
        if not _NATIVE:
            app.setPalette(palette_of(theme))
            sheet += check_box_style_of(theme)
        app.setStyleSheet(sheet)
        self.changed.emit(theme)

    def _wanted_theme(self, scheme: Qt.ColorScheme) -> Theme:
        if self._mode == "system":
            return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
        return DARK if self._mode == "dark" else LIGHT
