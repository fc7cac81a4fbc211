"""Asks for files and folders: what to open, where to save."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog

from app.controllers.desktop import open_on_desktop
from app.controllers.loading import LoadingController
from app.controllers.run_files import file_filter
from app.controllers.saving import SavingController, proposed_folder
from app.documents.fit_record import FitRecord
from app.documents.run_document import RunDocument, shown_fit
from app.documents.workspace import Workspace
from app.main_window import MainWindow
from app.settings import Settings


class FilesController(QObject):
    """Knows the file dialogs and the list of recent files.

    Signals
    -------
    told(str)
    told_of_fit(str, FitRecord)
        Something that is of interest while the fit is shown.
    """

    told = Signal(str)
    told_of_fit = Signal(str, object)

    def __init__(
        self,
        workspace: Workspace,
        window: MainWindow,
        settings: Settings,
        loading: LoadingController,
        saving: SavingController,
    ) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._window = window
        self._settings = settings
        self._loading = loading
        self._saving = saving
        self._last_folder = Path.home()
        page = window.start_page
        page.open_requested.connect(self.ask_for_files)
        page.folder_requested.connect(self.ask_for_folder)
        page.example_requested.connect(self.open_example)
        page.recent_requested.connect(lambda path: loading.open_paths([path]))
        window.paths_dropped.connect(loading.open_paths)
        loading.opened.connect(lambda _: self.show_recent())
        saving.started.connect(self.told)
        saving.saved.connect(self._on_saved)
        self.show_recent()

    def ask_for_files(self) -> QFileDialog:
        """Ask for files to open."""
        dialog = self._dialog("Open runs", "open")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters(file_filter().split(";;"))
        return self._open_chosen(dialog)

    def ask_for_folder(self) -> QFileDialog:
        """Ask for a folder whose runs are opened."""
        dialog = self._dialog("Open every run of a folder", "open")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        return self._open_chosen(dialog)

    def open_example(self) -> None:
        """Open the simulated run that comes with the program."""
        from engine.sample import sample_run

        self._loading.open_paths([sample_run()])

    def save(self) -> None:
        """Save the shown fit beside its run, unless it is saved already."""
        document = self._workspace.current
        if document is None or document.fit is None:
            return
        if document.fit in self._saving.pending:
            return
        saved = document.saved.get(document.fit.number)
        if saved is not None and saved.is_dir():
            text = f"Fit #{document.fit.number} is saved in {saved}."
            self.told_of_fit.emit(text, document.fit)
            return
        self.save_shown(document)

    def save_shown(self, document: RunDocument) -> None:
        """Save the shown fit of a run, else its last one."""
        record = shown_fit(document)
        taken = self._saving.pending.values()
        folder = proposed_folder(document, self._settings.folder("save"), taken)
        self._saving.save(document, record, folder)

    def ask_where_to_save(self) -> QFileDialog | None:
        """Ask where to put the result folder of the shown fit."""
        document = self._workspace.current
        if document is None or document.fit is None:
            return None
        record, name = document.fit, f"{document.name}_result"
        dialog = self._dialog(f"Choose where to put the folder {name}", "save")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, "Export here")

        def chosen(names: list[str]) -> None:
            folder = Path(names[0])
            self._settings.set_folder("save", folder)
            self._saving.save(document, record, folder / name)

        dialog.filesSelected.connect(chosen)
        dialog.open()
        return dialog

    def open_saved_folder(self) -> None:
        """Show the folder saved last in the desktop's file manager."""
        open_on_desktop(self._last_folder)

    def show_recent(self) -> None:
        """List the recent files in the menu and on the start page."""
        menu = self._window.recent_menu
        menu.clear()
        recent = self._settings.recent
        for path in recent:
            action = menu.addAction(str(path))
            action.triggered.connect(
                lambda _=False, p=path: self._loading.open_paths([p])
            )
        menu.addSeparator()
        menu.addAction("&Clear list").triggered.connect(self._clear_recent)
        menu.setEnabled(bool(recent))
        self._window.start_page.set_recent(recent)

    def _clear_recent(self) -> None:
        self._settings.clear_recent()
        # The menu whose entry was just chosen must not be emptied under it.
        QTimer.singleShot(0, self, self.show_recent)

    def _open_chosen(self, dialog: QFileDialog) -> QFileDialog:
        dialog.filesSelected.connect(
            lambda names: self._loading.open_paths([Path(n) for n in names])
        )
        dialog.open()
        return dialog

    def _dialog(self, title: str, purpose: str) -> QFileDialog:
        folder = str(self._settings.folder(purpose))
        dialog = QFileDialog(self._window, title, folder)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _on_saved(self, document: RunDocument, record: FitRecord, folder: Path) -> None:
        self._last_folder = folder
        for other in self._workspace.documents:
            if other is not document:
                other.forget_saved(folder)
        text = f"Fit #{record.number} is saved in {folder}"
        self.told_of_fit.emit(f"{text}.", record)
        show = (("show_folder", "Show folder"),)
        self._window.panels.banner.show_message(text, "good", show, record)
