"""The pixel-by-pixel model given to SciPy is that of the dense reference."""

import numpy as np
import pytest

from engine.conventions import Convention
from engine.reference.dense import DenseModel
from engine.reference.normal import averaged_basis, normal_equations
from engine.reference.runs import simulated_run
from tests.engine.scipy_fit import PixelModel

X = np.array([3000, -0.4, 200, 1e-3, -0.3, 1e-4, 4, 0.3, 0.32, 1.0, 1.01])


@pytest.mark.parametrize("averaged", [False, True])
@pytest.mark.parametrize("convention", Convention)
def test_jacobian_and_residual(convention, averaged):
    dense = DenseModel(
        model="laminar_flow",
        times=np.arange(1, 13) * 1.0,
        phi=np.array([0.0, 94.0]),
        q=0.0054,
        gap=2e6,
        convention=convention,
    )
    run = simulated_run(dense, X[:7], (X[7:9], X[9:]), sigma=0.02, seed=5)
    mask = np.zeros((12, 12), dtype=bool)
    mask[4] = True
    x = 1.1 * X
    basis = np.eye(11)
    if averaged:
        basis = averaged_basis(7, 2)
        x = np.append(x[:7], [0.31, 1.2])
    expected = normal_equations(dense, basis @ x, run.c2, sigma=0.02, mask=mask)
    expected = expected.projected(basis)
    pixels = PixelModel(dense, run.c2, 0.02, mask, averaged=averaged)
    r, j = pixels.residual(x), pixels.jacobian(x)
    assert 0.5 * r @ r == pytest.approx(expected.cost, rel=1e-12)
    np.testing.assert_allclose(j.T @ r, expected.gradient, rtol=1e-8)
    length = np.sqrt(np.diag(expected.hessian))
    np.testing.assert_allclose(
        (j.T @ j) / np.outer(length, length),
        expected.hessian / np.outer(length, length),
        rtol=0,
        atol=1e-10,
    )
