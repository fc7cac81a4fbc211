"""Runs fits: one at a time, stoppable, followed on screen."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge.engine import Engine
from app.bridge.task_runner import Report, Task, TaskRunner
from app.commands.edit import FinishFit
from app.documents.fit_record import FitRecord
from app.documents.readiness import why_no_fit
from app.documents.run_document import RunDocument, RunState
from app.documents.workspace import Workspace
from engine.config.run_file import RunFile
from engine.data.run import RunData
from engine.errors import CancelledError
from engine.events import Event, PhaseStarted, StepTaken
from engine.result import FitResult
from engine.units import format_duration

log = logging.getLogger(__name__)

_TICK_MS = 200


class FitController(QObject):
    """Knows the fit under way.

    Signals
    -------
    started(RunDocument)
    stepped(RunDocument, StepTaken)
    progressed(str)
        One line about phase, step, cost and time.
    finished(RunDocument, FitRecord)
    failed(Exception)
        Wrong input or a defect; the set-up is as it was.
    ended()
        After any of the two.
    """

    started = Signal(object)
    stepped = Signal(object, object)
    progressed = Signal(str)
    finished = Signal(object, object)
    failed = Signal(object)
    ended = Signal()

    def __init__(
        self, engine: Engine, runner: TaskRunner, workspace: Workspace
    ) -> None:
        super().__init__(workspace)
        self._engine = engine
        self._runner = runner
        self._workspace = workspace
        self._task: Task | None = None
        self._document: RunDocument | None = None
        self._fitted: tuple[RunData, RunFile] | None = None
        self._phase = ""
        self._trace: list[StepTaken] = []
        self._lines: list[str] = []
        self._begun = 0.0
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK_MS)
        self._clock.timeout.connect(self._tell)

    @property
    def running(self) -> RunDocument | None:
        """The run being fitted."""
        return self._document

    @property
    def trace(self) -> tuple[StepTaken, ...]:
        """Steps of the fit under way so far."""
        return tuple(self._trace)

    def why_not(self) -> str:
        """Return why the current run cannot be fitted now; empty if it can."""
        document = self._workspace.current
        if document is None:
            return "No run is open. Open one first."
        if self._document is document:
            return "This run is being fitted."
        if self._document is not None:
            return (
                f"{self._document.name} is being fitted. Wait for it or stop it (Esc)."
            )
        return why_no_fit(document)

    def start(self) -> None:
        """Fit the current run; the caller has asked `why_not`."""
        document = self._workspace.current
        if document is None or self.why_not():
            return
        data, setup = document.data, document.setup
        run_file = replace(document.origin, request=document.request, setup=setup)
        self._document = document
        self._fitted = (data, run_file)
        self._trace, self._lines = [], []
        self._phase = "Preparing the fit engine"
        self._begun = time.monotonic()
        engine = self._engine

        def work(report: Report, cancelled: Callable[[], bool]) -> FitResult:
            engine.start_up()
            return engine.fit(data, setup, on_event=report, cancelled=cancelled)

        document.set_state(RunState.FITTING)
        self._task = self._runner.submit(work)
        self._task.reported.connect(self._on_event)
        self._task.finished.connect(self._on_result)
        self._task.failed.connect(self._on_failed)
        self._clock.start()
        self.started.emit(document)
        self._tell()

    def stop(self) -> None:
        """Ask the fit to stop; its best point so far is kept."""
        if self._task is not None:
            self._task.cancel()
            self._phase = "Stopping"
            self._tell()

    def _on_event(self, event: Event) -> None:
        document = self._document
        if document is None:
            return
        if isinstance(event, PhaseStarted):
            self._phase = event.phase.value
            self._note(f"{event.elapsed_s:8.2f} s  {event.phase.value}")
        else:
            self._trace.append(event)
            self._note(
                f"{event.elapsed_s:8.2f} s  step {event.iteration}, "
                f"cost {event.cost:.8g}, EDM {event.edm:.3g}"
                + ("" if event.accepted else ", rejected")
            )
            self.stepped.emit(document, event)
        self._tell()

    def _on_result(self, result: FitResult) -> None:
        document, fitted = self._document, self._fitted
        if document is None or fitted is None:
            return
        data, run_file = fitted
        self._note(result.status.message)
        record = FitRecord(
            number=document.next_number,
            result=result,
            data=data,
            run_file=run_file,
            trace=tuple(self._trace),
            log="\n".join(self._lines) + "\n",
        )
        self._end(document)
        log.info("%s: fit #%d: %s", document.name, record.number, result.status.message)
        document.undo_stack.push(FinishFit(document, record))
        self.finished.emit(document, record)
        self.ended.emit()

    def _on_failed(self, error: Exception) -> None:
        document = self._document
        if document is None:
            return
        self._end(document)
        if not isinstance(error, CancelledError):
            self.failed.emit(error)
        self.ended.emit()

    def _end(self, document: RunDocument) -> None:
        self._clock.stop()
        self._task = None
        self._document = None
        self._fitted = None
        document.set_state(RunState.READY)

    def _note(self, line: str) -> None:
        self._lines.append(line)

    def _tell(self) -> None:
        if self._document is None:
            return
        elapsed = time.monotonic() - self._begun
        last = self._trace[-1] if self._trace else None
        self.progressed.emit(progress_text(self._phase, elapsed, last))


def progress_text(phase: str, elapsed_s: float, step: StepTaken | None) -> str:
    """Return one line about a running fit."""
    parts = [phase]
    if step is not None:
        parts.append(f"step {step.iteration}, cost {step.cost:.6g}")
    parts.append(format_duration(elapsed_s))
    if step is not None and step.eta_s is not None:
        low, high = (format_duration(s) for s in step.eta_s)
        parts.append(
            f"about {high} left" if low == high else f"about {low} to {high} left"
        )
    return "  ·  ".join(parts)
