"""Harmonics of the angle against a worked example and NumPy's own polynomials."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scaling.fourier import (
    coefficient_labels,
    condition,
    fourier_basis,
    least_angles,
    to_coefficients,
    within,
)
from tests.engine.layer_vectors import layer_vector

FULL = np.linspace(-180, 180, 23)
HALF = np.linspace(-90, 90, 7)


def test_basis_and_projection_are_those_of_the_example():
    example = layer_vector("fourier_basis")
    basis = fourier_basis(np.array(example["phi_deg"]), example["order"])
    np.testing.assert_allclose(basis, example["basis"], rtol=0, atol=1e-12)
    coefficients = to_coefficients(basis, np.array(example["values"]))
    np.testing.assert_allclose(coefficients, example["coeffs_lstsq"], atol=1e-12)
    np.testing.assert_allclose(
        basis @ coefficients, example["reconstructed"], atol=1e-12
    )


@pytest.mark.parametrize("order", [1, 2, 4])
def test_values_that_are_harmonics_come_back(order):
    rng = np.random.default_rng(order)
    wanted = rng.normal(size=1 + 2 * order)
    phi = rng.uniform(-180, 180, 12)
    spectrum = np.zeros(order + 1, complex)
    spectrum[0], spectrum[1:] = wanted[0], wanted[1::2] - 1j * wanted[2::2]
    turn = np.exp(1j * np.pi * phi / 180)
    values = np.polynomial.Polynomial(spectrum)(turn).real
    basis = fourier_basis(phi, order)
    np.testing.assert_allclose(basis @ wanted, values, atol=1e-12)
    np.testing.assert_allclose(to_coefficients(basis, values), wanted, atol=1e-10)


def test_labels_name_the_columns_in_order():
    assert coefficient_labels("contrast", 2) == (
        "contrast_c0",
        "contrast_c1",
        "contrast_s1",
        "contrast_c2",
        "contrast_s2",
    )
    assert coefficient_labels("offset", 0) == ("offset_c0",)
    assert len(coefficient_labels("offset", 3)) == least_angles(3) == 7


@pytest.mark.parametrize(("phi", "expected"), [(FULL, 1.45), (HALF, 14)])
def test_condition_is_the_root_of_that_of_the_squares(phi, expected):
    basis = fourier_basis(phi, 2)
    squares = np.linalg.eigvalsh(basis.T @ basis)
    assert condition(basis) == pytest.approx(np.sqrt(squares[-1] / squares[0]))
    assert condition(basis) == pytest.approx(expected, rel=0.03)


def test_condition_tells_too_few_angles():
    assert condition(fourier_basis(HALF[:4], 2)) == np.inf
    # five angles, but two of them the same
    assert condition(fourier_basis(np.array([0.0, 0, 45, 90, 120]), 2)) > 1e6


def test_projection_within_bounds_is_left_alone():
    values = 0.3 + 0.05 * np.cos(np.deg2rad(HALF))
    basis = fourier_basis(HALF, 2)
    expected = [0.3, 0.05, 0, 0, 0]
    np.testing.assert_allclose(within(values, basis, 0.0, 1.0), expected, atol=1e-12)


def test_harmonics_shrink_no_further_than_needed():
    basis = fourier_basis(FULL, 2)
    values = basis @ np.array([0.3, 0.2, 0.0, 0.0, -0.2])
    coefficients = within(values, basis, 0.1, 0.9)
    assert np.min(basis @ coefficients) == pytest.approx(0.1, abs=1e-12)
    factor = 0.2 / (0.3 - np.min(values))
    expected = [0.3, 0.2 * factor, 0.0, 0.0, -0.2 * factor]
    np.testing.assert_allclose(coefficients, expected, atol=1e-12)


@pytest.mark.parametrize(("mean", "expected"), [(-0.5, 0.0), (1.5, 1.0)])
def test_mean_outside_leaves_no_harmonics(mean, expected):
    basis = fourier_basis(FULL, 2)
    values = basis @ np.array([mean, 0.2, 0.1, 0.0, 0.0])
    np.testing.assert_allclose(
        within(values, basis, 0.0, 1.0), [expected, 0, 0, 0, 0], atol=1e-12
    )


@settings(deadline=None, max_examples=100, derandomize=True)
@given(seed=st.integers(0, 2**31), spread=st.sampled_from([0.01, 0.5, 20.0]))
def test_every_value_keeps_to_its_own_bounds(seed, spread):
    rng = np.random.default_rng(seed)
    basis = fourier_basis(rng.uniform(-180, 180, 9), 2)
    lower, upper = rng.uniform(0.0, 0.2, 9), rng.uniform(0.4, 0.8, 9)
    fitted = basis @ within(rng.normal(0.3, spread, 9), basis, lower, upper)
    assert np.all(fitted >= lower - 1e-12)
    assert np.all(fitted <= upper + 1e-12)
