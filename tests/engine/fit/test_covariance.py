"""Errors of the coefficients: against a plain inverse, and where there is none."""

import numpy as np
import pytest

from engine.fit.covariance import at_bounds, uncertainties

NAMES = ("a", "b", "c")
WIDE = (np.full(3, -10.0), np.full(3, 10.0))


def normal_matrix(columns, scales=(1.0, 1e-4, 1e6)):
    jacobian = np.random.default_rng(3).normal(size=(50, 3)) @ columns * scales
    return jacobian.T @ jacobian


def test_covariance_is_the_scaled_inverse():
    hessian = normal_matrix(np.eye(3))
    found = uncertainties(np.zeros(3), hessian, WIDE, NAMES, 2.5)
    expected = 2.5 * np.linalg.inv(hessian)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-9)
    np.testing.assert_allclose(found.stderr, np.sqrt(np.diag(expected)), rtol=1e-9)
    assert found.names == NAMES
    assert not found.undetermined.any()


def test_a_coefficient_at_its_bound_is_left_out():
    hessian = normal_matrix(np.eye(3))
    found = uncertainties(np.array([0.0, 10.0, 0.0]), hessian, WIDE, NAMES, 1.0)
    inner = np.linalg.inv(hessian[np.ix_([0, 2], [0, 2])])
    assert found.names == ("a", "c")
    assert np.isnan(found.stderr[1])
    np.testing.assert_allclose(found.stderr[[0, 2]] ** 2, np.diag(inner), rtol=1e-9)


def test_what_only_a_sum_determines_has_no_error_and_no_correlation():
    """Columns a and b are proportional: their difference is not measured."""
    columns = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    found = uncertainties(np.zeros(3), normal_matrix(columns), WIDE, NAMES, 1.0)
    np.testing.assert_array_equal(found.undetermined, [True, True, False])
    assert np.isnan(found.stderr[:2]).all()
    assert np.isfinite(found.stderr[2])
    assert np.isnan(found.correlation[0, 1])
    assert np.isnan(found.correlation[0, 2])
    assert found.condition_number == np.inf


@pytest.mark.parametrize(
    ("value", "expected"), [(10.0, True), (10.0 - 1e-9, True), (9.99, False)]
)
def test_at_bounds(value, expected):
    assert (
        at_bounds(np.array([value]), (np.array([-10.0]), np.array([10.0]))) == expected
    )
