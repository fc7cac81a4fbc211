"""The reduction against dense normal equations, for every loss, shape and weight."""

import threading

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.conventions import Convention
from engine.data.tiles import cut, tile_layout
from engine.errors import CancelledError
from engine.events import never
from engine.kernel.pieces import AnglePieces
from engine.kernel.reduce import Pixels
from engine.kernel.reduction import Reduction
from engine.kernel.sources import AngleTiles, HeldTiles
from engine.models.base import Geometry
from engine.models.registry import build_model
from engine.reference.dense import DenseModel
from engine.reference.normal import normal_equations
from engine.reference.runs import noisy_c2
from engine.setup import Loss

Q, GAP, SIGMA = 0.0054, 2e6, 0.02
PHI = (0.0, 40.0, 94.0)
THETA = {
    "moderate": (900.0, -0.4, 200.0, 2e-4, -0.3, 1e-5, 4.0),
    "tiny-shear": (900.0, -0.4, 200.0, 1e-10, -0.3, 1e-12, 4.0),
    "strong-shear": (300.0, 0.2, 20.0, 2e-2, -0.2, 1e-3, -5.0),
    "underflow": (3e8, 0.5, -10.0, 1e-3, 0.5, 0.0, 4.0),
    "clipped": (900.0, -0.9, -150.0, 2e-4, -0.9, -3e-5, 4.0),
    "slow": (1e-6, 0.5, 1e-7, 1e-9, 1.0, 0.0, 30.0),
    "accelerating": (2e4, 1.93, 2500.0, 8e-3, 1.55, 3e-4, -26.0),
    "slowing-down": (2e6, -1.9, 0.0, 0.4, -1.9, 0.0, -26.0),
}
LOSSES = list(Loss)


def dense_model(n, name="laminar_flow", phi=PHI, convention=Convention.LITERATURE):
    return DenseModel(
        model=name,
        times=np.arange(1, n + 1) * (60.0 / n),
        phi=np.array(phi),
        q=Q,
        gap=GAP,
        convention=convention,
    )


def measured(dense, seed=1):
    theta = THETA["moderate"][: len(dense.names)]
    k = len(dense.phi)
    clean = dense.c2(theta, np.full(k, 0.3), np.ones(k))
    c2 = noisy_c2(clean, SIGMA, np.random.default_rng(seed))
    # outliers, so that every loss works in all its branches
    c2[:, 0, -1] += 0.3
    c2[:, 1, -1] -= 0.07
    return c2


def reduction(dense, c2, *, mask=None, weight=None, loss=Loss.LINEAR, tile=None):
    """Return the engine's reduction of the same pixels.

    Parameters
    ----------
    weight
        1/σ² as a number or as an array like `c2`.
    """
    n = c2.shape[-1]
    layout = tile_layout(n, tile=tile)
    weight = np.asarray(1 / SIGMA**2 if weight is None else weight)

    def pixels(k, chunk):
        left_out = None if mask is None else np.broadcast_to(mask, c2.shape)[k]
        if weight.ndim:
            tiles = cut(layout, chunk, weight[k].astype(np.float32), None)
        else:
            tiles = weight
        return Pixels(
            jnp.asarray(cut(layout, chunk, c2[k], left_out)), jnp.asarray(tiles)
        )

    return Reduction(
        model=build_model(dense.model, dense.convention),
        geometry=Geometry(q=dense.q, gap=dense.gap),
        times=dense.times,
        phi=dense.phi,
        layout=layout,
        tiles=HeldTiles(
            [
                AngleTiles(tuple(pixels(k, c) for c in layout.chunks))
                for k in range(len(dense.phi))
            ]
        ),
        loss=loss,
        loss_scale=1.5,
    )


def assembled(pieces):
    """Return gradient and matrix of [physical, contrasts, offsets] from the pieces."""
    c = pieces.contrast
    with_f, plain = c[:, None] * pieces.with_f, c[:, None] * pieces.plain
    gradient = np.concatenate([c @ pieces.with_r, pieces.swrf, pieces.swr])
    hessian = np.block(
        [
            [np.tensordot(c * c, pieces.hessian, 1), with_f.T, plain.T],
            [with_f, np.diag(pieces.swff), np.diag(pieces.swf)],
            [plain, np.diag(pieces.swf), np.diag(pieces.sw)],
        ]
    )
    return gradient, hessian


def point(dense, name="moderate"):
    k = len(dense.phi)
    theta = np.array(THETA[name])[: len(dense.names)]
    return np.concatenate(
        [theta, np.linspace(0.25, 0.35, k), np.linspace(0.98, 1.01, k)]
    )


def check(reduce, dense, x, c2, *, rtol=1e-10, **options):
    """Compare all sums; the scale of an element is that of its row and column."""
    theta, contrast, offset = dense.unpacked(x)
    pieces = reduce(theta, contrast, offset, never)
    expected = normal_equations(
        dense, x, c2, loss=reduce.loss.value, loss_scale=reduce.loss_scale, **options
    )
    gradient, hessian = assembled(pieces)
    length = np.sqrt(np.diag(expected.hessian))
    residual = np.sqrt(expected.chi_squared)
    assert pieces.total_cost == pytest.approx(expected.cost, rel=1e-12)
    assert pieces.chi2.sum() == pytest.approx(expected.chi_squared, rel=1e-12)
    error = np.abs(gradient - expected.gradient)
    assert np.all(error <= rtol * length * residual + 1e-300), error / length
    error = np.abs(hessian - expected.hessian)
    assert np.all(error <= rtol * np.outer(length, length) + 1e-300), error


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", ["static", "laminar_flow"])
def test_every_loss(name, loss):
    dense = dense_model(50, name)
    c2 = measured(dense)
    check(reduction(dense, c2, loss=loss), dense, point(dense), c2, sigma=SIGMA)


@pytest.mark.slow
@pytest.mark.parametrize("convention", Convention)
@pytest.mark.parametrize("name", THETA)
def test_every_regime(name, convention):
    dense = dense_model(50, convention=convention)
    c2 = measured(dense)
    check(reduction(dense, c2, tile=16), dense, point(dense, name), c2, sigma=SIGMA)


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5, 50, 129])
@pytest.mark.parametrize("loss", [Loss.LINEAR, Loss.CAUCHY])
def test_every_size(n, loss):
    dense = dense_model(n)
    c2 = measured(dense)
    check(reduction(dense, c2, loss=loss), dense, point(dense), c2, sigma=SIGMA)


@pytest.mark.slow
def test_size_of_two_tiles_and_one_frame():
    dense = dense_model(257, phi=(20.0,))
    c2 = measured(dense)
    check(reduction(dense, c2), dense, point(dense), c2, sigma=SIGMA)


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
def test_masks_and_a_sigma_for_every_pixel(loss):
    dense = dense_model(61)
    rng = np.random.default_rng(8)
    mask = rng.random((3, 61, 61)) < 0.1
    mask[:, 20:24, :] = mask[:, :, 20:24] = True
    c2 = measured(dense)
    c2[1, 5, 9] = np.nan
    c2[2, 7, 30] = np.inf
    weight = rng.uniform(0.5, 2.0, c2.shape).astype(np.float32) / SIGMA**2
    check(
        reduction(dense, c2, mask=mask, weight=weight, loss=loss, tile=16),
        dense,
        point(dense),
        c2,
        sigma=1 / np.sqrt(weight.astype(np.float32).astype(float)),
        mask=mask,
    )


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
def test_sums_for_the_errors_of_robust_fits(loss):
    """Σρ', Σψ² and Σψ' against finite differences of the loss itself."""
    dense = dense_model(30)
    c2 = measured(dense)
    x = point(dense)
    pieces = reduction(dense, c2, loss=loss)(*dense.unpacked(x), never)
    upper = np.triu_indices(30, 1)
    scale, h = 1.5, 1e-5
    r = ((dense.c2(*dense.unpacked(x)) - c2) / SIGMA)[:, *upper]
    smooth = np.abs(np.abs(r) - scale) > 2 * h

    def cost(u):
        z = (u / scale) ** 2
        rho = {
            "linear": z,
            "soft_l1": 2 * (np.sqrt(1 + z) - 1),
            "huber": np.where(z <= 1, z, 2 * np.sqrt(z) - 1),
            "cauchy": np.log1p(z),
            "arctan": np.arctan(z),
        }[loss.value]
        return 0.5 * scale**2 * rho

    psi = (cost(r + h) - cost(r - h)) / (2 * h)
    slope = (cost(r + h) - 2 * cost(r) + cost(r - h)) / h**2
    assert smooth.all()
    np.testing.assert_allclose(pieces.psi2, (psi**2).sum(axis=1), rtol=1e-7)
    np.testing.assert_allclose(pieces.rho1, (psi / r).sum(axis=1), rtol=1e-7)
    np.testing.assert_allclose(pieces.psi1, slope.sum(axis=1), rtol=1e-4)


@pytest.mark.slow
@settings(deadline=None, max_examples=10, derandomize=True)
@given(
    tile=st.sampled_from([17, 64]),
    n=st.sampled_from([3, 33, 70]),
    name=st.sampled_from(sorted(THETA)),
)
def test_tiling_does_not_change_the_sums(tile, n, name):
    dense = dense_model(n, phi=(10.0, 94.0))
    c2 = measured(dense)
    x = dense.unpacked(point(dense, name))
    one, other = (reduction(dense, c2, tile=t)(*x, never) for t in (16, tile))
    # only the first frames of a large tile are correlated there
    same(one, other, rtol=1e-8 if name == "accelerating" else 1e-10)


def same(one, other, rtol):
    np.testing.assert_allclose(one.total_cost, other.total_cost, rtol=1e-12)
    (g1, h1), (g2, h2) = assembled(one), assembled(other)
    length = np.sqrt(np.diag(h1))
    residual = np.sqrt(one.chi2.sum())
    assert np.all(np.abs(h1 - h2) <= rtol * np.outer(length, length) + 1e-300)
    assert np.all(np.abs(g1 - g2) <= rtol * length * residual + 1e-300)


@pytest.mark.slow
@settings(deadline=None, max_examples=6, derandomize=True)
@given(order=st.permutations(range(3)))
def test_order_of_the_angles_does_not_matter(order):
    dense = dense_model(40)
    c2 = measured(dense)
    x = dense.unpacked(point(dense))
    plain = reduction(dense, c2)(*x, never)
    turned = dense_model(40, phi=tuple(PHI[k] for k in order))
    pieces = reduction(turned, c2[list(order)])(
        x[0], x[1][list(order)], x[2][list(order)], never
    )
    for field in ("hessian", "with_f", "with_r", "swf", "cost", "chi2"):
        ours, theirs = (getattr(p, field) for p in (pieces, plain))
        np.testing.assert_array_equal(ours, theirs[list(order)], err_msg=field)


@pytest.mark.slow
@settings(deadline=None, max_examples=8, derandomize=True)
@given(factor=st.floats(1e-6, 1e6))
def test_weights_scale_every_sum_of_the_linear_loss(factor):
    dense = dense_model(40)
    c2 = measured(dense)
    x = dense.unpacked(point(dense))
    plain = reduction(dense, c2, weight=1.0)(*x, never)
    scaled = reduction(dense, c2, weight=factor)(*x, never)
    for field in ("hessian", "with_r", "sw", "swff", "cost", "chi2"):
        np.testing.assert_allclose(
            getattr(scaled, field), factor * getattr(plain, field), rtol=1e-11
        )


def test_pieces_move_to_another_scaling_exactly():
    dense = dense_model(40)
    c2 = measured(dense)
    theta, contrast, offset = dense.unpacked(point(dense))
    reduce = reduction(dense, c2)
    new = contrast * 1.3 - 0.02, offset - 0.05
    moved = reduce(theta, contrast, offset, never).at_scaling(*new)
    same(moved, reduce(theta, *new, never), rtol=1e-11)
    assert isinstance(moved, AnglePieces)


def test_fitting_nothing_adds_nothing():
    dense = dense_model(40, phi=(0.0, 40.0))
    c2 = measured(dense)
    c2[1] = np.nan
    pieces = reduction(dense, c2)(*dense.unpacked(point(dense)), never)
    for field in ("hessian", "with_f", "plain", "with_r", "sw", "cost", "psi1"):
        value = getattr(pieces, field)[1]
        np.testing.assert_array_equal(value, np.zeros_like(value), err_msg=field)


@pytest.mark.slow
def test_spread_frames_use_the_curves_of_the_whole_axis():
    """A matrix of some frames only, as the coarse search uses."""
    dense = dense_model(60, phi=(0.0, 40.0))
    c2 = measured(dense)
    frames = np.array([0, 1, 2, 3, 10, 20, 33, 34, 59])
    some = np.ix_(range(2), frames, frames)
    mask = np.ones(c2.shape, dtype=bool)
    mask[some] = False
    plain = reduction(dense, c2, mask=mask)
    layout = tile_layout(len(frames), frames=frames)
    tiles = [
        AngleTiles(
            tuple(
                Pixels(
                    jnp.asarray(cut(layout, chunk, c2[some][k], None)),
                    jnp.asarray(1 / SIGMA**2),
                )
                for chunk in layout.chunks
            )
        )
        for k in range(2)
    ]
    x = dense.unpacked(point(dense))
    coarse = Reduction(
        model=plain.model,
        geometry=plain.geometry,
        times=plain.times,
        phi=plain.phi,
        layout=layout,
        tiles=HeldTiles(tiles),
        loss=Loss.LINEAR,
        loss_scale=1.0,
    )
    same(coarse(*x, never), plain(*x, never), rtol=1e-10)


@pytest.mark.slow
def test_cancelling_stops_inside_an_evaluation():
    dense = dense_model(129)
    c2 = measured(dense)
    asked = []
    lock = threading.Lock()

    def cancelled():
        with lock:
            asked.append(threading.get_ident())
            return len(asked) > 2

    with pytest.raises(CancelledError):
        reduction(dense, c2, tile=16)(*dense.unpacked(point(dense)), cancelled)
    assert len(asked) > 2
