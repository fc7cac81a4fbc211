"""Opens runs and reads other matrices for them, off the GUI thread."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.bridge.engine import Engine
from app.bridge.loading import LoadedRun, LoadProgress, Thumbnail, opening, reading
from app.bridge.task_runner import Report, Task, TaskRunner
from app.commands.edit import ChangeRequest
from app.controllers.run_files import DATA_SUFFIXES, find_runs
from app.documents.run_document import RunDocument, RunState
from app.documents.workspace import Workspace
from app.errors import ErrorPresenter, sentence_of
from app.settings import Settings
from app.widgets.data_values_dialog import GIVEN_KEYS, DataValuesDialog
from app.widgets.images import block_mean, usable_levels
from app.widgets.job_line import JobLine
from engine.errors import CancelledError, DataError, InputError
from engine.setup import DataRequest

log = logging.getLogger(__name__)

_THUMBNAIL = 96
"""Pixels per side of a small picture of c2, at most."""


@dataclass(slots=True, eq=False)
class _Batch:
    """Files that were asked for together: what goes wrong is told together."""

    left: int
    failures: list[tuple[Path, Exception]] = field(default_factory=list)


class LoadingController(QObject):
    """Knows the files that are being read.

    Signals
    -------
    opened(RunDocument)
    all_read()
        Nothing is being read any more.
    """

    opened = Signal(object)
    all_read = Signal()

    def __init__(
        self,
        engine: Engine,
        runner: TaskRunner,
        workspace: Workspace,
        line: JobLine,
        errors: ErrorPresenter,
        settings: Settings,
    ) -> None:
        super().__init__(workspace)
        self._engine = engine
        self._runner = runner
        self._workspace = workspace
        self._line = line
        self._errors = errors
        self._settings = settings
        self._tasks: list[Task] = []
        self._ready: LoadedRun | None = None
        workspace.request_changed.connect(self._on_request_changed)
        line.cancel_requested.connect(self.cancel)

    @property
    def busy(self) -> bool:
        """Whether anything is being read."""
        return bool(self._tasks)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open files, and the runs in folders."""
        if not paths:
            return

        def work(_: Report, cancelled: Callable[[], bool]) -> tuple[Path, ...]:
            return find_runs(paths, cancelled)

        task = self._submit(work, "Looking for runs…")
        task.finished.connect(self._open_each)
        task.failed.connect(partial(self._on_failed, None, "Nothing to open"))

    def change_request(self, document: RunDocument, changed: DataRequest) -> None:
        """Read other matrices; the run keeps its old ones if that fails."""
        document.set_state(RunState.LOADING)
        work = reading(self._engine, document.origin, changed, _shrink)
        task = self._submit(work, f"Reading {changed.file.name}…")
        before = document.request

        def finished(loaded: LoadedRun) -> None:
            document.set_state(RunState.READY)
            if document.request is not before:
                return
            self._ready = loaded
            document.undo_stack.push(
                ChangeRequest(document, changed, "Change what is read")
            )
            self._ready = None

        task.finished.connect(finished)
        task.failed.connect(
            partial(self._on_failed, document, "The run stays as it was")
        )

    def read_window(self, start_s: float, end_s: float) -> None:
        """Read the frames of a square dragged on the maps of the current run [s]."""
        document = self._workspace.current
        if document is None or not self._workspace.editable:
            return
        data = document.data
        # The dropped frame is not on the maps but belongs to the window.
        dropped = 1 if document.setup.drop_first_frame else 0
        changed = replace(
            document.request,
            first_frame=data.first_frame + round(start_s / data.dt) - dropped,
            last_frame=data.first_frame + round(end_s / data.dt),
        )
        if changed != document.request:
            self.change_request(document, changed)

    def cancel(self) -> None:
        """Stop reading everything."""
        for task in self._tasks:
            task.cancel()

    def open_file(self, path: Path, settings: Mapping[str, str]) -> None:
        """Open one file with values that it does not tell itself."""
        self._open(path, settings, _Batch(left=1))

    def _open(self, path: Path, settings: Mapping[str, str], batch: _Batch) -> None:
        work = opening(self._engine, path, _shrink, settings)
        task = self._submit(work, f"Reading {path.name}…")
        task.finished.connect(self._on_opened)
        task.finished.connect(lambda _: self._on_one_done(batch))

        def failed(error: Exception) -> None:
            if not isinstance(error, CancelledError):
                batch.failures.append((path, error))
            self._on_one_done(batch)

        task.failed.connect(failed)

    def _open_each(self, paths: Sequence[Path]) -> None:
        known = {d.path.absolute(): d for d in self._workspace.documents}
        unknown = [path for path in paths if path.absolute() not in known]
        batch = _Batch(left=len(unknown))
        for path in paths:
            if path in unknown:
                self._open(path, {}, batch)
            else:
                self._workspace.set_current(known[path.absolute()])

    def _on_one_done(self, batch: _Batch) -> None:
        """Tell what went wrong once every file of a batch has been tried."""
        batch.left -= 1
        if batch.left:
            return
        if len(batch.failures) == 1:
            self._on_not_opened(*batch.failures[0])
        elif batch.failures:
            named = [(path.name, error) for path, error in batch.failures]
            self._errors.show_several(named, f"{len(named)} files cannot be opened")

    def _on_not_opened(self, path: Path, error: Exception) -> None:
        remedy = None
        if path.suffix.lower() in DATA_SUFFIXES and _names_a_key(error):
            # There is no run file to mend: the dialog takes the place of that advice.
            wrong = str(error).rpartition("; ")[0] or str(error)
            sentence = sentence_of(DataError(wrong), opening=True)
            error = DataError(f"{wrong}; press “Give values” to type what is right")
            remedy = ("&Give values…", lambda: self.ask_for_values(path, sentence))
        title = f"{path.name} cannot be opened"
        self._errors.show_error(error, title, remedy, opening=True)

    def ask_for_values(self, path: Path, sentence: str) -> DataValuesDialog:
        """Ask for what a data file does not tell, and open it with that."""
        dialog = DataValuesDialog(path, sentence, self._line.window())
        dialog.values_given.connect(lambda given: self.open_file(path, given))
        dialog.open()
        return dialog

    def _on_opened(self, loaded: LoadedRun) -> None:
        document = RunDocument(loaded)
        for text in (*loaded.run_file.notes, *loaded.data.warnings):
            log.info("%s: %s", document.name, text)
        self._settings.add_recent(document.path)
        self._settings.set_folder("open", document.path.absolute().parent)
        self._workspace.add(document)
        self.opened.emit(document)

    def _on_request_changed(self, document: RunDocument) -> None:
        if self._ready is not None:
            document.apply_data(self._ready)
            return
        wanted = document.request
        document.set_state(RunState.LOADING)
        work = reading(self._engine, document.origin, wanted, _shrink)
        task = self._submit(work, f"Reading {wanted.file.name}…")

        def finished(loaded: LoadedRun) -> None:
            document.set_state(RunState.READY)
            if document.request is wanted:
                document.apply_data(loaded)

        task.finished.connect(finished)
        task.failed.connect(partial(self._on_failed, document, "Cannot read the data"))

    def _submit(self, work: Callable[..., Any], text: str) -> Task:
        task = self._runner.submit(work)
        self._tasks.append(task)
        self._line.show_progress(text)
        task.reported.connect(self._on_progress)
        task.finished.connect(partial(self._forget, task))
        task.failed.connect(partial(self._forget, task))
        return task

    def _forget(self, task: Task, _: object) -> None:
        self._tasks.remove(task)
        if not self._tasks:
            self._line.hide()
            self.all_read.emit()

    def _on_progress(self, progress: LoadProgress) -> None:
        text = f"Reading {progress.text}: {progress.done} of {progress.total}"
        self._line.show_progress(text, progress.done, progress.total)

    def _on_failed(
        self, document: RunDocument | None, title: str, error: Exception
    ) -> None:
        if document is not None:
            document.set_state(RunState.READY)
        if not isinstance(error, CancelledError):
            self._errors.show_error(error, title)


def changed_request(document: RunDocument, field: str, value: object) -> DataRequest:
    """Return the request with one field as typed in the set-up panel."""
    if field == "first_frame":
        value = 1 if value is None else round_frame(value)
    elif field == "last_frame":
        value = -1 if value is None else round_frame(value)
    return replace(document.request, **{field: value})


def _names_a_key(error: Exception) -> bool:
    """Whether the sentence asks for a value that can be given without a run file."""
    keys = GIVEN_KEYS.values()
    return isinstance(error, InputError) and any(key in str(error) for key in keys)


def round_frame(value: object) -> int:
    """Return a frame number; fields give floats."""
    return round(float(str(value)))


def _shrink(c2: NDArray[np.float32]) -> Thumbnail:
    pixels, _ = block_mean(c2, _THUMBNAIL)
    return Thumbnail(pixels, usable_levels(pixels))
