"""The coarse grid against loops over cells: what is in it, and what its cost is."""

from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.conventions import Convention
from engine.data.tile_store import SCRATCH_VARIABLE
from engine.data.tiles import cut, tile_layout
from engine.events import never
from engine.kernel.coarse import GROUP, CoarseGrid, has_coarse_grid
from engine.kernel.reduction import Reduction
from engine.kernel.sources import CutTiles, MatrixOfAngle
from engine.models.base import Geometry
from engine.models.registry import build_model
from engine.reference.dense import DenseModel, power_law, sinc
from engine.reference.runs import noisy_c2
from engine.setup import Loss

pytestmark = pytest.mark.slow


@dataclass(frozen=True, eq=False)
class Matrices:
    """Some angles as they come to the grid."""

    c2: np.ndarray
    left_out: np.ndarray | None = None
    weight: np.ndarray | None = None

    def of_angles(self):
        return [
            MatrixOfAngle(
                c2=self.c2[k],
                left_out=None if self.left_out is None else self.left_out[k],
                weight=None if self.weight is None else self.weight[k],
            )
            for k in range(len(self.c2))
        ]

    @property
    def fitted(self):
        upper = np.triu(np.ones(self.c2.shape, bool), 1) & np.isfinite(self.c2)
        return upper if self.left_out is None else upper & ~self.left_out


def random_matrices(n, n_angles, *, weighted, masked, seed=0):
    rng = np.random.default_rng(seed)
    shape = (n_angles, n, n)
    c2 = rng.normal(1.1, 0.1, shape).astype(np.float32)
    c2[rng.random(shape) < 0.03] = np.nan
    c2[:, 1, n // 2] = np.inf
    # Whole cells, and stripes a cell cannot hide.
    c2[0, 8:16, n // 2 :] = np.nan
    left_out = rng.random(shape) < 0.1 if masked else None
    weight = rng.uniform(0.2, 5.0, shape).astype(np.float32) if weighted else None
    return Matrices(c2, left_out, weight)


def grid_of(layout, some, most_bytes=np.inf):
    weighted = some.weight is not None
    grid = CoarseGrid(layout, len(some.c2), weighted=weighted, most_bytes=most_bytes)
    for k, m in enumerate(some.of_angles()):
        for number, chunk in enumerate(layout.chunks):
            weight = None
            if m.weight is not None:
                weight = cut(layout, chunk, m.weight, None)
            grid.add(number, k, cut(layout, chunk, m.c2, m.left_out), weight)
    return grid


def content(grid, weight):
    """Return {(place of row, place of column): (value, weight)} of every angle.

    Places are those on the axis of the curves: frames, then cells behind the last.
    """
    source = grid.tiles(weight)
    every = [{} for _ in range(source.n_angles)]
    with closing(source.chunks()) as chunks:
        for chunk, pixels_of in zip(grid.layout.chunks, chunks, strict=True):
            for k, found in enumerate(every):
                new = in_chunk(grid.layout, chunk, pixels_of(k))
                assert not found.keys() & new.keys()
                found |= new
    return every


def in_chunk(layout, chunk, pixels):
    weights = np.broadcast_to(pixels.weight, pixels.c2.shape)
    found = {}
    for g, i, j in np.argwhere(np.isfinite(pixels.c2)).tolist():
        row = int(layout.frames[chunk.rows[g], i])
        column = int(layout.frames[chunk.columns[g], j])
        assert (row, column) not in found
        found[row, column] = (pixels.c2[g, i, j], weights[g, i, j])
    return found


def cells_apart(layout):
    """Return how many cells apart pixels are averaged."""
    return layout.tile // GROUP // GROUP - 1


def by_loops(layout, some, weight):
    """Return what `content` should be, pixel by pixel."""
    n, apart = layout.n_frames, cells_apart(layout)
    every = []
    for k, fitted in enumerate(some.fitted):
        sums, found = defaultdict(lambda: [0.0, 0.0]), {}
        for i, j in np.argwhere(fitted).tolist():
            value = float(some.c2[k, i, j])
            w = weight if some.weight is None else float(some.weight[k, i, j])
            cell = i // GROUP, j // GROUP
            if cell[1] - cell[0] < apart:
                found[i, j] = (value, w)
                continue
            place = n + cell[0], n + cell[1]
            sums[place][0] += w * value
            sums[place][1] += w
        found |= {place: (s / w, w) for place, (s, w) in sums.items()}
        every.append(found)
    return every


class TestContent:
    @pytest.mark.parametrize("masked", [False, True])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize(
        ("n", "tile", "chunk_tiles"),
        [
            (131, 32, 3),
            pytest.param(128, 32, 16, marks=pytest.mark.slow),
            pytest.param(197, 64, 2, marks=pytest.mark.slow),
        ],
    )
    def test_cells_are_means_and_the_rest_is_kept(
        self, n, tile, chunk_tiles, weighted, masked
    ):
        layout = tile_layout(n, tile=tile, chunk_tiles=chunk_tiles)
        some = random_matrices(n, 2, weighted=weighted, masked=masked)
        found = content(grid_of(layout, some), 2500.0)
        expected = by_loops(layout, some, 2500.0)
        for ours, theirs in zip(found, expected, strict=True):
            assert ours.keys() == theirs.keys()
            places = sorted(ours)
            np.testing.assert_allclose(
                [ours[p] for p in places], [theirs[p] for p in places], rtol=1e-5
            )
            near = [p for p in places if p[1] < n]
            assert near
            assert [ours[p][0] for p in near] == [theirs[p][0] for p in near]

    def test_as_the_fit_cuts_it(self):
        """Four blocks of 128 frames, the last one nearly empty."""
        layout = tile_layout(386)
        assert (layout.tile, len(layout.frames)) == (128, 4)
        some = random_matrices(386, 1, weighted=False, masked=False)
        (found,) = content(grid_of(layout, some), 4.0)
        (expected,) = by_loops(layout, some, 4.0)
        assert found.keys() == expected.keys()
        values = np.array([found[p] for p in sorted(found)])
        reference = np.array([expected[p] for p in sorted(expected)])
        np.testing.assert_allclose(values, reference, rtol=1e-5)

    @pytest.mark.parametrize("weighted", [False, True])
    def test_a_large_one_is_kept_on_disk(self, weighted, tmp_path, monkeypatch):
        monkeypatch.setenv(SCRATCH_VARIABLE, str(tmp_path))
        layout = tile_layout(131, tile=32)
        some = random_matrices(131, 3, weighted=weighted, masked=True)
        held, on_disk = grid_of(layout, some), grid_of(layout, some, most_bytes=1)
        assert held.store is None
        assert on_disk.store is not None
        assert content(on_disk, 4.0) == content(held, 4.0)
        assert on_disk.n_points == held.n_points
        on_disk.close()
        held.close()
        assert list(tmp_path.iterdir()) == []

    def test_number_of_points(self):
        layout = tile_layout(131, tile=32)
        grid = grid_of(layout, random_matrices(131, 2, weighted=False, masked=True))
        assert grid.n_points == sum(len(found) for found in content(grid, 1.0))

    @settings(deadline=None, max_examples=12, derandomize=True)
    @given(
        blocks=st.integers(4, 6),
        over=st.integers(1, 32),
        chunk_tiles=st.integers(1, 12),
        weighted=st.booleans(),
        seed=st.integers(0, 99),
    )
    def test_every_pixel_counts_once(self, blocks, over, chunk_tiles, weighted, seed):
        """Whatever is summed over pixels is the same summed over the grid."""
        n = 32 * (blocks - 1) + over
        layout = tile_layout(n, tile=32, chunk_tiles=chunk_tiles)
        assert has_coarse_grid(layout)
        some = random_matrices(n, 2, weighted=weighted, masked=True, seed=seed)
        found = content(grid_of(layout, some), 3.0)
        for k, fitted in enumerate(some.fitted):
            weight = np.float64(3.0) if some.weight is None else some.weight[k]
            weight = np.broadcast_to(weight, fitted.shape)[fitted].astype(float)
            value = some.c2[k][fitted].astype(float)
            ours = np.array(list(found[k].values()), float)
            assert ours[:, 1].sum() == pytest.approx(weight.sum(), rel=1e-6)
            total = (ours[:, 0] * ours[:, 1]).sum()
            assert total == pytest.approx((weight * value).sum(), rel=1e-6)

    def test_nothing_fitted_is_nothing_in_the_grid(self):
        layout = tile_layout(131, tile=32)
        some = random_matrices(131, 2, weighted=True, masked=False)
        some.c2[1] = np.nan
        grid = grid_of(layout, some)
        first, second = content(grid, 1.0)
        assert first
        assert not second

    @pytest.mark.parametrize(
        ("n", "expected"), [(3, False), (300, False), (384, False), (385, True)]
    )
    def test_only_where_it_is_much_smaller(self, n, expected):
        assert has_coarse_grid(tile_layout(n)) is expected


Q, GAP, SIGMA = 0.0054, 2e6, 0.02
N, TILE = 205, 32
THETA = (900.0, -0.4, 200.0, 2e-4, -0.3, 1e-5, 4.0)
PHI = (0.0, 40.0, 94.0)
CONTRAST, OFFSET = np.array([0.25, 0.3, 0.35]), np.array([0.98, 1.0, 1.01])


def dense(model="laminar_flow"):
    times = np.arange(1, N + 1) * (60.0 / N)
    return DenseModel(model=model, times=times, phi=np.array(PHI), q=Q, gap=GAP)


def measured(model, seed=5):
    theta = np.array(THETA[: len(model.names)])
    clean = model.c2(theta, CONTRAST, OFFSET)
    return Matrices(noisy_c2(clean, SIGMA, np.random.default_rng(seed)))


def reductions(model, some):
    """Return the reduction of every pixel and that of the grid."""
    layout = tile_layout(N, tile=TILE)
    weight = 1 / SIGMA**2
    full = Reduction(
        model=build_model(model.model, Convention.LITERATURE),
        geometry=Geometry(q=Q, gap=GAP),
        times=model.times,
        phi=model.phi,
        layout=layout,
        tiles=CutTiles(layout, some.of_angles(), weight),
        loss=Loss.LINEAR,
        loss_scale=1.0,
    )
    grid = grid_of(layout, some)
    return full, replace(full, layout=grid.layout, tiles=grid.tiles(weight))


def curve(values, model):
    """Return the cumulative integral of a rate over the frames."""
    rate = power_law(*values, model.times)
    steps = (rate[1:] + rate[:-1]) / 2
    return model.dt * np.concatenate([[0.0], np.cumsum(steps)])


def with_cells(z):
    return np.concatenate([z, [z[a : a + GROUP].mean() for a in range(0, N, GROUP)]])


def correlation(model, theta, k, rows, columns):
    """Return f between places of the axis of frames and cells, at their mean curves."""
    z = with_cells(curve(theta[:3], model))
    f = np.exp(-(Q**2) * (z[columns] - z[rows]))
    if model.model == "static":
        return f
    strain = with_cells(curve(theta[3:6], model))
    cosine = np.cos(np.radians(theta[6] - model.phi[k]))
    scale = model.convention.argument_scale
    u = scale * 0.5 * Q * GAP * cosine * (strain[columns] - strain[rows])
    return f * sinc(u) ** model.convention.power


def grid_entries(model, some, k):
    """Return places, values and weights of the grid of one angle."""
    found = by_loops(tile_layout(N, tile=TILE), some, 1 / SIGMA**2)[k]
    rows, columns = np.array(list(found)).T
    values, weights = np.array(list(found.values())).T
    return rows, columns, values, weights


MOVED = np.array([1.2, 0.8, 1.5, 1.3, 1.2, 2.0, 0.5])


class TestCost:
    @pytest.mark.parametrize("theta", [THETA, tuple(MOVED * THETA)])
    def test_is_that_of_the_mean_curves(self, theta):
        model = dense()
        some = measured(model)
        _, coarse = reductions(model, some)
        pieces = coarse(np.array(theta), CONTRAST, OFFSET, never)
        for k in range(len(PHI)):
            rows, columns, values, weights = grid_entries(model, some, k)
            f = correlation(model, theta, k, rows, columns)
            residual = OFFSET[k] + CONTRAST[k] * f - values
            expected = 0.5 * np.sum(weights * residual**2)
            # The means are kept in single precision.
            assert pieces.cost[k] == pytest.approx(expected, rel=1e-6)
            assert pieces.sw[k] == pytest.approx(weights.sum(), rel=1e-6)
            swrf = np.sum(weights * residual * f)
            size = np.sqrt(2 * expected * np.sum(weights * f * f))
            assert abs(pieces.swrf[k] - swrf) < 1e-6 * size

    @pytest.mark.parametrize("factor", [1.0, 1.2])
    def test_is_that_of_all_pixels_less_the_scatter_within_the_cells(self, factor):
        """Up to the curvature of exp within a cell.

        With M the mean of the model over a cell, D that of the data and r = model −
        data, ½Σw r² = ½ΣW (M − D)² + ½Σw (r − mean r)² exactly. The grid has the model
        m at the mean curves instead of M, and as u deviates by 0 on average,
        |M − m| ≤ ε = ½ contrast max exp(−u) mean (u − mean u)².
        """
        model = dense("static")
        theta = np.array(THETA[:3]) * [factor, 1, 1]
        some = measured(model)
        full, coarse = reductions(model, some)
        whole = full(theta, CONTRAST, OFFSET, never).cost
        found = coarse(theta, CONTRAST, OFFSET, never).cost
        z = curve(theta, model)
        u = Q**2 * (z[None, :] - z[:, None])
        apart = cells_apart(full.layout)
        for k in range(len(PHI)):
            c2 = some.c2[k].astype(float)
            scatter = bound = 0.0
            for i, j in zip(*np.triu_indices(-(-N // GROUP), apart), strict=True):
                cell = np.s_[GROUP * i : GROUP * (i + 1), GROUP * j : GROUP * (j + 1)]
                v, data = u[cell], c2[cell]
                r = OFFSET[k] + CONTRAST[k] * np.exp(-v) - data
                middle = OFFSET[k] + CONTRAST[k] * np.exp(-v.mean()) - data.mean()
                scatter += 0.5 * np.sum((r - r.mean()) ** 2) / SIGMA**2
                curvature = 0.5 * CONTRAST[k] * np.exp(-v.min()) * v.var()
                error = curvature * (2 * abs(middle) + curvature)
                bound += 0.5 * v.size / SIGMA**2 * error
            assert 0 < bound < 0.02 * whole[k]
            rounding = 1e-6 * whole[k]
            assert abs(found[k] + scatter - whole[k]) <= bound + rounding
            # What is left out is most of it: 15 of 16 pixels are averaged.
            assert scatter > 0.5 * whole[k]

    def test_sum_of_the_weights_is_that_of_the_pixels(self):
        model = dense()
        full, coarse = reductions(model, measured(model))
        x = np.array(THETA), CONTRAST, OFFSET
        np.testing.assert_allclose(coarse(*x, never).sw, full(*x, never).sw, rtol=1e-6)

    def test_matrices_are_nearly_those_of_all_pixels(self):
        """So a step on the grid is nearly one on all pixels."""
        model = dense()
        full, coarse = reductions(model, measured(model))
        x = np.array(THETA), CONTRAST, OFFSET
        ours, theirs = coarse(*x, never), full(*x, never)
        for k in range(len(PHI)):
            length = np.sqrt(np.diag(theirs.hessian[k]))
            error = (ours.hessian - theirs.hessian)[k] / np.outer(length, length)
            assert np.abs(error).max() < 0.05
