"""Noise of a pixel from the data or from a file."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import noise
from engine.data.noise import (
    SIGMA_FLOOR,
    NoiseEstimate,
    estimate_sigma,
    load_sigma,
    sample_above,
)
from engine.errors import DataError
from tests.engine.data.files import matrices
from tests.engine.data.runs import run_of


def noisy(n, sigma, count=2, seed=0):
    t = np.arange(n)
    clean = 1 + 0.3 * np.exp(-np.abs(np.subtract.outer(t, t)) / (n / 5))
    noise = np.triu(np.random.default_rng(seed).normal(0, sigma, (count, n, n)), 1)
    return clean + noise + np.swapaxes(noise, 1, 2) + 0.5 * np.eye(n)


@pytest.mark.parametrize("sigma", [1e-4, 0.02, 0.3])
@pytest.mark.parametrize("n", [60, 400])
def test_known_noise_is_found(n, sigma):
    run = run_of(noisy(n, sigma))
    expected = 4 * sigma / np.sqrt(2 * min(n * n / 2, 1e5))
    assert estimate_sigma(run, [0, 1]) == pytest.approx(sigma, abs=3 * expected)


def test_agrees_with_the_formula_written_out():
    """Small enough that no pixel is skipped."""
    n = 14
    run = run_of(noisy(n, 0.05, count=1))
    c = run.c2[0].astype(float)
    d = [
        c[i, j] - 0.5 * (c[i - 1, j - 1] + c[i + 1, j + 1])
        for i in range(1, n - 1)
        for j in range(i + 1, n - 1)
    ]
    expected = 1.4826 * np.median(np.abs(d)) / np.sqrt(1.5)
    assert estimate_sigma(run, [0]) == pytest.approx(expected, rel=1e-5)


def test_only_the_wanted_matrices_count():
    c2 = noisy(80, 0.02)
    c2[1] = noisy(80, 0.2, seed=1)[0]
    run = run_of(c2)
    assert estimate_sigma(run, [0]) == pytest.approx(0.02, rel=0.1)
    assert estimate_sigma(run, [1]) == pytest.approx(0.2, rel=0.1)


def test_missing_and_masked_pixels_do_not_count():
    c2 = noisy(80, 0.02)
    c2[:, 10:30, :] = c2[:, :, 10:30] = np.nan
    c2[:, 40:70, 40:70] = noisy(30, 5.0)
    left_out = np.zeros((80, 80), dtype=bool)
    left_out[40:70, 40:70] = True
    sigma = estimate_sigma(run_of(c2), [0, 1], lambda _: left_out)
    assert sigma == pytest.approx(0.02, rel=0.1)


def test_a_few_outliers_do_not_matter():
    c2 = noisy(80, 0.02)
    c2[:, 7, :] += 50
    assert estimate_sigma(run_of(c2), [0, 1]) == pytest.approx(0.02, rel=0.15)


def test_noiseless_data_have_a_tiny_sigma():
    sigma = estimate_sigma(run_of(noisy(300, 0.0)), [0, 1])
    assert SIGMA_FLOOR <= sigma < 2e-5
    assert estimate_sigma(run_of(np.ones((1, 40, 40))), [0]) == SIGMA_FLOOR


def test_an_angle_without_any_scatter_tells_nothing_about_the_noise_of_others():
    c2 = noisy(80, 0.02, count=3)
    c2[1] = 1.0
    assert estimate_sigma(run_of(c2), [0, 1, 2]) == pytest.approx(0.02, rel=0.1)


def test_nor_does_a_dead_angle_of_which_pixels_are_masked():
    c2 = noisy(80, 0.02, count=3)
    c2[1] = 1.0
    left_out = np.zeros((80, 80), dtype=bool)
    left_out[10:20] = left_out[:, 10:20] = True
    sigma = estimate_sigma(run_of(c2), [0, 1, 2], lambda _: left_out)
    assert sigma == pytest.approx(0.02, rel=0.1)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_few_frames_fall_back_on_the_scatter_of_all_pixels(n):
    run = run_of(noisy(n, 0.02, count=1))
    above = run.c2[0][np.triu_indices(n, 1)].astype(float)
    expected = 1.4826 * np.median(np.abs(above - np.median(above)))
    assert estimate_sigma(run, [0]) == pytest.approx(expected, rel=1e-5)


def test_nothing_to_estimate_from():
    run = run_of(np.full((1, 20, 20), np.nan))
    assert estimate_sigma(run, [0]) == SIGMA_FLOOR
    assert estimate_sigma(run, []) == SIGMA_FLOOR


@pytest.mark.slow
def test_large_runs_are_sampled():
    run = run_of(np.repeat(noisy(1001, 0.02, count=1), 23, axis=0).astype(np.float32))
    assert estimate_sigma(run, range(23)) == pytest.approx(0.02, rel=0.02)


def pooled(c2):
    """The estimate written out: from all second differences of all live angles."""
    found = []
    for c in c2.astype(np.float32):
        d = c[1:-1, 1:-1] - 0.5 * (c[:-2, :-2] + c[2:, 2:])
        d = d[np.triu_indices(len(d), 1)]
        d = np.abs(d[np.isfinite(d)])
        if np.any(d):
            found.append(d)
    pool = np.concatenate(found)
    assert pool.size >= 30
    return 1.4826 * np.median(pool) / np.sqrt(1.5)


class TestOneByOne:
    @given(st.integers(16, 30), st.integers(1, 5), st.integers(0, 2**32 - 1))
    def test_equals_the_pooled_estimate(self, n, count, seed):
        c2 = noisy(n, 0.02, count=count, seed=seed).astype(np.float32)
        rng = np.random.default_rng(seed)
        if count > 1:
            c2[rng.integers(count)] = 1.0
        gone = rng.random(c2.shape) < 0.05
        c2[gone | np.swapaxes(gone, 1, 2)] = np.nan
        estimate = NoiseEstimate(count)
        for matrix in c2:
            estimate.add(matrix)
        assert estimate.sigma() == pytest.approx(pooled(c2), rel=1e-6)
        assert estimate.sigma() == estimate_sigma(run_of(c2), range(count))

    @given(st.integers(3, 25), st.floats(0, 0.99), st.integers(0, 2**32 - 1))
    def test_left_out_is_the_same_as_no_value(self, n, share, seed):
        """Also where so little is left that the scatter is taken."""
        c2 = noisy(n, 0.02, seed=seed).astype(np.float32)
        half = np.random.default_rng(seed).random((n, n)) < share
        left_out = half | half.T
        estimates = NoiseEstimate(2), NoiseEstimate(2)
        for matrix in c2:
            estimates[0].add(matrix, left_out)
            estimates[1].add(np.where(left_out, np.float32(np.nan), matrix))
        assert estimates[0].sigma() == estimates[1].sigma()

    def test_order_does_not_matter(self):
        c2 = noisy(40, 0.02, count=4).astype(np.float32)
        c2[0] = 1.0
        c2[1, 3:, :] = c2[1, :, 3:] = np.nan
        expected = estimate_sigma(run_of(c2), range(4))
        for order in ([3, 2, 1, 0], [1, 0, 3, 2], [2, 0, 1, 3]):
            assert estimate_sigma(run_of(c2), order) == expected

    def test_few_pixels_of_several_angles_are_pooled(self):
        run = run_of(noisy(4, 0.02, count=3))
        above = np.concatenate([m[np.triu_indices(4, 1)].astype(float) for m in run.c2])
        expected = 1.4826 * np.median(np.abs(above - np.median(above)))
        assert estimate_sigma(run, [0, 1, 2]) == pytest.approx(expected, rel=1e-6)

    def test_scatter_of_many_lonely_pixels_is_sampled(self, monkeypatch):
        """Every other frame left out: no second difference, many pixels."""
        monkeypatch.setattr(noise, "_ENOUGH", 3000)
        n = 200
        c2 = np.random.default_rng(0).normal(1.1, 0.03, (n, n)).astype(np.float32)
        left_out = np.zeros((n, n), dtype=bool)
        left_out[::2] = left_out[:, ::2] = True
        estimate = NoiseEstimate(1)
        estimate.add(c2, left_out)
        assert sum(map(len, estimate._pixels)) <= 3000
        assert estimate.sigma() == pytest.approx(0.03, rel=0.1)

    @pytest.mark.slow
    def test_memory_is_that_of_the_sample(self):
        n = 1000
        one = noisy(n, 0.02, count=1)[0].astype(np.float32)
        left_out = np.zeros((n, n), dtype=bool)
        tracemalloc.start()
        try:
            estimate = NoiseEstimate(100)
            for _ in range(100):
                estimate.add(one, left_out)
            held = tracemalloc.get_traced_memory()[0]
            assert estimate.sigma() == pytest.approx(0.02, rel=0.05)
        finally:
            tracemalloc.stop()
        assert held < 1.1 * 4 * noise._ENOUGH


@given(st.integers(3, 30), st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_sample_above_the_diagonal(n, limit, seed):
    rng = np.random.default_rng(seed)
    matrix = rng.permutation(n * n).reshape(n, n).astype(np.float32)
    matrix[rng.random((n, n)) < 0.3] = np.nan
    left_out = rng.random((n, n)) < 0.3
    kept = matrix[np.triu(np.isfinite(matrix) & ~left_out, 1)]
    found = sample_above(matrix, left_out, limit)
    assert found.size <= limit
    assert np.isin(found, kept).all()
    assert len(np.unique(found)) == found.size
    if kept.size <= limit:
        np.testing.assert_array_equal(found, kept)
    else:
        assert 2 * found.size >= min(limit, kept.size)


class TestFile:
    @pytest.fixture
    def run(self):
        return run_of(matrices(2), first_frame=4, n_frames_file=20)

    def stored(self, tmp_path, array):
        path = tmp_path / "sigma.npy"
        np.save(path, array)
        return path

    def test_one_for_every_angle(self, run, tmp_path):
        sigma = np.arange(1, 145).reshape(12, 12) / 100
        sigma = sigma + sigma.T
        read = load_sigma(self.stored(tmp_path, sigma), run)
        off = ~np.eye(12, dtype=bool)
        assert read.n_arrays == 1
        for k in (0, 1):
            np.testing.assert_allclose(read[k][off], sigma[off])
            assert (np.diag(read[k]) == 1).all()
        assert read.median == pytest.approx(np.median(sigma[off]))

    def test_upper_half_with_a_diagonal_of_nan(self, run, tmp_path):
        sigma = np.triu(np.full((2, 12, 12), 0.1))
        sigma[:, range(12), range(12)] = np.nan
        read = load_sigma(self.stored(tmp_path, sigma), run)
        off = ~np.eye(12, dtype=bool)
        assert read.n_arrays == 2
        assert (read[0][off] == 0.1).all()
        assert (read[1][off] == 0.1).all()
        assert read.median == 0.1

    def test_all_frames_of_the_data_file(self, run, tmp_path):
        sigma = np.full((20, 20), 5.0)
        sigma[3:15, 3:15] = 0.1
        read = load_sigma(self.stored(tmp_path, sigma), run)
        assert read[1].shape == (12, 12)
        assert (read[1][~np.eye(12, dtype=bool)] == 0.1).all()

    @pytest.mark.parametrize("bad", [0.0, -0.1, np.nan, np.inf])
    def test_impossible_values(self, run, tmp_path, bad):
        sigma = np.full((12, 12), 0.1)
        sigma[2, 5] = sigma[5, 2] = bad
        with pytest.raises(DataError, match=r"noise\.sigma: .* at \[2, 5\]"):
            load_sigma(self.stored(tmp_path, sigma), run)

    def test_zero_on_one_side_of_the_diagonal(self, run, tmp_path):
        sigma = np.full((12, 12), 0.1)
        sigma[2, 5] = 0.0
        with pytest.raises(DataError, match=r"noise\.sigma: .* holds 0 at \[2, 5\]"):
            load_sigma(self.stored(tmp_path, sigma), run)

    def test_impossible_value_of_a_later_angle(self, run, tmp_path):
        sigma = np.full((2, 12, 12), 0.1)
        sigma[1, 5, 2] = -1.0
        with pytest.raises(DataError, match=r"holds -1 at \[1, 2, 5\]"):
            load_sigma(self.stored(tmp_path, sigma), run)

    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize("kind", [np.float64, np.float32, np.int16])
    def test_each_angle_has_its_own(self, run, tmp_path, packed, kind):
        sigma = np.random.default_rng(0).integers(1, 9, (2, 12, 12)).astype(kind)
        path = tmp_path / ("s.npz" if packed else "s.npy")
        (np.savez_compressed(path, sigma) if packed else np.save(path, sigma))
        read = load_sigma(path, run)
        off = ~np.eye(12, dtype=bool)
        for k in (1, 0):
            expected = 0.5 * (sigma[k].astype(float) + sigma[k].T)
            np.testing.assert_array_equal(read[k][off], expected[off])
            assert read[k].dtype == np.float64
        above = np.triu_indices(12, 1)
        mean = 0.5 * (sigma + np.swapaxes(sigma, 1, 2).astype(float))
        assert read.median == pytest.approx(np.median(mean[:, *above]))

    @pytest.mark.slow
    def test_memory_is_that_of_one_angle(self, tmp_path):
        n, count = 500, 20
        sigma = np.full((count, n, n), 0.1)
        run = run_of(np.broadcast_to(np.float32(1.0), (count, n, n)))
        path = self.stored(tmp_path, sigma)
        del sigma
        tracemalloc.start()
        try:
            read = load_sigma(path, run)
            assert all(read[k][0, 1] == 0.1 for k in range(count))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        # Besides the bounded sample of which the median is taken.
        assert peak < 3 * n * n * 8 + 4 * 8 * noise._ENOUGH

    def test_missing_file_names_the_key(self, run, tmp_path):
        with pytest.raises(DataError, match=r"^noise\.sigma: .*npy does not exist"):
            load_sigma(tmp_path / "none.npy", run)

    def test_array_that_does_not_fit(self, run, tmp_path):
        with pytest.raises(DataError, match=r"noise\.sigma: .* is 7 × 7"):
            load_sigma(self.stored(tmp_path, np.ones((7, 7))), run)
        with pytest.raises(DataError, match="does not hold numbers"):
            load_sigma(self.stored(tmp_path, np.full((12, 12), "x")), run)
