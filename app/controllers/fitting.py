"""Runs fits: one at a time, stoppable, followed on screen."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge.engine import Engine
from app.bridge.task_runner import Report, Task, TaskRunner
from app.commands.edit import FinishFit
from app.controllers.fit_course import FitCourse
from app.documents.checkpoints import Checkpoints
from app.documents.fit_record import FitRecord
from app.documents.readiness import why_no_fit
from app.documents.run_document import RunDocument, RunState
from app.documents.workspace import Workspace
from app.wording import sentence
from engine.config.run_file import RunFile
from engine.data.run import RunData
from engine.errors import CancelledError, InputError, OptionError
from engine.events import Event, Happened, Happening, StepTaken
from engine.result import FitResult, State
from engine.setup import Setup, Strategy

log = logging.getLogger(__name__)

_TICK_MS = 200
_ROUTINE = (Happening.CHECKPOINT, Happening.STEP_CLIPPED, Happening.NORMALISED)
"""What happens all the time; only the log of the fit itself has it."""


class Begin(Enum):
    """What to do with an earlier streaming fit of the run that was interrupted."""

    ASK = auto()
    RESUME = auto()
    ANEW = auto()


class FitController(QObject):
    """Knows the fit under way.

    Signals
    -------
    started(RunDocument)
    stepped(RunDocument, StepTaken)
    happened(RunDocument, Happened)
        Something besides a step.
    progressed(str, int, int)
        One line about phase, step, cost and time; how much of the present pass is done,
        of what total (0 if that is not known).
    finished(RunDocument, FitRecord)
    failed(Exception)
        Wrong input or a defect; the set-up is as it was.
    resume_offered(RunDocument, datetime)
        Nothing was started: an earlier fit was interrupted then, and can be continued.
    resume_refused(OptionError)
        The interrupted fit cannot be continued with the present set-up.
    ended()
        After any of these that was started.
    """

    started = Signal(object)
    stepped = Signal(object, object)
    happened = Signal(object, object)
    progressed = Signal(str, int, int)
    finished = Signal(object, object)
    failed = Signal(object)
    resume_offered = Signal(object, object)
    resume_refused = Signal(object)
    ended = Signal()

    def __init__(
        self,
        engine: Engine,
        runner: TaskRunner,
        workspace: Workspace,
        checkpoints: Checkpoints,
    ) -> None:
        super().__init__(workspace)
        self._engine = engine
        self._runner = runner
        self._workspace = workspace
        self._task: Task | None = None
        self._document: RunDocument | None = None
        self._fitted: tuple[RunData, RunFile] | None = None
        self._checkpoints = checkpoints
        self._resuming = False
        self._course = FitCourse("")
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
        return tuple(self._course.trace)

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

    def start(self, begin: Begin = Begin.ASK, setup: Setup | None = None) -> None:
        """Fit the current run; the caller has asked `why_not`.

        Parameters
        ----------
        setup
            Fitted instead of the set-up of the run, which stays as it is.
        """
        document = self._workspace.current
        if document is None or self.why_not():
            return
        if begin is Begin.ASK and self._offer_resume(document):
            return
        if begin is Begin.ANEW:
            self._checkpoints.forget(document)
        data, setup = document.data, setup or document.setup
        run_file = replace(document.origin, request=document.request, setup=setup)
        self._document = document
        self._fitted = (data, run_file)
        self._resuming = begin is Begin.RESUME
        self._course = FitCourse("Preparing the fit engine")
        self._begun = time.monotonic()
        engine, resume = self._engine, self._resuming
        checkpoint = self._checkpoints.prepared(document)

        def work(report: Report, cancelled: Callable[[], bool]) -> FitResult:
            engine.start_up()
            return engine.fit(
                data,
                setup,
                on_event=report,
                cancelled=cancelled,
                checkpoint=checkpoint,
                resume=resume,
            )

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
            self._course.phase = "Stopping"
            self._tell()

    def _offer_resume(self, document: RunDocument) -> bool:
        """Ask what to do with an interrupted fit; return whether there is one."""
        when = self._checkpoints.interrupted(document)
        if when is None or not self._will_stream(document):
            return False
        self.resume_offered.emit(document, when)
        return True

    def _will_stream(self, document: RunDocument) -> bool:
        try:
            plan = self._engine.plan(document.data, document.setup)
        except InputError:
            # The fit itself will say what is wrong.
            return False
        return plan.strategy is Strategy.STREAMING

    def _on_event(self, event: Event) -> None:
        document = self._document
        if document is None:
            return
        self._course.take(event)
        if isinstance(event, StepTaken):
            self.stepped.emit(document, event)
        elif isinstance(event, Happened):
            level = logging.DEBUG if event.what in _ROUTINE else logging.INFO
            log.log(level, "%s: %s", document.name, sentence(event.message))
            self.happened.emit(document, event)
        self._tell()

    def _on_result(self, result: FitResult) -> None:
        document, fitted = self._document, self._fitted
        if document is None or fitted is None:
            return
        data, run_file = fitted
        self._course.note(result.status.message)
        record = FitRecord(
            number=document.next_number,
            result=result,
            data=data,
            run_file=run_file,
            trace=tuple(self._course.trace),
            log=self._course.log,
        )
        if record.state in (State.CONVERGED, State.NOT_CONVERGED):
            self._checkpoints.forget(document)
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
        if self._resuming and isinstance(error, OptionError):
            self.resume_refused.emit(error)
        elif not isinstance(error, CancelledError):
            self.failed.emit(error)
        self.ended.emit()

    def _end(self, document: RunDocument) -> None:
        self._clock.stop()
        self._task = None
        self._document = None
        self._fitted = None
        document.set_state(RunState.READY)

    def _tell(self) -> None:
        if self._document is None:
            return
        line = self._course.line(time.monotonic() - self._begun)
        self.progressed.emit(line.text, line.done, line.total)
