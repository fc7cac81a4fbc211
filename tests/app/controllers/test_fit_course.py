"""What is kept of a running fit, and the line that tells how far it is."""

from dataclasses import replace

import pytest

from app.controllers.fit_course import WHOLE, FitCourse, progress_text
from engine.events import (
    Happened,
    Happening,
    PassAdvanced,
    Phase,
    PhaseStarted,
    StepTaken,
)

STEP = StepTaken(
    iteration=3,
    evaluations=4,
    accepted=True,
    cost=1234.5678,
    edm=0.02,
    values={},
    contrast=(),
    offset=(),
    elapsed_s=2.0,
    eta_s=(20.0, 40.0),
)


def course(*events):
    made = FitCourse("Preparing the fit engine")
    for event in events:
        made.take(event)
    return made


def advanced(*pairs):
    return [PassAdvanced(fraction=f, elapsed_s=s) for f, s in pairs]


class TestLine:
    def test_phase_step_cost_and_time(self):
        text = progress_text("Refining", 12.0, STEP)
        assert text == (
            "Refining  ·  step 3, cost 1234.57  ·  12.0 s  ·  "
            "about 20.0 s to 40.0 s left"
        )

    def test_a_coarse_step_says_so_and_its_cost_is_an_estimate(self):
        coarse = replace(STEP, coarse=True, eta_s=None)
        assert "step 3, cost about 1235 (coarse grid)" in progress_text(
            "Refining", 1.0, coarse
        )
        # The phase says it already.
        text = progress_text(Phase.WARMING_UP.value, 1.0, coarse)
        assert text.count("coarse grid") == 1

    def test_before_the_first_event(self):
        line = course().line(0.5)
        assert line.text.startswith("Preparing the fit engine")
        assert line.total == 0


class TestPasses:
    def test_a_long_pass_has_a_bar_and_a_percentage(self):
        line = course(*advanced((0.1, 1.0), (0.3, 2.0))).line(2.0)
        assert (line.done, line.total) == (0.3 * WHOLE, WHOLE)
        assert "pass 30 %" in line.text

    def test_a_short_pass_has_none(self):
        line = course(*advanced((0.1, 1.0), (0.9, 1.4))).line(2.0)
        assert line.total == 0
        assert "pass" not in line.text

    def test_one_report_alone_tells_no_speed(self):
        assert course(*advanced((0.5, 1.0))).line(1.0).total == 0

    def test_the_bar_begins_again_with_the_next_pass_and_stays(self):
        made = course(*advanced((0.1, 1.0), (0.9, 5.0)), STEP)
        line = made.line(5.0)
        assert (line.done, line.total) == (0, WHOLE)
        made.take(PassAdvanced(fraction=0.2, elapsed_s=5.5))
        assert made.line(5.5).done == 0.2 * WHOLE

    def test_a_pass_that_goes_back_is_another_one(self):
        made = course(*advanced((0.8, 1.0), (0.1, 1.2), (0.6, 1.3)))
        assert made.line(1.3).total == 0

    def test_another_phase_may_have_short_passes(self):
        made = course(
            *advanced((0.1, 1.0), (0.9, 5.0)),
            PhaseStarted(phase=Phase.UNCERTAINTIES, elapsed_s=5.0),
        )
        assert made.line(5.0).total == 0


class TestLog:
    def test_every_event_but_the_progress_of_passes_has_its_line(self):
        made = course(
            PhaseStarted(phase=Phase.WARMING_UP, elapsed_s=0.25),
            Happened(
                what=Happening.COST_GUARD, message="The cost rose.", elapsed_s=0.5
            ),
            *advanced((0.1, 0.6), (0.2, 0.7)),
            replace(STEP, coarse=True, accepted=False, elapsed_s=1.0),
        )
        assert made.log.splitlines() == [
            "    0.25 s  Warming up",
            "    0.50 s  [cost_guard] The cost rose.",
            "    1.00 s  step 3, coarse grid, cost 1234.5678, EDM 0.02, rejected",
        ]
        assert len(made.trace) == 1

    @pytest.mark.parametrize("what", list(Happening))
    def test_whatever_happens_is_in_the_log(self, what):
        made = course(Happened(what=what, message="So it was.", elapsed_s=0.0))
        assert f"[{what.value}] So it was." in made.log
