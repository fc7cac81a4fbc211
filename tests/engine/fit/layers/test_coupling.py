"""Coupling of scaling and physics, and where information sits, from dense columns."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from engine.api import fit
from engine.fit.layers.coupling import coupling, information
from engine.setup import Scaling
from tests.engine.fit.layers.support import (
    SEVEN,
    UNEQUAL,
    N,
    basis_of,
    dense_fit,
    equations_in,
    measured,
    problem_of,
)

MODES = [Scaling.INDIVIDUAL, Scaling.AVERAGED, Scaling.FOURIER]
NAMES = UNEQUAL.dense().names
ALL = np.ones(N, bool)


@pytest.fixture(scope="module")
def problem():
    return problem_of(UNEQUAL)


def near_the_truth(problem, mode):
    equations = equations_in(problem, mode)
    s = equations.scaling.coefficients(*UNEQUAL.scaling)
    return equations.at(np.concatenate([UNEQUAL.theta, s]), improve=True)


def columns(point, mode):
    """Return the dense columns, all of length 1, and their lengths."""
    jacobian = dense_fit(UNEQUAL, point).mapped(basis_of(mode, SEVEN)).jacobian
    norms = np.linalg.norm(jacobian, axis=0)
    return jacobian / norms, norms


@pytest.mark.parametrize("mode", MODES)
def test_rho_squared_is_the_largest_canonical_correlation(problem, mode):
    point = near_the_truth(problem, mode)
    j, _ = columns(point, mode)
    found = coupling(point, ALL)
    smallest = subspace_angles(j[:, :N], j[:, N:]).min()
    assert found.rho_squared == pytest.approx(np.cos(smallest) ** 2, rel=1e-8)
    assert 0.3 < found.rho_squared < 1
    assert found.mode == mode.value


@pytest.mark.parametrize("mode", MODES)
def test_inflation_is_the_ratio_of_two_variances(problem, mode):
    point = near_the_truth(problem, mode)
    j, _ = columns(point, mode)
    whole = np.diag(np.linalg.inv(j.T @ j))[:N]
    known = np.diag(np.linalg.inv(j[:, :N].T @ j[:, :N]))
    found = coupling(point, ALL)
    assert tuple(found.inflation) == NAMES
    np.testing.assert_allclose(list(found.inflation.values()), whole / known, rtol=1e-6)


def test_what_is_held_takes_no_part(problem):
    point, mode = near_the_truth(problem, Scaling.INDIVIDUAL), Scaling.INDIVIDUAL
    free = ALL.copy()
    free[[2, 5]] = False
    j, _ = columns(point, mode)
    smallest = subspace_angles(j[:, :N][:, free], j[:, N:]).min()
    found = coupling(point, free)
    assert found.rho_squared == pytest.approx(np.cos(smallest) ** 2, rel=1e-8)
    assert set(found.inflation) == {n for n, f in zip(NAMES, free, strict=True) if f}
    assert coupling(point, ~ALL) is None


def test_a_parameter_without_influence_leaves_no_coupling(problem):
    point = near_the_truth(problem, Scaling.INDIVIDUAL)
    hessian = point.hessian.copy()
    hessian[3] = hessian[:, 3] = 0.0
    assert coupling(replace(point, hessian=hessian), ALL) is None


@pytest.mark.parametrize("mode", MODES)
def test_shares_are_what_every_angle_adds_to_the_information(problem, mode):
    point = near_the_truth(problem, mode)
    found = information(point, ALL, 1.0)
    assert [a.name for a in found] == list(NAMES)
    dense = dense_fit(UNEQUAL, point)
    j, norms = columns(point, mode)
    directions = np.linalg.inv(j.T @ j)
    for i, angle in enumerate(found):
        parts = (j @ directions[i]) ** 2
        expected = np.bincount(dense.angle, parts) / parts.sum()
        np.testing.assert_allclose(angle.share, expected, rtol=1e-6)
        assert sum(angle.share) == pytest.approx(1.0, abs=1e-12)
        squares = (j[:, i] * norms[i]) ** 2
        np.testing.assert_allclose(
            angle.known_scaling, np.bincount(dense.angle, squares), rtol=1e-9
        )


def test_information_of_an_angle_that_finds_its_own_scaling(problem):
    point = near_the_truth(problem, Scaling.AVERAGED)
    factor = 1.7
    found = information(point, ALL, factor)
    dense, k = dense_fit(UNEQUAL, point), len(SEVEN)
    for angle in range(k):
        rows = dense.jacobian[dense.angle == angle]
        q = np.linalg.qr(rows[:, [N + angle, N + k + angle]])[0]
        left = rows[:, :N] - q @ (q.T @ rows[:, :N])
        expected = np.sum(left**2, axis=0) / factor
        ours = [a.free_scaling[angle] for a in found]
        np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_the_record_of_a_fit_holds_them():
    """Individual before, the mode of the result after, in units of the noise."""
    result = fit(measured(UNEQUAL), UNEQUAL.setup(sigma=UNEQUAL.sigma / 2, **AVERAGED))
    told = result.degeneracy
    assert (told.before.mode, told.after.mode) == ("individual", "averaged")
    assert told.after.rho_squared < told.before.rho_squared < 1
    for name, value in told.after.inflation.items():
        assert 1 <= value <= told.before.inflation[name] * (1 + 1e-9)
    wide = fit(measured(UNEQUAL), UNEQUAL.setup(sigma=UNEQUAL.sigma))
    alone = wide.degeneracy.before
    assert alone == wide.degeneracy.after
    # A sigma that is half of what it is makes no information out of noise.
    half = fit(measured(UNEQUAL), UNEQUAL.setup(sigma=UNEQUAL.sigma / 2))
    for one, two in zip(
        wide.degeneracy.information, half.degeneracy.information, strict=True
    ):
        np.testing.assert_allclose(one.known_scaling, two.known_scaling, rtol=1e-6)


AVERAGED = {"scaling": Scaling.AVERAGED}
