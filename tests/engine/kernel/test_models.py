"""The models of the engine against the worked examples and the dense reference."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from engine.conventions import Convention
from engine.models.base import Geometry, curve_derivatives, pair_arguments
from engine.models.evaluate import c2_map
from engine.models.registry import build_model
from engine.reference.dense import DenseModel
from tests.engine.vectors import VECTORS
from tests.marking import quick

LAMINAR = np.array([3000.0, -0.4, 200.0, 2e-3, -0.3, 1e-4, 4.0])


def engine_c2(vector):
    inputs = vector.inputs
    return np.stack(
        [
            c2_map(
                vector.content["mode"],
                vector.convention,
                vector.values,
                np.array(inputs["t_s"]),
                q=inputs["q_invA"],
                gap=inputs["L_A"],
                phi=phi,
                contrast=inputs["contrast"][k],
                offset=inputs["offset"][k],
            )
            for k, phi in enumerate(inputs["phi_deg"])
        ]
    )


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_engine_is_the_worked_example_off_the_diagonal(vector):
    off = ~np.eye(vector.expected.shape[-1], dtype=bool)
    np.testing.assert_allclose(
        engine_c2(vector)[:, off], vector.expected[:, off], rtol=0, atol=1e-7
    )


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_engine_is_the_reference_without_smoothing(vector):
    np.testing.assert_allclose(
        engine_c2(vector), vector.dense(smooth=False), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("convention", Convention)
@pytest.mark.parametrize("first", [0.0, 0.1])
@pytest.mark.parametrize(
    "theta",
    [
        LAMINAR,
        LAMINAR * [100, 1, 1, 1e-4, 1, 1, 1],
        LAMINAR * [1, 1, -1000, 50, -1, 1, -5],
        LAMINAR * [1, 4, 0, 1, 5, -20, 1],
    ],
    ids=["moderate", "fast-and-still", "clipped-and-strong", "steep-and-clipped"],
)
def test_engine_is_the_reference_on_long_axes(convention, first, theta):
    dense = DenseModel(
        model="laminar_flow",
        times=first + np.arange(300) * 0.1,
        phi=np.array([0.0, 94.0, -37.0]),
        q=0.0054,
        gap=2e6,
        convention=convention,
    )
    expected = dense.c2(theta, [0.3, 0.2, 0.1], [1.0, 1.1, 0.9])
    for k, phi in enumerate(dense.phi):
        ours = c2_map(
            "laminar_flow",
            convention,
            dict(zip(dense.names, theta, strict=True)),
            dense.times,
            q=dense.q,
            gap=dense.gap,
            phi=phi,
            contrast=(0.3, 0.2, 0.1)[k],
            offset=(1.0, 1.1, 0.9)[k],
        )
        np.testing.assert_allclose(ours, expected[k], rtol=0, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("convention", quick(Convention, Convention.LITERATURE))
@pytest.mark.parametrize("name", ["static", "laminar_flow"])
def test_gradient_of_the_model_is_that_of_finite_differences(name, convention):
    """Through curves, factors and kernel, against central differences of c2."""
    model = build_model(name, convention)
    theta = LAMINAR[: len(model.spec.parameters)]
    dense = DenseModel(
        model=name,
        times=np.arange(20) * 1.0,
        phi=np.array([10.0]),
        q=0.0054,
        gap=2e6,
        convention=convention,
    )

    def correlation(values):
        kappa = model.angle_factors(
            values, jnp.deg2rad(jnp.array([10.0])), Geometry(q=0.0054, gap=2e6)
        )[0]
        curves = model.curves(values, jnp.asarray(dense.times))
        return model.kernel(pair_arguments(model, kappa, curves))

    ours = jax.jacfwd(correlation)(jnp.asarray(theta))
    for p in range(len(theta)):
        h = 1e-6 * abs(theta[p])
        up, down = theta.copy(), theta.copy()
        up[p] += h
        down[p] -= h
        central = (dense.correlation(up)[0] - dense.correlation(down)[0]) / (2 * h)
        scale = np.abs(central).max()
        np.testing.assert_allclose(ours[..., p], central, rtol=0, atol=1e-7 * scale)
    exact = dense.jacobian(np.concatenate([theta, [1.0, 0.0]]))[0, ..., : len(theta)]
    np.testing.assert_allclose(
        np.asarray(ours), exact, rtol=1e-9, atol=1e-12 * np.abs(exact).max()
    )


@pytest.mark.slow
def test_slopes_of_clipped_frames_are_zero():
    model = build_model("static", Convention.LITERATURE)
    times = jnp.arange(1, 11) * 1.0
    slopes = curve_derivatives(model, jnp.array([100.0, 0.0, -500.0]), times)
    np.testing.assert_array_equal(slopes, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("strength", [0.0, 1e-9, 1e-3, 1.0, 3e3])
@pytest.mark.parametrize("convention", Convention)
def test_blocks_are_the_pair_kernel_and_its_slope(convention, strength, apart):
    """The factorised blocks, against the plain kernel and its derivative."""
    model = build_model("laminar_flow", convention)
    rng = np.random.default_rng(3)
    steps = rng.uniform(0.1, 1.0, (2, 12)) * np.array([[0.3], [strength]])
    u = np.cumsum(steps, axis=1)
    rows, columns = (u[:, :6], u[:, 6:]) if apart else (u[:, :6], u[:, :6])
    anchor = rows[:, -1:]
    blocks = model.bases(
        model.side_terms(jnp.asarray(rows - anchor), 1.0),
        model.side_terms(jnp.asarray(columns - anchor), -1.0),
        apart=apart,
    )
    used = np.triu(np.ones((6, 6), dtype=bool), k=1) | apart
    x = [columns[c][None, :] - rows[c][:, None] for c in range(2)]
    value, slope = jax.jvp(
        lambda s: model.kernel([jnp.asarray(x[0]), s]),
        (jnp.asarray(x[1]),),
        (jnp.ones((6, 6)),),
    )
    tolerance = 1e-15 * max(10.0, strength)
    np.testing.assert_allclose(blocks[0][used], value[used], rtol=0, atol=tolerance)
    np.testing.assert_allclose(blocks[1][used], slope[used], rtol=0, atol=tolerance)


def test_decay_of_a_block_underflows_without_a_trace():
    model = build_model("static", Convention.LITERATURE)
    rows = jnp.array([[-2000.0, -900.0, 0.0]])
    columns = jnp.array([[1e-3, 50.0, 3000.0]])
    (f,) = model.bases(
        model.side_terms(rows, 1.0), model.side_terms(columns, -1.0), apart=True
    )
    assert np.all(np.isfinite(f))
    np.testing.assert_allclose(f[2], np.exp(-np.asarray(columns[0])), rtol=1e-14)
    assert not np.any(f[0])
