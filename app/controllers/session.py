"""One window at work: makes workers, documents, widgets and controllers; wires them.

What more than one controller would have to know stands here.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLineEdit

from app.bridge.engine import Engine
from app.bridge.task_runner import TaskRunner
from app.controllers.angles import AnglesController
from app.controllers.appearance import AppearanceController
from app.controllers.availability import update_actions
from app.controllers.closing import ClosingController
from app.controllers.files import FilesController
from app.controllers.fitting import FitController
from app.controllers.help import show_about, show_keys
from app.controllers.loading import LoadingController
from app.controllers.maps import MapsController
from app.controllers.results import ResultsController
from app.controllers.saving import SavingController
from app.controllers.setup import SetupController
from app.documents.list_models import FitListModel
from app.documents.parameter_model import ParameterModel
from app.documents.readiness import NO_ANGLE, NO_GAP
from app.documents.run_document import RunDocument
from app.documents.workspace import Workspace
from app.errors import ErrorPresenter
from app.main_window import MainWindow, WindowModels
from app.settings import Settings
from app.theme import ThemeManager
from engine.parameters import Parameter

_TOLD_FOR_MS = 15_000


class Session(QObject):
    """Owns the window and everything behind it; `shut_down` ends its threads."""

    def __init__(self, engine: Engine, settings: Settings, theme: ThemeManager) -> None:
        super().__init__()
        self.engine = engine
        self.workspace = Workspace(self)
        self._fit_model = FitListModel(self)
        self._parameter_model = ParameterModel(self._edit_parameter, self)
        self._hint = ""
        self.window = MainWindow(
            WindowModels(
                runs=self.workspace.runs,
                fits=self._fit_model,
                parameters=self._parameter_model,
                undo=self.workspace.undo_group,
            ),
            self._may_close,
        )
        self.errors = ErrorPresenter(self.window)
        # Before the workers: what they say of the next run is to stay.
        self.workspace.current_changed.connect(self._forget_messages)
        self._make_runners()
        self._make_workers(settings)
        self._make_views()
        self.files = FilesController(
            self.workspace, self.window, settings, self.loading, self.saving
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
        for runner in self.runners:
            runner.shut_down()

    def start_fit(self) -> None:
        """Fit the current run, or say why that cannot be done now."""
        self._commit_typing()
        reason = self.fitting.why_not()
        if not reason:
            self.fitting.start()
        elif self.workspace.current is None:
            self._tell(reason)
        else:
            self._show_hint(reason)

    def _commit_typing(self) -> None:
        """Take what is being typed in a field or a cell: leaving it commits it."""
        editor = self.window.focusWidget()
        table = self.window.parameters.view
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
        self.maps = MapsController(engine, self._map_runner, workspace, window.c2_view)
        self.fitting = FitController(engine, self._fit_runner, workspace)
        self.closing = ClosingController(workspace, self.fitting, self.saving, window)

    def _make_views(self) -> None:
        workspace, window = self.workspace, self.window
        self.angles = AnglesController(workspace, window.angle_strip, window.phi_panel)
        self.setup = SetupController(
            workspace,
            self._parameter_model,
            window.parameters,
            window.setup,
            self.loading,
        )
        self.results = ResultsController(
            workspace, self.fitting, self._fit_model, window
        )

    def _connect_actions(self) -> None:
        window, view, files = self.window, self.window.c2_view, self.files
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
            "fit.simulate": self._simulate,
            "view.reset": view.reset_view,
            "view.cycle": view.cycle_panels,
            "view.next_run": lambda: step_run(1),
            "view.previous_run": lambda: step_run(-1),
            "view.theme_system": lambda: theme("system"),
            "view.theme_light": lambda: theme("light"),
            "view.theme_dark": lambda: theme("dark"),
            "window.log": lambda: window.show_dock("log"),
            "window.reset": self.appearance.reset_layout,
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
        for told in (
            self.errors.shown,
            self.setup.refused,
            self.setup.told,
            self.angles.refused,
            self.closing.waiting,
            self.files.told,
        ):
            told.connect(self._tell)
        window.fits.adopt_requested.connect(self.setup.adopt)
        window.banner.action_requested.connect(self._on_banner_action)
        window.c2_view.frame_window_requested.connect(self._on_window_requested)
        self.closing.close_again.connect(window.close)
        self.closing.save_requested.connect(self.files.save_shown)
        self.fitting.started.connect(self._on_fit_started)
        self.fitting.stepped.connect(self.maps.show_step)
        self.fitting.finished.connect(lambda *_: window.statusBar().clearMessage())
        self.fitting.failed.connect(self._on_fit_failed)
        self.fitting.ended.connect(self._on_fit_ended)
        self.maps.refused.connect(self._on_maps_refused)
        self.maps.drawn.connect(self._forget_hint)

    def _continue_fit(self) -> None:
        self.setup.adopt()
        self.start_fit()

    def _simulate(self) -> None:
        if self.workspace.current is not None:
            self.workspace.current.show_start()

    def _on_fit_started(self, _: RunDocument) -> None:
        self.window.set_fit_running(running=True)
        self._update_actions()

    def _on_fit_failed(self, error: Exception) -> None:
        self.errors.show_error(error, "The fit could not be done")

    def _on_fit_ended(self) -> None:
        self.window.set_fit_running(running=False)
        self.maps.end_live()
        self.maps.draw_model()
        self._update_actions()

    def _on_maps_refused(self, sentence: str) -> None:
        if sentence != self._hint:
            self._hint = sentence
            self._show_hint(sentence)

    def _show_hint(self, sentence: str) -> None:
        remedies = {
            NO_ANGLE: (("use_all", "Use all angles"),),
            NO_GAP: (("show_setup", "Show set-up"),),
        }
        actions = remedies.get(sentence, ())
        self.window.banner.show_message(sentence, "warn", actions)

    def _forget_hint(self) -> None:
        if self._hint and self.window.banner.text == self._hint:
            self.window.banner.hide()
        self._hint = ""

    def _forget_messages(self) -> None:
        self._hint = ""
        self.window.banner.hide()
        self.window.statusBar().clearMessage()

    def _on_banner_action(self, key: str) -> None:
        self.window.banner.hide()
        slots = {
            "save": self.files.ask_where_to_save,
            "adopt": self.setup.adopt,
            "continue": self._continue_fit,
            "use_all": self.angles.use_all,
            "show_setup": lambda: self.window.show_dock("setup"),
            "show_folder": self.files.open_saved_folder,
        }
        slots[key]()

    def _on_window_requested(self, start_s: float, end_s: float) -> None:
        """Read the frames of the square dragged on the maps."""
        document = self.workspace.current
        if document is None or not self.workspace.editable:
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
            self.loading.change_request(document, changed)

    def _update_actions(self) -> None:
        update_actions(
            self.window.actions_, self.workspace.current, self.fitting.running
        )

    def _edit_parameter(self, changed: Parameter) -> None:
        # The model is made before the controller and needs it only at an edit.
        self.setup.edit_parameter(changed)

    def _may_close(self) -> bool:
        return self.closing.may_close()

    def _on_engine_failed(self, error: Exception) -> None:
        self.window.engine_label.setText("Engine not available")
        self.errors.show_error(error, "The fit engine cannot be started")

    def _tell(self, text: str) -> None:
        self.window.statusBar().showMessage(text, _TOLD_FOR_MS)
