"""The dense normal equations against SciPy's own bookkeeping."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from engine.reference.dense import DenseModel
from engine.reference.normal import (
    LOSSES,
    averaged_basis,
    fitted_pixels,
    normal_equations,
)
from engine.reference.runs import DIAGONAL_SPIKE, simulated_run

MODEL = DenseModel(
    model="laminar_flow",
    times=np.arange(1, 13) * 1.0,
    phi=np.array([0.0, 70.0]),
    q=0.0054,
    gap=2e6,
)
X = np.array([3000, -0.4, 200, 1e-3, -0.3, 1e-4, 4, 0.3, 0.32, 1.0, 1.01])
RUN = simulated_run(MODEL, X[:7], (X[7:9], X[9:]), sigma=0.02, seed=5)
START = X * 1.1


@pytest.mark.parametrize("loss", LOSSES)
def test_cost_and_gradient_are_those_of_scipy(loss):
    kept = fitted_pixels(RUN.c2)

    def residual(x):
        return (MODEL.c2(*MODEL.unpacked(x)) - RUN.c2)[kept] / 0.02

    def jacobian(x):
        return MODEL.jacobian(x)[kept] / 0.02

    theirs = least_squares(
        residual, START, jac=jacobian, loss=loss, f_scale=1.5, max_nfev=1, x_scale="jac"
    )
    ours = normal_equations(MODEL, START, RUN.c2, sigma=0.02, loss=loss, loss_scale=1.5)
    assert ours.cost == pytest.approx(theirs.cost, rel=1e-12)
    np.testing.assert_allclose(ours.gradient, theirs.grad, rtol=1e-9)
    assert ours.n_points == 2 * 12 * 11 // 2


def test_masked_pixels_and_the_diagonal_never_count():
    mask = np.zeros((2, 12, 12), dtype=bool)
    mask[0, 3, :] = mask[1, :, 7] = True
    spoiled = np.array(RUN.c2)
    spoiled[mask] = 1e6
    spoiled[:, np.arange(12), np.arange(12)] = np.nan
    kept = normal_equations(MODEL, X, RUN.c2, sigma=0.02, mask=mask)
    same = normal_equations(MODEL, X, spoiled, sigma=0.02, mask=mask)
    assert kept.cost == same.cost
    np.testing.assert_array_equal(kept.hessian, same.hessian)
    assert kept.n_points == 2 * 66 - 8 - 7


def test_averaged_equations_are_the_derivatives_of_the_shared_pair():
    basis = averaged_basis(7, 2)
    y = np.append(X[:7], [0.31, 1.005])
    equations = normal_equations(MODEL, basis @ y, RUN.c2, sigma=0.02)
    h = 1e-6
    for p in (7, 8):
        up, down = y.copy(), y.copy()
        up[p] += h
        down[p] -= h
        costs = [
            normal_equations(MODEL, basis @ v, RUN.c2, sigma=0.02).cost
            for v in (up, down)
        ]
        slope = (costs[0] - costs[1]) / (2 * h)
        assert equations.projected(basis).gradient[p] == pytest.approx(slope, rel=1e-6)


def test_simulated_noise_is_symmetric_and_as_ordered():
    clean = MODEL.c2(X[:7], X[7:9], X[9:])
    noise = RUN.c2 - clean
    np.testing.assert_array_equal(RUN.c2, np.swapaxes(RUN.c2, 1, 2))
    diagonal = np.diagonal(noise, axis1=1, axis2=2)
    np.testing.assert_allclose(diagonal, DIAGONAL_SPIKE, atol=1e-6)
    scatter = noise[fitted_pixels(RUN.c2)].std()
    assert scatter == pytest.approx(0.02, rel=4 / np.sqrt(2 * 132))
