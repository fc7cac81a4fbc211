"""Keeps the window's frame in step: start page, title, facts, theme, layout."""

from PySide6.QtCore import QObject

from app.controllers.details import run_details, run_notes
from app.controllers.turns import in_turns
from app.documents.workspace import Workspace
from app.main_window import MainWindow
from app.settings import Settings
from app.theme import Theme, ThemeManager


class AppearanceController(QObject):
    """Knows what the window looks like around the run it shows."""

    def __init__(
        self,
        workspace: Workspace,
        window: MainWindow,
        settings: Settings,
        theme: ThemeManager,
    ) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._window = window
        self._settings = settings
        self._theme = theme
        workspace.current_changed.connect(self._on_current_changed)
        workspace.data_changed.connect(self._show_details)
        workspace.fits_changed.connect(self._show_title)
        window.panels.runs.run_selected.connect(self._on_run_selected)
        theme.changed.connect(self._on_theme_changed)
        window.actions_["view.full_screen"].toggled.connect(self._set_full_screen)
        self._restore()

    def set_theme(self, mode: str) -> None:
        """Use one of the modes of the theme from now on."""
        self._settings.theme = mode
        self._theme.set_mode(mode)  # type: ignore[arg-type]

    def reset_layout(self) -> None:
        """Put every panel back to its place."""
        self._window.set_layout_state(None)

    def save_layout(self) -> None:
        """Remember where everything is."""
        self._settings.set_layout("geometry", self._window.saveGeometry())
        self._settings.set_layout("docks", self._window.layout_state())
        self._settings.save()

    def _restore(self) -> None:
        self._window.set_layout_state(self._settings.layout("docks"))
        self._window.actions_[f"view.theme_{self._settings.theme}"].setChecked(True)
        self._on_theme_changed(self._theme.theme)
        self._on_current_changed()

    def _on_current_changed(self) -> None:
        document = self._workspace.current
        if document is None:
            self._window.set_empty(empty=True)
        else:
            # What a run brings is made ready before it is laid out and painted.
            in_turns(self, self._show_run)
            row = self._workspace.documents.index(document)
            self._window.panels.runs.set_current(row)
        self._show_details()
        self._show_title()

    def _show_run(self) -> None:
        self._window.set_empty(empty=self._workspace.current is None)

    def _on_run_selected(self, row: int) -> None:
        self._workspace.set_current(self._workspace.runs.document(row))

    def _on_theme_changed(self, theme: Theme) -> None:
        self._window.apply_theme(theme)

    def _show_details(self) -> None:
        document = self._workspace.current
        self._window.panels.runs.set_details(run_details(document) if document else ())
        self._window.panels.notes.set_notes(run_notes(document) if document else ())

    def _show_title(self) -> None:
        document = self._workspace.current
        title = f"{document.name}[*] — Twotime" if document else "Twotime"
        self._window.setWindowTitle(title)
        self._window.setWindowModified(bool(document and document.unsaved))

    def _set_full_screen(self, on: bool) -> None:  # noqa: FBT001
        if on:
            self._window.showFullScreen()
        else:
            self._window.showNormal()
