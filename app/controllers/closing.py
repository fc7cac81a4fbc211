"""Asks before fits are stopped or lost, and waits for a running one to stop."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.controllers.fitting import FitController
from app.controllers.saving import SavingController
from app.documents.run_document import RunDocument, shown_fit
from app.documents.workspace import Workspace

Documents = tuple[RunDocument, ...]


class ClosingController(QObject):
    """Knows whether the window may close.

    Signals
    -------
    close_again()
        What kept the window from closing is over.
    save_requested(RunDocument)
        Save the shown fit of a run.
    waiting(str)
        What is being waited for.
    """

    close_again = Signal()
    save_requested = Signal(object)
    waiting = Signal(str)

    def __init__(
        self,
        workspace: Workspace,
        fitting: FitController,
        saving: SavingController,
        window: QWidget,
    ) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._fitting = fitting
        self._saving = saving
        self._window = window
        self._confirmed = False
        self._closing = False
        self._after_saving: tuple[Documents, Callable[[], None]] | None = None
        self.dialog: QMessageBox | None = None
        fitting.ended.connect(self._go_on)
        saving.ended.connect(self._go_on)

    def may_close(self) -> bool:
        """Return whether the window may close now; else see to it that it soon can."""
        if self._fitting.running is not None:
            if self._closing or self._confirmed:
                self._stop_and_close()
            else:
                self._ask_to_stop(self._fitting.running)
            return False
        if self._saving.busy:
            self._closing = True
            self.waiting.emit("Finishing to save before closing…")
            return False
        unsaved = [d for d in self._workspace.documents if d.unsaved]
        if unsaved and not self._confirmed:
            self._ask(unsaved, self._confirm)
            return False
        return True

    def close_current(self) -> None:
        """Take the current run out, after asking when fits would be lost."""
        document = self._workspace.current
        if document is None:
            return
        if document.unsaved:
            self._ask([document], lambda: self._workspace.close(document))
        else:
            self._workspace.close(document)

    def allow(self) -> None:
        """Close without asking, from now on."""
        self._confirmed = True

    def _ask_to_stop(self, fitted: RunDocument) -> None:
        box = self._question(
            "A fit is running. Stop it and close?",
            f"{fitted.title}: you will be asked whether to save its best point so far.",
        )
        if box is None:
            return
        stop = box.addButton("&Stop and close", QMessageBox.ButtonRole.AcceptRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(cancel)

        def answered(_: int) -> None:
            self.dialog = None
            if box.clickedButton() is stop:
                self._stop_and_close()

        box.finished.connect(answered)
        box.open()

    def _stop_and_close(self) -> None:
        if self._fitting.running is None:
            # It has ended while the question stood there.
            self.close_again.emit()
            return
        self._closing = True
        self._fitting.stop()
        self.waiting.emit("Stopping the fit before closing…")

    def _ask(self, unsaved: Sequence[RunDocument], proceed: Callable[[], None]) -> None:
        box = self._question("Some fits have not been saved.", unsaved_text(unsaved))
        if box is None:
            return
        save = box.addButton("&Save the shown fits", QMessageBox.ButtonRole.AcceptRole)
        drop = box.addButton(
            "&Close without saving", QMessageBox.ButtonRole.DestructiveRole
        )
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(save)

        def answered(_: int) -> None:
            clicked = box.clickedButton()
            self.dialog = None
            if clicked is save:
                self._after_saving = (tuple(unsaved), proceed)
                for document in unsaved:
                    self.save_requested.emit(document)
            elif clicked is drop:
                proceed()

        box.finished.connect(answered)
        box.open()

    def _question(self, text: str, more: str) -> QMessageBox | None:
        """Return a box without buttons; None when a question is open already."""
        if self.dialog is not None:
            self.dialog.raise_()
            return None
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Twotime")
        box.setText(text)
        box.setInformativeText(more)
        self.dialog = box
        return box

    def _confirm(self) -> None:
        self._confirmed = True
        self.close_again.emit()

    def _go_on(self) -> None:
        if self._saving.busy or self._fitting.running is not None:
            return
        if self._after_saving is not None:
            documents, proceed = self._after_saving
            self._after_saving = None
            # What could not be saved must not be lost for that.
            if all(shown_fit(d).number in d.saved for d in documents):
                proceed()
        elif self._closing:
            self._closing = False
            self.close_again.emit()


def unsaved_text(documents: Sequence[RunDocument]) -> str:
    """Return which fits of which runs exist nowhere but in the window."""
    lines = []
    for document in documents:
        numbers = ", ".join(f"#{fit.number}" for fit in document.unsaved)
        lines.append(f"{document.title}: {numbers}")
    return "\n".join(lines)
