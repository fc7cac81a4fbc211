"""What the set-up panel says about the fit to come."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.errors import OptionError
from engine.options import MemoryOptions
from engine.setup import PhiRange, Scaling, Strategy
from tests.app.driving import fit, row_of, type_number

pytestmark = [pytest.mark.gui, pytest.mark.slow]


@pytest.fixture
def planned(qtbot, opened):
    """The session with one run open and its fit planned."""
    qtbot.waitUntil(lambda: "Standard" in readout(opened))
    return opened


def readout(session):
    return session.window.panels.setup.strategy.text


def edit(qtbot, session, field, value):
    with qtbot.waitSignal(session.planning.shown, timeout=5000):
        session.window.panels.setup.setup_edited.emit(field, value)


class TestReadout:
    def test_a_run_just_opened_says_how_it_would_be_fitted(self, planned):
        assert "about 0.62 GB of 19 GB allowed" in readout(planned)

    def test_it_follows_the_choice_and_the_limit(self, qtbot, planned):
        edit(qtbot, planned, "strategy", Strategy.STREAMING)
        assert "<b>Streaming</b>: about 0.3 GB" in readout(planned)
        edit(qtbot, planned, "strategy", Strategy.AUTO)
        edit(qtbot, planned, "memory_threshold_gb", 0.5)
        assert "<b>Large</b>: about 0.44 GB of 0.5 GB" in readout(planned)
        edit(qtbot, planned, "memory_fraction", 0.1)
        assert "0.1 of 25.3 GB" in readout(planned)

    def test_a_fixed_parameter_is_one_coefficient_less(self, qtbot, planned):
        view = planned.window.panels.parameters.view
        view.setCurrentIndex(view.model().index(row_of(planned, "beta"), 0))
        with qtbot.waitSignal(planned.planning.shown, timeout=5000):
            QTest.keyClick(view, Qt.Key.Key_Space)
        assert "6 coefficients" in readout(planned)

    @pytest.mark.parametrize("undone", [False, True])
    def test_it_plans_with_the_set_up_as_it_is(self, qtbot, planned, fake, undone):
        edit(qtbot, planned, "scaling", Scaling.AVERAGED)
        with qtbot.waitSignal(planned.planning.shown, timeout=5000):
            planned.window.panels.phi_panel.ranges_edited.emit((PhiRange(0, 50),))
        if undone:
            with qtbot.waitSignal(planned.planning.shown, timeout=5000):
                planned.workspace.undo_group.undo()
        assert fake.planned[-1] == planned.workspace.current.setup
        assert fake.planned[-1].scaling is Scaling.AVERAGED

    def test_many_edits_are_planned_once(self, qtbot, planned, fake):
        before = len(fake.planned)
        for value in ("2000", "2500", "3000"):
            type_number(planned, "D0", value)
        with qtbot.waitSignal(planned.planning.shown, timeout=5000):
            type_number(planned, "D0", "4000")
        qtbot.wait(300)
        assert len(fake.planned) == before + 1

    def test_without_an_angle_there_is_no_plan(self, qtbot, planned, fake):
        before = len(fake.planned)
        with qtbot.waitSignal(planned.planning.shown, timeout=5000):
            planned.window.panels.phi_panel.ranges_edited.emit((PhiRange(120, 130),))
        assert "No angle is selected" in readout(planned)
        assert len(fake.planned) == before

    def test_what_the_engine_refuses_is_said_in_place(self, qtbot, planned, fake):
        fake.plan_error = OptionError(
            "the environment variable NLSQ_MEMORY_FRACTION is '2'; expected a number "
            "from 0.1 to 0.9; change or unset it, or give memory_fraction in the run "
            "file"
        )
        edit(qtbot, planned, "scaling", Scaling.AVERAGED)
        assert "give the limit of memory in the Set-up panel." in readout(planned)
        assert not planned.errors.dialogs

    def test_another_run_is_planned_anew(self, qtbot, planned, tmp_path):
        other = tmp_path / "static.yaml"
        other.touch()
        with qtbot.waitSignal(planned.loading.opened, timeout=5000):
            planned.loading.open_paths([other])
        assert "being estimated" in readout(planned)
        qtbot.waitUntil(lambda: "3 coefficients" in readout(planned))


class TestEdits:
    def test_strategy_and_limit_are_undoable_and_go_into_the_fit(
        self, qtbot, planned, fake
    ):
        document = planned.workspace.current
        panel = planned.window.panels.setup
        panel.setup_edited.emit("strategy", Strategy.CHUNKED)
        panel.setup_edited.emit("memory_fraction", 0.5)
        group = planned.workspace.undo_group
        assert group.undoText() == "Change memory limit"
        panel.setup_edited.emit("memory_threshold_gb", 6.0)
        # One limit: the other kind is gone.
        assert document.setup.options.memory == MemoryOptions(threshold_gb=6.0)
        group.undo()
        assert document.setup.options.memory == MemoryOptions(fraction=0.5)
        assert panel.strategy.limit.text() == "0.5"
        fit(qtbot, planned)
        (setup,) = fake.fitted
        assert setup.strategy is Strategy.CHUNKED
        assert setup.options.memory.fraction == 0.5
        # What is saved is the run file of the record.
        assert document.fits[0].run_file.setup == setup
        while document.undo_stack.canUndo():
            document.undo_stack.undo()
        assert document.setup == document.origin.setup

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("memory_fraction", 18.0, "a fraction from 0.1 to 0.9, or choose GB"),
            ("memory_fraction", 0.05, "a fraction from 0.1 to 0.9"),
            ("memory_threshold_gb", 0.0, "a number of GB above 0"),
        ],
    )
    def test_impossible_limits_are_refused(self, qtbot, planned, field, value, said):
        before = planned.workspace.current.setup
        with qtbot.waitSignal(planned.setup.refused) as blocker:
            planned.window.panels.setup.setup_edited.emit(field, value)
        assert said in blocker.args[0]
        assert "memory_" not in blocker.args[0]
        assert planned.workspace.current.setup == before
        assert planned.window.panels.setup.strategy.limit.text() == ""

    def test_select_fewer_angles_leads_to_the_dial(self, qtbot, planned, fake):
        edit(qtbot, planned, "memory_threshold_gb", 0.1)
        planned.window.dock("phi_panel").hide()
        planned.window.panels.setup.strategy.fewer.click()
        assert planned.window.panels.phi_panel.isVisible()
        assert planned.window.panels.phi_panel.isAncestorOf(
            planned.window.focusWidget()
        )

    def test_fit_out_of_core_takes_the_strategy(self, qtbot, planned):
        edit(qtbot, planned, "memory_threshold_gb", 0.4)
        edit(qtbot, planned, "strategy", Strategy.STANDARD)
        with qtbot.waitSignal(planned.planning.shown, timeout=5000):
            planned.window.panels.setup.strategy.remedy.click()
        assert planned.workspace.current.setup.strategy is Strategy.CHUNKED
        assert "about 0.31 GB of 0.4 GB allowed" in readout(planned)

    def test_while_fitting_nothing_can_be_chosen(self, qtbot, planned, fake):
        fake.finish.clear()
        planned.window.actions_["fit.start"].trigger()
        qtbot.waitUntil(lambda: len(planned.fitting.trace) > 1)
        box = planned.window.panels.setup.strategy
        assert not any(field.isEnabled() for field in box.fields)
        assert box.details.isEnabled()
        fake.finish.set()
        qtbot.waitUntil(lambda: planned.fitting.running is None)
        assert all(field.isEnabled() for field in box.fields)
