"""Warnings about data that are not sound, and none about data that are."""

from dataclasses import replace

import numpy as np
import pytest

from engine.data.validate import check, examine, sentences
from tests.engine.data.runs import run_of


def sound(n=200, count=2, sigma=0.01, seed=0):
    """Exponential decay whose rate falls with time, as in an ageing gel."""
    t = np.sqrt(np.arange(1, n + 1))
    lag = np.abs(np.subtract.outer(t, t))
    rng = np.random.default_rng(seed)
    noise = np.triu(rng.normal(0, sigma, (count, n, n)), 1)
    return 1 + 0.2 * np.exp(-lag) + noise + np.swapaxes(noise, 1, 2)


@pytest.mark.parametrize("sigma", [0.0, 0.01, 0.1])
@pytest.mark.parametrize("n", [10, 40, 200])
def test_sound_data_raise_no_warning(n, sigma):
    assert check(run_of(sound(n, sigma=sigma))) == ()


def test_spike_on_the_diagonal_is_normal():
    assert check(run_of(sound() + 0.5 * np.eye(200))) == ()


def only(c2, **facts):
    (warning,) = check(run_of(c2, **facts))
    return warning


def test_pixels_without_value_are_counted():
    c2 = sound()
    c2[1, 3, :] = c2[1, :, 3] = np.nan
    assert only(c2).startswith("399 pixels (0.5 %) in 1 of 2 matrices")


def test_matrix_without_any_value():
    c2 = sound()
    c2[1] = np.nan
    warnings = check(run_of(c2))
    assert "40000 pixels" in warnings[0]
    assert warnings[1].startswith("no signal at all, no finite value: c2_1 (φ = 1°)")
    assert len(warnings) == 2


def test_negative_values_name_the_matrix():
    c2 = sound()
    c2[0, 5, 9] = c2[0, 9, 5] = -0.1
    warning = check(run_of(c2))[0]
    assert "below 0" in warning
    assert "c2_0 (φ = 0°)" in warning


def test_constant_matrix():
    c2 = sound()
    c2[1] = 1.1
    assert "every value the same: c2_1" in only(c2)


@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_wrong_normalisation(scale):
    warning = only(sound() * scale)
    assert "one frame off the diagonal" in warning
    assert "c2_0 (φ = 0°), c2_1 (φ = 1°)" in warning


def test_stripes_name_the_frames_of_the_file():
    c2 = sound()
    for rows in (slice(50, 51), slice(120, 123)):
        c2[1, rows, :] += 0.1
        c2[1, :, rows] += 0.1
    warning = only(c2, first_frame=1001)
    assert "stripes in 1 of 2 matrices" in warning
    assert "at frames 1051, 1121-1123:" in warning


def test_stripe_at_the_edge():
    c2 = sound()
    c2[:, 0, :] += 0.3
    c2[:, :, 0] += 0.3
    assert "at frames 1:" in only(c2)


def test_stripe_beside_missing_frames():
    c2 = sound()
    c2[0, 60:64, :] = c2[0, :, 60:64] = np.nan
    c2[0, 58, :] += 0.1
    c2[0, :, 58] += 0.1
    warnings = check(run_of(c2))
    assert "at frames 59:" in warnings[1]


def test_repeated_angles():
    assert "φ = 45.08°" in only(sound(count=3), phi=[45.0, 0.0, 45.08])
    assert check(run_of(sound(count=2), phi=[-180, 179.5])) == ()


class Counted:
    """Matrices that are counted as they are handed out."""

    def __init__(self, c2):
        self.c2 = c2
        self.shape = c2.shape
        self.asked = []

    def __len__(self):
        return len(self.c2)

    def __getitem__(self, index):
        self.asked.append(index)
        return self.c2[index]

    def __iter__(self):
        return (self[k] for k in range(len(self)))


def test_each_matrix_is_visited_once():
    c2 = sound(count=3)
    c2[1, 3, :] = c2[1, :, 3] = np.nan
    c2[2] *= 3
    run = run_of(c2)
    counted = Counted(run.c2)
    warnings = check(replace(run, c2=counted))
    assert counted.asked == [0, 1, 2]
    assert warnings == check(run)
    assert len(warnings) == 2


def test_facts_of_one_matrix():
    c2 = sound(count=1)[0].astype(np.float32)
    c2[3, :] = c2[:, 3] = np.nan
    facts = examine(c2)
    assert facts.n_missing == 399
    assert facts.least == np.nanmin(c2)
    assert facts.greatest == np.nanmax(c2)
    beside = np.diagonal(c2, 1)
    assert facts.first_lag == pytest.approx(np.nanmean(beside), rel=1e-5)
    assert facts.striped.size == 0


def test_sentences_need_no_matrix():
    c2 = sound(count=2)
    c2[1] = np.nan
    run = run_of(c2)
    facts = [examine(m) for m in run.c2]
    assert sentences(replace(run, c2=Counted(run.c2)), facts) == check(run)
