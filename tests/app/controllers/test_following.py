"""What a running fit tells besides its steps, and what stays of it."""

import logging

import pytest

from engine.errors import StrategiesFailedError
from engine.events import Happened, Happening, PassAdvanced, Phase, PhaseStarted
from engine.result import Attempt, Diagnosis, State, StrategyRecord
from tests.app.driving import fit

pytestmark = [pytest.mark.gui, pytest.mark.slow]

FALLBACK = Happened(
    what=Happening.FALLBACK,
    message="The strategy standard failed; large is tried.",
    elapsed_s=0.5,
)


def happened(what, message="so it was"):
    return Happened(what=what, message=message, elapsed_s=0.1)


@pytest.fixture
def running(qtbot, opened, fake):
    """Return a function that starts a fit telling some events, and holds it."""

    def start(*events):
        fake.events = list(events)
        fake.finish.clear()
        opened.window.actions_["fit.start"].trigger()
        qtbot.waitUntil(lambda: len(opened.fitting.trace) > 1)
        return opened

    yield start
    fake.finish.set()
    qtbot.waitUntil(lambda: opened.fitting.running is None)


class TestStatusLine:
    def test_it_names_the_phase(self, running):
        session = running(PhaseStarted(phase=Phase.GAUSS_NEWTON, elapsed_s=0.1))
        assert session.window.fit_line.text.startswith("Gauss-Newton on all data")

    def test_a_long_pass_fills_the_bar(self, qtbot, running):
        session = running(
            PassAdvanced(fraction=0.1, elapsed_s=1.0),
            PassAdvanced(fraction=0.4, elapsed_s=3.0),
        )
        line = session.window.fit_line
        # The steps that follow have begun another pass.
        assert "pass 0 %" in line.text
        assert line.total > 0

    def test_without_a_long_pass_the_bar_only_moves(self, running):
        assert running().window.fit_line.total == 0

    def test_a_long_line_does_not_widen_the_window(self, running):
        session = running()
        line = session.window.fit_line
        before = line.minimumSizeHint().width()
        line.show_progress("a line that is much too long " * 20)
        assert line.minimumSizeHint().width() == before


class TestHappenings:
    def test_what_matters_is_said_above_the_maps_and_the_rest_is_not(self, running):
        session = running()
        banner, said = session.window.panels.banner, set()
        for what in Happening:
            banner.hide()
            session.fitting._on_event(happened(what, f"it was {what.value}"))
            if banner.isVisible():
                said.add(what)
                assert banner.text == f"It was {what.value}."
        assert said == {
            Happening.FALLBACK,
            Happening.RETRY,
            Happening.COST_GUARD,
            Happening.READ_AGAIN,
            Happening.CHECKPOINT_LOST,
            Happening.RESUMED,
        }

    def test_of_another_run_it_is_not(self, qtbot, opened, fake, tmp_path):
        fake.finish.clear()
        opened.window.actions_["fit.start"].trigger()
        other = tmp_path / "other.yaml"
        other.touch()
        with qtbot.waitSignal(opened.loading.opened, timeout=5000):
            opened.loading.open_paths([other])
        opened.fitting._on_event(FALLBACK)
        assert not opened.window.panels.banner.isVisible()
        fake.finish.set()
        qtbot.waitUntil(lambda: opened.fitting.running is None)

    def test_it_is_logged_with_the_run_and_kept_with_the_fit(
        self, qtbot, opened, fake, caplog
    ):
        caplog.set_level(logging.INFO, "app")
        fake.events = [FALLBACK, happened(Happening.CHECKPOINT, "Noted.")]
        fit(qtbot, opened)
        assert f"run: {FALLBACK.message}" in caplog.text
        assert "Noted." not in caplog.text
        (record,) = opened.workspace.current.fits
        assert f"    0.50 s  [fallback] {FALLBACK.message}" in record.log
        assert "[checkpoint] Noted." in record.log


class TestAfterwards:
    def test_the_banner_says_that_it_took_several_attempts(self, qtbot, opened, fake):
        fake.ending = {"strategy": attempts("standard", "chunked")}
        fit(qtbot, opened)
        assert (
            "7 free parameters, 2 attempts (chunked)."
            in opened.window.panels.banner.text
        )

    def test_one_attempt_is_not_worth_a_word(self, qtbot, opened, fake):
        fake.ending = {"strategy": attempts("standard")}
        fit(qtbot, opened)
        assert opened.window.panels.banner.text.endswith("7 free parameters.")

    def test_out_of_memory_offers_what_needs_less(self, qtbot, opened, fake):
        fake.end_state = State.FAILED
        fake.ending = {
            "diagnosis": Diagnosis(
                category="out_of_memory",
                message="there is not enough memory",
                advice=("fit fewer angles",),
            )
        }
        fit(qtbot, opened)
        opened.window.dock("phi_panel").hide()
        opened.window.panels.banner.action_requested.emit("fewer_angles")
        assert opened.window.panels.phi_panel.isVisible()

    def test_where_no_strategy_can_fewer_angles_are_a_button(self, qtbot, opened, fake):
        fake.fit_error = StrategiesFailedError("no strategy could fit this run")
        fit(qtbot, opened)
        (box,) = opened.errors.dialogs
        opened.window.dock("phi_panel").hide()
        next(b for b in box.buttons() if "fewer" in b.text()).click()
        assert opened.window.panels.phi_panel.isVisible()
        box.close()


def attempts(*strategies):
    return StrategyRecord(
        name=strategies[-1],
        reason="it was asked for",
        estimated_gb=0.1,
        threshold_gb=8.0,
        attempts=tuple(
            Attempt(strategy=s, outcome="converged", reason="It ended.")
            for s in strategies
        ),
    )
