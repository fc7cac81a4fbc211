"""The panel of degeneracy in the window: remedies, comparison, layers."""

from dataclasses import replace

import pytest

from app.controllers.degeneracy import why_not
from engine.layer_options import CollapseResponse
from engine.parameters import Tie
from engine.result import State
from engine.setup import Scaling
from tests.app.degeneracy_records import REMEDY, degenerate_record, make_degeneracy
from tests.app.driving import fit, start_value

pytestmark = [pytest.mark.gui, pytest.mark.slow]


@pytest.fixture
def fitted(qtbot, opened, fake):
    """The session with one fit whose record is full but for the comparison."""
    fake.ending = {"degeneracy": make_degeneracy(comparison=())}
    fit(qtbot, opened)
    opened.window.actions_["window.degeneracy"].trigger()
    assert opened.window.panels.degeneracy.isVisible()
    return opened


def button(session, name="D_offset"):
    session.window.panels.degeneracy.text()  # it waits for its turn otherwise
    return session.window.panels.degeneracy.rows.buttons[name]


def status(session):
    return session.window.statusBar().currentMessage()


class TestPanel:
    def test_before_a_fit_it_is_empty(self, opened):
        opened.window.actions_["window.degeneracy"].trigger()
        assert "No fit yet" in opened.window.panels.degeneracy.text()

    def test_a_fit_arrives_and_an_earlier_one_is_shown_again(self, qtbot, fitted, fake):
        assert "Scaling: individual" in fitted.window.panels.degeneracy.text()
        fake.ending = {"degeneracy": make_degeneracy(chosen="averaged")}
        fit(qtbot, fitted)
        assert "Scaling: averaged" in fitted.window.panels.degeneracy.text()
        fitted.window.panels.fits.view.selectRow(1)
        assert "Scaling: individual" in fitted.window.panels.degeneracy.text()

    def test_the_chart_shows_the_fitted_angles(self, fitted):
        fitted.window.panels.degeneracy.text()
        chart = fitted.window.panels.degeneracy.information.chart
        assert chart.names == ("−8", "4", "45", "88")


class TestRemedy:
    def test_one_click_fixes_and_says_how_to_go_on(self, fitted):
        before = start_value(fitted)
        button(fitted).click()
        p = fitted.workspace.current.setup.parameters["D_offset"]
        assert (p.fixed, p.value) == (True, 0.0)
        assert start_value(fitted) == before
        assert fitted.workspace.current.setup.start_given
        assert status(fitted) == "D_offset is fixed at 0. Press F5 to fit with it."
        assert fitted.workspace.current.undo_stack.undoText() == "Fix D_offset at 0"

    def test_the_fit_obeys(self, qtbot, fitted, fake):
        button(fitted).click()
        fit(qtbot, fitted)
        assert fake.fitted[-1].parameters["D_offset"].fixed

    def test_it_can_be_undone_and_done_again(self, fitted):
        made = button(fitted)
        made.click()
        assert not made.isEnabled()
        assert "it is fixed so already" in made.toolTip()
        fitted.workspace.undo_group.undo()
        assert not fitted.workspace.current.setup.parameters["D_offset"].fixed
        assert made.isEnabled()
        made.click()
        assert fitted.workspace.current.setup.parameters["D_offset"].fixed

    def test_estimated_start_values_become_those_of_the_fit(self, fitted):
        fitted.window.panels.setup.setup_edited.emit("start_given", False)
        button(fitted).click()
        assert start_value(fitted) == 1250.0
        assert "The fit starts from fit #1." in status(fitted)

    def test_not_while_the_run_is_fitted(self, qtbot, fitted, fake):
        fake.finish.clear()
        made = button(fitted)
        fitted.window.actions_["fit.start"].trigger()
        qtbot.waitUntil(lambda: len(fitted.fitting.trace) > 1)
        assert not made.isEnabled()
        assert not fitted.window.panels.degeneracy.compare.isEnabled()
        assert not fitted.window.actions_["fit.compare"].isEnabled()
        before = fitted.workspace.current.setup
        fitted.degeneracy.fix(REMEDY)
        assert fitted.workspace.current.setup == before
        assert "Nothing was changed" in status(fitted)
        fake.finish.set()
        qtbot.waitUntil(lambda: fitted.fitting.running is None)
        assert button(fitted).isEnabled()
        assert fitted.window.panels.degeneracy.compare.isEnabled()

    def test_why_it_cannot_be_done(self, fitted):
        document = fitted.workspace.current
        record = document.fit
        assert why_not(document, record, REMEDY) == ""
        assert "another run" in why_not(document, degenerate_record(), REMEDY)
        tied = replace(document.setup.parameters["beta"], tie=Tie(to="alpha"))
        setup = document.setup
        document.apply_setup(replace(setup, parameters=setup.parameters.replaced(tied)))
        assert "tied to alpha" in why_not(
            document, record, replace(REMEDY, name="beta")
        )
        fitted.window.panels.setup.setup_edited.emit("model", "static")
        shear = replace(REMEDY, name="gamma_dot_t_offset")
        assert "no such parameter" in why_not(document, record, shear)
        assert not button(fitted, "gamma_dot_t_offset").isEnabled()


class TestComparison:
    def test_it_fits_from_the_shown_values_and_leaves_the_set_up(
        self, qtbot, fitted, fake
    ):
        before = fitted.workspace.current.setup
        fake.ending = {"degeneracy": make_degeneracy()}
        with qtbot.waitSignal(fitted.fitting.ended, timeout=10_000):
            fitted.window.panels.degeneracy.compare.click()
        asked = fake.fitted[-1]
        assert asked.options.layers.scaling.compare
        assert asked.parameters["D0"].value == 1250.0
        assert asked.start_given
        document = fitted.workspace.current
        assert document.setup == before
        assert not document.setup.options.layers.scaling.compare
        assert "✓ chosen" in fitted.window.panels.degeneracy.text()
        assert document.fit.run_file.setup == asked

    def test_the_next_fit_compares_no_more(self, qtbot, fitted, fake):
        with qtbot.waitSignal(fitted.fitting.ended, timeout=10_000):
            fitted.window.actions_["fit.compare"].trigger()
        fit(qtbot, fitted)
        assert not fake.fitted[-1].options.layers.scaling.compare

    def test_what_is_fixed_stays_fixed(self, qtbot, fitted, fake):
        fixed = replace(REMEDY, value=12.0)
        fitted.degeneracy.fix(fixed)
        with qtbot.waitSignal(fitted.fitting.ended, timeout=10_000):
            fitted.window.actions_["fit.compare"].trigger()
        p = fake.fitted[-1].parameters["D_offset"]
        assert (p.fixed, p.value) == (True, 12.0)

    def test_it_is_followed_and_can_be_stopped(self, qtbot, fitted, fake):
        fake.finish.clear()
        fitted.window.actions_["fit.compare"].trigger()
        qtbot.waitUntil(lambda: len(fitted.fitting.trace) > 1)
        assert fitted.window.fit_line.isVisible()
        with qtbot.waitSignal(fitted.fitting.ended, timeout=5000):
            fitted.window.actions_["fit.stop"].trigger()
        assert fitted.workspace.current.fit.state is State.CANCELLED

    def test_values_outside_the_bounds_are_refused_in_words(self, fitted, fake):
        document = fitted.workspace.current
        narrow = replace(document.setup.parameters["D0"], upper=1100.0)
        parameters = document.setup.parameters.replaced(narrow)
        document.apply_setup(replace(document.setup, parameters=parameters))
        fitted.window.actions_["fit.compare"].trigger()
        assert "outside its bounds" in status(fitted)
        assert len(fake.fitted) == 1

    def test_without_a_fit_there_is_nothing_to_compare(self, opened):
        action = opened.window.actions_["fit.compare"]
        assert not action.isEnabled()
        assert "there is no fit yet" in action.toolTip()


class TestLayers:
    def edit(self, session, path, value):
        session.window.panels.setup.setup_edited.emit(f"layers.{path}", value)
        return session.workspace.current.setup.options.layers

    def test_edits_reach_the_fit_and_can_be_undone(self, qtbot, opened, fake):
        before = opened.workspace.current.setup
        layers = self.edit(opened, "regularization.enable", True)
        assert layers.regularization.enable
        assert opened.window.panels.setup.layers.summary == (
            "hierarchical, penalty, monitor; others off"
        )
        layers = self.edit(opened, "monitor.response", CollapseResponse.WARN)
        assert layers.monitor.response is CollapseResponse.WARN
        fit(qtbot, opened)
        assert fake.fitted[-1].options.layers == layers
        stack = opened.workspace.current.undo_stack
        stack.undo()  # the fit
        assert stack.undoText() == "Change collapse monitor"
        stack.undo()
        stack.undo()
        assert opened.workspace.current.setup == before
        assert opened.window.panels.setup.layers.summary.startswith(
            "hierarchical, monitor;"
        )

    def test_other_options_stay(self, opened):
        opened.window.panels.setup.setup_edited.emit("memory_fraction", 0.5)
        self.edit(opened, "enable", False)
        options = opened.workspace.current.setup.options
        assert options.memory.fraction == 0.5
        assert not options.layers.enable

    def test_an_impossible_number_is_refused_and_the_field_stays(self, qtbot, opened):
        box = opened.window.panels.setup.layers
        box.toggle.setChecked(True)
        field = box.options["monitor.consecutive_triggers"]
        field.setText("2.5")
        with qtbot.waitSignal(opened.setup.refused) as blocker:
            field.editingFinished.emit()
        assert "expected a whole number above 0" in blocker.args[0]
        assert field.text() == "5"

    def test_what_is_no_number_is_refused(self, qtbot, opened):
        field = opened.window.panels.setup.layers.options[
            "hierarchical.outer_tolerance"
        ]
        field.setText("small")
        with qtbot.waitSignal(opened.setup.refused):
            field.editingFinished.emit()
        assert field.text() == "1e-6"

    def test_fourier_can_be_chosen(self, opened):
        panel = opened.window.panels.setup
        panel.scaling.set_value(Scaling.FOURIER)
        panel.scaling.activated.emit(panel.scaling.currentIndex())
        assert opened.workspace.current.setup.scaling is Scaling.FOURIER
