"""Opening runs, by every way in."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QGraphicsView,
)

from app.widgets.data_values_dialog import DataValuesDialog
from engine.errors import DataError
from tests.app.driving import start_value, type_number

pytestmark = [pytest.mark.gui, pytest.mark.slow]


class TestOpening:
    def test_without_a_run_the_start_page_says_what_to_do(self, session):
        assert session.window.empty
        assert session.window.start_page.isVisible()
        assert not any(
            session.window.dock(k).isVisible() for k in ("runs", "parameters", "fits")
        )
        fit_action = session.window.actions_["fit.start"]
        assert "no run is open" in fit_action.toolTip()

    def test_a_run_opens_off_the_gui_thread(self, opened, fake):
        assert not opened.window.empty
        assert opened.window.windowTitle().startswith("run")
        assert fake.threads["open"] == fake.threads["load"]
        assert "MainThread" not in fake.threads["load"] | fake.threads["prepare"]

    def test_the_model_of_the_first_angle_is_drawn(self, opened, fake):
        (values, scaling) = fake.drawn[-1]
        assert values["D0"] == 1000.0
        assert scaling[0][0] == 0

    def test_an_opened_file_is_recent(self, opened, settings, run_path):
        assert settings.recent == (run_path,)
        texts = [a.text() for a in opened.window.recent_menu.actions()]
        assert str(run_path) in texts

    def test_opening_twice_shows_the_open_run(self, qtbot, opened, run_path):
        document = opened.workspace.current
        with qtbot.waitSignal(opened.loading.all_read, timeout=5000):
            opened.loading.open_paths([run_path])
        qtbot.waitUntil(lambda: not opened.loading.busy)
        assert opened.workspace.documents == (document,)

    def test_a_missing_file_is_one_sentence_and_the_window_stays(
        self, qtbot, session, tmp_path
    ):
        with qtbot.waitSignal(session.errors.shown, timeout=5000) as blocker:
            session.loading.open_paths([tmp_path / "no.yaml"])
        assert "no such file" in blocker.args[0]
        (box,) = session.errors.dialogs
        assert "Traceback" not in box.informativeText() + box.detailedText()
        assert session.window.empty

    def test_many_files_that_cannot_be_opened_are_one_message(
        self, qtbot, session, fake, tmp_path, caplog
    ):
        good = tmp_path / "good.yaml"
        good.touch()
        bad = [tmp_path / f"bad{k}.yaml" for k in range(10)]
        with caplog.at_level("INFO"):
            session.loading.open_paths([*bad[:5], good, *bad[5:]])
            qtbot.waitUntil(lambda: bool(session.errors.dialogs))
            qtbot.waitUntil(lambda: not session.loading.busy)
        (box,) = session.errors.dialogs
        assert "10 files cannot be opened" in box.text()
        listed = box.informativeText().splitlines()
        assert listed == [*(path.name for path in bad[:8]), "and 2 more"]
        for path in bad:
            assert f"{path.name}: {path}: no such file" in box.detailedText()
            assert str(path) in caplog.text
        assert [d.path for d in session.workspace.documents] == [good]

    def test_files_are_dropped(self, qtbot, session, run_path):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(run_path))])
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(
            QPoint(5, 5), Qt.DropAction.CopyAction, mime, buttons, keys
        )
        session.window.dragEnterEvent(enter)
        assert enter.isAccepted()
        with qtbot.waitSignal(session.loading.opened, timeout=5000):
            session.window.dropEvent(
                QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, keys)
            )

    def test_text_is_not_taken_for_a_file(self, session):
        mime = QMimeData()
        mime.setText("hello")
        enter = QDragEnterEvent(
            QPoint(5, 5),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        enter.ignore()
        session.window.dragEnterEvent(enter)
        assert not enter.isAccepted()

    def test_a_folder_opens_its_runs(self, qtbot, session, tmp_path):
        for name in ("a.yaml", "b.yaml", "c.h5", "notes.txt"):
            (tmp_path / name).touch()
        session.loading.open_paths([tmp_path])
        qtbot.waitUntil(lambda: len(session.workspace.documents) == 2)
        assert [d.name for d in session.workspace.documents] == ["a", "b"]

    def test_a_folder_without_runs_says_so(self, qtbot, session, tmp_path):
        empty = tmp_path / "empty"
        empty.mkdir()
        with qtbot.waitSignal(session.errors.shown, timeout=5000) as blocker:
            session.loading.open_paths([empty])
        assert "no run file" in blocker.args[0]

    def test_reading_can_be_stopped(self, qtbot, session, fake, run_path):
        fake.load_gate.clear()
        session.loading.open_paths([run_path])
        qtbot.waitUntil(lambda: "load" in fake.threads)
        assert session.window.loading_line.isVisible()
        session.window.loading_line.cancel_requested.emit()
        qtbot.waitUntil(lambda: not session.loading.busy)
        assert session.workspace.documents == ()
        assert not session.errors.dialogs

    def test_the_dialogs_open_what_is_chosen(self, qtbot, session, run_path):
        dialog = session.files.ask_for_files()
        with qtbot.waitSignal(session.loading.opened, timeout=5000):
            dialog.filesSelected.emit([str(run_path)])
        dialog.reject()

    def test_what_a_bare_array_does_not_tell_can_be_given(
        self, qtbot, session, fake, tmp_path
    ):
        path = tmp_path / "bare.npy"
        path.touch()
        with qtbot.waitSignal(session.errors.shown, timeout=5000):
            session.loading.open_paths([path])
        (box,) = session.errors.dialogs
        assert box.informativeText().endswith(
            "press “Give values” to type what is right."
        )
        remedy = next(b for b in box.buttons() if "values" in b.text())
        remedy.click()
        dialog = session.window.findChild(DataValuesDialog)
        dialog.dt.setText("0.25")
        dialog.dt.editingFinished.emit()
        dialog.phi.setText("0, 45")
        with qtbot.waitSignal(session.loading.opened, timeout=5000):
            dialog.findChild(QDialogButtonBox).accepted.emit()
        assert fake.settings[-1] == {
            "analyzer_parameters.dt": "0.25",
            "experimental_data.phi_angles": "[0, 45]",
        }

    def test_files_may_be_dropped_on_the_maps(self, opened, run_path):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(run_path))])
        enter = QDragEnterEvent(
            QPoint(5, 5),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        enter.ignore()
        view = opened.window.panels.c2_view.findChild(QGraphicsView)
        QApplication.sendEvent(view.viewport(), enter)
        assert enter.isAccepted()


class TestSeveralRuns:
    def test_each_run_has_its_own_undo(self, qtbot, opened, tmp_path):
        type_number(opened, "D0", "2000")
        other = tmp_path / "static_run.yaml"
        other.touch()
        with qtbot.waitSignal(opened.loading.opened, timeout=5000):
            opened.loading.open_paths([other])
        assert opened.workspace.current.setup.model == "static"
        assert not opened.workspace.undo_group.canUndo()
        opened.window.actions_["view.next_run"].trigger()
        assert opened.workspace.current.name == "run"
        assert opened.workspace.undo_group.canUndo()
        assert start_value(opened) == 2000.0

    def test_the_list_chooses_the_run(self, qtbot, opened, tmp_path):
        other = tmp_path / "static_run.yaml"
        other.touch()
        with qtbot.waitSignal(opened.loading.opened, timeout=5000):
            opened.loading.open_paths([other])
        opened.window.panels.runs.view.setCurrentIndex(
            opened.window.panels.runs.view.model().index(0, 0)
        )
        assert opened.workspace.current.name == "run"

    def test_closing_the_last_run_returns_to_the_start_page(self, opened):
        opened.window.actions_["file.close_run"].trigger()
        assert opened.window.empty
        assert opened.workspace.current is None

    def test_what_is_on_the_maps_never_belongs_to_another_run(
        self, qtbot, opened, tmp_path
    ):
        other = tmp_path / "no_gap.yaml"
        other.touch()
        with qtbot.waitSignal(opened.loading.opened, timeout=5000):
            opened.loading.open_paths([other])
        view, banner = opened.window.panels.c2_view, opened.window.panels.banner
        assert view.accessibleDescription() == "no_gap  ·  φ = −8°  ·  data"
        assert "needs the gap" in banner.text
        assert banner.isVisible()
        with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
            opened.window.actions_["view.next_run"].trigger()
        assert view.accessibleDescription() == "run  ·  φ = −8°  ·  start values"
        assert not banner.isVisible()
        opened.window.actions_["view.next_run"].trigger()
        assert banner.isVisible()

    def test_a_file_that_is_not_there_asks_for_no_values(
        self, qtbot, session, fake, tmp_path, monkeypatch
    ):
        def missing(path):
            raise DataError(
                f"the data file {path} does not exist; check its path, and "
                "experimental_data.file_path if it comes from a run file"
            )

        monkeypatch.setattr(fake, "_open_run", lambda path, _=None: missing(path))
        session.loading._engine = fake.functions()
        with qtbot.waitSignal(session.errors.shown, timeout=5000):
            session.loading.open_paths([tmp_path / "gone.h5"])
        (box,) = session.errors.dialogs
        assert not [b for b in box.buttons() if "values" in b.text()]
