"""Tries whether the program works on this machine, on a thread of its own."""

import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from app.about.facts import versions_text
from app.bridge.engine import Engine
from app.bridge.task_runner import Report, Task, TaskRunner
from app.errors import ErrorPresenter
from app.settings import Settings
from app.widgets.selftest_dialog import SelfTestDialog
from engine.errors import CancelledError, OutputError

if TYPE_CHECKING:
    from engine.selftest import Check

REPORT_NAME = "twotime-selftest.txt"


class _Timed(NamedTuple):
    check: "Check"
    seconds: float


class SelfTestController(QObject):
    """Knows the dialog of the self-test and the thread it runs on.

    The thread is made when it is first needed. It is not that of the fits: both can run
    at the same time, and neither waits for the other.
    """

    def __init__(
        self,
        engine: Engine,
        errors: ErrorPresenter,
        settings: Settings,
        window: QWidget,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._engine = engine
        self._errors = errors
        self._settings = settings
        self._window = window
        self._runner: TaskRunner | None = None
        self._task: Task | None = None
        self._failed = 0
        self._begun = 0.0
        self.dialog: SelfTestDialog | None = None

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        return self._runner is not None and self._runner.running

    def show(self) -> SelfTestDialog:
        """Begin, and show what comes out; the dialog keeps nobody from working."""
        if self.dialog is not None:
            self.dialog.activateWindow()
            return self.dialog
        dialog = SelfTestDialog(self._window)
        self.dialog = dialog
        dialog.stop_requested.connect(self.stop)
        dialog.copy_requested.connect(self.copy)
        dialog.save_requested.connect(self.ask_where_to_save)
        dialog.finished.connect(self._on_closed)
        dialog.show()
        self._begin()
        return dialog

    def stop(self) -> None:
        """Ask the checks to stop as soon as they can."""
        if self._task is not None:
            self._task.cancel()

    def copy(self) -> None:
        """Put the report into the clipboard."""
        QGuiApplication.clipboard().setText(self.report())

    def report(self) -> str:
        """Return versions, lines and verdict as text."""
        if self.dialog is None:
            return ""
        return f"{versions_text()}\n\n{self.dialog.text}\n\n{self.dialog.verdict}\n"

    def ask_where_to_save(self) -> QFileDialog:
        """Ask for a file and write the report there."""
        # As it stands now: the dialog of the report may be closed before this one.
        text, folder = self.report(), self._settings.folder("save")
        dialog = QFileDialog(self._window, "Save the report", str(folder))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Text (*.txt)")
        dialog.setDefaultSuffix("txt")
        dialog.selectFile(REPORT_NAME)
        dialog.finished.connect(dialog.deleteLater)
        dialog.filesSelected.connect(lambda names: self._write(Path(names[0]), text))
        dialog.open()
        return dialog

    def shut_down(self) -> None:
        """Stop the thread, if there is one; call once."""
        if self._runner is not None:
            self._runner.shut_down()

    def _begin(self) -> None:
        if self._runner is None:
            self._runner = TaskRunner("selftest", self)
        engine = self._engine

        def work(report: Report, cancelled: Callable[[], bool]) -> None:
            engine.start_up()
            begun = time.monotonic()
            with closing(engine.self_test(cancelled)) as checks:
                for check in checks:
                    now = time.monotonic()
                    report(_Timed(check, now - begun))
                    begun = now
                    if cancelled():
                        raise CancelledError("stopped by the user")

        self._failed = 0
        self._begun = time.monotonic()
        task = self._runner.submit(work)
        self._task = task
        # A task whose dialog was closed may still speak while it comes to an end.
        task.reported.connect(partial(self._on_checked, task))
        task.finished.connect(partial(self._on_finished, task))
        task.failed.connect(partial(self._on_failed, task))

    def _on_closed(self, _: int) -> None:
        self.stop()
        self.dialog = self._task = None

    def _on_checked(self, task: Task, timed: _Timed) -> None:
        if task is self._task and self.dialog is not None:
            self._failed += not timed.check.works
            self.dialog.add_line(f"{timed.check.line} ({timed.seconds:.1f} s)")

    def _on_finished(self, task: Task, _: object) -> None:
        if task is self._task and self.dialog is not None:
            good = not self._failed
            verdict = "Everything works" if good else "Something does not work"
            seconds = time.monotonic() - self._begun
            self.dialog.end(f"{verdict} ({seconds:.1f} s).", good=good)

    def _on_failed(self, task: Task, error: Exception) -> None:
        if task is not self._task or self.dialog is None:
            return
        if isinstance(error, CancelledError):
            self.dialog.end("Stopped before everything was tried.")
            return
        self.dialog.add_line(_line_of(error))
        self.dialog.end(
            "Something does not work, and what follows it was not tried.", good=False
        )

    def _write(self, path: Path, text: str) -> None:
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            sentence = f"{path} cannot be written: {reason}; choose another place"
            self._errors.show_error(OutputError(sentence), "The report was not saved")
            return
        self._settings.set_folder("save", path.parent)


def _line_of(error: Exception) -> str:
    from engine.selftest import Check

    detail = " ".join(str(error).split())
    return Check(type(error).__name__, works=False, detail=detail).line
