"""Writes result folders, off the GUI thread."""

import logging
import os
from collections.abc import Callable, Collection
from importlib.resources import files
from itertools import count
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal

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
        self._pending: dict[FitRecord, Path] = {}

    @property
    def busy(self) -> bool:
        """Whether anything is being written."""
        return bool(self._pending)

    @property
    def pending(self) -> dict[FitRecord, Path]:
        """What is being written, and where to."""
        return dict(self._pending)

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
            self._end(record)

        def failed(error: Exception) -> None:
            self._errors.show_error(error, f"Fit #{record.number} was not saved")
            self._end(record)

        self._pending[record] = folder
        task = self._runner.submit(work)
        task.finished.connect(finished)
        task.failed.connect(failed)
        self.started.emit(f"Saving fit #{record.number} in {folder}…")

    def _end(self, record: FitRecord) -> None:
        self._pending.pop(record, None)
        self.ended.emit()


def proposed_folder(
    document: RunDocument, parent: Path, taken: Collection[Path] = ()
) -> Path:
    """Return where a fit goes unless the user says otherwise: a folder not there yet.

    That is beside the last fit of this run that was saved; else beside the run, or in
    the folder used last where the run's own folder cannot be written to. What comes
    with the program is saved among the user's documents: it goes when the program does.

    Parameters
    ----------
    parent
        The folder used last.
    taken
        Folders that are being written.
    """
    base = _place(document, parent)
    occupied = {*taken, *document.saved.values()}
    names = (f"{document.name}_result{_suffix(k)}" for k in count(1))
    folders = (base / name for name in names)
    return next(f for f in folders if f not in occupied and not os.path.lexists(f))


def _place(document: RunDocument, parent: Path) -> Path:
    if document.saved:
        return document.saved[max(document.saved)].parent
    beside = document.path.absolute().parent
    if beside.is_relative_to(_program_folder()):
        return _documents() / "Twotime"
    return beside if _writable(beside) else parent


def _suffix(number: int) -> str:
    return "" if number == 1 else f"_{number}"


def _program_folder() -> Path:
    """Return the folder of what comes with the program."""
    return Path(str(files("resources"))).absolute()


def _documents() -> Path:
    """Return the folder the user keeps documents in."""
    place = QStandardPaths.StandardLocation.DocumentsLocation
    return Path(QStandardPaths.writableLocation(place) or Path.home())


def _writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK)
