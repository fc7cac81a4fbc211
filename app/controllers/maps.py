"""Draws data, model and residual of the angle looked at.

The model is evaluated off the GUI thread, where matrices that stay in their file are
read, too. Requests carry a generation number, so that an answer that comes too late is
dropped; while one is computed only the newest waits.
"""

import logging
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge.engine import Engine
from app.bridge.maps import MapRequest, fitted_part
from app.bridge.task_runner import TaskRunner
from app.controllers.drawing import DrawJob, DrawnMaps, ShownData
from app.documents.angles import selected_angles
from app.documents.numbers import angle_text
from app.documents.readiness import why_no_model
from app.documents.run_document import RunDocument
from app.documents.workspace import Workspace
from app.errors import sentence_of
from app.widgets.c2_view import C2View
from engine.data.run import RunData
from engine.errors import DataError, InputError
from engine.events import StepTaken
from engine.setup import Setup

log = logging.getLogger(__name__)

_PREVIEW_DELAY_MS = 150
_LIVE_INTERVAL_MS = 100
_SEPARATOR = "  ·  "


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
        self._running: DrawJob | None = None
        self._waiting: DrawJob | None = None
        self._live: tuple[RunDocument, StepTaken] | None = None
        self._wanted: ShownData | None = None
        self._data_drawn = False
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
            self._wanted = None
            self._view.set_data(None)
            self._clear_model("")
            return
        self._draw_data(document)
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
        if not reason:
            self._submit(job)
            return
        self._show_no_model(reason)
        self._submit_data(job)

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
        if document is not None:
            self._draw_data(document)
        self._preview_timer.start()

    def _draw_data(self, document: RunDocument) -> None:
        """Draw the data, without a model, if they are not there yet.

        Those that stay in their file come with the model; until then the maps show the
        angle before, under its own title, or nothing if that is of another run.
        """
        data, setup = _source(document)
        index = min(document.angle, len(data.phi) - 1)
        before = self._wanted
        self._wanted = ShownData(data, setup.drop_first_frame, index)
        if self._wanted == before:
            return
        first = 1 if setup.drop_first_frame else 0
        self._view.set_axes(first * data.dt, data.dt, data.n_frames - first)
        self._data_drawn = data.in_memory
        if data.in_memory:
            self._view.set_data(fitted_part(data, setup, index))
        elif before is not None and before.data is data:
            return
        else:
            self._view.set_data(None)
        self._clear_model(self._title(document, "data"))

    def _job(self, document: RunDocument) -> DrawJob:
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
        return DrawJob(self._generation, request, self._title(document, kind))

    def _fit_job(self, document: RunDocument) -> DrawJob:
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
        return DrawJob(
            self._generation, request, title, record.result.quality.noise_sigma
        )

    def _live_job(self, document: RunDocument, step: StepTaken) -> DrawJob:
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
        return DrawJob(self._generation, request, title)

    def _title(self, document: RunDocument, what: str) -> str:
        data, _ = _source(document)
        index = min(document.angle, len(data.phi) - 1)
        phi = angle_text(data.phi[index])
        return _SEPARATOR.join((document.name, f"φ = {phi}", what))

    def _submit(self, job: DrawJob) -> None:
        if self._running is not None:
            self._waiting = job
            return
        self._running = job
        reduction, with_data = self._view.reduction, not self._data_drawn
        task = self._runner.submit(
            lambda *_: job.draw(self._engine, reduction=reduction, with_data=with_data)
        )
        task.finished.connect(self._on_drawn)
        task.failed.connect(self._on_failed)

    def _submit_data(self, job: DrawJob) -> None:
        """Have the data of a job drawn alone, if they are still to come."""
        if not self._data_drawn and not job.data_only:
            title = job.title.rpartition(_SEPARATOR)[0] + _SEPARATOR + "data"
            self._submit(replace(job, data_only=True, title=title))

    def _on_drawn(self, maps: DrawnMaps) -> None:
        job = self._finish()
        if job is None or job.shown != self._wanted:
            return
        self._view.set_title(job.title)
        if maps.data is not None:
            self._view.set_data(maps.data)
            self._data_drawn = True
        self._view.set_model(maps.model)
        self._view.set_residual(maps.residual, job.sigma)
        self._view.set_level_marks(maps.offset, maps.contrast)
        if not job.data_only:
            self.drawn.emit(job.title)

    def _on_failed(self, error: Exception) -> None:
        job = self._finish()
        if job is None or not isinstance(error, InputError):
            return
        self._show_no_model(sentence_of(error))
        if not isinstance(error, DataError):
            self._submit_data(job)

    def _show_no_model(self, reason: str) -> None:
        document = self._workspace.current
        if not self._data_drawn:
            self._view.set_data(None)
        self._clear_model(self._title(document, "data") if document else "")
        self.refused.emit(reason)

    def _clear_model(self, title: str) -> None:
        """Leave the data alone on screen, under their own title."""
        self._view.set_title(title)
        self._view.set_model(None)
        self._view.set_residual(None, None)
        self._view.set_level_marks(None, None)

    def _finish(self) -> DrawJob | None:
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
