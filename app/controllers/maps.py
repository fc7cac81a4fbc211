"""Draws data, model and residual of the angle looked at.

The model is evaluated off the GUI thread. Requests carry a generation number, so that
an answer that comes too late is dropped; while one is computed only the newest waits.
"""

import logging
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge.engine import Engine
from app.bridge.maps import MapPair, MapRequest, evaluate_pair, fitted_part
from app.bridge.task_runner import TaskRunner
from app.documents.angles import selected_angles
from app.documents.readiness import why_no_model
from app.documents.run_document import RunDocument
from app.documents.workspace import Workspace
from app.errors import sentence_of
from app.widgets.c2_view import C2View
from engine.data.run import RunData
from engine.errors import InputError
from engine.events import StepTaken
from engine.setup import Setup

log = logging.getLogger(__name__)

_PREVIEW_DELAY_MS = 150
_LIVE_INTERVAL_MS = 100


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    generation: int
    request: MapRequest
    title: str
    sigma: float | None


class MapsController(QObject):
    """Knows the maps and the run they belong to.

    Signals
    -------
    drawn(str)
        Title of the model that has just been drawn.
    refused(str)
        Why the model cannot be drawn with the present set-up.
    """

    drawn = Signal(str)
    refused = Signal(str)

    def __init__(
        self, engine: Engine, runner: TaskRunner, workspace: Workspace, view: C2View
    ) -> None:
        super().__init__(workspace)
        self._engine = engine
        self._runner = runner
        self._workspace = workspace
        self._view = view
        self._generation = 0
        self._running: _Job | None = None
        self._waiting: _Job | None = None
        self._live: tuple[RunDocument, StepTaken] | None = None
        self._drawn_data: tuple[object, ...] = ()
        self._preview_timer = _timer(self, _PREVIEW_DELAY_MS, self.draw_model)
        self._live_timer = _timer(self, _LIVE_INTERVAL_MS, self._draw_if_newer)
        self._live_is_newer = False
        workspace.current_changed.connect(self.refresh)
        workspace.data_changed.connect(self.refresh)
        workspace.angle_changed.connect(self.refresh)
        workspace.shown_changed.connect(self.refresh)
        workspace.setup_changed.connect(self._on_setup_changed)

    def refresh(self) -> None:
        """Draw the data now and the model as soon as it is evaluated."""
        document = self._workspace.current
        if document is None:
            self._generation += 1
            self._drawn_data = ()
            self._view.set_data(None)
            self._clear_model("")
            return
        if self._draw_data(document):
            self._clear_model(self._title(document, "data"))
        self.draw_model()

    def draw_model(self) -> None:
        """Evaluate the model of the angle looked at and draw it."""
        document = self._workspace.current
        self._preview_timer.stop()
        if document is None:
            return
        self._generation += 1
        job = self._job(document)
        reason = why_no_model(job.request.setup)
        if reason:
            self._show_no_model(reason)
        else:
            self._submit(job)

    def show_step(self, document: RunDocument, step: StepTaken) -> None:
        """Let the maps follow a running fit, at most ten times a second."""
        self._live = (document, step)
        if document is not self._workspace.current:
            return
        if self._live_timer.isActive():
            self._live_is_newer = True
        else:
            self._live_timer.start()
            self._submit(self._job(document))

    def end_live(self) -> None:
        """Stop following a fit."""
        self._live = None
        self._live_is_newer = False

    def _draw_if_newer(self) -> None:
        document = self._workspace.current
        if self._live_is_newer and document is not None:
            self._live_is_newer = False
            self._live_timer.start()
            self._submit(self._job(document))

    def _on_setup_changed(self) -> None:
        document = self._workspace.current
        if document is not None and self._draw_data(document):
            self._clear_model(self._title(document, "data"))
        self._preview_timer.start()

    def _draw_data(self, document: RunDocument) -> bool:
        """Draw the data if they are not there yet; return whether they were drawn."""
        data, setup = _source(document)
        index = min(document.angle, len(data.phi) - 1)
        key = (data, setup.drop_first_frame, index)
        if key == self._drawn_data:
            return False
        self._drawn_data = key
        first = 1 if setup.drop_first_frame else 0
        self._view.set_axes(first * data.dt, data.dt, data.n_frames - first)
        self._view.set_data(fitted_part(data, setup, index))
        return True

    def _job(self, document: RunDocument) -> _Job:
        if self._live is not None and self._live[0] is document:
            return self._live_job(*self._live)
        if document.showing_fit and document.fit is not None:
            return self._fit_job(document)
        setup = document.setup
        values = dict(zip(setup.parameters.names, setup.parameters.values, strict=True))
        request = MapRequest(
            data=document.data, setup=setup, values=values, index=document.angle
        )
        kind = "start values" if setup.start_given else "placeholder values"
        return _Job(self._generation, request, self._title(document, kind), None)

    def _fit_job(self, document: RunDocument) -> _Job:
        record = document.fit
        assert record is not None
        data, setup = _source(document)
        index = min(document.angle, len(data.phi) - 1)
        request = MapRequest(
            data=data,
            setup=setup,
            values=record.result.values,
            index=index,
            scaling=record.scaling_of(index),
        )
        what = f"fit #{record.number}"
        if request.scaling is None:
            what += ", not fitted at this angle"
        title = self._title(document, what)
        return _Job(self._generation, request, title, record.result.quality.noise_sigma)

    def _live_job(self, document: RunDocument, step: StepTaken) -> _Job:
        chosen = selected_angles(document.data.phi.tolist(), document.setup)
        fitted = [i for i, use in enumerate(chosen) if use]
        scaling = None
        if document.angle in fitted:
            place = fitted.index(document.angle)
            scaling = (step.contrast[place], step.offset[place])
        request = MapRequest(
            data=document.data,
            setup=document.setup,
            values=step.values,
            index=document.angle,
            scaling=scaling,
        )
        title = self._title(document, f"fit running, step {step.iteration}")
        return _Job(self._generation, request, title, None)

    def _title(self, document: RunDocument, what: str) -> str:
        data, _ = _source(document)
        index = min(document.angle, len(data.phi) - 1)
        phi = f"{data.phi[index]:.4g}".replace("-", "−")
        return f"{document.name}  ·  φ = {phi}°  ·  {what}"

    def _submit(self, job: _Job) -> None:
        if self._running is not None:
            self._waiting = job
            return
        self._running = job
        task = self._runner.submit(lambda *_: evaluate_pair(self._engine, job.request))
        task.finished.connect(self._on_pair)
        task.failed.connect(self._on_failed)

    def _on_pair(self, pair: MapPair) -> None:
        job = self._finish()
        if job is not None:
            self._view.set_title(job.title)
            self._view.set_model(pair.model)
            self._view.set_residual(pair.residual, job.sigma)
            self._view.set_level_marks(pair.offset, pair.contrast)
            self.drawn.emit(job.title)

    def _on_failed(self, error: Exception) -> None:
        job = self._finish()
        if job is not None and isinstance(error, InputError):
            self._show_no_model(sentence_of(error))

    def _show_no_model(self, reason: str) -> None:
        document = self._workspace.current
        self._clear_model(self._title(document, "data") if document else "")
        self.refused.emit(reason)

    def _clear_model(self, title: str) -> None:
        """Leave the data alone on screen, under their own title."""
        self._view.set_title(title)
        self._view.set_model(None)
        self._view.set_residual(None, None)
        self._view.set_level_marks(None, None)

    def _finish(self) -> _Job | None:
        """Return the job whose answer came, unless it is stale; start the next one."""
        job, self._running = self._running, None
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting.generation == self._generation:
            self._submit(waiting)
        stale = job is None or job.generation != self._generation
        return None if stale else job


def _source(document: RunDocument) -> tuple[RunData, Setup]:
    """Return the data and set-up the maps show: those of the fit when it is shown."""
    record = document.fit
    if document.showing_fit and record is not None:
        return record.data, record.run_file.setup
    return document.data, document.setup


def _timer(parent: QObject, interval_ms: int, slot: object) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval_ms)
    timer.timeout.connect(slot)  # type: ignore[arg-type]
    return timer
