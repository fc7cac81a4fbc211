"""The result panel on strategy, memory, phases, attempts and failures."""

import re
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from app.documents.fit_record import FitRecord
from app.widgets.result_panel import ResultPanel
from engine.result import Attempt, Diagnosis, PhaseRecord, State, StrategyRecord
from tests.app.fakes import make_data, make_result, make_run_file, make_setup

pytestmark = pytest.mark.gui

NO_MEMORY = Diagnosis(
    category="out_of_memory",
    message="there is not enough memory for the tiles",
    advice=(
        "fit fewer angles, or raise memory_fraction or memory_threshold_gb",
        "choose a shorter range of frames",
    ),
)
ATTEMPTS = (
    Attempt(
        strategy="standard",
        outcome="failed",
        reason="the tiles do not fit in memory",
        diagnosis=NO_MEMORY,
    ),
    Attempt(strategy="large", outcome="skipped", reason="it needs 9 GB of 6 GB"),
    Attempt(
        strategy="chunked",
        outcome="not_converged",
        reason="the step limit was reached",
        cost=1234.5678,
    ),
    Attempt(
        strategy="chunked",
        outcome="converged",
        reason="the estimated distance to the minimum is negligible",
        actions=("start values perturbed by 10 %",),
    ),
)


def record(**fields):
    data, setup = make_data(), make_setup()
    state = fields.pop("state", State.CONVERGED)
    result = replace(make_result(setup, data, state), **fields)
    return FitRecord(number=1, result=result, data=data, run_file=make_run_file())


def strategy(*attempts):
    return StrategyRecord(
        name="chunked",
        reason="large would need 11 GB, so the data stay on disk",
        estimated_gb=0.62,
        threshold_gb=18.9,
        attempts=attempts,
    )


@pytest.fixture
def panel(shown):
    return shown(ResultPanel(), 330, 900)


def plain(panel):
    document = QTextDocument()
    document.setHtml(panel.text())
    return re.sub(r"\s+", " ", document.toPlainText())


class TestFacts:
    def test_strategy_reason_estimate_and_peak(self, panel):
        panel.set_record(record(strategy=strategy(), peak_rss_gb=0.58))
        text = plain(panel)
        assert "chunked: large would need 11 GB, so the data stay on disk" in text
        assert "0.62 GB estimated, 0.58 GB at the peak; 18.9 GB allowed" in text

    def test_phases_with_time_steps_and_passes(self, panel):
        phases = (
            PhaseRecord(
                name="Warming up",
                seconds=3.2,
                iterations=22,
                coarse_passes=31,
                full_passes=1,
            ),
            PhaseRecord(name="Uncertainties", seconds=0.5),
        )
        panel.set_record(record(phases=phases))
        text = plain(panel)
        assert "phase time steps passes" in text
        assert "Warming up 3.2 s 22 1 + 31 coarse" in text

    def test_without_phases_there_is_no_table_of_them(self, panel):
        panel.set_record(record())
        assert "Phases" not in plain(panel)


class TestAttempts:
    def test_a_single_one_is_not_listed(self, panel):
        panel.set_record(record(strategy=strategy(ATTEMPTS[-1])))
        assert "Attempts" not in plain(panel)

    def test_several_are_listed_with_strategy_outcome_and_reason(self, panel):
        panel.set_record(record(strategy=strategy(*ATTEMPTS)))
        text = plain(panel)
        assert "⚠ 1. standard, failed ▸ The tiles do not fit in memory." in text
        assert "○ 2. large, skipped It needs 9 GB of 6 GB." in text
        assert "⚠ 3. chunked, not converged ▸ The step limit was reached." in text
        assert "✓ 4. chunked, converged ▸" in text
        assert "perturbed" not in text
        assert "fewer angles" not in text

    def test_each_opens_and_closes_by_itself(self, panel):
        panel.set_record(record(strategy=strategy(*ATTEMPTS)))
        label = panel.findChild(QLabel)
        label.linkActivated.emit("attempt:0")
        text = plain(panel)
        assert "1. standard, failed ▾" in text
        assert "There is not enough memory for the tiles." in text
        assert "Choose a shorter range of frames." in text
        assert "perturbed" not in text
        label.linkActivated.emit("attempt:3")
        assert "Start values perturbed by 10 %." in plain(panel)
        label.linkActivated.emit("attempt:0")
        assert "fewer angles" not in plain(panel)
        assert "perturbed" in plain(panel)

    def test_the_cost_of_an_attempt_is_told(self, panel):
        panel.set_record(record(strategy=strategy(*ATTEMPTS)))
        panel.findChild(QLabel).linkActivated.emit("attempt:2")
        assert "Cost at its end: 1234.57." in plain(panel)

    def test_the_keyboard_opens_one(self, panel):
        panel.set_record(record(strategy=strategy(*ATTEMPTS)))
        panel.text()  # it waits for its turn otherwise
        label = panel.findChild(QLabel)
        # Qt lays the text out when it is drawn.
        QApplication.processEvents()
        label.setFocus()
        QTest.keyClick(label, Qt.Key.Key_Tab)
        QTest.keyClick(label, Qt.Key.Key_Return)
        assert "▾" in plain(panel)

    def test_another_fit_begins_closed(self, panel):
        first = record(strategy=strategy(*ATTEMPTS))
        panel.set_record(first)
        panel.findChild(QLabel).linkActivated.emit("attempt:0")
        panel.set_record(record(strategy=strategy(*ATTEMPTS)))
        assert "▾" not in plain(panel)


class TestFailure:
    def test_advice_is_a_list_in_the_words_of_the_window(self, panel):
        panel.set_record(record(state=State.FAILED, diagnosis=NO_MEMORY))
        text = plain(panel)
        assert "There is not enough memory for the tiles." in text
        assert (
            "• Fit fewer angles, or raise the limit of memory in the Set-up panel."
        ) in text
        assert "• Choose a shorter range of frames." in text
        assert "memory_fraction" not in text

    def test_what_the_headline_said_is_not_said_again(self, panel):
        made = record(state=State.NOT_CONVERGED)
        said = made.result.status.message
        diagnosis = replace(NO_MEMORY, message=said)
        panel.set_record(record(state=State.NOT_CONVERGED, diagnosis=diagnosis))
        assert plain(panel).count(said) == 1

    def test_parameters_are_called_as_in_the_table(self, panel):
        advice = ("widen the bounds of D0 and gamma_dot_t0",)
        diagnosis = replace(NO_MEMORY, advice=advice)
        panel.set_record(record(state=State.FAILED, diagnosis=diagnosis))
        assert "Widen the bounds of D₀ and γ̇₀." in plain(panel)

    def test_markup_in_a_sentence_stays_text(self, panel):
        diagnosis = replace(NO_MEMORY, advice=("use <b>less</b> & go on",))
        panel.set_record(record(state=State.FAILED, diagnosis=diagnosis))
        assert "Use <b>less</b> & go on." in plain(panel)
