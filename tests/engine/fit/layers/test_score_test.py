"""The score test against dense least squares, its distribution and actual refits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from engine.fit.equations import fit_point
from engine.fit.layers.score_test import chance, score_test
from engine.layer_options import ScalingOptions
from engine.reference.runs import noisy_c2
from engine.setup import Loss, Scaling
from engine.solver.trust_region import solve
from tests.engine.fit.layers.support import (
    SEVEN,
    TIGHT,
    UNEQUAL,
    N,
    basis_of,
    dense_fit,
    equations_in,
    measured,
    problem_of,
    scaled_run,
)
from tests.marking import quick

pytestmark = pytest.mark.slow

A, F, I = Scaling.AVERAGED, Scaling.FOURIER, Scaling.INDIVIDUAL  # noqa: E741
PAIRS = [(A, I), (A, F), (F, I)]
EQUAL = scaled_run(0.3)
SLIGHTLY = scaled_run(0.3 + 0.002 * np.cos(2 * np.radians(SEVEN)))


def minimum(problem, mode):
    """Return the minimum of a scaling mode."""
    equations = equations_in(problem, mode)
    s = equations.scaling.coefficients(np.full(7, 0.3), np.ones(7))
    begin = equations.at(np.concatenate([UNEQUAL.theta, s]), improve=True)
    found = solve(
        equations,
        begin,
        equations.bounds,
        tolerances=TIGHT,
        move=equations.move,
        limits=equations.limits,
    )
    return fit_point(found.best)


def judged(problem, point, wide, **options):
    return score_test(
        point.equations,
        point,
        equations_in(problem, wide).scaling,
        n_points=sum(problem.n_points),
        options=ScalingOptions(**options),
    )


def expected_of(run, point, narrow, wide, data=None):
    """Return T, the shifts and the degrees by dense least squares."""
    dense = dense_fit(run, point, data)
    widened = dense.mapped(basis_of(wide, SEVEN))
    shared = dense.mapped(basis_of(narrow, SEVEN))
    n, p = widened.jacobian.shape
    scatter = 2 * dense.cost / (n - p)
    statistic = (widened.explained() - shared.explained()) / scatter
    sigma = np.sqrt(scatter * np.diag(widened.covariance))[:N]
    shifts = (widened.step()[:N] - shared.step()[:N]) / sigma
    return statistic, shifts, p - shared.jacobian.shape[1]


@pytest.fixture(scope="module")
def problem():
    return problem_of(UNEQUAL)


@pytest.mark.parametrize("pair", quick(PAIRS, (A, I)), ids=str)
def test_statistic_and_shifts_are_those_of_least_squares(problem, pair):
    narrow, wide = pair
    point = minimum(problem, narrow)
    found = judged(problem, point, wide)
    statistic, shifts, degrees = expected_of(UNEQUAL, point, narrow, wide)
    assert statistic > 20
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    assert found.degrees == degrees
    assert (found.narrow, found.wide) == (narrow.value, wide.value)
    assert tuple(found.shifts) == UNEQUAL.dense().names
    np.testing.assert_allclose(list(found.shifts.values()), shifts, atol=1e-6)


def test_away_from_the_minimum_the_rest_is_no_evidence(problem):
    """What the narrow mode itself still gains is taken off."""
    equations = equations_in(problem, A)
    x = np.concatenate([UNEQUAL.theta, [0.3, 1.0]])
    sigma = np.sqrt(np.diag(dense_fit(UNEQUAL, minimum(problem, A)).covariance))
    x[:N] += 0.5 * sigma[:N]
    point = equations.at(x, improve=False)
    found = judged(problem, point, I)
    statistic, shifts, _ = expected_of(UNEQUAL, point, A, I)
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    np.testing.assert_allclose(list(found.shifts.values()), shifts, atol=1e-6)


def test_weights_and_penalty_of_the_fit_do_not_bend_the_test(problem):
    point = minimum(problem, A)
    bent = replace(point.equations, weights=np.linspace(0.5, 2, 7))
    weighted = bent.recast(point)
    assert judged(problem, weighted, I) == judged(problem, point, I)


def test_a_parameter_at_its_bound_is_left_out():
    held = problem_of(UNEQUAL, bounds={"alpha": (-0.85, 0.0)})
    point = minimum(held, A)
    assert point.x[1] == -0.85
    found = judged(held, point, I)
    dense = dense_fit(UNEQUAL, point)
    kept = np.delete(np.eye(N + 14), 1, axis=1)
    widened = dense.mapped(kept)
    shared = dense.mapped(np.delete(basis_of(A, SEVEN), 1, axis=1))
    scatter = 2 * dense.cost / (len(dense.residual) - N - 14)
    statistic = (widened.explained() - shared.explained()) / scatter
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    assert "alpha" not in found.shifts


def test_robust_losses_are_tested_by_their_own_equations():
    problem = problem_of(UNEQUAL, loss=Loss.HUBER, loss_scale=1.2)
    point = minimum(problem, A)
    found = judged(problem, point, I)
    dense = dense_fit(UNEQUAL, point)
    z = np.abs(dense.residual) / 1.2
    weight = np.where(z <= 1, 1.0, 1 / np.maximum(z, 1))
    root = np.sqrt(weight)
    bent = replace(
        dense, jacobian=dense.jacobian * root[:, None], residual=dense.residual * root
    )
    shared = bent.mapped(basis_of(A, SEVEN))
    psi = weight * dense.residual
    scatter = np.sum(psi**2) / (len(z) - N - 14) / weight.mean()
    statistic = (bent.explained() - shared.explained()) / scatter
    assert found.statistic == pytest.approx(statistic, rel=1e-6)


@pytest.mark.parametrize("degrees", [2, 4, 10, 44, 198])
@pytest.mark.parametrize("part", [0.0, 1e-3, 0.5, 1.0, 2.0, 20.0, 1e4])
def test_probability_is_that_of_chi_squared(degrees, part):
    statistic = part * degrees
    expected = stats.chi2.sf(statistic, degrees)
    assert chance(statistic, degrees) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_no_degrees_are_no_evidence():
    assert chance(5.0, 0) == 1.0


def test_p_value_and_verdict(problem):
    point = minimum(problem, A)
    found = judged(problem, point, I)
    assert found.p_value == pytest.approx(
        stats.chi2.sf(found.statistic, found.degrees), rel=1e-9, abs=1e-300
    )
    name, largest = found.largest_shift
    shifts = found.shifts
    assert abs(largest) == max(abs(v) for v in shifts.values()) == abs(shifts[name])
    assert found.rejected


def test_it_takes_both_an_unlikely_statistic_and_a_bias():
    problem = problem_of(SLIGHTLY)
    point = minimum(problem, A)
    found = judged(problem, point, I)
    p_value, largest = found.p_value, abs(found.largest_shift[1])
    assert 1e-3 < p_value < 0.1
    assert largest > 0.3
    for p_factor, shift_factor in [(0.9, 0.9), (0.9, 1.1), (1.1, 0.9), (1.1, 1.1)]:
        verdict = judged(
            problem,
            point,
            I,
            score_p_value=p_factor * p_value,
            score_max_shift=shift_factor * largest,
        ).rejected
        assert verdict == (p_factor > 1 > shift_factor)


def test_of_a_true_mode_t_follows_chi_squared():
    """200 draws of noise, each tested one step from its minimum, at the truth."""
    clean = EQUAL.clean()
    problem = problem_of(EQUAL)
    equations = equations_in(problem, A)
    x = np.concatenate([EQUAL.theta, [0.3, 1.0]])
    rng = np.random.default_rng(11)
    found = []
    for _ in range(200):
        data = replace(measured(EQUAL), c2=noisy_c2(clean, EQUAL.sigma, rng))
        drawn = problem_of(EQUAL, data)
        here = replace(equations, reduction=drawn.reduction)
        found.append(judged(drawn, here.at(x, improve=False), I))
    statistics = np.array([t.statistic for t in found])
    degrees = found[0].degrees
    assert degrees == 12
    assert abs(statistics.mean() - degrees) < 3 * np.sqrt(2 * degrees / 200)
    assert stats.kstest(statistics, stats.chi2(degrees).cdf).pvalue > 0.01
    assert sum(t.rejected for t in found) <= 2


@pytest.mark.parametrize("pair", quick(PAIRS, (A, I)), ids=str)
def test_shifts_are_those_of_a_refit(pair):
    narrow, wide = pair
    problem = problem_of(SLIGHTLY)
    point, refitted = minimum(problem, narrow), minimum(problem, wide)
    found = judged(problem, point, wide)
    dense = dense_fit(SLIGHTLY, refitted).mapped(basis_of(wide, SEVEN))
    scatter = 2 * dense.cost / np.subtract(*dense.jacobian.shape)
    sigma = np.sqrt(scatter * np.diag(dense.covariance))[:N]
    moved = (refitted.theta - point.theta) / sigma
    predicted = np.array(list(found.shifts.values()))
    assert np.all(np.abs(predicted - moved) < 0.2 * np.abs(moved) + 0.05)
    gain = 2 * (point.cost - refitted.cost) / scatter
    assert found.statistic == pytest.approx(gain, rel=0.2)
