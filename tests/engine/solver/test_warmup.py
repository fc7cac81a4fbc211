"""When the warm-up hands over, and that each guard works."""

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import CancelledError
from engine.solver.warmup import Switch, adaptive_first_step
from tests.engine.solver.problems import decay, rosenbrock, run_lbfgs

BOX = (np.array([0.0, 0.0, -5.0]), np.array([50.0, 20.0, 5.0]))
UNITS = BOX[1] - BOX[0]
START = np.array([9.0, 3.0, -1.0])


def warm_up(evaluate=None, **changes):
    """Warm up the decay; return the result and what the watcher was told."""
    told = []
    out = run_lbfgs(
        evaluate or decay(),
        START,
        BOX,
        units=UNITS,
        on_step=lambda *report: told.append(report),
        **changes,
    )
    return out, told


class Spoilt:
    """The decay, changed after a number of evaluations."""

    def __init__(self, honest_calls, spoil):
        self.honest, self.limit, self.spoil = decay(), honest_calls, spoil

    def __call__(self, x):
        point = self.honest(x)
        return point if self.honest.calls <= self.limit else self.spoil(point)


def higher(point):
    return replace(point, cost=point.cost + 1e7)


def not_finite(point):
    return replace(point, cost=float("nan"))


def test_watcher_is_told_every_iteration():
    out, told = warm_up(clip=0.1, max_iterations=20)
    assert [t[1] for t in told] == list(range(1, out.iterations + 1))
    assert told[-1] == (out.best, out.iterations, out.evaluations, out.clipped)
    assert [t[0].cost for t in told] == sorted((t[0].cost for t in told), reverse=True)


def test_plateau_ends_it():
    out, _ = warm_up(plateau=1e-2)
    assert out.reason is Switch.PLATEAU
    assert out.costs[-2] - out.costs[-1] < 1e-2 * out.costs[-1]
    falls = -np.diff(out.costs) / out.costs[1:]
    assert np.all(falls[4:-1] >= 1e-2)


def test_small_gradient_ends_it():
    out, _ = warm_up(gradient_tolerance=10.0)
    assert out.reason is Switch.GRADIENT
    slope = np.linalg.norm(out.best.gradient * UNITS)
    assert slope <= 10.0 * max(1.0, out.best.cost)
    assert out.iterations >= 5


@pytest.mark.parametrize("least", [0, 1, 3, 5, 12])
def test_least_number_of_iterations_is_kept(least):
    out, _ = warm_up(plateau=1e9, min_iterations=least)
    assert (out.reason, out.iterations) == (Switch.PLATEAU, max(least, 1))


def test_without_a_least_number_it_is_judged_from_the_fifth_iteration():
    out, _ = warm_up(plateau=1e9)
    assert (out.reason, out.iterations) == (Switch.PLATEAU, 5)


@pytest.mark.parametrize("most", [0, 1, 7])
def test_limit_of_iterations_is_kept_even_below_the_least_number(most):
    out, _ = warm_up(max_iterations=most, min_iterations=200)
    assert (out.reason, out.iterations) == (Switch.MAX_ITERATIONS, most)


def test_start_at_the_minimum_needs_no_step():
    free = np.full(2, np.inf)
    out = run_lbfgs(rosenbrock(), [1.0, 1.0], (-free, free))
    assert (out.reason, out.iterations, out.evaluations) == (Switch.GRADIENT, 0, 1)


def test_start_in_the_corner_that_is_the_minimum_needs_no_step():
    corner = (np.array([2.0, 0.0]), np.array([3.0, 1.0]))
    out = run_lbfgs(rosenbrock(), [2.0, 1.0], corner)
    assert (out.reason, out.iterations) == (Switch.GRADIENT, 0)


def test_cost_that_rises_however_short_the_step_ends_it():
    spoilt = Spoilt(4, higher)
    out, told = warm_up(spoilt, guard=0.05)
    assert out.reason is Switch.COST_GUARD
    assert out.best is told[-1][0]
    assert out.best.cost < out.costs[0]
    assert spoilt.honest.calls < 10


def test_rise_that_the_guard_allows_does_not_end_it():
    out, _ = warm_up(Spoilt(4, higher), guard=1e9)
    assert out.reason is Switch.NO_DESCENT


def test_guard_is_silent_in_the_first_iteration():
    out, _ = warm_up(Spoilt(1, higher), guard=0.05)
    assert out.reason is Switch.NO_DESCENT
    np.testing.assert_array_equal(out.best.x, START)


def test_guard_does_not_hinder_an_honest_warm_up():
    with_guard, _ = warm_up(guard=0.05, clip=0.1)
    without, _ = warm_up(clip=0.1)
    assert with_guard.costs == without.costs


def test_wrong_gradient_leaves_it_at_the_start():
    liar = Spoilt(0, lambda point: replace(point, gradient=-point.gradient))
    out, _ = warm_up(liar)
    assert out.reason is Switch.NO_DESCENT
    assert out.iterations == 0
    np.testing.assert_array_equal(out.best.x, START)
    assert liar.honest.calls < 50


@pytest.mark.parametrize("honest_calls", [0, 1, 5])
def test_never_finite_again_ends_it_with_the_best_point(honest_calls):
    spoilt = Spoilt(honest_calls, not_finite)
    out, told = warm_up(spoilt, guard=0.05)
    assert out.reason is Switch.NO_DESCENT
    assert spoilt.honest.calls < 60
    if told:
        assert out.best is told[-1][0]
        assert np.isfinite(out.best.cost)
    else:
        np.testing.assert_array_equal(out.best.x, START)


def test_direction_that_leads_nowhere_is_replaced_by_the_gradient():
    """As many trials fail as one line search makes; the next one goes elsewhere."""
    honest = decay()

    def evaluate(x):
        point = honest(x)
        return not_finite(point) if 6 <= honest.calls < 6 + 20 else point

    out, _ = warm_up(evaluate)
    whole, _ = warm_up()
    assert out.best.cost == pytest.approx(whole.best.cost, rel=1e-9)


@pytest.mark.parametrize("calls", [1, 2, 6])
def test_cancellation_keeps_the_best_point(calls):
    def stop(_):
        raise CancelledError("stop")

    spoilt = Spoilt(calls, stop)
    out, _ = warm_up(spoilt)
    assert out.reason is Switch.CANCELLED
    assert spoilt.honest.calls == calls + 1
    assert out.best.cost == min(decay()(x).cost for x in spoilt.honest.points[:-1])


@pytest.mark.parametrize("clip", [0.02, 0.1, 0.5])
def test_no_trial_is_farther_than_the_longest_step(clip):
    evaluate = decay()
    bases = [START]
    out = run_lbfgs(
        evaluate,
        START,
        BOX,
        units=UNITS,
        clip=clip,
        on_step=lambda best, *_: bases.append(best.x),
    )
    # A base lies in the trials before those that start from it.
    lengths = []
    base = 0
    for x in evaluate.points[1:]:
        lengths.append(np.linalg.norm((x - bases[base]) / UNITS))
        while base + 1 < len(bases) and np.array_equal(x, bases[base + 1]):
            base += 1
    assert max(lengths) <= clip * (1 + 1e-12)
    assert base == out.iterations


def test_steps_at_the_limit_are_counted():
    free, _ = warm_up()
    assert free.clipped == 0
    counts = [warm_up(clip=clip)[0].clipped for clip in (1e-2, 0.1, 100.0)]
    assert counts[0] > counts[1] > counts[2] == 0
    loose, _ = warm_up(clip=100.0)
    assert loose.costs == free.costs


@pytest.mark.parametrize(
    ("loss", "step", "name"),
    [
        (0.0, 1.0, "refinement"),
        (0.099, 1.0, "refinement"),
        (0.1, 0.5, "careful"),
        (0.99, 0.5, "careful"),
        (1.0, 0.1, "exploration"),
        (50.0, 0.1, "exploration"),
        (float("nan"), 0.1, "exploration"),
        (float("inf"), 0.1, "exploration"),
    ],
)
def test_worse_start_takes_a_shorter_first_step(loss, step, name):
    assert adaptive_first_step(loss) == (step, name)


@pytest.mark.parametrize("switch", Switch)
def test_every_reason_has_a_sentence(switch):
    assert switch.sentence.startswith("The warm-up ")
    assert switch.sentence.endswith(".")
