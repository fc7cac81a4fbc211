"""The dense reference against the worked examples and closed forms."""

import math

import numpy as np
import pytest

from engine.conventions import Convention, conversion
from engine.reference.dense import DenseModel, floored_times, pair_integral, sinc
from tests.engine.vectors import VECTORS

TIMES = np.arange(1, 41) * 0.1
LAG = np.abs(TIMES[None, :] - TIMES[:, None])
OFF_DIAGONAL = ~np.eye(len(TIMES), dtype=bool)


def model(name="laminar_flow", **changes):
    settings = {
        "model": name,
        "times": TIMES,
        "phi": np.array([0.0, 30.0, 90.0]),
        "q": 0.0054,
        "gap": 2e6,
    }
    return DenseModel(**{**settings, **changes})


def test_there_are_worked_examples_for_every_convention():
    laminar = [v for v in VECTORS if v.content["mode"] == "laminar_flow"]
    assert {v.convention for v in laminar} == set(Convention)
    assert len(VECTORS) == 4 * 3 + 4


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_smoothed_reference_is_the_worked_example(vector):
    np.testing.assert_allclose(
        vector.dense(smooth=True), vector.expected, rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_intermediate_values_of_the_worked_example(vector):
    reference = vector.model(smooth=True)
    theta = vector.inputs["physical"]
    intermediate = vector.content["intermediate"]
    rate = theta[0] * floored_times(reference.times) ** theta[1] + theta[2]
    np.testing.assert_allclose(np.maximum(rate, 1e-10), intermediate["D_t"], rtol=1e-13)
    np.testing.assert_allclose(
        pair_integral(np.array(intermediate["D_t"]), smooth=True),
        intermediate["D_steps_integral"],
        rtol=1e-13,
        atol=1e-10,
    )


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_smoothing_matters_on_the_diagonal_only(vector):
    plain, smooth = (vector.dense(smooth=s) for s in (False, True))
    off = ~np.eye(plain.shape[-1], dtype=bool)
    np.testing.assert_allclose(plain[:, off], smooth[:, off], rtol=0, atol=1e-7)
    np.testing.assert_allclose(
        np.diagonal(plain, axis1=1, axis2=2),
        np.add(vector.inputs["contrast"], vector.inputs["offset"])[:, None]
        * np.ones(plain.shape[-1]),
        rtol=1e-15,
    )


def test_brownian_motion_is_a_simple_exponential():
    c2 = model("static").c2([2000.0, 0.0, 500.0], [0.3] * 3, [1.0] * 3)
    expected = 1.0 + 0.3 * np.exp(-(0.0054**2) * 2500.0 * LAG)
    np.testing.assert_allclose(c2[0], expected, rtol=0, atol=1e-14)


def test_linear_growth_is_integrated_exactly_by_the_trapezoid():
    c2 = model("static").c2([700.0, 1.0, 0.0], [1.0] * 3, [0.0] * 3)
    square = TIMES**2 / 2
    expected = np.exp(-(0.0054**2) * 700.0 * np.abs(square[None, :] - square[:, None]))
    np.testing.assert_allclose(c2[1], expected, rtol=1e-13)


@pytest.mark.parametrize("convention", Convention)
def test_constant_shear_is_a_sinc_of_the_lag(convention):
    theta = [1e-12, 0.0, 0.0, 0.004, 0.0, 0.001, 12.0]
    phi = np.array([0.0, 30.0, 90.0])
    c2 = model(convention=convention).c2(theta, [0.2, 0.3, 0.4], [1.0, 1.1, 0.9])
    for k in range(3):
        a = 0.5 * 0.0054 * 2e6 * math.cos(math.radians(12.0 - phi[k])) * 0.005 * LAG
        x = a / math.pi if convention is Convention.HOMODYNE2 else a
        x[~OFF_DIAGONAL] = 1.0
        power = {"literature": 2}.get(convention.value, 4)
        factor = np.where(OFF_DIAGONAL, (np.sin(x) / x) ** power, 1.0)
        expected = (1.0, 1.1, 0.9)[k] + (0.2, 0.3, 0.4)[k] * factor
        np.testing.assert_allclose(c2[k], expected, rtol=0, atol=1e-12)


def test_legacy_and_homodyne2_differ_by_pi_exactly():
    theta = np.array([1000.0, -0.3, 20.0, 0.003, -0.2, 1e-4, 5.0])
    factor = conversion(Convention.LEGACY, Convention.HOMODYNE2).factor
    converted = theta * np.array([1, 1, 1, factor, 1, factor, 1])
    assert factor == pytest.approx(math.pi, rel=1e-15)
    legacy = model(convention=Convention.LEGACY).c2(theta, [1] * 3, [0] * 3)
    homodyne2 = model(convention=Convention.HOMODYNE2).c2(converted, [1] * 3, [0] * 3)
    np.testing.assert_allclose(legacy, homodyne2, rtol=0, atol=1e-13)


def test_sinc_has_no_seam_between_series_and_quotient():
    x = np.concatenate([np.linspace(0.9, 1.1, 41), -np.linspace(1e-9, 20, 1000)])
    np.testing.assert_allclose(sinc(x), np.sinc(x / np.pi), rtol=0, atol=1e-15)
    assert sinc(np.zeros(1)) == 1.0


@pytest.mark.parametrize("convention", Convention)
def test_complex_step_agrees_with_central_differences(convention):
    dense = model(convention=convention, times=np.arange(12) * 0.5)
    x = np.array([3000, -0.4, 200, 2e-3, -0.3, 1e-4, 4, 0.3, 0.31, 0.29, 1, 1.01, 0.99])
    jacobian = dense.jacobian(x)
    for p in range(len(x)):
        h = 1e-6 * max(abs(x[p]), 1e-3)
        up, down = x.copy(), x.copy()
        up[p] += h
        down[p] -= h
        central = (dense.c2(*dense.unpacked(up)) - dense.c2(*dense.unpacked(down))) / (
            2 * h
        )
        scale = np.abs(central).max()
        np.testing.assert_allclose(jacobian[..., p], central, rtol=0, atol=1e-6 * scale)
