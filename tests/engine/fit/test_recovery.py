"""The ladders of recovery: what each rung changes, and what it never does."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fit.recovery import (
    LADDER,
    ORIGINAL,
    PERTURBED,
    RELAXED,
    applied,
    better,
    better_result,
    gave_up,
    perturbed,
    retry_settings,
    rungs,
    worth_retrying,
)
from engine.models.specs import LAMINAR_FLOW, STATIC
from engine.options import HybridRecoveryConfig, RecoveryOptions, RetrySettings
from engine.parameters import Parameter, ParameterSet, Tie
from engine.result import State
from engine.setup import Setup, Tolerances
from engine.solver.equations import Equations
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult

SETUP = Setup(model="laminar_flow", parameters=LAMINAR_FLOW.default_parameters())


def ended(reason, cost):
    point = Equations(np.zeros(1), cost, np.zeros(1), np.eye(1))
    return SolverResult(point, reason, 1, 1, 0.0)


class TestLadder:
    def test_rungs_in_order(self):
        assert rungs(RecoveryOptions()) == LADDER == (ORIGINAL, PERTURBED, RELAXED)
        assert (ORIGINAL.perturbation, ORIGINAL.tolerance_factor) == (0, 1)
        assert (PERTURBED.perturbation, PERTURBED.tolerance_factor) == (0.1, 1)
        assert RELAXED.tolerance_factor > 1

    @pytest.mark.parametrize(
        ("attempts", "expected"),
        [
            (0, [ORIGINAL]),
            (1, [ORIGINAL]),
            (2, [ORIGINAL, PERTURBED]),
            (5, [ORIGINAL, PERTURBED, PERTURBED, PERTURBED, RELAXED]),
        ],
    )
    def test_as_many_attempts_as_allowed(self, attempts, expected):
        assert list(rungs(RecoveryOptions(max_attempts=attempts))) == expected

    def test_switched_off_there_is_the_fit_itself(self):
        assert rungs(RecoveryOptions(enable=False, max_attempts=9)) == (ORIGINAL,)

    def test_every_rung_says_what_it_does(self):
        assert len({r.action for r in LADDER}) == len({r.name for r in LADDER}) == 3

    def test_retries_of_the_streaming_fit(self):
        assert retry_settings(HybridRecoveryConfig()) == (
            RetrySettings(0.5, 2.0, 0.5),
            RetrySettings(0.25, 4.0, 0.25),
            RetrySettings(0.125, 8.0, 0.125),
        )
        assert retry_settings(HybridRecoveryConfig(max_retries=0)) == ()


@pytest.mark.parametrize("reason", Reason)
def test_what_is_worth_another_attempt(reason):
    again = {
        Reason.NO_DESCENT,
        Reason.NO_RESPONSE,
        Reason.NON_FINITE_START,
        Reason.NON_FINITE,
    }
    assert worth_retrying(reason) == (reason in again)
    if worth_retrying(reason):
        assert reason.state in {State.NOT_CONVERGED, State.FAILED}


class TestApplied:
    def test_the_original_changes_nothing(self):
        assert applied(SETUP, ORIGINAL, 7) is SETUP

    def test_perturbed_keeps_all_but_the_start(self):
        given_start = replace(SETUP, start_given=False)
        found = applied(given_start, PERTURBED, 1)
        assert found.parameters != SETUP.parameters
        # Otherwise it would be estimated again, and the change be lost.
        assert found.start_given
        kept = replace(found, parameters=SETUP.parameters, start_given=False)
        assert kept == given_start

    def test_relaxed_widens_every_tolerance_that_is_given(self):
        tight = Tolerances(edm=1e-6, ftol=1e-9, gtol=1e-8, max_iterations=50)
        found = applied(replace(SETUP, tolerances=tight), RELAXED, 2).tolerances
        assert found.edm == pytest.approx(1e-4)
        assert found.ftol == pytest.approx(1e-7)
        assert found.gtol == pytest.approx(1e-6)
        assert found.xtol is None
        assert found.max_iterations == 50

    def test_relaxed_still_is_within_a_hundredth_of_a_standard_error(self):
        assert np.sqrt(applied(SETUP, RELAXED, 2).tolerances.edm) <= 0.01

    def test_other_seeds_give_other_starts_and_the_same_the_same(self):
        starts = {applied(SETUP, PERTURBED, seed).parameters for seed in (1, 2, 3, 1)}
        assert len(starts) == 3


class TestZeroValues:
    """A value of zero has no tenth of itself."""

    @pytest.mark.parametrize("seed", range(5))
    def test_a_constant_moves_by_a_part_of_its_prefactor(self, seed):
        start = STATIC.default_parameters().with_values({"D0": 6000.0, "D_offset": 0.0})
        found = perturbed(start, 0.1, seed)["D_offset"].value
        assert 0 < abs(found) <= 600

    @pytest.mark.parametrize("seed", range(5))
    def test_others_move_by_a_part_of_their_range(self, seed):
        found = perturbed(LAMINAR_FLOW.default_parameters(), 0.1, seed)
        assert 0 < abs(found["alpha"].value) <= 0.4
        assert 0 < abs(found["phi0"].value) <= 18

    def test_without_bounds_by_a_part_of_one(self):
        found = perturbed(ParameterSet((Parameter(name="a", value=0.0),)), 0.1, 1)
        assert 0 < abs(found["a"].value) <= 0.1


@st.composite
def parameter_sets(draw):
    """A first parameter that is free, and others of every kind."""
    numbers = st.floats(-1e12, 1e12, allow_subnormal=False)
    items = []
    for n in range(draw(st.integers(1, 6))):
        value = draw(st.one_of(numbers, st.just(0.0)))
        below = draw(st.one_of(st.just(0.0), st.floats(0, 1e3), st.just(np.inf)))
        above = draw(st.one_of(st.just(0.0), st.floats(0, 1e3), st.just(np.inf)))
        lower, upper = (
            value - below * (1 + abs(value)),
            value + above * (1 + abs(value)),
        )
        if not lower < upper:
            upper = value + 1 + abs(value)
        kind = draw(st.sampled_from(["free", "fixed", "tied"])) if n else "free"
        items.append(
            Parameter(
                name=f"p{n}",
                value=value,
                lower=lower,
                upper=upper,
                fixed=kind == "fixed",
                tie=Tie(to="p0", factor=2.0) if kind == "tied" else None,
            )
        )
    return ParameterSet(tuple(items))


@pytest.mark.slow
@given(parameter_sets(), st.floats(0.001, 1.0), st.integers(0, 2**31))
def test_perturbed_starts_stay_within_bounds(parameters, amount, seed):
    found = perturbed(parameters, amount, seed)
    assert found == perturbed(parameters, amount, seed)
    for before, after in zip(parameters, found, strict=True):
        assert replace(after, value=before.value) == before
        if not before.free:
            assert after == before
            continue
        assert before.lower <= after.value <= before.upper
        if before.value:
            change = abs(after.value - before.value)
            assert change <= amount * abs(before.value) * (1 + 1e-9)


def test_a_start_at_its_bound_moves_inwards():
    at_bound = Parameter(name="a", value=1.0, lower=1.0, upper=5.0)
    for seed in range(20):
        moved = perturbed(ParameterSet((at_bound,)), 0.1, seed)["a"].value
        assert 1.0 < moved <= 1.1


def result_of(reason, cost=1.0):
    """Return as much of a result as the ladders look at."""
    status = SimpleNamespace(state=reason.state, reason=reason.value, cost_final=cost)
    return SimpleNamespace(status=status)


@pytest.mark.parametrize("reason", Reason)
def test_what_has_given_up(reason):
    """Who was stopped, cut short or told to abort has not; nor who is at a minimum."""
    lost = {
        Reason.NO_DESCENT,
        Reason.NO_RESPONSE,
        Reason.NON_FINITE_START,
        Reason.NON_FINITE,
        Reason.INTERRUPTED,
    }
    assert gave_up(result_of(reason)) == (reason in lost)


ENDS = [
    ((Reason.EDM, 4.0), (Reason.NO_DESCENT, 1.0)),
    ((Reason.NO_DESCENT, 1.0), (Reason.EDM, 100.0)),
    ((Reason.EDM, 1.0), (Reason.FTOL, 2.0)),
    ((Reason.NO_DESCENT, 1.0), (Reason.NO_DESCENT, np.nan)),
    ((Reason.NO_DESCENT, 1.0), (Reason.NON_FINITE_START, np.inf)),
    ((Reason.MAX_ITERATIONS, 1.0), (Reason.NO_RESPONSE, 2.0)),
]
"""The end to keep, and another."""


class TestBetter:
    @pytest.mark.parametrize(("winner", "loser"), ENDS)
    def test_clearly_lower_cost_goes_first_then_converged_then_lower(
        self, winner, loser
    ):
        winner, loser = ended(*winner), ended(*loser)
        assert better(winner, loser) is winner
        assert better(loser, winner) is winner

    @pytest.mark.parametrize(("winner", "loser"), ENDS)
    def test_of_results_the_same_one_is_kept(self, winner, loser):
        winner, loser = result_of(*winner), result_of(*loser)
        assert better_result(winner, loser) is winner
        assert better_result(loser, winner) is winner
        assert better_result(None, loser) is loser

    def test_of_equals_the_first_is_kept(self):
        first, second = ended(Reason.EDM, 1.0), ended(Reason.EDM, 1.0)
        assert better(first, second) is first
