"""The solver on curved, bounded and dishonest problems, against SciPy."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import least_squares

from engine.errors import CancelledError
from engine.result import State
from engine.setup import Tolerances
from engine.solver.status import Reason
from engine.solver.trust_region import solve
from tests.engine.solver.problems import (
    ROSENBROCK_BOXES,
    TIMES,
    LeastSquares,
    decay,
    rosenbrock,
    scipy_minimum,
    standard_errors,
)

FREE = (np.full(2, -np.inf), np.full(2, np.inf))
TIGHT = Tolerances(edm=1e-20)


def run(evaluate, x0, bounds=FREE, tolerances=TIGHT, **options):
    start = evaluate(np.asarray(x0, dtype=float))
    return solve(evaluate, start, bounds, tolerances=tolerances, **options)


@pytest.mark.parametrize("box", ROSENBROCK_BOXES.values(), ids=ROSENBROCK_BOXES)
def test_bounded_rosenbrock_ends_where_scipy_does(box):
    x0, lower, upper = (np.array(v, dtype=float) for v in box)
    ours = run(rosenbrock(), x0, (lower, upper))
    inside = np.clip(x0, lower + 1e-6, upper - 1e-6)
    problem = rosenbrock()
    theirs = least_squares(
        problem.residual,
        inside,
        problem.jacobian,
        (lower, upper),
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    assert ours.reason.state is State.CONVERGED, ours.reason
    assert ours.best.cost <= theirs.cost * (1 + 1e-9) + 1e-20
    np.testing.assert_allclose(ours.best.x, theirs.x, atol=2e-6)
    assert np.all((ours.best.x >= lower) & (ours.best.x <= upper))


@pytest.mark.parametrize("rescale", [1.0, 1e9])
def test_decay_with_huge_units_ends_where_scipy_does(rescale):
    units = np.array([rescale, 1.0, 1 / rescale])
    bounds = (np.array([0.0, 0.0, -5.0]) * units, np.array([50.0, 20.0, 5.0]) * units)

    evaluate = decay().in_units(units)
    start = np.array([9.0, 3.0, -1.0])
    ours = run(evaluate, start * units, bounds, Tolerances())
    theirs = scipy_minimum(decay(), start)
    error = standard_errors(ours.best) / units
    assert ours.reason is Reason.EDM
    assert np.all(np.abs(ours.best.x / units - theirs) < 2e-3 * error)
    assert ours.evaluations == evaluate.calls


def test_cost_never_rises_and_events_agree_with_the_result():
    steps = []
    ours = run(rosenbrock(), [-1.9, 2.0], on_step=steps.append)
    costs = [s.best.cost for s in steps]
    assert costs == sorted(costs, reverse=True)
    assert [s.evaluations for s in steps] == list(range(1, len(steps) + 1))
    assert steps[0].iterations == 0
    accepted = sum(s.accepted for s in steps[1:])
    assert accepted == ours.iterations == steps[-1].iterations
    assert ours.evaluations == steps[-1].evaluations
    assert ours.iterations > 3


@pytest.mark.parametrize("x0", [[-1.2, 1.0], [3.0, -2.0]])
@pytest.mark.parametrize("size", [1.0, 1e-3, 1e3])
def test_wrong_gradient_is_not_called_convergence(x0, size):
    honest = rosenbrock()

    def liar(x):
        e = honest(x)
        return replace(e, gradient=-size * e.gradient)

    out = run(liar, x0, tolerances=Tolerances())
    assert out.reason is Reason.NO_DESCENT
    assert out.reason.state is State.NOT_CONVERGED
    assert out.iterations == 0
    np.testing.assert_array_equal(out.best.x, x0)


def test_start_at_the_minimum_says_so():
    out = run(rosenbrock(), [1.0, 1.0], tolerances=Tolerances())
    assert out.reason is Reason.AT_MINIMUM
    assert (out.iterations, out.evaluations, out.edm) == (0, 1, 0.0)


@pytest.mark.parametrize("tolerance", ["ftol", "xtol", "gtol"])
def test_loose_tolerances_do_not_stop_far_from_the_minimum(tolerance):
    out = run(rosenbrock(), [-1.9, 2.0], tolerances=Tolerances(**{tolerance: 0.9}))
    assert out.reason.state is State.CONVERGED
    assert out.edm <= 0.01
    assert out.best.cost < 0.01


def test_zero_iterations_allowed_is_not_convergence():
    out = run(rosenbrock(), [-1.9, 2.0], tolerances=Tolerances(max_iterations=0))
    assert out.reason is Reason.MAX_ITERATIONS
    assert out.reason.state is State.NOT_CONVERGED
    assert out.iterations == 0


def test_iteration_limit_is_not_convergence():
    out = run(rosenbrock(), [-1.9, 2.0], tolerances=Tolerances(max_iterations=2))
    assert out.reason is Reason.MAX_ITERATIONS
    assert out.iterations == 2


def test_held_at_every_bound_is_a_minimum_without_a_step():
    corner = (np.array([2.0, 0.0]), np.array([3.0, 1.0]))
    out = run(rosenbrock(), [2.0, 1.0], corner)
    assert out.reason is Reason.AT_MINIMUM


def test_step_to_where_the_model_is_not_finite_is_shortened():
    """The full step from 10 towards log x = 1 lands at a negative x."""
    tried = []

    def residual(x):
        tried.append(x[0])
        with np.errstate(invalid="ignore"):
            return np.log(x) - 1.0

    evaluate = LeastSquares(residual, lambda x: np.diag(1 / x))
    free = (np.array([-np.inf]), np.array([np.inf]))
    out = run(evaluate, [30.0], free)
    assert min(tried) < 0
    assert out.reason.state is State.CONVERGED
    assert out.best.x[0] == pytest.approx(np.e, rel=1e-9)


@pytest.mark.parametrize("field", ["gradient", "hessian", "cost"])
def test_non_finite_start_fails_honestly(field):
    honest = rosenbrock()

    def broken(x):
        e = honest(x)
        return replace(e, **{field: getattr(e, field) * np.nan})

    out = run(broken, [0.0, 0.0])
    assert out.reason is Reason.NON_FINITE_START
    assert out.reason.state is State.FAILED


def test_never_finite_again_is_not_convergence():
    honest = rosenbrock()

    def evaluate(x):
        e = honest(x)
        return e if honest.calls == 1 else replace(e, cost=float("inf"))

    out = run(evaluate, [0.5, -3.0])
    assert out.reason is Reason.NO_DESCENT
    assert honest.calls < 60


def test_cancellation_keeps_the_best_point_and_evaluates_nothing_more():
    honest = rosenbrock()

    def evaluate(x):
        if honest.calls == 4:
            raise CancelledError("stop")
        return honest(x)

    steps = []
    out = run(evaluate, [-1.9, 2.0], on_step=steps.append)
    assert out.reason.state is State.CANCELLED
    assert honest.calls == 4
    assert out.best is steps[-1].best
    assert out.best.cost < steps[0].best.cost


def test_singular_direction_does_not_prevent_the_minimum():
    """Only the sum of two coefficients is determined."""
    j = np.stack([TIMES, TIMES], axis=1)
    y = 3.0 * TIMES

    evaluate = LeastSquares(lambda x: j @ x - y, lambda _: j)
    out = run(evaluate, [10.0, -4.0], tolerances=Tolerances())
    assert out.reason.state is State.CONVERGED
    assert out.best.x.sum() == pytest.approx(3.0, abs=1e-6)


def test_a_coefficient_without_any_effect_stays_where_it_was():
    evaluate = LeastSquares(
        lambda x: np.array([x[0] - 2.0]), lambda _: np.array([[1.0, 0.0]])
    )
    out = run(evaluate, [0.0, 7.0], tolerances=Tolerances())
    assert out.reason.state is State.CONVERGED
    np.testing.assert_allclose(out.best.x, [2.0, 7.0], atol=1e-6)
