"""Noise of a pixel from the data or from a file."""

import numpy as np
import pytest

from engine.data.noise import SIGMA_FLOOR, estimate_sigma, load_sigma
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


def test_large_runs_are_sampled():
    run = run_of(np.repeat(noisy(1001, 0.02, count=1), 23, axis=0).astype(np.float32))
    assert estimate_sigma(run, range(23)) == pytest.approx(0.02, rel=0.02)


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
        np.testing.assert_allclose(read[off], sigma[off])
        assert (np.diag(read) == 1).all()

    def test_upper_half_with_a_diagonal_of_nan(self, run, tmp_path):
        sigma = np.triu(np.full((2, 12, 12), 0.1))
        sigma[:, range(12), range(12)] = np.nan
        read = load_sigma(self.stored(tmp_path, sigma), run)
        assert read.shape == (2, 12, 12)
        off = ~np.eye(12, dtype=bool)
        assert (read[:, off] == 0.1).all()

    def test_all_frames_of_the_data_file(self, run, tmp_path):
        sigma = np.full((20, 20), 5.0)
        sigma[3:15, 3:15] = 0.1
        read = load_sigma(self.stored(tmp_path, sigma), run)
        assert read.shape == (12, 12)
        assert (read[~np.eye(12, dtype=bool)] == 0.1).all()

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

    def test_missing_file_names_the_key(self, run, tmp_path):
        with pytest.raises(DataError, match=r"^noise\.sigma: .*npy does not exist"):
            load_sigma(tmp_path / "none.npy", run)

    def test_array_that_does_not_fit(self, run, tmp_path):
        with pytest.raises(DataError, match=r"noise\.sigma: .* is 7 × 7"):
            load_sigma(self.stored(tmp_path, np.ones((7, 7))), run)
        with pytest.raises(DataError, match="does not hold numbers"):
            load_sigma(self.stored(tmp_path, np.full((12, 12), "x")), run)
