"""Units of the warm-up and the way back from them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.options import Normalization
from engine.solver.normalise import (
    denormalise,
    normalisation,
    normalise,
    transform_covariance,
)

INF = np.inf
START = np.array([19000.0, -0.1, 0.0, 3.0, 1e-20])
LOWER = np.array([1.0, -2.0, -INF, 3.0, 0.0])
UPPER = np.array([1e6, 2.0, INF, 3.0, INF])
P0 = [19000.0, 0.1, 1.0, 3.0, 1.0]
BOUNDS = [999999.0, 4.0, 1.0, 3.0, 1.0]


@pytest.mark.parametrize(
    ("strategy", "units", "used"),
    [
        (Normalization.BOUNDS, BOUNDS, Normalization.BOUNDS),
        (Normalization.AUTO, BOUNDS, Normalization.BOUNDS),
        (Normalization.P0, P0, Normalization.P0),
        (Normalization.NONE, [1.0] * 5, Normalization.NONE),
    ],
)
def test_units_of_each_strategy(strategy, units, used):
    assert normalisation(strategy, START, LOWER, UPPER)[1] is used
    np.testing.assert_array_equal(
        normalisation(strategy, START, LOWER, UPPER)[0], units
    )


def test_auto_without_any_range_goes_by_the_start():
    free = np.full(5, INF)
    units, used = normalisation(Normalization.AUTO, START, -free, free)
    assert used is Normalization.P0
    np.testing.assert_array_equal(units, P0)


def test_range_too_wide_for_a_number_is_infinite():
    huge = np.array([1.5e308])
    units, _ = normalisation(Normalization.BOUNDS, np.array([2.0]), -huge, huge)
    assert units[0] == 2.0


@settings(deadline=None, max_examples=100, derandomize=True)
@given(seed=st.integers(0, 2**31), strategy=st.sampled_from(Normalization))
def test_units_are_finite_and_positive_and_the_way_back_is_exact(seed, strategy):
    rng = np.random.default_rng(seed)
    lower = rng.choice([-INF, -1e9, -1.0, 0.0], 6)
    upper = np.maximum(lower, rng.choice([INF, 1e-12, 0.0, 5.0], 6))
    start = np.clip(rng.choice([0.0, 1e-30, 7.0, -1e8], 6), lower, upper)
    units, _ = normalisation(strategy, start, lower, upper)
    assert np.all(np.isfinite(units) & (units > 0))
    np.testing.assert_allclose(
        denormalise(normalise(start, units), units), start, rtol=1e-14
    )


def test_covariance_is_that_of_the_physical_coefficients():
    """By the definition: the inverse of the normal matrix in either variable."""
    rng = np.random.default_rng(2)
    units = 10.0 ** rng.uniform(-4, 4, 5)
    physical = rng.normal(size=(30, 5)) / units
    normalised = physical * units
    covariance = transform_covariance(np.linalg.inv(normalised.T @ normalised), units)
    scatter = np.linalg.pinv(physical) @ np.linalg.pinv(physical).T
    errors = np.sqrt(np.diag(scatter))
    difference = (covariance - scatter) / np.outer(errors, errors)
    np.testing.assert_allclose(difference, 0.0, atol=1e-9)
