"""Weights along the flow: worked example, symmetry, and what counts as a turn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.layer_options import ShearWeightingOptions
from engine.scaling.shear_weights import moved, shear_weights
from tests.engine.layer_vectors import layer_vector

PHI = np.linspace(-180, 180, 23)


@pytest.mark.parametrize(
    ("normalize", "key"), [(False, "weights_raw"), (True, "weights_normalised_mean1")]
)
def test_weights_are_those_of_the_example(normalize, key):
    example = layer_vector("shear_weights")
    options = ShearWeightingOptions(
        alpha=example["alpha"], min_weight=example["min_weight"], normalize=normalize
    )
    weights = shear_weights(np.array(example["phi_deg"]), example["phi0_deg"], options)
    np.testing.assert_allclose(weights, example[key], rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(
    order=st.permutations(range(len(PHI))),
    phi0=st.floats(-180, 180),
    alpha=st.sampled_from([0.5, 1.0, 3.0]),
)
def test_permuting_angles_permutes_weights(order, phi0, alpha):
    options = ShearWeightingOptions(alpha=alpha)
    weights = shear_weights(PHI, phi0, options)
    permuted = shear_weights(PHI[order], phi0, options)
    np.testing.assert_allclose(permuted, weights[order], rtol=1e-14)
    assert np.mean(weights) == pytest.approx(1.0)


def test_exponent_and_least_weight_act_as_named():
    options = ShearWeightingOptions(alpha=2.0, min_weight=0.2, normalize=False)
    weights = shear_weights(np.array([10.0, 70.0, 100.0, 190.0]), 10.0, options)
    np.testing.assert_allclose(weights, [1.0, 0.4, 0.2, 1.0], atol=1e-12)


def test_weight_of_one_leaves_all_angles_equal():
    options = ShearWeightingOptions(min_weight=1.0)
    np.testing.assert_allclose(shear_weights(PHI, 4.0, options), 1.0, rtol=1e-15)


@pytest.mark.parametrize(
    ("phi0", "before", "expected"),
    [
        (4.0, 4.0, False),
        (4.05, 4.0, False),
        (4.2, 4.0, True),
        (3.8, 4.0, True),
        (-90.0, 90.0, False),
        (179.98, -0.03, False),
        (359.8, 0.0, True),
        (94.0, 4.0, True),
    ],
)
def test_half_a_turn_is_no_change_of_direction(phi0, before, expected):
    assert moved(phi0, before) is expected
