"""Shows what a fit tells of degeneracy, and does what the user chooses about it."""

from PySide6.QtCore import QObject, Signal

from app.commands.edit import ChangeSetup
from app.controllers.fitting import FitController
from app.documents.degeneracy_edits import remedy_value, with_comparison, with_remedy
from app.documents.fit_record import FitRecord
from app.documents.run_document import RunDocument, RunState
from app.documents.workspace import Workspace
from app.errors import sentence_of
from app.widgets.degeneracy_panel import DegeneracyPanel
from app.widgets.remedy_text import value_text
from engine.degeneracy import Remedy
from engine.errors import InputError

_BUSY = "the run is being fitted or read"


class DegeneracyController(QObject):
    """Keeps the panel together with the shown fit and the set-up.

    Signals
    -------
    told(str)
        What was done, and how to go on.
    refused(str)
        Why it was not.
    fit_requested(Setup)
        Fit the current run with this set-up, and leave its own as it is.
    """

    told = Signal(str)
    refused = Signal(str)
    fit_requested = Signal(object)

    def __init__(
        self, workspace: Workspace, fitting: FitController, panel: DegeneracyPanel
    ) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._fitting = fitting
        self._panel = panel
        for changed in (workspace.current_changed, workspace.shown_changed):
            changed.connect(self._show)
        for changed in (
            workspace.setup_changed,
            workspace.state_changed,
            fitting.started,
            fitting.ended,
        ):
            changed.connect(self._update_buttons)
        panel.fix_requested.connect(self.fix)
        panel.compare_requested.connect(self.compare)

    def fix(self, remedy: Remedy) -> None:
        """Fix a parameter of the current run as a remedy of the shown fit says."""
        document, record = self._shown()
        if document is None or record is None:
            return
        reason = why_not(document, record, remedy)
        if reason:
            self.refused.emit(f"Nothing was changed: {reason}.")
            return
        p = document.setup.parameters[remedy.name]
        symbol = document.setup.spec.parameter(remedy.name).symbol
        value = value_text(remedy_value(document.setup, record.result, remedy), p.unit)
        placeholders = not document.setup.start_given
        try:
            changed = with_remedy(document.setup, record.result, remedy)
        except InputError as error:
            self.refused.emit(sentence_of(error))
            return
        command = ChangeSetup(document, changed, f"Fix {symbol} at {value}")
        self._workspace.push(command)
        others = f" The fit starts from fit #{record.number}." if placeholders else ""
        self.told.emit(
            f"{symbol} is fixed at {value}.{others} Press F5 to fit with it."
        )

    def compare(self) -> None:
        """Fit every scaling mode, beginning at the values of the shown fit."""
        document, record = self._shown()
        if document is None or record is None:
            return
        try:
            setup = with_comparison(document.setup, record.result)
        except InputError as error:
            self.refused.emit(sentence_of(error))
            return
        self.fit_requested.emit(setup)

    def _shown(self) -> tuple[RunDocument | None, FitRecord | None]:
        document = self._workspace.current
        return document, document.fit if document else None

    def _show(self) -> None:
        _, record = self._shown()
        self._panel.set_record(record)
        self._update_buttons()

    def _update_buttons(self) -> None:
        document, record = self._shown()
        if document is None or record is None:
            return
        self._panel.rows.set_reasons(
            {
                e.remedy.name: why_not(document, record, e.remedy)
                for e in record.result.degeneracy.entanglements
                if e.remedy is not None
            }
        )
        running = self._fitting.running
        self._panel.set_compare_reason(
            "a fit is running" if running else ("" if self._editable else _BUSY)
        )

    @property
    def _editable(self) -> bool:
        return self._workspace.editable


def why_not(document: RunDocument, record: FitRecord, remedy: Remedy) -> str:
    """Return why a remedy of a fit cannot be applied to a run now; empty if it can."""
    if record not in document.fits:
        return "this fit is of another run"
    if document.state is not RunState.READY:
        return _BUSY
    setup = document.setup
    if remedy.name not in setup.parameters.names:
        return "the model of the set-up has no such parameter"
    p = setup.parameters[remedy.name]
    if p.tie is not None:
        return f"it is tied to {p.tie.to}"
    if p.fixed and p.value == remedy_value(setup, record.result, remedy):
        return "it is fixed so already"
    return ""
