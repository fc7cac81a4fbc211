"""One function at a time on a thread of its own; the answers come as queued signals.

A piece of work is a plain function of (report, cancelled). It runs on the worker
thread, so it must touch no widget and no document; what it reports and returns should
be frozen, because the GUI thread keeps it. A thread cannot be killed: work that takes
long asks `cancelled()` often.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.bridge.pace import step_back
from engine.errors import CancelledError, EngineError

log = logging.getLogger(__name__)

Report = Callable[[object], None]
Work = Callable[[Report, Callable[[], bool]], Any]

_unstoppable: list[QThread] = []
"""Threads that did not end in time: destroying a running QThread would abort."""


class Task(QObject):
    """A piece of work under way, as the GUI thread sees it.

    Signals
    -------
    reported(object)
        Whatever the work reported.
    finished(object)
        What it returned.
    failed(Exception)
        What it raised instead; `CancelledError` when it was stopped.
    """

    reported = Signal(object)
    finished = Signal(object)
    failed = Signal(object)

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self._cancel = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop as soon as it can."""
        self._cancel.set()

    def cancelled(self) -> bool:
        """Whether the work was asked to stop; safe on any thread."""
        return self._cancel.is_set()


class _Worker(QObject):
    """Lives on the worker thread. Holds no widget and calls none."""

    reported = Signal(object, object)
    finished = Signal(object, object)
    failed = Signal(object, object)

    @Slot()
    def begin(self) -> None:
        step_back()

    @Slot(object)
    def run(self, task: Task) -> None:
        try:
            if task.cancelled():
                raise CancelledError("stopped before it began")  # noqa: TRY301
            answer = task.work(
                lambda event: self.reported.emit(task, event), task.cancelled
            )
        except EngineError as error:
            log.info("%s", error)
            self.failed.emit(task, error)
        # The outermost frame of the thread: what is not caught here is lost.
        except Exception as error:
            log.exception("work on thread %s failed", self.thread().objectName())
            self.failed.emit(task, error)
        else:
            self.finished.emit(task, answer)


class TaskRunner(QObject):
    """Owns a worker thread; lives on the GUI thread.

    Signals
    -------
    busy_changed(bool)
    """

    busy_changed = Signal(bool)
    _requested = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Python references kept until the answer came, or Qt's side would be collected.
        self._tasks: list[Task] = []
        self._thread = QThread()
        self._thread.setObjectName(name)
        self._worker = _Worker()
        self._worker.moveToThread(self._thread)
        self._thread.started.connect(self._worker.begin)
        self._requested.connect(self._worker.run)
        self._worker.reported.connect(self._on_reported)
        self._worker.finished.connect(self._on_finished)
        self._worker.failed.connect(self._on_failed)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether any work is under way or waiting."""
        return bool(self._tasks)

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        return self._thread.isRunning()

    def submit(self, work: Work) -> Task:
        """Queue a piece of work; connect to the task's signals right away."""
        task = Task(work)
        self._tasks.append(task)
        if len(self._tasks) == 1:
            self.busy_changed.emit(True)
        self._requested.emit(task)
        return task

    def cancel_all(self) -> None:
        """Ask everything under way or waiting to stop."""
        for task in self._tasks:
            task.cancel()

    def shut_down(self, timeout_ms: int = 20_000) -> None:
        """Stop the thread; call once, before the application quits."""
        self.cancel_all()
        self._thread.quit()
        if not self._thread.wait(timeout_ms):
            log.error(
                "thread %s did not stop within %d ms",
                self._thread.objectName(),
                timeout_ms,
            )
            _unstoppable.append(self._thread)

    @Slot(object, object)
    def _on_reported(self, task: Task, event: object) -> None:
        task.reported.emit(event)

    @Slot(object, object)
    def _on_finished(self, task: Task, answer: object) -> None:
        self._forget(task)
        task.finished.emit(answer)

    @Slot(object, object)
    def _on_failed(self, task: Task, error: object) -> None:
        self._forget(task)
        task.failed.emit(error)

    def _forget(self, task: Task) -> None:
        self._tasks.remove(task)
        if not self._tasks:
            self.busy_changed.emit(False)
