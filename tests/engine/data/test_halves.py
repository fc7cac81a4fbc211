"""Half matrices mirrored, full ones left alone, asymmetric ones averaged."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import halves
from engine.data.halves import Half, complete, stored_half
from tests.engine.data.files import matrix

VECTORS = Path(__file__).resolve().parents[3].parent / "shared" / "spec" / "vectors"


def test_upper_half_of_the_specification():
    half = [[1, 2, 3, 4], [0, 6, 7, 8], [0, 0, 11, 12], [0, 0, 0, 16]]
    full = [[1, 2, 3, 4], [2, 6, 7, 8], [3, 7, 11, 12], [4, 8, 12, 16]]
    m = np.array(half, dtype=np.float32)
    assert complete(m) == 0.0
    np.testing.assert_array_equal(m, full)


def test_vector_file_agrees():
    path = VECTORS / "half_matrix.json"
    if not path.exists():
        pytest.skip("the shared test vectors are not here")
    vector = json.loads(path.read_text())
    m = np.array(vector["half"], dtype=np.float32)
    complete(m)
    np.testing.assert_array_equal(m, vector["full"])


@given(st.integers(3, 40), st.booleans(), st.integers(1, 50))
def test_mirroring_a_half_restores_the_matrix(n, upper, block):
    """Whatever the size of the blocks it works in."""
    full = matrix(n, seed=n)
    half = (np.triu if upper else np.tril)(full)
    assert stored_half(half) is (Half.UPPER if upper else Half.LOWER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(halves, "_BLOCK", block)
        complete(half)
    np.testing.assert_array_equal(half, full)


@given(st.integers(3, 30), st.integers(1, 40))
def test_full_matrix_is_not_doubled(n, block):
    full = matrix(n, seed=n)
    m = full.copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(halves, "_BLOCK", block)
        assert complete(m) == 0.0
    np.testing.assert_array_equal(m, full)


def test_lower_triangle_of_nan_counts_as_empty():
    full = matrix(9)
    half = np.where(np.tri(9, k=-1, dtype=bool), np.nan, full)
    assert stored_half(half) is Half.UPPER
    complete(half)
    np.testing.assert_array_equal(half, full)


def test_nan_in_the_stored_half_is_mirrored():
    half = np.triu(matrix(9))
    half[2, 5] = np.nan
    complete(half)
    assert np.isnan(half[5, 2])
    assert np.count_nonzero(np.isnan(half)) == 2


def test_asymmetric_matrix_becomes_the_mean_of_its_halves():
    m = matrix(7)
    m[1, 4] += 0.5
    expected = 0.5 * (m + m.T)
    assert complete(m) == pytest.approx(0.5, rel=1e-6)
    np.testing.assert_allclose(m, expected, rtol=1e-6)
    np.testing.assert_array_equal(m, m.T)


def test_value_missing_in_one_half_is_taken_from_the_other():
    full = matrix(6)
    m = full.copy()
    m[1, 3] = np.nan
    assert complete(m) == 0.0
    np.testing.assert_array_equal(m, full)


def test_what_the_values_show_goes_before_what_is_stated():
    full = matrix(6)
    half = np.tril(full)
    complete(half, Half.UPPER)
    np.testing.assert_array_equal(half, full)


def test_stated_half_decides_when_both_hold_values():
    full = matrix(6)
    m = np.triu(full) + np.tril(np.full((6, 6), 7.0, dtype=np.float32), -1)
    complete(m, Half.UPPER)
    np.testing.assert_array_equal(m, full)
