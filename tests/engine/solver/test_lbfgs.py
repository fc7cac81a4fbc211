"""The warm-up's minimiser against SciPy's L-BFGS-B."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear, minimize

from engine.solver.equations import Equations
from tests.engine.solver.problems import (
    DECAY_SIGMA,
    ROSENBROCK_BOXES,
    TIMES,
    LeastSquares,
    decay,
    rosenbrock,
    run_lbfgs,
    scipy_minimum,
    standard_errors,
)


def scipy_lbfgs(evaluate, x0, bounds):
    """Return the minimum that SciPy's L-BFGS-B finds."""

    def value_and_slope(x):
        e = evaluate(x)
        return e.cost, e.gradient

    return minimize(
        value_and_slope,
        x0,
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(*bounds, strict=True)),
        options={"ftol": 1e-15, "gtol": 1e-12, "maxiter": 5000},
    )


# That box has a second minimum on the left, which is as good an end from the left.
BOXES = ROSENBROCK_BOXES | {"minimum-outside": ([2.0, 2.5], [-3, 1.5], [3, 3])}


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_bounded_rosenbrock_ends_where_scipy_does(box):
    x0, lower, upper = (np.array(v, dtype=float) for v in box)
    ours = run_lbfgs(rosenbrock(), x0, (lower, upper))
    theirs = scipy_lbfgs(rosenbrock(), x0, (lower, upper))
    assert ours.best.cost <= theirs.fun * (1 + 1e-9) + 1e-12
    np.testing.assert_allclose(ours.best.x, theirs.x, atol=2e-6)


DECAY_BOXES = {
    "wide": ([0.0, 0.0, -5.0], [50.0, 20.0, 5.0]),
    "free": ([-np.inf] * 3, [np.inf] * 3),
    "constant-held": ([0.0, 0.0, -5.0], [50.0, 20.0, 0.3]),
    "rate-held": ([0.0, 1.0, -5.0], [50.0, 20.0, 5.0]),
    "two-held": ([0.0, 1.0, -5.0], [2.5, 20.0, 5.0]),
    "open-above": ([0.0, 0.9, -5.0], [np.inf] * 3),
}


@pytest.mark.parametrize("box", DECAY_BOXES.values(), ids=DECAY_BOXES)
@pytest.mark.parametrize("decades", [0, 6])
def test_badly_scaled_decay_ends_where_scipy_does(box, decades):
    scales = 10.0 ** np.array([decades, 0.0, -decades])
    bounds = tuple(np.array(b) for b in box)
    start = np.clip([2.0, 3.0, -1.0], *bounds)
    evaluate = decay().in_units(scales)
    ours = run_lbfgs(
        evaluate,
        start * scales,
        tuple(b * scales for b in bounds),
        units=np.array([50.0, 20.0, 10.0]) * scales,
    )
    theirs = scipy_lbfgs(decay(), start, bounds)
    assert ours.best.cost <= theirs.fun * (1 + 1e-7)
    error = standard_errors(decay()(theirs.x))
    assert np.all(np.abs(ours.best.x / scales - theirs.x) < 0.01 * error)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    seed=st.integers(0, 2**31),
    n=st.integers(1, 8),
    decades=st.sampled_from([0, 4]),
    reach=st.sampled_from([0.2, 1.0, 3.0]),
)
def test_linear_least_squares_in_a_random_box_ends_where_scipy_does(
    seed, n, decades, reach
):
    rng = np.random.default_rng(seed)
    scales = 10.0 ** rng.uniform(-decades, decades, n)
    j = rng.normal(size=(4 * n, n))
    b = rng.normal(size=4 * n) * 5
    newton = np.abs(np.linalg.lstsq(j, b, rcond=None)[0])
    lower, upper = -reach * newton - 1e-3, newton * rng.choice([0.3, 1.0, 2.0], n)
    start = rng.uniform(lower, upper)
    # The reduced costs of SciPy's own stopping rules are those of unit columns.
    theirs = lsq_linear(j, b, (lower, upper), method="bvls", tol=1e-14)
    evaluate = LeastSquares(lambda x: j @ (x / scales) - b, lambda _: j / scales)
    ours = run_lbfgs(
        evaluate,
        start * scales,
        (lower * scales, upper * scales),
        units=(upper - lower) * scales,
    )
    assert ours.best.cost <= theirs.cost * (1 + 1e-8) + 1e-10
    assert inside(evaluate.points, lower * scales, upper * scales)


def inside(points, lower, upper):
    return all(np.all((x >= lower) & (x <= upper)) for x in points)


@pytest.mark.slow
@settings(deadline=None, max_examples=80, derandomize=True)
@given(
    seed=st.integers(0, 2**31),
    clip=st.sampled_from([None, 0.03, 0.3]),
    first_step=st.sampled_from([0.1, 0.5, 1.0]),
)
def test_every_point_is_in_the_box_and_the_best_one_is_kept(seed, clip, first_step):
    rng = np.random.default_rng(seed)
    lower = rng.uniform([0.0, 0.0, -1.0], [3.0, 1.0, 0.4])
    upper = lower + rng.uniform(0.0, [20.0, 8.0, 3.0])
    start = np.where(rng.random(3) < 0.3, lower, rng.uniform(lower, upper))
    evaluate = decay()
    costs = []

    def recorded(x):
        point = evaluate(x)
        costs.append(point.cost)
        return point

    out = run_lbfgs(
        recorded,
        start,
        (lower, upper),
        units=np.maximum(upper - lower, 1e-3),
        clip=clip,
        first_step=first_step,
        max_iterations=60,
    )
    assert inside(evaluate.points, lower, upper)
    assert out.best.cost == min(costs)
    assert out.evaluations == len(costs)
    assert list(out.costs) == sorted(out.costs, reverse=True)
    assert (len(out.costs), out.costs[0]) == (out.iterations + 1, costs[0])


@pytest.mark.parametrize("factor", [2.0**20, 2.0**-17])
def test_unit_of_a_coefficient_does_not_matter(factor):
    scales = np.array([factor, 1.0, 1 / factor])
    lower, upper = np.array([0.0, 0.0, -5.0]), np.array([50.0, 20.0, 5.0])
    start = np.array([9.0, 3.0, -1.0])
    outs = [
        run_lbfgs(
            decay().in_units(s),
            start * s,
            (lower * s, upper * s),
            units=(upper - lower) * s,
            clip=0.1,
            max_iterations=40,
        )
        for s in (np.ones(3), scales)
    ]
    assert outs[0].costs == outs[1].costs
    assert outs[0].evaluations == outs[1].evaluations
    np.testing.assert_array_equal(outs[1].best.x, outs[0].best.x * scales)


def test_unit_of_the_cost_does_not_matter():
    lower, upper = np.array([0.0, 0.0, -5.0]), np.array([50.0, 20.0, 5.0])

    def scaled(factor):
        evaluate = decay()

        def call(x):
            e = evaluate(x)
            f = factor
            return Equations(e.x, f * e.cost, f * e.gradient, f * e.hessian)

        return call

    outs = [
        run_lbfgs(
            scaled(factor),
            [9.0, 3.0, -1.0],
            (lower, upper),
            units=upper - lower,
            plateau=1e-4,
            gradient_tolerance=1e-3,
        )
        for factor in (1.0, 2.0**10)
    ]
    assert outs[0].reason is outs[1].reason
    np.testing.assert_array_equal(outs[0].best.x, outs[1].best.x)


def profiled_decay():
    """The decay with amplitude and constant solved for at every rate."""
    problem = decay()
    data = -DECAY_SIGMA * problem.residual(np.zeros(3))

    def evaluate(x):
        basis = np.stack([np.exp(-x[1] * TIMES), np.ones_like(TIMES)], axis=1)
        amplitude, constant = np.linalg.lstsq(basis, data, rcond=None)[0]
        return problem(np.array([amplitude, x[1], constant]))

    return evaluate, problem


def test_coefficients_that_are_solved_for_exactly_are_left_to_the_evaluation():
    evaluate, problem = profiled_decay()
    bounds = (np.array([-50.0, 0.05, -50.0]), np.array([50.0, 20.0, 50.0]))
    asked = []

    def recorded(x):
        asked.append(np.array(x))
        return evaluate(x)

    out = run_lbfgs(
        recorded,
        [1.0, 5.0, 1.0],
        bounds,
        units=np.array([1.0, 20.0, 1.0]),
        free=np.array([False, True, False]),
    )
    minimum = scipy_minimum(problem, [2.0, 1.0, 0.0])
    error = standard_errors(problem(minimum))
    assert np.all(np.abs(out.best.x - minimum) < 1e-3 * error)
    solved = [p[[0, 2]].tolist() for p in problem.points]
    assert all(x[[0, 2]].tolist() in solved for x in asked[1:])
    assert out.evaluations < 40


def test_first_step_is_a_part_of_the_way_to_the_lowest_point_on_the_gradient():
    rng = np.random.default_rng(3)
    j, b = rng.normal(size=(9, 3)), rng.normal(size=9)
    start = rng.normal(size=3)
    free = np.full(3, np.inf)
    units = np.array([1.0, 10.0, 0.1])
    slope = (j * units).T @ (j @ start - b)
    line = (j * units) @ slope
    lowest = (slope @ slope) / (line @ line)
    for part in (1.0, 0.5, 0.1):
        evaluate = LeastSquares(lambda x: j @ x - b, lambda _: j)
        run_lbfgs(
            evaluate,
            start,
            (-free, free),
            units=units,
            first_step=part,
            max_iterations=1,
        )
        step = (evaluate.points[1] - start) / units
        np.testing.assert_allclose(step, -part * lowest * slope, rtol=1e-9)


def test_first_step_without_any_curvature_is_a_unit_long():
    evaluate = decay()

    def flat(x):
        e = evaluate(x)
        return Equations(e.x, e.cost, e.gradient, np.zeros((3, 3)))

    free = np.full(3, np.inf)
    start = np.array([9.0, 3.0, -1.0])
    run_lbfgs(flat, start, (-free, free), first_step=0.1, max_iterations=1)
    step = evaluate.points[1] - start
    assert np.linalg.norm(step) == pytest.approx(0.1)
    assert step @ decay()(start).gradient < 0


def test_model_that_is_finite_on_one_side_only_is_fitted():
    tried = []

    def residual(x):
        tried.append(x[0])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.log(x) - 1.0

    evaluate = LeastSquares(residual, lambda x: np.diag(1 / x))
    free = np.array([np.inf])
    out = run_lbfgs(evaluate, [30.0], (-free, free))
    assert min(tried) < 0
    assert out.best.x[0] == pytest.approx(np.e, rel=1e-6)
