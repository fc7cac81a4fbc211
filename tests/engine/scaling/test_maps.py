"""Scaling modes as linear maps: written out, projected, and within their bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from engine.scaling.maps import averaged, fourier, frozen, individual
from engine.setup import Scaling

PHI = np.array([-150.0, -95.0, -40.0, 0.0, 25.0, 70.0, 130.0])
K = len(PHI)
BOUNDS = (0.05, 0.6), (0.8, 1.2)


def harmonics(order):
    angle = np.radians(PHI)
    columns = [np.ones(K)]
    for k in range(1, order + 1):
        columns += [np.cos(k * angle), np.sin(k * angle)]
    return np.stack(columns, axis=1)


def drawn(seed, spread=0.02):
    rng = np.random.default_rng(seed)
    return 0.3 + spread * rng.normal(size=K), 1 + spread * rng.normal(size=K)


def test_individual_is_the_values_themselves():
    scaling = individual(PHI, *BOUNDS)
    contrast, offset = drawn(0)
    s = scaling.coefficients(contrast, offset)
    np.testing.assert_allclose(s, [*contrast, *offset], rtol=1e-12)
    np.testing.assert_allclose(scaling.expand(s), [contrast, offset], rtol=1e-12)
    assert scaling.mode is Scaling.INDIVIDUAL
    assert scaling.names[0] == "contrast[0]"
    assert scaling.names[-1] == f"offset[{K - 1}]"
    np.testing.assert_array_equal(scaling.lower, [0.05] * K + [0.8] * K)
    np.testing.assert_array_equal(scaling.upper, [0.6] * K + [1.2] * K)


def test_averaged_is_the_mean():
    scaling = averaged(PHI, *BOUNDS)
    contrast, offset = drawn(1)
    s = scaling.coefficients(contrast, offset)
    np.testing.assert_allclose(s, [contrast.mean(), offset.mean()], rtol=1e-12)
    expanded = [np.full(K, s[0]), np.full(K, s[1])]
    np.testing.assert_allclose(scaling.expand(s), expanded, rtol=1e-12)
    assert scaling.names == ("contrast", "offset")
    assert scaling.n_coefficients == 2


@pytest.mark.parametrize("order", [1, 2, 3])
def test_fourier_is_the_projection_on_harmonics(order):
    scaling = fourier(PHI, *BOUNDS, order)
    contrast, offset = drawn(2)
    s = scaling.coefficients(contrast, offset)
    basis = harmonics(order)
    expected = [np.linalg.lstsq(basis, v, rcond=None)[0] for v in (contrast, offset)]
    np.testing.assert_allclose(s, np.concatenate(expected), atol=1e-12)
    values = [basis @ e for e in expected]
    np.testing.assert_allclose(scaling.expand(s), values, rtol=1e-12)
    assert len(scaling.names) == scaling.n_coefficients == 2 * (1 + 2 * order)
    assert scaling.names[1 + 2 * order] == "offset_c0"


def test_limits_of_a_series_are_on_the_values():
    scaling = fourier(PHI, *BOUNDS, 2)
    assert np.all(np.isinf(scaling.lower))
    assert np.all(np.isinf(scaling.upper))
    s = np.random.default_rng(3).normal(size=10)
    limits = scaling.limits
    np.testing.assert_allclose(limits.values(s), np.concatenate(scaling.expand(s)))
    np.testing.assert_array_equal(limits.lower, [0.05] * K + [0.8] * K)
    np.testing.assert_array_equal(limits.upper, [0.6] * K + [1.2] * K)


def test_frozen_has_no_coefficients():
    contrast, offset = drawn(4)
    scaling = frozen(Scaling.CONSTANT, contrast, offset)
    s = scaling.coefficients(contrast + 1, offset)
    assert scaling.n_coefficients == len(s) == 0
    np.testing.assert_array_equal(scaling.expand(s), [contrast, offset])


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    seed=st.integers(0, 2**31),
    spread=st.sampled_from([0.0, 0.05, 1.0, 30.0]),
    make=st.sampled_from(["individual", "averaged", "fourier"]),
)
def test_every_value_is_allowed(seed, spread, make):
    made = {"individual": individual, "averaged": averaged}
    if make == "fourier":
        scaling = fourier(PHI, *BOUNDS, 2)
    else:
        scaling = made[make](PHI, *BOUNDS)
    found = scaling.expand(scaling.coefficients(*drawn(seed, spread)))
    for values, (low, high) in zip(found, BOUNDS, strict=True):
        assert np.all(values >= low - 1e-12)
        assert np.all(values <= high + 1e-12)


def test_harmonics_of_each_group_shrink_by_their_own_factor():
    contrast = 0.3 + 0.4 * np.cos(np.radians(PHI))
    offset = 1 + 0.05 * np.sin(np.radians(PHI))
    scaling = fourier(PHI, *BOUNDS, 1)
    s = scaling.coefficients(contrast, offset)
    swing = 0.4 * np.cos(np.radians(PHI))

    def too_far(factor):
        values = 0.3 + factor * swing
        outside = max(values.max() - 0.6, 0.05 - values.min(), 0.0)
        return -factor + 1e6 * outside

    factor = minimize_scalar(too_far, bounds=(0, 1), options={"xatol": 1e-10}).x
    np.testing.assert_allclose(s[:3], [0.3, 0.4 * factor, 0], atol=1e-6)
    np.testing.assert_allclose(s[3:], [1, 0, 0.05], atol=1e-12)


@pytest.mark.parametrize(
    ("phi", "order"),
    [(PHI[:4], 2), (np.zeros(9), 2), (np.repeat(PHI[:4], 3), 2), (PHI, 4)],
    ids=["few", "equal", "repeated", "high"],
)
def test_angles_that_do_not_determine_the_harmonics_are_refused(phi, order):
    with pytest.raises(ValueError, match=f"{len(phi)} angles do not determine"):
        fourier(phi, *BOUNDS, order)
