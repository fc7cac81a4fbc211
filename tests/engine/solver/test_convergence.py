"""No false stop where one large coefficient hides what the small ones still do."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from engine.reference.dense import DenseModel
from engine.setup import Tolerances
from engine.solver.convergence import JOINT_EDM, SMALL_EDM, Criteria, Progress
from engine.solver.equations import Equations
from engine.solver.options import SolverOptions
from engine.solver.region import Region
from engine.solver.status import Reason
from engine.solver.trust_region import solve
from tests.engine.solver.problems import (
    LeastSquares,
    decay,
    power_law_valley,
    scipy_minimum,
    standard_errors,
)

NORM_CRITERION = 1e-4
"""Change of the norm, relative to it, that out-of-core programs took for the end."""
PATIENT = Tolerances(edm=1e-30, max_iterations=5000)


def accepted_steps(evaluate, x0, bounds, options):
    """Return the result and all pairs of successive points."""
    steps = []
    result = solve(
        evaluate,
        evaluate(np.array(x0)),
        bounds,
        tolerances=PATIENT,
        on_step=steps.append,
        options=options,
    )
    points = [s.best for s in steps if s.accepted]
    return result, list(pairwise(points))


def norm_criterion_met(a, b):
    """Whether a step is negligible by the norm of all coefficients."""
    return np.linalg.norm(b.x - a.x) < NORM_CRITERION * np.linalg.norm(b.x)


def missed_by_the_norm(pairs, exponent, minimum):
    """Return the relative error of the exponent where the norm criterion is met."""
    b = next(b for a, b in pairs if norm_criterion_met(a, b))
    return abs(b.x[exponent] - minimum) / abs(minimum)


VALLEY_BOUNDS = (np.array([1.0, -2.0]), np.array([1e6, 2.0]))
SHORT_STEPS = {
    "radius": SolverOptions(radius=2e-4, radius_units=np.array([np.inf, 1.0])),
    "damped": SolverOptions(scale_factor=3e-3),
    "regularized": SolverOptions(regularization=30.0),
}


@pytest.mark.parametrize("options", SHORT_STEPS.values(), ids=SHORT_STEPS)
@pytest.mark.parametrize("tolerance", [1e-4, 1e-6])
def test_exponent_beside_a_large_coefficient_is_not_left_behind(options, tolerance):
    problem, start = power_law_valley(), [19000.0, 0.1115]
    minimum = scipy_minimum(problem, start)
    options = replace(options, joint=tolerance)
    out, pairs = accepted_steps(problem, start, VALLEY_BOUNDS, options)
    assert missed_by_the_norm(pairs, 1, minimum[1]) > 0.1
    assert out.reason is Reason.STEP_AND_COST
    assert np.all(np.abs(out.best.x - minimum) < 0.0101 * standard_errors(out.best))


def static_run():
    """Return the problem of one noisy matrix of the static model."""
    model = DenseModel(
        model="static", times=0.1 * np.arange(1, 21), phi=np.array([0.0]), q=0.0054
    )
    sigma, above = 3e-4, np.triu_indices(20, k=1)
    clean = model.c2(*model.unpacked(np.array([19000.0, -0.1, 400.0, 0.3, 1.0])))[0]
    data = clean[above] + np.random.default_rng(5).normal(0, sigma, len(above[0]))
    return LeastSquares(
        lambda x: (model.c2(*model.unpacked(x))[0][above] - data) / sigma,
        lambda x: model.jacobian(x)[0][above] / sigma,
    )


def test_exponent_of_the_static_model_is_not_left_behind():
    problem, start = static_run(), np.array([19000.0, -0.1, 400.0, 0.3, 1.0])
    bounds = (np.array([1, -2, -1e4, 0.01, 0.5]), np.array([1e6, 2, 1e4, 1, 1.5]))
    minimum = scipy_minimum(problem, start)
    start[1] = 1.12 * minimum[1]
    exponent_alone = np.where(np.arange(5) == 1, 1.0, np.inf)
    options = SolverOptions(radius=1e-4, radius_units=exponent_alone, joint=1e-4)
    out, pairs = accepted_steps(problem, start, bounds, options)
    assert missed_by_the_norm(pairs, 1, minimum[1]) > 0.1
    assert out.reason is Reason.STEP_AND_COST
    assert np.all(np.abs(out.best.x - minimum) < 0.0101 * standard_errors(out.best))


def progress(previous, x, *, edm=0.0, fall=1e-9):
    """Return a step between two points of equal curvature."""
    ones = np.ones(len(x))
    points = [
        Equations(np.array(at, float), cost, 0 * ones, np.diag(ones))
        for at, cost in ((previous, 100.0 * (1 + fall)), (x, 100.0))
    ]
    return Progress(*points, norms=ones, edm=edm, ratio=1.0, iterations=1)


def judged(step, *, lower=-np.inf, upper=np.inf, **tolerances):
    joint = tolerances.pop("joint", None)
    n = len(step.best.x)
    criteria = Criteria(
        Tolerances(edm=-1.0, **tolerances),
        joint,
        Region(np.full(n, lower), np.full(n, upper)),
    )
    return criteria.after(step)


SMALL = ([19000.0, 0.1], [19000.001, 0.1 + 1e-9])
EXPONENT_MOVES = ([19000.0, 0.1], [19000.001, 0.101])


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (progress(*SMALL), Reason.STEP_AND_COST),
        (progress(*EXPONENT_MOVES), None),
        (progress(*SMALL, fall=1e-3), None),
        (progress(*SMALL, edm=JOINT_EDM), Reason.STEP_AND_COST),
        (progress(*SMALL, edm=1.01 * JOINT_EDM), None),
        (progress([0.0, 1.0], [1e-9, 1.0]), None),
        (progress([0.0, 1.0], [1e-17, 1.0]), Reason.STEP_AND_COST),
    ],
)
def test_joint_criterion_asks_for_all_of_it(step, reason):
    assert judged(step, joint=1e-6) is reason


def test_coefficient_at_a_bound_does_not_count_as_moving():
    step = progress([0.5, 1.0], [0.1, 1.0])
    assert judged(step, lower=0.1, joint=1e-6) is Reason.STEP_AND_COST
    assert judged(step, lower=0.09, joint=1e-6) is None


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (progress(*SMALL), Reason.XTOL),
        (progress(*EXPONENT_MOVES), None),
        (progress(*SMALL, fall=1e-3), Reason.XTOL),
        (progress(*SMALL, edm=1.01 * SMALL_EDM), None),
    ],
)
def test_xtol_is_for_every_coefficient(step, reason):
    assert judged(step, xtol=1e-6) is reason


def test_joint_criterion_ends_an_ordinary_fit():
    free = np.full(3, np.inf)
    start = [9.0, 3.0, -1.0]
    out, _ = accepted_steps(decay(), start, (-free, free), SolverOptions(joint=1e-4))
    assert out.reason is Reason.STEP_AND_COST
    assert 1e-30 < out.edm <= JOINT_EDM
    error = standard_errors(out.best)
    assert np.all(np.abs(out.best.x - scipy_minimum(decay(), start)) < 0.0101 * error)
