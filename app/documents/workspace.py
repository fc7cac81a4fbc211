"""The open runs and which of them is the current one."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoGroup

from app.documents.list_models import RunListModel
from app.documents.run_document import RunDocument, RunState

_RELAYED = (
    "setup_changed",
    "data_changed",
    "angle_changed",
    "fits_changed",
    "shown_changed",
    "state_changed",
)


class Workspace(QObject):
    """Owns the documents and passes on the signals of the current one.

    Parameters
    ----------
    undo_group
        Gets the undo stacks of the documents; the one of the current run is active.

    Signals
    -------
    current_changed()
        Another run, or none, is the current one.
    request_changed(RunDocument)
        Of any run: it wants other matrices.
    setup_changed(), data_changed(), angle_changed(), fits_changed(), shown_changed(),
    state_changed()
        Of the current run; see `RunDocument`.
    """

    current_changed = Signal()
    request_changed = Signal(object)
    setup_changed = Signal()
    data_changed = Signal()
    angle_changed = Signal()
    fits_changed = Signal()
    shown_changed = Signal()
    state_changed = Signal()

    def __init__(self, undo_group: QUndoGroup, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs = RunListModel(self)
        self.undo_group = undo_group
        self._current: RunDocument | None = None
        self.state_changed.connect(self._choose_stack)

    @property
    def current(self) -> RunDocument | None:
        """The run everything on screen belongs to."""
        return self._current

    @property
    def documents(self) -> tuple[RunDocument, ...]:
        """Every open run."""
        return self.runs.documents

    def add(self, document: RunDocument) -> None:
        """Open a run and make it the current one."""
        document.setParent(self)
        self.runs.add(document)
        self.undo_group.addStack(document.undo_stack)
        document.request_changed.connect(
            lambda d=document: self.request_changed.emit(d)
        )
        self.set_current(document)

    def close(self, document: RunDocument) -> None:
        """Take a run out; its neighbour becomes the current one."""
        row = self.documents.index(document)
        others = [d for d in self.documents if d is not document]
        if document is self._current:
            self.set_current(others[min(row, len(others) - 1)] if others else None)
        self.runs.remove(document)
        self.undo_group.removeStack(document.undo_stack)
        document.deleteLater()

    def set_current(self, document: RunDocument | None) -> None:
        """Make a run the current one."""
        if document is self._current:
            return
        if self._current is not None:
            for name in _RELAYED:
                getattr(self._current, name).disconnect(getattr(self, name))
        self._current = document
        if document is not None:
            for name in _RELAYED:
                getattr(document, name).connect(getattr(self, name))
        self._choose_stack()
        self.current_changed.emit()

    def step(self, by: int) -> None:
        """Go to a later (positive) or earlier run."""
        if self._current is None:
            return
        documents = self.documents
        place = (documents.index(self._current) + by) % len(documents)
        self.set_current(documents[place])

    def push(self, command: QUndoCommand) -> None:
        """Do a command on the current run."""
        if self._current is not None:
            self._current.undo_stack.push(command)

    @property
    def editable(self) -> bool:
        """Whether the set-up of the current run may be changed now."""
        return self._current is not None and self._current.state is RunState.READY

    def _choose_stack(self) -> None:
        """Offer undo while the run may be edited, and only then."""
        stack = self._current.undo_stack if self._current and self.editable else None
        self.undo_group.setActiveStack(stack)  # type: ignore[arg-type]
