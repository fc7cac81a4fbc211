"""One window at work: makes workers, documents, widgets and controllers; wires them.

What more than one controller would have to know stands here.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLineEdit

from app.bridge.engine import Engine
from app.bridge.task_runner import TaskRunner
from app.controllers.angles import AnglesController
from app.controllers.appearance import AppearanceController
from app.controllers.availability import update_actions
from app.controllers.closing import ClosingController
from app.controllers.degeneracy import DegeneracyController
from app.controllers.files import FilesController
from app.controllers.fitting import Begin, FitController
from app.controllers.help import show_about, show_documentation, show_keys
from app.controllers.loading import LoadingController
from app.controllers.maps import MapsController
from app.controllers.messages import MessagesController
from app.controllers.planning import PlanController
from app.controllers.results import ResultsController
from app.controllers.saving import SavingController
from app.controllers.selftest import SelfTestController
from app.controllers.setup import SetupController
from app.documents.checkpoints import Checkpoints, checkpoint_folder
from app.documents.list_models import FitListModel
from app.documents.parameter_model import ParameterModel
from app.documents.run_document import RunDocument
from app.documents.workspace import Workspace
from app.errors import ErrorPresenter
from app.main_window import MainWindow, remembered_window
from app.panels import PanelModels, Panels
from app.settings import Settings
from app.theme import ThemeManager
from engine.errors import StrategiesFailedError
from engine.parameters import Parameter
from engine.setup import Setup


class Session(QObject):
    """Owns the window and everything behind it; `shut_down` ends its threads.

    Parameters
    ----------
    checkpoints
        Folder for what streaming fits note; None is the user's own.
    window
        One that is shown already; None makes it.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        theme: ThemeManager,
        checkpoints: Path | None = None,
        window: MainWindow | None = None,
    ) -> None:
        super().__init__()
        self.engine = engine
        self._checkpoints = Checkpoints(checkpoints or checkpoint_folder())
        self.window = window or remembered_window(settings)
        self.workspace = Workspace(self.window.undo_group, self)
        self._fit_model = FitListModel(self)
        self._parameter_model = ParameterModel(self._edit_parameter, self)
        models = PanelModels(
            runs=self.workspace.runs,
            fits=self._fit_model,
            parameters=self._parameter_model,
        )
        self.window.furnish(Panels(models), lambda: self.closing.may_close())
        self.errors = ErrorPresenter(self.window)
        self.messages = MessagesController(self.window, self)
        # Before the workers: what they say of the next run is to stay.
        self.workspace.current_changed.connect(self.messages.forget_all)
        self._make_runners()
        self._make_workers(settings)
        self._make_views()
        self.files = FilesController(
            self.workspace, self.window, settings, self.loading, self.saving
        )
        self.selftest = SelfTestController(
            engine, self.errors, settings, self.window, self
        )
        self.appearance = AppearanceController(
            self.workspace, self.window, settings, theme
        )
        self._connect_actions()
        self._connect_parts()
        self._update_actions()

    def start(self, paths: Sequence[Path]) -> None:
        """Start the engine in the background and open files; the window is up."""
        label = self.window.engine_label
        label.setText("Preparing the fit engine…")
        task = self._map_runner.submit(lambda *_: self.engine.start_up())
        task.finished.connect(lambda _: label.setText("Engine ready"))
        task.failed.connect(self._on_engine_failed)
        self.loading.open_paths(paths)

    def shut_down(self) -> None:
        """Save the layout and end every thread; call once."""
        self.appearance.save_layout()
        for runner in self.runners:
            runner.cancel_all()
        self.selftest.stop()
        for runner in self.runners:
            runner.shut_down()
        self.selftest.shut_down()

    def start_fit(self, begin: Begin = Begin.ASK, setup: Setup | None = None) -> None:
        """Fit the current run, or say why that cannot be done now.

        Parameters
        ----------
        setup
            Fitted instead of the set-up of the run, which stays as it is.
        """
        self._commit_typing()
        reason = self.fitting.why_not()
        if not reason:
            self.fitting.start(begin, setup)
        elif self.workspace.current is None:
            self.messages.tell(reason)
        else:
            self.messages.show_hint(reason)

    def _commit_typing(self) -> None:
        """Take what is being typed in a field or a cell: leaving it commits it."""
        editor = self.window.focusWidget()
        table = self.window.panels.parameters.view
        if not isinstance(editor, QLineEdit):
            return
        if table.isAncestorOf(editor):
            table.setFocus()
        else:
            editor.clearFocus()
            editor.setFocus()

    def _make_runners(self) -> None:
        self._file_runner = TaskRunner("files", self)
        self._map_runner = TaskRunner("maps", self)
        self._fit_runner = TaskRunner("fit", self)
        self.runners = (self._file_runner, self._map_runner, self._fit_runner)

    def _make_workers(self, settings: Settings) -> None:
        engine, workspace, window = self.engine, self.workspace, self.window
        self.loading = LoadingController(
            engine,
            self._file_runner,
            workspace,
            window.loading_line,
            self.errors,
            settings,
        )
        self.saving = SavingController(engine, self._file_runner, self.errors, self)
        self.maps = MapsController(
            engine, self._map_runner, workspace, window.panels.c2_view
        )
        self.fitting = FitController(
            engine, self._fit_runner, workspace, self._checkpoints
        )
        self.closing = ClosingController(workspace, self.fitting, self.saving, window)

    def _make_views(self) -> None:
        workspace, window = self.workspace, self.window
        panels = window.panels
        self.angles = AnglesController(workspace, panels.angle_strip, panels.phi_panel)
        self.setup = SetupController(
            workspace,
            self._parameter_model,
            panels.parameters,
            panels.setup,
            self.loading,
        )
        self.planning = PlanController(self.engine, workspace, panels.setup.strategy)
        self.results = ResultsController(
            workspace, self.fitting, self._fit_model, window
        )
        self.degeneracy = DegeneracyController(
            workspace, self.fitting, panels.degeneracy
        )

    def _connect_actions(self) -> None:
        window, view, files = self.window, self.window.panels.c2_view, self.files
        theme, step_run = self.appearance.set_theme, self.workspace.step
        slots = {
            "file.open": files.ask_for_files,
            "file.open_folder": files.ask_for_folder,
            "file.open_example": files.open_example,
            "file.save": files.save,
            "file.export": files.ask_where_to_save,
            "file.close_run": self.closing.close_current,
            "file.quit": window.close,
            "setup.toggle_all_angles": self.angles.use_all,
            "setup.convert": self.setup.show_converter,
            "setup.adopt": self.setup.adopt,
            "setup.revert": self.setup.revert,
            "setup.next_angle": lambda: self.angles.step(1),
            "setup.previous_angle": lambda: self.angles.step(-1),
            "fit.start": self.start_fit,
            "fit.stop": self.fitting.stop,
            "fit.continue": self._continue_fit,
            "fit.compare": self.degeneracy.compare,
            "fit.simulate": self._simulate,
            "view.reset": view.reset_view,
            "view.cycle": view.cycle_panels,
            "view.next_run": lambda: step_run(1),
            "view.previous_run": lambda: step_run(-1),
            "view.theme_system": lambda: theme("system"),
            "view.theme_light": lambda: theme("light"),
            "view.theme_dark": lambda: theme("dark"),
            "window.degeneracy": lambda: window.show_dock("degeneracy"),
            "window.log": lambda: window.show_dock("log"),
            "window.reset": self.appearance.reset_layout,
            "help.documentation": lambda: show_documentation(window),
            "help.selftest": self.selftest.show,
            "help.keys": lambda: show_keys(window, window.actions_.infos),
            "help.about": lambda: show_about(window),
        }
        for key, slot in slots.items():
            window.actions_.connect_slot(key, slot)
        lock = window.actions_["view.lock_levels"]
        lock.toggled.connect(view.set_levels_locked)
        view.levels_lock_changed.connect(lock.setChecked)

    def _connect_parts(self) -> None:
        workspace, window = self.workspace, self.window
        for signal in (
            workspace.current_changed,
            workspace.setup_changed,
            workspace.state_changed,
            workspace.shown_changed,
            workspace.fits_changed,
        ):
            signal.connect(self._update_actions)
        self._connect_messages()
        window.panels.fits.adopt_requested.connect(self.setup.adopt)
        window.panels.setup.fewer_angles_requested.connect(self._show_angles)
        # From the values of the shown fit, wherever an interrupted one had come.
        self.degeneracy.fit_requested.connect(
            lambda setup: self.start_fit(Begin.ANEW, setup)
        )
        self.messages.connect_slots(
            {
                "save": self.files.ask_where_to_save,
                "adopt": self.setup.adopt,
                "continue": self._continue_fit,
                "resume_fit": lambda: self.start_fit(Begin.RESUME),
                "fit_anew": lambda: self.start_fit(Begin.ANEW),
                "use_all": self.angles.use_all,
                "fewer_angles": self._show_angles,
                "show_setup": lambda: window.show_dock("setup"),
                "show_folder": self.files.open_saved_folder,
            }
        )
        window.panels.c2_view.frame_window_requested.connect(self.loading.read_window)
        self.closing.close_again.connect(window.close)
        self.closing.save_requested.connect(self.files.save_shown)
        self.fitting.started.connect(self._on_fit_started)
        self.fitting.stepped.connect(self.maps.show_step)
        self.fitting.finished.connect(lambda *_: self.messages.forget_told())
        self.fitting.failed.connect(self._on_fit_failed)
        self.fitting.resume_offered.connect(self.messages.ask_to_resume)
        self.fitting.resume_refused.connect(self._on_resume_refused)
        self.fitting.ended.connect(self._on_fit_ended)
        self.maps.refused.connect(self.messages.hint_once)
        self.maps.drawn.connect(lambda _: self.messages.forget_hint())

    def _connect_messages(self) -> None:
        messages, workspace, fitting = self.messages, self.workspace, self.fitting
        for told in (
            self.errors.shown,
            self.setup.told,
            self.degeneracy.told,
            self.closing.waiting,
            self.files.told,
        ):
            told.connect(messages.tell)
        for refused in (
            self.setup.refused,
            self.degeneracy.refused,
            self.angles.refused,
        ):
            refused.connect(messages.tell_refusal)
        self.setup.mended.connect(messages.forget_refusal)
        fitting.started.connect(lambda _: self.setup.forget_refusal())
        self.files.told_of_fit.connect(messages.tell_of_fit)
        workspace.shown_changed.connect(self._forget_other_fits)
        for changed in (
            workspace.setup_changed,
            workspace.data_changed,
            workspace.state_changed,
            fitting.ended,
        ):
            changed.connect(lambda: messages.review_hint(fitting.why_not()))

    def _forget_other_fits(self) -> None:
        document = self.workspace.current
        self.messages.forget_other_fits(document.fit if document else None)

    def _continue_fit(self) -> None:
        self.setup.adopt()
        # From the values of the shown fit, wherever an interrupted one had come.
        self.start_fit(Begin.ANEW)

    def _simulate(self) -> None:
        if self.workspace.current is not None:
            self.workspace.current.show_start()

    def _on_fit_started(self, _: RunDocument) -> None:
        self.window.set_fit_running(running=True)
        self._update_actions()

    def _on_fit_failed(self, error: Exception) -> None:
        # What no strategy has enough memory or disk for, fewer angles may fit into.
        too_large = isinstance(error, StrategiesFailedError)
        remedy = ("Select &fewer angles", self._show_angles) if too_large else None
        self.errors.show_error(error, "The fit could not be done", remedy)

    def _on_resume_refused(self, error: Exception) -> None:
        self.errors.show_error(
            error,
            "The interrupted fit cannot be continued",
            ("Start &anew", lambda: self.start_fit(Begin.ANEW)),
        )

    def _show_angles(self) -> None:
        self.window.show_dock("phi_panel")
        self.window.panels.phi_panel.focus_dial()

    def _on_fit_ended(self) -> None:
        self.window.set_fit_running(running=False)
        self.maps.end_live()
        self.maps.draw_model()
        self._update_actions()

    def _update_actions(self) -> None:
        update_actions(
            self.window.actions_, self.workspace.current, self.fitting.running
        )

    def _edit_parameter(self, changed: Parameter) -> None:
        # The model is made before the controller and needs it only at an edit.
        self.setup.edit_parameter(changed)

    def _on_engine_failed(self, error: Exception) -> None:
        self.window.engine_label.setText("Engine not available")
        self.errors.show_error(error, "The fit engine cannot be started")
