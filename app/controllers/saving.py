"""Writes result folders, off the GUI thread."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.bridge.engine import Engine
from app.bridge.task_runner import Report, TaskRunner
from app.documents.fit_record import FitRecord
from app.documents.run_document import RunDocument
from app.errors import ErrorPresenter

log = logging.getLogger(__name__)


class SavingController(QObject):
    """Knows what is being written.

    Signals
    -------
    started(str)
        What is being written, for the status line.
    saved(RunDocument, FitRecord, Path)
    ended()
        After every attempt, successful or not.
    """

    started = Signal(str)
    saved = Signal(object, object, object)
    ended = Signal()

    def __init__(
        self,
        engine: Engine,
        runner: TaskRunner,
        errors: ErrorPresenter,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._engine = engine
        self._runner = runner
        self._errors = errors
        self._pending = 0

    @property
    def busy(self) -> bool:
        """Whether anything is being written."""
        return self._pending > 0

    def save(self, document: RunDocument, record: FitRecord, folder: Path) -> None:
        """Write a fit into a folder; an existing one is kept under another name."""
        engine = self._engine

        def work(_: Report, __: Callable[[], bool]) -> Path:
            return engine.write_result_folder(
                folder,
                data=record.data,
                run_file=record.run_file,
                result=record.result,
                log=record.log,
            )

        def finished(written: Path) -> None:
            log.info("fit #%d of %s saved in %s", record.number, document.name, written)
            document.mark_saved(record, written)
            self.saved.emit(document, record, written)
            self._end()

        def failed(error: Exception) -> None:
            self._errors.show_error(error, f"Fit #{record.number} was not saved")
            self._end()

        self._pending += 1
        task = self._runner.submit(work)
        task.finished.connect(finished)
        task.failed.connect(failed)
        self.started.emit(f"Saving fit #{record.number} in {folder}…")

    def _end(self) -> None:
        self._pending -= 1
        self.ended.emit()


def proposed_folder(document: RunDocument, parent: Path) -> Path:
    """Return where a fit goes unless the user says otherwise.

    That is where a fit of this run was saved before; else beside the run, or in the
    folder used last where the run's own folder cannot be written to.
    """
    if document.saved:
        return document.saved[max(document.saved)]
    beside = document.path.absolute().parent
    base = beside if _writable(beside) else parent
    return base / f"{document.name}_result"


def _writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK)
