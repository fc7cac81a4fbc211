"""The equations of the fitted coefficients against dense NumPy, however composed."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import least_squares

from engine.errors import CancelledError
from engine.layer_options import CvMode
from engine.scaling.maps import frozen
from engine.scaling.penalty import CvPenalty
from engine.setup import Scaling, Tolerances
from engine.solver.options import SolverOptions
from engine.solver.trust_region import solve
from tests.engine.fit.layers.support import (
    SEVEN,
    UNEQUAL,
    N,
    assert_same_equations,
    assert_same_matrix,
    basis_of,
    dense_at,
    dense_fit,
    equations_in,
    penalty_rows,
    problem_of,
)
from tests.marking import quick

K = len(SEVEN)
MODES = [Scaling.INDIVIDUAL, Scaling.AVERAGED, Scaling.FOURIER, Scaling.CONSTANT]
WEIGHTS = np.linspace(0.4, 1.9, K)


@pytest.fixture(scope="module")
def problem():
    return problem_of(UNEQUAL)


def equations_of(problem, mode):
    if mode is not Scaling.CONSTANT:
        return equations_in(problem, mode)
    made = equations_in(problem, Scaling.INDIVIDUAL)
    return replace(made, scaling=frozen(mode, *UNEQUAL.scaling))


def off_the_minimum(equations):
    """Return coefficients somewhat off the truth, as far as the mode knows it."""
    contrast, offset = UNEQUAL.scaling
    s = equations.scaling.coefficients(1.03 * contrast, 0.99 * offset)
    physical = np.array(UNEQUAL.theta) * np.linspace(0.97, 1.03, N)
    return np.concatenate([physical, s])


def penalty(mode=CvMode.RELATIVE, **changes):
    settings = {"strength": 3.0, "chi_squared": 5000.0, "total_weight": 2e8}
    return CvPenalty(**{"mode": mode, **settings, **changes})


def penalised(dense, point, basis, of_point):
    """Return dense equations with the rows of a penalty."""
    relative = of_point.mode is CvMode.RELATIVE
    size = of_point.chi_squared if relative else of_point.total_weight
    pieces = point.pieces
    rows = penalty_rows(
        pieces.contrast,
        pieces.offset,
        basis,
        of_point.strength * size,
        relative=relative,
    )
    return dense.with_rows(*rows)


def at(equations):
    return equations.at(off_the_minimum(equations), improve=False)


@pytest.mark.parametrize("mode", MODES)
def test_modes_are_maps_of_the_columns(problem, mode):
    point = at(equations_of(problem, mode))
    dense = dense_fit(UNEQUAL, point).mapped(basis_of(mode, SEVEN))
    assert len(point.x) == dense.jacobian.shape[1]
    assert_same_equations(point, dense)


@pytest.mark.parametrize("mode", MODES)
def test_weights_of_angles_multiply_their_rows(problem, mode):
    point = at(replace(equations_of(problem, mode), weights=WEIGHTS))
    dense = dense_fit(UNEQUAL, point).mapped(basis_of(mode, SEVEN))
    assert_same_equations(point, dense.weighted(WEIGHTS))
    # What is told of the data is without them.
    assert point.pieces.total_cost == pytest.approx(dense.cost, rel=1e-9)


@pytest.mark.parametrize("cv", [CvMode.RELATIVE, CvMode.ABSOLUTE])
@pytest.mark.parametrize("mode", [Scaling.INDIVIDUAL, Scaling.FOURIER])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_penalty_is_further_rows(problem, mode, cv, weights):
    added, basis = penalty(cv), basis_of(mode, SEVEN)
    equations = replace(equations_of(problem, mode), penalty=added, weights=weights)
    point = at(equations)
    dense = dense_fit(UNEQUAL, point).mapped(basis)
    angles = dense if weights is None else dense.weighted(weights)
    with_penalty = penalised(angles, point, basis, added)
    assert with_penalty.cost > angles.cost * 1.001
    assert_same_equations(point, with_penalty)
    assert point.pieces.total_cost == pytest.approx(dense.cost, rel=1e-9)


def test_frozen_and_shared_scaling_feel_no_penalty(problem):
    for mode in (Scaling.CONSTANT, Scaling.AVERAGED):
        plain = equations_of(problem, mode)
        point = at(replace(plain, penalty=penalty()))
        assert point.cost == pytest.approx(at(plain).cost, rel=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_scatter_of_the_gradient_is_the_meat_of_the_sandwich(problem, mode):
    plain = equations_of(problem, mode)
    assert plain.scatter(at(plain)) is None
    basis = basis_of(mode, SEVEN)
    weighted = replace(plain, weights=WEIGHTS)
    dense = dense_fit(UNEQUAL, at(weighted)).mapped(basis)
    scatter = weighted.scatter(at(weighted))
    assert_same_matrix(scatter, dense.weighted(WEIGHTS**2).hessian)
    drawn = replace(plain, penalty=penalty())
    assert_same_matrix(drawn.scatter(at(drawn)), dense.hessian)


@pytest.mark.parametrize("mode", MODES)
def test_every_angle_adds_its_own_rows(problem, mode):
    equations = replace(equations_of(problem, mode), weights=WEIGHTS)
    point = at(equations)
    parts = equations.information_of_angles(point)
    dense = dense_fit(UNEQUAL, point).mapped(np.eye(N + 2 * K))
    for k, part in enumerate(parts):
        rows = dense.jacobian[dense.angle == k]
        rows = rows[:, [*range(N), N + k, N + K + k]]
        norms = np.linalg.norm(rows, axis=0)
        difference = (part - rows.T @ rows) / np.outer(norms, norms)
        assert np.abs(difference).max() < 1e-9


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("mode", MODES[:3])
def test_scaling_is_solved_for_as_least_squares_does(problem, mode, weights):
    equations = replace(equations_of(problem, mode), weights=weights)
    begin = at(equations)
    found = equations.improved(begin)
    dense = dense_fit(UNEQUAL, begin).mapped(basis_of(mode, SEVEN)[:, N:])
    if weights is not None:
        dense = dense.weighted(weights)
    np.testing.assert_allclose(found.x[N:], begin.x[N:] + dense.step(), rtol=1e-9)
    np.testing.assert_array_equal(found.x[:N], begin.x[:N])
    assert found.cost_before == begin.cost > found.cost


@pytest.mark.parametrize(
    "cv", quick([CvMode.RELATIVE, CvMode.ABSOLUTE], CvMode.RELATIVE)
)
def test_penalised_scaling_is_solved_for_as_scipy_does(problem, cv):
    added = penalty(cv, strength=30.0 if cv is CvMode.RELATIVE else 0.1)
    equations = replace(equations_of(problem, Scaling.INDIVIDUAL), penalty=added)
    begin = at(equations)
    found = equations.improved(begin)
    basis = np.eye(N + 2 * K)[:, N:]
    dense = dense_fit(UNEQUAL, begin).mapped(basis)
    relative = cv is CvMode.RELATIVE
    factor = added.strength * (added.chi_squared if relative else added.total_weight)

    def residuals(s):
        residual = dense.residual + dense.jacobian @ (s - begin.x[N:])
        rows = penalty_rows(s[:K], s[K:], basis, factor, relative=relative)
        return np.concatenate([residual, rows[1]])

    def jacobian(s):
        rows = penalty_rows(s[:K], s[K:], basis, factor, relative=relative)
        return np.vstack([dense.jacobian, rows[0]])

    theirs = least_squares(
        residuals, begin.x[N:], jacobian, xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    sigma = np.sqrt(np.diag(dense.covariance))
    assert np.all(np.abs(found.x[N:] - theirs.x) < 1e-6 * sigma)
    assert found.cost == pytest.approx(theirs.cost, rel=1e-12)


@pytest.mark.slow
def test_scaling_keeps_to_its_bounds(problem):
    low, high = 0.29, 0.31
    narrow = problem_of(UNEQUAL, contrast_bounds=(low, high))
    equations = equations_of(narrow, Scaling.INDIVIDUAL)
    begin = at(equations)
    found = equations.improved(begin)
    dense = dense_fit(UNEQUAL, begin).mapped(np.eye(N + 2 * K)[:, N:])
    theirs = least_squares(
        lambda s: dense.residual + dense.jacobian @ (s - begin.x[N:]),
        begin.x[N:].clip(low + 1e-6, None),
        lambda _: dense.jacobian,
        (np.repeat([low, 0.5], K), np.repeat([high, 1.5], K)),
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    assert 0 < np.count_nonzero(found.x[N : N + K] == high) < K
    sigma = np.sqrt(np.diag(dense.covariance))
    assert np.all(np.abs(found.x[N:] - theirs.x) < 1e-3 * sigma)


def test_recast_keeps_what_the_other_mode_allows(problem):
    shared = at(equations_of(problem, Scaling.AVERAGED))
    for mode in MODES[:3]:
        wider = equations_of(problem, mode)
        point = wider.recast(shared)
        np.testing.assert_allclose(point.pieces.contrast, shared.pieces.contrast)
        dense = dense_fit(UNEQUAL, shared).mapped(basis_of(mode, SEVEN))
        assert_same_equations(point, dense)


def test_recast_to_a_narrower_mode_takes_its_best(problem):
    point = at(equations_of(problem, Scaling.INDIVIDUAL))
    shared = equations_of(problem, Scaling.AVERAGED).recast(point)
    x = np.concatenate([point.theta, np.full(K, 0.3), np.ones(K)])
    dense = dense_at(UNEQUAL, x).mapped(basis_of(Scaling.AVERAGED, SEVEN)[:, N:])
    np.testing.assert_allclose(
        shared.x[N:], np.array([0.3, 1.0]) + dense.step(), rtol=1e-9
    )


@pytest.mark.parametrize("mode", MODES[:3])
def test_a_step_with_the_scaling_eliminated_is_the_schur_step(problem, mode):
    equations = equations_of(problem, mode)
    begin = at(equations)
    asked = []

    def evaluate(x):
        asked.append(x)
        raise CancelledError

    solve(
        evaluate,
        begin,
        equations.bounds,
        tolerances=Tolerances(edm=0.0),
        options=SolverOptions(eliminated=equations.is_scaling),
        limits=equations.limits,
    )
    dense = dense_fit(UNEQUAL, begin).mapped(basis_of(mode, SEVEN))
    physical, scaling = dense.jacobian[:, :N], dense.jacobian[:, N:]
    # The part of the physical columns and of the residual that no scaling makes.
    q = np.linalg.qr(scaling / np.linalg.norm(scaling, axis=0))[0]
    left = physical - q @ (q.T @ physical)
    r = dense.residual - q @ (q.T @ dense.residual)
    damping = 1e-3 * np.diag(dense.hessian)[:N]
    norms = np.sqrt(np.diag(dense.hessian)[:N])
    damped = (left.T @ left + np.diag(damping)) / np.outer(norms, norms)
    first = -np.linalg.solve(damped, (left.T @ r) / norms) / norms
    rest = replace(dense, jacobian=scaling, residual=dense.residual + physical @ first)
    step = asked[0] - begin.x
    sigma = np.sqrt(np.diag(dense.covariance))
    expected = np.concatenate([first, rest.step()])
    assert np.abs((step - expected) / sigma).max() < 1e-7
    assert np.abs(expected / sigma).max() > 1
