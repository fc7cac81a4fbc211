"""Undo commands of a run."""

import time

from PySide6.QtGui import QUndoCommand

from app.documents.fit_record import FitRecord
from app.documents.run_document import RunDocument
from engine.setup import DataRequest, Setup

_MERGE_WITHIN_S = 0.8


class ChangeSetup(QUndoCommand):
    """Replace the set-up of a run by a changed copy.

    Parameters
    ----------
    merge_key
        Edits with the same key that follow each other quickly (dragging an arc) become
        one step of undo; None never merges.
    """

    def __init__(
        self,
        document: RunDocument,
        after: Setup,
        text: str,
        merge_key: str | None = None,
    ) -> None:
        super().__init__(text)
        self._document = document
        self._before = document.setup
        self.after = after
        self._merge_key = merge_key
        self.time = time.monotonic()

    def redo(self) -> None:
        """Apply the change."""
        self._document.apply_setup(self.after)

    def undo(self) -> None:
        """Take the change back."""
        self._document.apply_setup(self._before)

    def id(self) -> int:
        """Return a number that commands which may merge share."""
        return -1 if self._merge_key is None else hash(self._merge_key) & 0x7FFFFFFF

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over a quick successor of the same kind."""
        if not isinstance(other, ChangeSetup):
            return False
        if other.time - self.time > _MERGE_WITHIN_S:
            return False
        self.after = other.after
        self.time = other.time
        return True


class ChangeRequest(QUndoCommand):
    """Read other frames, another q or another time step."""

    def __init__(self, document: RunDocument, after: DataRequest, text: str) -> None:
        super().__init__(text)
        self._document = document
        self._before = document.request
        self._after = after

    def redo(self) -> None:
        """Want the new matrices."""
        self._document.apply_request(self._after)

    def undo(self) -> None:
        """Want the old ones again."""
        self._document.apply_request(self._before)


class FinishFit(QUndoCommand):
    """Look at a fit that has just finished; undo returns to what was looked at before.

    The record itself stays in the list of fits.
    """

    def __init__(self, document: RunDocument, record: FitRecord) -> None:
        super().__init__(f"Fit #{record.number}")
        self._document = document
        self._record = record
        self._before = (document.fit, document.showing_fit)

    def redo(self) -> None:
        """Show the new fit."""
        if self._record not in self._document.fits:
            self._document.add_fit(self._record)
        self._document.show_fit(self._record)

    def undo(self) -> None:
        """Show what was shown before it."""
        record, on_maps = self._before
        self._document.show_fit(record, on_maps=on_maps)
