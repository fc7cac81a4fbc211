"""Fitting, stopping and going on."""

import pytest

from app.documents.parameter_model import Column
from engine.errors import DataError
from engine.events import StepTaken
from engine.result import State
from engine.setup import PhiRange
from tests.app.driving import fit, let_it_settle, row_of, start_value, type_number

pytestmark = [pytest.mark.gui, pytest.mark.slow]


class TestFitting:
    def test_a_fit_arrives_everywhere(self, qtbot, opened, fake):
        fit(qtbot, opened)
        document = opened.workspace.current
        (record,) = document.fits
        assert record.state is State.CONVERGED
        assert document.fit is record
        assert document.showing_fit
        assert "Converged" in opened.window.panels.result.text()
        assert "Fit #1 finished" in opened.window.panels.banner.text
        model = opened.window.panels.parameters.model
        row = row_of(opened, "D0")
        assert model.data(model.index(row, Column.FITTED)) == "1250(10)"
        assert opened.window.panels.fits.view.model().rowCount() == 1
        assert len(record.trace) >= 3
        assert "Refining" in record.log

    def test_before_the_first_step_the_curve_is_still_to_come(self, qtbot, opened):
        texts = []
        opened.fitting.started.connect(
            lambda _: texts.append(
                opened.window.panels.convergence.accessibleDescription()
            )
        )
        fit(qtbot, opened)
        assert "will be drawn" in texts[0]

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
        view = opened.window.panels.c2_view
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
        let_it_settle()
        assert "stopped" in opened.window.panels.banner.text
        fake.finish.set()
        with qtbot.waitSignal(opened.fitting.ended, timeout=5000):
            opened.window.panels.banner.action_requested.emit("continue")
        assert fake.fitted[-1].parameters["D0"].value == 1250.0

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
        opened.window.panels.setup.setup_edited.emit("gap", 3e6)
        opened.window.panels.phi_panel.ranges_edited.emit((PhiRange(0, 1),))
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
        assert "being fitted" in opened.window.panels.banner.text
        fake.finish.set()
        qtbot.waitUntil(lambda: opened.fitting.running is None)
        assert len(fake.fitted) == 1

    def test_adopting_takes_the_fitted_values_and_can_be_undone(self, qtbot, opened):
        fit(qtbot, opened)
        opened.window.panels.fits.adopt_requested.emit()
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
        opened.window.panels.fits.view.selectRow(1)
        assert opened.workspace.current.fit.number == 1
        opened.window.panels.fits.start_values_requested.emit()
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
        assert "run is being fitted" in opened.window.panels.banner.text
        fake.finish.set()
        qtbot.waitUntil(lambda: opened.fitting.running is None)
        assert len(first.fits) == 1
        assert opened.workspace.current.fits == ()
