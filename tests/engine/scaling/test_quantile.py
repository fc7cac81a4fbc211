import numpy as np
import pytest

from engine.scaling.quantile import quantile_scaling
from tests.engine.layer_vectors import layer_vector

BOUNDS = (0.0, 1.0), (0.5, 1.5)


def axis(v, extra=0):
    return np.arange(v["n"] + extra) * v["dt"]


def matrix(v):
    lags = np.abs(np.subtract.outer(axis(v), axis(v)))
    clean = v["true_offset"] + v["true_contrast"] * np.exp(
        -(v["q"] ** 2) * v["D0"] * lags
    )
    noise = np.random.default_rng(v["seed"]).standard_normal((v["n"], v["n"]))
    return clean + v["noise"] * noise


def test_worked_example():
    v = layer_vector("quantile_scaling")
    contrast, offset = quantile_scaling(matrix(v), axis(v), *BOUNDS)
    assert offset == pytest.approx(v["offset_est"], abs=1e-12)
    assert contrast == pytest.approx(v["contrast_est"], abs=2e-11)


def test_pixels_that_are_not_finite_do_not_count():
    v = layer_vector("quantile_scaling")
    whole = matrix(v)
    holed = np.full((v["n"] + 5, v["n"] + 5), np.nan)
    holed[: v["n"], : v["n"]] = whole
    found = quantile_scaling(holed, axis(v, 5), *BOUNDS)
    assert found == quantile_scaling(whole, axis(v), *BOUNDS)


def test_too_few_pixels_give_the_middle_of_the_bounds():
    assert quantile_scaling(np.ones((9, 9)), np.arange(9.0), *BOUNDS) == (0.5, 1.0)


def test_values_stay_within_their_bounds():
    contrast, offset = quantile_scaling(
        np.full((20, 20), 9.0), np.arange(20.0), *BOUNDS
    )
    assert (contrast, offset) == (1.0, 1.5)
