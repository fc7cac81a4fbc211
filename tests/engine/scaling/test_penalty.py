"""The penalty on unequal values: worked example, finite differences, null vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.layer_options import CvMode, RegularizationOptions
from engine.scaling.penalty import (
    CvPenalty,
    coefficient_of_variation,
    tuned_strength,
)
from tests.engine.layer_vectors import layer_vector

EXAMPLE = layer_vector("cv_regularisation")
GROUP = np.array(EXAMPLE["group"])


def penalty(mode=CvMode.RELATIVE, strength=1.0, chi_squared=1.0, total_weight=1.0):
    return CvPenalty(
        mode=mode,
        strength=strength,
        chi_squared=chi_squared,
        total_weight=total_weight,
    )


def derivative(function, x):
    """Return central differences of fourth order, the last axis being x."""
    columns = []
    for unit in np.eye(len(x)):
        h = 1e-3 * np.max(np.abs(x)) * unit
        near = function(x + h) - function(x - h)
        far = function(x + 2 * h) - function(x - 2 * h)
        columns.append((8 * near - far) / (12 * np.max(h)))
    return np.stack(columns, axis=-1)


def test_cost_is_half_that_of_the_example():
    assert coefficient_of_variation(GROUP) == pytest.approx(EXAMPLE["cv"], rel=1e-12)
    strength = tuned_strength(RegularizationOptions())
    assert strength == pytest.approx(EXAMPLE["lambda_auto"], rel=1e-12)
    of_group = penalty(
        strength=strength, chi_squared=EXAMPLE["mse"] * EXAMPLE["n_points"]
    )
    assert 2 * of_group.cost(GROUP) == pytest.approx(EXAMPLE["L_reg"], rel=1e-12)


def test_derivatives_of_the_example():
    of_group = penalty()
    np.testing.assert_allclose(
        2 * of_group.gradient(GROUP),
        [-0.10857, -0.04717, 0.19843, 0.13703, 0.01423, -0.10857, -0.16997],
        atol=5e-6,
    )
    # none along the values themselves, 1/(mμ²)(1 + CV²) along their deviations
    across = 1 / (len(GROUP) * EXAMPLE["mean"] ** 2)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(of_group.hessian(GROUP)),
        [0.0] + 5 * [across] + [across * (1 + EXAMPLE["cv"] ** 2)],
        atol=1e-12,
    )
    assert across == pytest.approx(3.0700, abs=5e-5)


@pytest.mark.parametrize("mode", CvMode)
@pytest.mark.parametrize("mean", [0.3, 1.0, -2.0])
@pytest.mark.parametrize("m", [2, 5, 6])
def test_gradient_is_that_of_finite_differences(mode, mean, m):
    values = mean + np.random.default_rng(m).normal(0, 0.1, m)
    values += mean - np.mean(values)
    of_group = penalty(mode, 3.0, 40.0, 7.0)
    gradient = of_group.gradient(values)
    numerical = derivative(of_group.cost, values)
    np.testing.assert_allclose(
        gradient, numerical, atol=1e-8 * np.max(np.abs(gradient))
    )


def test_hessian_is_that_of_the_residuals():
    # ρ = deviation / (√m μ) written out anew, and its derivative by differences
    def residuals(x):
        return (x - x.mean()) / (np.sqrt(len(x)) * x.mean())

    jacobian = derivative(residuals, GROUP)
    np.testing.assert_allclose(
        penalty(strength=2.0, chi_squared=5.0).hessian(GROUP),
        10.0 * jacobian.T @ jacobian,
        atol=1e-6,
    )


def test_absolute_penalty_is_the_variance():
    of_group = penalty(CvMode.ABSOLUTE, 2.0, np.nan, 100.0)
    assert of_group.cost(GROUP) == pytest.approx(100.0 * np.var(GROUP))
    hessian = of_group.hessian(GROUP)
    np.testing.assert_allclose(hessian, derivative(of_group.gradient, GROUP), atol=1e-8)


def test_auto_is_relative_for_more_than_five_values():
    for values, same in [(GROUP[:5], CvMode.ABSOLUTE), (GROUP[:6], CvMode.RELATIVE)]:
        chosen = penalty(CvMode.AUTO, 1.0, 40.0, 7.0)
        expected = penalty(same, 1.0, 40.0, 7.0)
        assert chosen.cost(values) == expected.cost(values) > 0


@settings(deadline=None, max_examples=100, derandomize=True)
@given(
    values=st.lists(st.floats(-5, 5), min_size=2, max_size=12),
    mode=st.sampled_from(CvMode),
)
def test_hessian_never_bends_down(values, mode):
    hessian = penalty(mode).hessian(np.array(values))
    np.testing.assert_array_equal(hessian, hessian.T)
    eigenvalues = np.linalg.eigvalsh(hessian)
    assert eigenvalues[0] >= -1e-12 * max(eigenvalues[-1], 1e-300)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(
    values=st.lists(st.floats(0.05, 5), min_size=2, max_size=12),
    factor=st.floats(0.1, 10),
)
def test_relative_penalty_does_not_see_a_common_factor(values, factor):
    values, of_group = np.array(values), penalty()
    hessian = of_group.hessian(values)
    size = np.max(np.abs(hessian)) * np.max(values)
    np.testing.assert_allclose(hessian @ values, 0.0, atol=1e-12 * size)
    cost = of_group.cost(values)
    assert of_group.cost(factor * values) == pytest.approx(cost, rel=1e-9, abs=1e-25)


@pytest.mark.parametrize("mode", CvMode)
def test_equal_values_and_a_single_one_cost_nothing(mode):
    of_group = penalty(mode)
    assert of_group.cost(np.full(8, 0.25)) == 0.0
    np.testing.assert_array_equal(of_group.gradient(np.full(8, 0.25)), 0.0)
    for m in (0, 1):
        values = np.full(m, 0.3)
        assert of_group.cost(values) == coefficient_of_variation(values) == 0.0
        assert of_group.gradient(values).shape == (m,)
        np.testing.assert_array_equal(of_group.hessian(values), np.zeros((m, m)))


def test_values_without_a_mean_are_judged_by_their_spread():
    values = np.array([-1.0, 1.0])
    assert coefficient_of_variation(values) == 1.0
    assert penalty().cost(values) == pytest.approx(0.5)
    assert np.all(np.isfinite(penalty().hessian(values)))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"strength": 3.0}, 3.0),
        ({"strength": 3.0, "auto_tune": False}, 3.0),
        ({"auto_tune": False}, 1.0),
        ({"target_cv": 0.2, "target_contribution": 0.08}, 2.0),
    ],
)
def test_given_strength_wins_over_tuning(options, expected):
    assert tuned_strength(RegularizationOptions(**options)) == pytest.approx(expected)


def test_tuned_penalty_is_the_target_part_at_the_target_cv():
    options = RegularizationOptions(target_cv=0.15, target_contribution=0.05)
    of_group = penalty(strength=tuned_strength(options), chi_squared=200.0)
    assert 2 * of_group.cost(np.array([0.85, 1.15])) == pytest.approx(10.0)
