"""The real window, driven as a user would, with an engine that answers at once."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
)

from app.documents.parameter_model import Column
from app.documents.run_document import RunState
from engine.conventions import Convention
from engine.errors import DataError
from engine.events import StepTaken
from engine.result import State
from engine.setup import Loss, PhiRange, Scaling

pytestmark = pytest.mark.gui


def row_of(session, name):
    model = session.window.parameters.model
    return next(
        r
        for r in range(model.rowCount())
        if (p := model.parameter(r)) is not None and p.name == name
    )


def type_number(session, name, text, column=Column.VALUE):
    """Edit a cell of the table with the keyboard."""
    view = session.window.parameters.view
    view.setFocus()
    index = view.model().index(row_of(session, name), column)
    view.setCurrentIndex(index)
    view.edit(index)
    editor = view.findChildren(QLineEdit)[-1]
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    # Qt commits once the editor has seen the key.
    QApplication.processEvents()


def fit(qtbot, session):
    with qtbot.waitSignal(session.fitting.ended, timeout=10_000):
        session.window.actions_["fit.start"].trigger()


def start_value(session, name="D0"):
    return session.workspace.current.setup.parameters[name].value


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


class TestEditing:
    def test_the_number_typed_is_the_number_used(self, opened):
        type_number(opened, "D0", "12345.678901234567")
        assert start_value(opened) == 12345.678901234567

    def test_editing_redraws_the_model_after_a_moment(self, qtbot, opened, fake):
        with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
            type_number(opened, "D0", "5000")
        assert fake.drawn[-1][0]["D0"] == 5000.0

    def test_an_impossible_edit_is_refused_in_place(self, opened):
        type_number(opened, "D0", "-3")
        assert start_value(opened) == 1000.0
        assert "outside its bounds" in opened.window.parameters.message()
        assert opened.workspace.current.undo_stack.count() == 0
        type_number(opened, "D0", "3000")
        assert "outside" not in opened.window.parameters.message()

    def test_undo_and_redo(self, opened):
        type_number(opened, "D0", "2000")
        type_number(opened, "D0", "3000")
        group = opened.workspace.undo_group
        group.undo()
        assert start_value(opened) == 2000.0
        group.undo()
        assert start_value(opened) == 1000.0
        group.redo()
        assert start_value(opened) == 2000.0
        assert group.undoText() == "Edit D₀"

    def test_space_fixes_a_parameter(self, opened):
        view = opened.window.parameters.view
        view.setCurrentIndex(view.model().index(row_of(opened, "beta"), 0))
        QTest.keyClick(view, Qt.Key.Key_Space)
        assert opened.workspace.current.setup.parameters["beta"].fixed
        opened.workspace.undo_group.undo()
        assert not opened.workspace.current.setup.parameters["beta"].fixed

    def test_revert_takes_the_values_of_the_file(self, opened):
        original = opened.workspace.current.setup
        type_number(opened, "D0", "2000")
        opened.window.actions_["setup.revert"].trigger()
        assert opened.workspace.current.setup == original
        opened.workspace.undo_group.undo()
        assert start_value(opened) == 2000.0

    def test_every_field_of_the_set_up_is_an_undoable_edit(self, opened):
        panel, document = opened.window.setup, opened.workspace.current
        panel.setup_edited.emit("scaling", Scaling.AVERAGED)
        panel.setup_edited.emit("loss", Loss.HUBER)
        panel.setup_edited.emit("loss_scale", 1.5)
        panel.setup_edited.emit("gap", 3e6)
        panel.setup_edited.emit("drop_first_frame", False)
        panel.setup_edited.emit("sigma", 0.01)
        panel.setup_edited.emit("start_given", False)
        panel.setup_edited.emit("model", "static")
        setup = document.setup
        assert setup.model == "static"
        assert (setup.scaling, setup.loss) == (Scaling.AVERAGED, Loss.HUBER)
        assert (setup.loss_scale, setup.gap, setup.sigma) == (1.5, 3e6, 0.01)
        assert not setup.drop_first_frame
        assert not setup.start_given
        while document.undo_stack.canUndo():
            document.undo_stack.undo()
        assert document.setup == document.origin.setup

    @pytest.mark.parametrize(
        ("field", "value"), [("gap", -1.0), ("sigma", 0.0), ("loss_scale", -2.0)]
    )
    def test_impossible_settings_are_refused(self, qtbot, opened, field, value):
        before = opened.workspace.current.setup
        with qtbot.waitSignal(opened.setup.refused) as blocker:
            opened.window.setup.setup_edited.emit(field, value)
        assert "expected a number above 0" in blocker.args[0]
        assert opened.workspace.current.setup == before

    def test_what_is_no_number_is_refused_and_the_field_stays(self, qtbot, opened):
        field = opened.window.setup.gap
        field.setText("wide")
        with qtbot.waitSignal(opened.setup.refused):
            field.editingFinished.emit()
        assert field.text() == "2000000"

    def test_the_converter_rescales_and_can_be_undone(self, qtbot, opened):
        before = start_value(opened, "gamma_dot_t0")
        dialog = opened.setup.show_converter()
        dialog.choose(Convention.LEGACY)
        dialog.findChild(QDialogButtonBox).accepted.emit()
        document = opened.workspace.current
        assert document.setup.convention is Convention.LEGACY
        assert start_value(opened, "gamma_dot_t0") == pytest.approx(before / 2**0.5)
        document.undo_stack.undo()
        assert document.setup.convention is Convention.LITERATURE
        assert start_value(opened, "gamma_dot_t0") == before


class TestAngles:
    def test_ranges_and_dial_and_strip_say_the_same(self, opened):
        opened.window.phi_panel.ranges_edited.emit((PhiRange(-10, 10),))
        assert opened.workspace.current.setup.phi.ranges == (PhiRange(-10, 10),)
        assert "2 of 4" in opened.window.phi_panel.count_text

    def test_dragging_a_range_is_one_step_of_undo(self, opened):
        for end in (8.0, 9.0, 10.0):
            opened.window.phi_panel.ranges_edited.emit((PhiRange(-10, end),))
        stack = opened.workspace.current.undo_stack
        assert stack.count() == 1
        stack.undo()
        assert opened.workspace.current.setup.phi.ranges == ()

    def test_an_angle_is_switched_off_in_the_strip(self, opened):
        opened.window.angle_strip.selection_toggled.emit(1, False)
        assert opened.workspace.current.setup.phi.disabled == (4.0,)
        opened.window.actions_["setup.toggle_all_angles"].trigger()
        assert opened.workspace.current.setup.phi.disabled == ()

    def test_keys_step_through_the_angles(self, qtbot, opened, fake):
        with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
            opened.window.actions_["setup.next_angle"].trigger()
        assert opened.workspace.current.angle == 1
        assert fake.drawn[-1][1][0][0] == 1
        opened.window.actions_["setup.previous_angle"].trigger()
        opened.window.actions_["setup.previous_angle"].trigger()
        assert opened.workspace.current.angle == 3

    def test_without_an_angle_fit_says_what_to_do(self, qtbot, opened, fake):
        opened.window.phi_panel.ranges_edited.emit((PhiRange(120, 130),))
        opened.window.actions_["fit.start"].trigger()
        assert "No angle is selected" in opened.window.banner.text
        assert not fake.fitted
        opened.window.banner.action_requested.emit("use_all")
        fit(qtbot, opened)
        assert fake.fitted


class TestReadingOtherFrames:
    def test_other_frames_are_read_and_undone(self, qtbot, opened, fake):
        document = opened.workspace.current
        with qtbot.waitSignal(document.data_changed, timeout=5000):
            opened.window.setup.request_edited.emit("first_frame", 5.0)
        assert document.data.first_frame == 5
        assert fake.requests[-1].first_frame == 5
        with qtbot.waitSignal(document.data_changed, timeout=5000):
            opened.workspace.undo_group.undo()
        assert document.data.first_frame == 1

    def test_frames_the_file_does_not_have_leave_the_run_as_it_was(self, qtbot, opened):
        document = opened.workspace.current
        before = document.data
        with qtbot.waitSignal(opened.errors.shown, timeout=5000) as blocker:
            opened.window.setup.request_edited.emit("first_frame", 5000.0)
        assert "expected less" in blocker.args[0]
        assert document.data is before
        assert document.undo_stack.count() == 0
        assert document.state is RunState.READY

    def test_a_square_on_the_map_chooses_frames(self, qtbot, opened):
        document = opened.workspace.current
        with qtbot.waitSignal(document.data_changed, timeout=5000):
            opened.window.c2_view.frame_window_requested.emit(0.5, 1.5)
        # The first frame of the window is dropped, so that the maps begin at 0.5 s.
        assert (document.data.first_frame, document.data.last_frame) == (5, 16)


class TestFitting:
    def test_a_fit_arrives_everywhere(self, qtbot, opened, fake):
        fit(qtbot, opened)
        document = opened.workspace.current
        (record,) = document.fits
        assert record.state is State.CONVERGED
        assert document.fit is record
        assert document.showing_fit
        assert "Converged" in opened.window.result.text()
        assert "Fit #1 finished" in opened.window.banner.text
        model = opened.window.parameters.model
        row = row_of(opened, "D0")
        assert model.data(model.index(row, Column.FITTED)) == "1250(10)"
        assert opened.window.fits.view.model().rowCount() == 1
        assert len(record.trace) >= 3
        assert "Refining" in record.log

    def test_start_values_stay_as_they_are(self, qtbot, opened):
        fit(qtbot, opened)
        assert start_value(opened) == 1000.0

    def test_the_fit_runs_elsewhere_and_events_arrive_here(self, qtbot, opened, fake):
        steps = []
        opened.fitting.stepped.connect(lambda _, s: steps.append(s))
        fit(qtbot, opened)
        assert "MainThread" not in fake.threads["fit"]
        assert len(steps) >= 3
        assert all(isinstance(s, StepTaken) for s in steps)

    def test_the_view_does_not_jump(self, qtbot, opened):
        view = opened.window.c2_view
        view.set_levels_locked(True)
        view.set_levels(1.02, 1.11)
        before = view.view_range
        fit(qtbot, opened)
        qtbot.wait(100)
        assert view.view_range == before
        assert view.levels == (1.02, 1.11)

    def test_stop_keeps_the_best_point(self, qtbot, opened, fake):
        fake.finish.clear()
        opened.window.actions_["fit.start"].trigger()
        qtbot.waitUntil(lambda: len(opened.fitting.trace) > 3)
        with qtbot.waitSignal(opened.fitting.ended, timeout=5000):
            opened.window.actions_["fit.stop"].trigger()
        (record,) = opened.workspace.current.fits
        assert record.state is State.CANCELLED
        assert record.result.values["D0"] == 1250.0
        assert "stopped" in opened.window.banner.text

    def test_while_fitting_the_set_up_is_read_only_and_browsing_lives(
        self, qtbot, opened, fake
    ):
        fake.finish.clear()
        type_number(opened, "D0", "2000")
        opened.window.actions_["fit.start"].trigger()
        qtbot.waitUntil(lambda: len(opened.fitting.trace) > 1)
        assert opened.window.fit_line.isVisible()
        assert "Refining" in opened.window.fit_line.text
        before = opened.workspace.current.setup
        opened.window.setup.setup_edited.emit("gap", 3e6)
        opened.window.phi_panel.ranges_edited.emit((PhiRange(0, 1),))
        opened.window.actions_["setup.revert"].trigger()
        assert not opened.workspace.undo_group.canUndo()
        assert opened.workspace.current.setup == before
        with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
            opened.window.actions_["setup.next_angle"].trigger()
        assert opened.workspace.current.angle == 1
        fake.finish.set()
        qtbot.waitUntil(lambda: opened.fitting.running is None)
        assert opened.workspace.undo_group.canUndo()
        assert not opened.window.fit_line.isVisible()

    def test_the_maps_follow_the_fit(self, qtbot, opened, fake):
        fake.finish.clear()
        titles = []
        opened.maps.drawn.connect(titles.append)
        opened.window.actions_["fit.start"].trigger()
        qtbot.waitUntil(lambda: sum("fit running" in t for t in titles) >= 3)
        fake.finish.set()
        qtbot.waitUntil(lambda: any("fit #1" in t for t in titles))

    def test_a_second_fit_is_not_started_while_one_runs(self, qtbot, opened, fake):
        fake.finish.clear()
        opened.window.actions_["fit.start"].trigger()
        opened.window.actions_["fit.start"].trigger()
        assert "being fitted" in opened.window.banner.text
        fake.finish.set()
        qtbot.waitUntil(lambda: opened.fitting.running is None)
        assert len(fake.fitted) == 1

    def test_adopting_takes_the_fitted_values_and_can_be_undone(self, qtbot, opened):
        fit(qtbot, opened)
        opened.window.fits.adopt_requested.emit()
        assert start_value(opened) == 1250.0
        opened.workspace.undo_group.undo()
        assert start_value(opened) == 1000.0

    def test_continuing_starts_from_the_fit(self, qtbot, opened, fake):
        fit(qtbot, opened)
        with qtbot.waitSignal(opened.fitting.ended, timeout=10_000):
            opened.window.actions_["fit.continue"].trigger()
        assert fake.fitted[-1].parameters["D0"].value == 1250.0
        assert len(opened.workspace.current.fits) == 2

    def test_undo_returns_to_the_fit_before(self, qtbot, opened):
        fit(qtbot, opened)
        fit(qtbot, opened)
        document = opened.workspace.current
        assert document.fit.number == 2
        document.undo_stack.undo()
        assert document.fit.number == 1
        assert len(document.fits) == 2
        document.undo_stack.redo()
        assert document.fit.number == 2

    def test_an_earlier_fit_is_shown_again(self, qtbot, opened):
        fit(qtbot, opened)
        fit(qtbot, opened)
        opened.window.fits.view.selectRow(1)
        assert opened.workspace.current.fit.number == 1
        opened.window.fits.start_values_requested.emit()
        assert not opened.workspace.current.showing_fit

    def test_simulating_shows_the_start_values(self, qtbot, opened):
        fit(qtbot, opened)
        with qtbot.waitSignal(opened.maps.drawn, timeout=5000) as blocker:
            opened.window.actions_["fit.simulate"].trigger()
        assert "start values" in blocker.args[0]

    def test_wrong_input_is_a_dialog_and_the_next_fit_works(self, qtbot, opened, fake):
        fake.fit_error = DataError("the selected angle phi = 4° has no finite pixel")
        fit(qtbot, opened)
        (box,) = opened.errors.dialogs
        assert "phi = 4°" in box.informativeText()
        assert box.detailedText() == ""
        box.close()
        fake.fit_error = None
        fit(qtbot, opened)
        assert len(opened.workspace.current.fits) == 1

    def test_a_defect_names_the_log_and_folds_the_details(
        self, qtbot, opened, fake, caplog
    ):
        fake.fit_error = ZeroDivisionError("secret")
        fit(qtbot, opened)
        (box,) = opened.errors.dialogs
        assert "secret" not in box.text() + box.informativeText()
        assert "Log file" in box.informativeText()
        assert "ZeroDivisionError: secret" in box.detailedText()
        assert "secret" in caplog.text

    def test_a_fit_of_another_run_goes_on_in_the_background(
        self, qtbot, opened, fake, tmp_path
    ):
        fake.finish.clear()
        first = opened.workspace.current
        opened.window.actions_["fit.start"].trigger()
        other = tmp_path / "other.yaml"
        other.touch()
        with qtbot.waitSignal(opened.loading.opened, timeout=5000):
            opened.loading.open_paths([other])
        assert opened.workspace.current is not first
        type_number(opened, "D0", "7000")
        assert start_value(opened) == 7000.0
        opened.window.actions_["fit.start"].trigger()
        assert "run is being fitted" in opened.window.banner.text
        fake.finish.set()
        qtbot.waitUntil(lambda: opened.fitting.running is None)
        assert len(first.fits) == 1
        assert opened.workspace.current.fits == ()


class TestSaving:
    def test_save_writes_beside_the_run_off_the_gui_thread(
        self, qtbot, opened, fake, run_path
    ):
        fit(qtbot, opened)
        assert opened.window.isWindowModified()
        with qtbot.waitSignal(opened.saving.saved, timeout=5000):
            opened.window.actions_["file.save"].trigger()
        assert fake.saved == [run_path.parent / "run_result"]
        assert "MainThread" not in fake.threads["save"]
        assert not opened.window.isWindowModified()
        assert "is saved in" in opened.window.banner.text
        opened.window.actions_["file.save"].trigger()
        qtbot.wait(50)
        assert len(fake.saved) == 1

    def test_export_asks_for_a_folder_and_remembers_it(
        self, qtbot, opened, fake, tmp_path, settings
    ):
        fit(qtbot, opened)
        target = tmp_path / "elsewhere"
        target.mkdir()
        dialog = opened.files.ask_where_to_save()
        assert isinstance(dialog, QFileDialog)
        with qtbot.waitSignal(opened.saving.saved, timeout=5000):
            dialog.filesSelected.emit([str(target)])
        dialog.reject()
        assert fake.saved == [target / "run_result"]
        assert settings.folder("save") == target

    def test_without_a_fit_saving_says_why_not(self, opened):
        action = opened.window.actions_["file.save"]
        assert not action.isEnabled()
        assert "there is no fit yet" in action.toolTip()


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
        opened.window.runs.view.setCurrentIndex(
            opened.window.runs.view.model().index(0, 0)
        )
        assert opened.workspace.current.name == "run"

    def test_closing_the_last_run_returns_to_the_start_page(self, opened):
        opened.window.actions_["file.close_run"].trigger()
        assert opened.window.empty
        assert opened.workspace.current is None


class TestClosing:
    def test_closing_during_a_fit_stops_it_first(self, qtbot, opened, fake):
        fake.finish.clear()
        opened.window.actions_["fit.start"].trigger()
        qtbot.waitUntil(lambda: len(opened.fitting.trace) > 1)
        opened.window.close()
        qtbot.waitUntil(lambda: not opened.window.isVisible(), timeout=5000)
        assert opened.fitting.running is None

    def test_unsaved_fits_are_asked_about(self, qtbot, opened):
        fit(qtbot, opened)
        opened.window.close()
        assert opened.window.isVisible()
        box = opened.closing.dialog
        assert "run: #1" in box.informativeText()
        box.reject()
        qtbot.waitUntil(lambda: opened.closing.dialog is None)
        assert opened.window.isVisible()

    @pytest.mark.parametrize(("button", "saves"), [("Save", 1), ("Close", 0)])
    def test_the_answer_decides(self, qtbot, opened, fake, button, saves):
        fit(qtbot, opened)
        opened.window.close()
        box = opened.closing.dialog
        chosen = next(b for b in box.buttons() if button in b.text().replace("&", ""))
        chosen.click()
        qtbot.waitUntil(lambda: not opened.window.isVisible(), timeout=5000)
        assert len(fake.saved) == saves

    def test_saved_fits_are_not_asked_about(self, qtbot, opened):
        fit(qtbot, opened)
        with qtbot.waitSignal(opened.saving.saved, timeout=5000):
            opened.window.actions_["file.save"].trigger()
        opened.window.close()
        assert not opened.window.isVisible()


class TestAppearance:
    def test_both_themes_reach_every_widget(self, opened, theme):
        for mode in ("dark", "light"):
            opened.window.actions_[f"view.theme_{mode}"].trigger()
            assert theme.theme.name == mode
            window = opened.window.palette().window().color()
            assert (window.lightnessF() < 0.5) == (mode == "dark")

    def test_the_smallest_size_is_possible(self, qtbot, opened):
        opened.window.resize(1024, 700)
        QApplication.processEvents()
        size = opened.window.size()
        assert (size.width(), size.height()) == (1024, 700)

    def test_panels_return_to_their_places(self, opened):
        window = opened.window
        runs = window.dock("runs")
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, runs)
        window.dock("fits").hide()
        window.actions_["window.reset"].trigger()
        assert window.dock("fits").isVisibleTo(window)
        assert window.dockWidgetArea(window.dock("runs")) == (
            Qt.DockWidgetArea.LeftDockWidgetArea
        )

    def test_the_layout_is_remembered(self, opened, settings):
        opened.window.dock("log").hide()
        opened.appearance.save_layout()
        assert settings.layout("docks") == opened.window.saveState()

    def test_what_one_reaches_by_tab_has_a_name(self, opened):
        nameless = [
            type(w).__name__
            for w in opened.window.findChildren(QLineEdit)
            if w.isVisible()
            and w.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not (w.accessibleName() or w.placeholderText())
        ]
        assert not nameless

    def test_help_lists_the_keys(self, qtbot, opened):
        opened.window.actions_["help.keys"].trigger()
        dialog = next(d for d in opened.window.findChildren(QDialog) if d.isVisible())
        shown = " ".join(label.text() for label in dialog.findChildren(QLabel))
        assert "F5" in shown
        assert "Fit the current run" in shown
        dialog.close()

    def test_notes_of_the_run_are_listed(self, opened):
        assert "literature convention" in opened.window.notes.text()
