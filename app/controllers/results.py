"""Shows fits: the list, the numbers, the convergence, and the banner after one."""

from PySide6.QtCore import QObject

from app.controllers.fitting import FitController
from app.controllers.turns import in_turns
from app.documents.fit_record import FitRecord
from app.documents.list_models import FitListModel
from app.documents.numbers import chi_squared_text
from app.documents.run_document import RunDocument
from app.documents.workspace import Workspace
from app.main_window import MainWindow
from app.widgets.convergence_curve import ConvergencePoint
from app.wording import sentence
from engine.events import Happened, Happening, StepTaken
from engine.result import State
from engine.units import format_duration

_ENDED = {
    State.CONVERGED: "finished in {}",
    State.NOT_CONVERGED: "ended without converging after {}",
    State.CANCELLED: "was stopped after {}; its best point is kept",
    State.FAILED: "failed after {}",
}


_NO_STEP = "No step was made."
_IMPORTANT = {
    Happening.FALLBACK: "warn",
    Happening.RETRY: "warn",
    Happening.COST_GUARD: "warn",
    Happening.READ_AGAIN: "warn",
    Happening.CHECKPOINT_LOST: "warn",
    Happening.RESUMED: "accent",
}
"""What is said above the maps while a fit runs, and how."""
_OUT_OF_MEMORY = "out_of_memory"


class ResultsController(QObject):
    """Knows which fit is shown where."""

    def __init__(
        self,
        workspace: Workspace,
        fitting: FitController,
        model: FitListModel,
        window: MainWindow,
    ) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._fitting = fitting
        self._model = model
        self._window = window
        self._fits = window.panels.fits
        self._result = window.panels.result
        self._convergence = window.panels.convergence
        self._banner = window.panels.banner
        self._plotted: object = None
        workspace.current_changed.connect(self._on_current_changed)
        workspace.fits_changed.connect(self._on_fits_changed)
        workspace.shown_changed.connect(self._on_shown_changed)
        window.panels.fits.fit_selected.connect(self._on_fit_selected)
        window.panels.fits.start_values_requested.connect(
            self._on_start_values_requested
        )
        fitting.started.connect(self._on_started)
        fitting.stepped.connect(self._on_stepped)
        fitting.happened.connect(self._on_happened)
        fitting.finished.connect(self._on_finished)
        fitting.progressed.connect(window.fit_line.show_progress)
        fitting.ended.connect(window.fit_line.hide)
        window.fit_line.cancel_requested.connect(fitting.stop)

    def _on_current_changed(self) -> None:
        self._model.set_document(self._workspace.current)
        self._on_shown_changed()

    def _on_fits_changed(self) -> None:
        self._model.refresh()
        self._mark_current()

    def _on_shown_changed(self) -> None:
        document = self._workspace.current
        record = document.fit if document else None
        self._result.set_record(record)
        self._mark_current()
        self._plot_trace()

    def _mark_current(self) -> None:
        document = self._workspace.current
        record = document.fit if document else None
        self._fits.set_current(self._model.row_of(record))

    def _on_fit_selected(self, row: int) -> None:
        document, record = self._workspace.current, self._model.record(row)
        if document is not None and record is not None:
            document.show_fit(record)

    def _on_start_values_requested(self) -> None:
        if self._workspace.current is not None:
            self._workspace.current.show_start()

    def _on_started(self, _: RunDocument) -> None:
        self._banner.hide()
        self._window.show_dock("convergence")
        self._plot_trace()

    def _on_stepped(self, document: RunDocument, step: StepTaken) -> None:
        if document is self._workspace.current:
            self._convergence.add_point(convergence_point(step))

    def _on_happened(self, document: RunDocument, event: Happened) -> None:
        tone = _IMPORTANT.get(event.what)
        if tone is not None and document is self._workspace.current:
            self._banner.show_message(sentence(event.message), tone)

    def _on_finished(self, document: RunDocument, record: FitRecord) -> None:
        if document is not self._workspace.current:
            return
        self._plot_trace()
        steps = [lambda: self._tell_finished(record)]
        if record.number == 1:
            # Later fits leave the panels as they are: the user has arranged them.
            steps.append(lambda: self._window.show_dock("result"))
        in_turns(self, *steps)

    def _tell_finished(self, record: FitRecord) -> None:
        document = self._workspace.current
        last = document.fits[-1] if document and document.fits else None
        if record is last and self._fitting.running is not document:
            text, actions = finished_text(record), finished_actions(record)
            self._banner.show_message(text, record.tone, actions, record)

    def _plot_trace(self) -> None:
        """Draw the convergence of the running fit, else of the shown one."""
        document = self._workspace.current
        if document is not None and self._fitting.running is document:
            steps, key, why = self._fitting.trace, self._fitting, ""
        else:
            record = document.fit if document else None
            steps, key = (record.trace, record) if record else ((), None)
            why = _NO_STEP if record and not steps else ""
            if key is self._plotted:
                return
        self._plotted = key
        self._convergence.set_points((convergence_point(s) for s in steps), why)


def convergence_point(step: StepTaken) -> ConvergencePoint:
    """Return a step as it is drawn."""
    return ConvergencePoint(
        step.evaluations, step.cost, step.edm, step.accepted, step.coarse
    )


def finished_actions(record: FitRecord) -> tuple[tuple[str, str], ...]:
    """Return key and text of what can be done with a fit that has just finished."""
    diagnosis = record.result.diagnosis
    if diagnosis is not None and diagnosis.category == _OUT_OF_MEMORY:
        return (
            ("fewer_angles", "Select fewer angles"),
            ("show_setup", "Show set-up"),
        )
    actions = (("save", "Save…"), ("adopt", "Adopt parameters"))
    if record.state in (State.NOT_CONVERGED, State.CANCELLED):
        return (("continue", "Continue from here"), *actions)
    return actions


def finished_text(record: FitRecord) -> str:
    """Return one line about a fit that has just finished."""
    result = record.result
    seconds = format_duration(result.timing.total_s)
    free = sum(not p.fixed for p in result.parameters)
    bounds = sum(p.at_bound for p in result.parameters)
    limits = f", {bounds} at bounds" if bounds else ""
    attempts = result.strategy.attempts
    tries = ""
    if len(attempts) > 1:
        tries = f", {len(attempts)} attempts ({result.strategy.name})"
    return (
        f"Fit #{record.number} {_ENDED[record.state].format(seconds)} — "
        f"χ²ᵣ {chi_squared_text(record.reduced_chi_squared)}, "
        f"{free} free {'parameter' if free == 1 else 'parameters'}{limits}{tries}."
    )
