"""Tells before a fit how much memory it will need and which strategy it will use."""

from PySide6.QtCore import QObject, QTimer, Signal

from app.bridge.engine import Engine
from app.documents.readiness import why_no_fit
from app.documents.run_document import RunDocument
from app.documents.workspace import Workspace
from app.errors import sentence_of
from app.widgets.strategy_box import StrategyBox
from engine.errors import InputError

_DELAY_MS = 150


class PlanController(QObject):
    """Keeps the readout of the set-up panel in step with the current run.

    Signals
    -------
    shown()
        After the readout was brought up to date.
    """

    shown = Signal()

    def __init__(
        self, engine: Engine, workspace: Workspace, readout: StrategyBox
    ) -> None:
        super().__init__(workspace)
        self._engine = engine
        self._workspace = workspace
        self._readout = readout
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY_MS)
        self._timer.timeout.connect(self.refresh)
        workspace.current_changed.connect(self._on_current_changed)
        workspace.data_changed.connect(self._timer.start)
        workspace.setup_changed.connect(self._timer.start)
        workspace.state_changed.connect(self._timer.start)

    def refresh(self) -> None:
        """Plan the fit of the current run now."""
        self._timer.stop()
        document = self._workspace.current
        if document is None:
            return
        reason = why_no_fit(document)
        if reason:
            self._readout.set_plan(None, reason)
        else:
            self._plan(document)
        self.shown.emit()

    def _plan(self, document: RunDocument) -> None:
        try:
            plan = self._engine.plan(document.data, document.setup)
        except InputError as error:
            self._readout.set_plan(None, sentence_of(error))
        else:
            self._readout.set_plan(plan)

    def _on_current_changed(self) -> None:
        self._readout.set_plan(None)
        self._timer.start()
