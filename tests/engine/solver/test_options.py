"""Options change the way to the minimum, never the minimum."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.result import State
from engine.setup import Tolerances
from engine.solver.metric import Metric, Radius
from engine.solver.options import SolverOptions, SolverState
from engine.solver.status import Reason
from engine.solver.trust_region import solve
from tests.engine.solver.problems import (
    decay,
    rosenbrock,
    scipy_minimum,
    standard_errors,
)

BOX = (np.array([0.0, 0.0, -5.0]), np.array([50.0, 20.0, 5.0]))
START = np.array([9.0, 3.0, -1.0])
NAN = float("nan")


def run(options=None, *, evaluate=None, resume=None, at=START, **tolerances):
    """Fit the decay; return the result and all reports."""
    evaluate = evaluate or decay()
    steps = []
    out = solve(
        evaluate,
        evaluate(np.asarray(at)),
        BOX,
        tolerances=Tolerances(**tolerances),
        on_step=steps.append,
        options=options,
        resume=resume,
    )
    return out, steps


VARIANTS = {
    "sizes": SolverOptions(scale=1 / np.array([9.0, 3.0, 1.0])),
    "bad-sizes": SolverOptions(scale=np.array([1e3, 1e-3, 1.0])),
    "some-sizes": SolverOptions(scale=np.array([NAN, 0.3, NAN])),
    "long-steps": SolverOptions(scale_factor=100.0),
    "short-steps": SolverOptions(scale_factor=0.01),
    "regularized": SolverOptions(regularization=0.1),
    "radius": SolverOptions(radius=0.1, radius_units=np.array([50.0, 20.0, 10.0])),
    "tiny-radius": SolverOptions(radius=1e-5),
    "joint": SolverOptions(joint=1e-6),
    "all": SolverOptions(
        scale=np.array([0.1, NAN, NAN]),
        scale_factor=3.0,
        regularization=1e-10,
        radius=0.5,
        joint=1e-6,
    ),
}


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_every_option_ends_at_the_minimum_of_scipy(options):
    out, _ = run(options)
    assert out.reason.state is State.CONVERGED
    error = standard_errors(out.best)
    assert np.all(np.abs(out.best.x - scipy_minimum(decay(), START)) < 0.01 * error)


def first_step(options):
    """Return the first step of the decay from the start."""
    evaluate = decay()
    run(options, evaluate=evaluate, max_iterations=1)
    return evaluate.points[1] - START


def test_sizes_that_are_not_given_are_column_norms():
    np.testing.assert_array_equal(
        first_step(SolverOptions(scale=np.full(3, NAN))), first_step(None)
    )


def test_only_ratios_of_typical_sizes_matter():
    sizes = np.array([9.0, 3.0, 1.0])
    steps = [first_step(SolverOptions(scale=f / sizes)) for f in (1.0, 1e-6, 1e6)]
    np.testing.assert_allclose(steps[1], steps[0], rtol=1e-9)
    np.testing.assert_allclose(steps[2], steps[0], rtol=1e-9)


@pytest.mark.parametrize("others", [NAN, 1.0])
def test_smaller_typical_size_shortens_the_steps_of_that_coefficient(others):
    """Strongly damped, so that the metric decides."""

    def rate_step(size):
        scale = np.array([others, 1 / size, others])
        step = first_step(SolverOptions(scale=scale, scale_factor=0.01))
        return abs(step[1])

    steps = [rate_step(size) for size in (1e-3, 1e-2, 0.1)]
    assert steps[0] < 0.5 * steps[1] < 0.25 * steps[2]


@settings(deadline=None, max_examples=60, derandomize=True)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 6))
def test_no_coefficient_is_damped_less_than_by_its_column_norm(seed, n):
    rng = np.random.default_rng(seed)
    problem = rosenbrock()(np.zeros(2))
    j = rng.normal(size=(2 * n, n)) * 10.0 ** rng.uniform(-6, 6, n)
    start = replace(problem, x=rng.normal(size=n), gradient=j[0], hessian=j.T @ j)
    given_sizes = 10.0 ** rng.uniform(-6, 6, n)
    given_sizes[rng.random(n) < 0.5] = NAN
    metric = Metric(given_sizes, start)
    norms = np.linalg.norm(j, axis=0)
    assert np.all(metric.scale >= norms * (1 - 1e-12))
    missing = np.isnan(given_sizes)
    np.testing.assert_allclose(metric.scale[missing], norms[missing])
    ratios = metric.scale[~missing] / given_sizes[~missing]
    np.testing.assert_allclose(ratios, ratios[:1].repeat(len(ratios)))


def test_scale_factor_lengthens_the_first_step():
    lengths = [
        float(np.linalg.norm(first_step(SolverOptions(scale_factor=f))))
        for f in (0.01, 0.1, 1.0, 10.0)
    ]
    assert lengths == sorted(lengths)
    assert lengths[0] < 0.2 * lengths[-1]


def test_damping_stays_above_the_regularization():
    _, free = run()
    _, steps = run(SolverOptions(regularization=0.1))
    assert min(s.damping for s in free) < 0.01
    assert min(s.damping for s in steps) == 0.1


def test_steps_keep_to_the_radius_and_it_is_counted():
    units = np.array([50.0, 20.0, 10.0])
    evaluate = decay()
    options = SolverOptions(radius=0.02, radius_units=units)
    out, steps = run(options, evaluate=evaluate)
    lengths = [
        float(np.linalg.norm((trial - s.best.x) / units))
        for trial, s in zip(evaluate.points[1:], steps, strict=False)
    ]
    radii = [s.state.radius for s in steps[:-1]]
    assert all(
        length <= r * (1 + 1e-12) for length, r in zip(lengths, radii, strict=True)
    )
    limited = [
        length >= r * (1 - 1e-12) for length, r in zip(lengths, radii, strict=True)
    ]
    assert limited == [s.clipped for s in steps[1:]]
    assert out.clipped == sum(limited) > 0


def test_infinite_unit_does_not_count_for_the_radius():
    units = np.array([np.inf, 1.0, np.inf])
    step, bound = Radius(0.5, units).shortened(np.array([1e9, 0.4, -3.0]))
    assert not bound
    np.testing.assert_array_equal(step, [1e9, 0.4, -3.0])


@pytest.mark.parametrize(
    ("size", "length", "ratio", "after"),
    [
        (1.0, 2.0, 0.24, 0.5),
        (1.0, 2.0, 0.5, 1.0),
        (1.0, 2.0, 0.76, 2.0),
        (1.0, 0.95, 0.76, 2.0),
        (1.0, 0.8, 0.76, 1.0),
        (1.0, 0.8, 0.0, 0.5),
        (1.0, 0.8, NAN, 0.5),
        (900.0, 1e4, 1.0, 1000.0),
        (1.5e-8, 1.0, 0.0, 1e-8),
        (None, 1.0, 0.0, None),
    ],
)
def test_radius_follows_the_ratio(size, length, ratio, after):
    radius = Radius(size, None)
    radius.shortened(np.array([length, 0.0]))
    radius.adapt(ratio)
    assert radius.size == after


class BrokenOnce:
    """The decay, not finite at one evaluation."""

    def __init__(self, call):
        self.honest, self.call = decay(), call

    def __call__(self, x):
        point = self.honest(x)
        if self.honest.calls == self.call:
            return replace(point, gradient=point.gradient * NAN)
        return point


def test_trial_that_is_not_finite_is_tried_again_and_counted():
    out, steps = run(evaluate=BrokenOnce(3))
    assert out.non_finite == 1
    assert [s.finite for s in steps].index(False) == 2
    assert not steps[2].accepted
    assert out.reason is Reason.EDM


def test_trial_that_is_not_finite_halves_the_radius():
    _, steps = run(VARIANTS["radius"], evaluate=BrokenOnce(3))
    assert steps[2].state.radius == steps[1].state.radius / 2


def test_trial_that_is_not_finite_ends_the_fit_where_it_is_not_retried():
    out, steps = run(SolverOptions(retry_non_finite=False), evaluate=BrokenOnce(3))
    assert out.reason is Reason.NON_FINITE
    assert out.reason.state is State.NOT_CONVERGED
    assert out.best is steps[1].best
    assert (out.evaluations, out.non_finite) == (3, 1)


@pytest.mark.parametrize("name", ["default", "sizes", "some-sizes", "radius", "all"])
def test_interrupted_fit_ends_like_an_uninterrupted_one(name):
    options = VARIANTS.get(name)
    whole, steps = run(options)
    error = standard_errors(whole.best)
    assert len(steps) > 4
    for step in steps[:-1]:
        stored = json.loads(json.dumps(asdict(step.state), default=np.ndarray.tolist))
        stored["scale"] = np.array(stored["scale"])
        out, rest = run(options, at=step.best.x, resume=SolverState(**stored))
        assert np.all(np.abs(out.best.x - whole.best.x) < 1e-6 * error)
        assert out.iterations == whole.iterations
        assert out.evaluations == whole.evaluations + 1
        assert out.reason is whole.reason
        assert rest[0].iterations == step.iterations


def test_continued_fit_that_was_done_is_still_done():
    whole, steps = run()
    out, _ = run(at=whole.best.x, resume=steps[-1].state)
    assert out.reason is whole.reason is Reason.EDM
    out, _ = run(at=START, resume=steps[-1].state, max_iterations=whole.iterations)
    assert out.reason is Reason.MAX_ITERATIONS


@pytest.mark.parametrize(
    "wrong",
    [
        {"scale": np.array([1.0, 0.0])},
        {"scale_factor": -1.0},
        {"radius": 0.0},
        {"radius_units": np.array([-1.0])},
        {"joint": 0.0},
        {"regularization": -1e-3},
    ],
)
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SolverOptions(**wrong)
