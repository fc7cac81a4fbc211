import numpy as np
import pytest

from app.widgets import picture as module
from app.widgets.images import reduce_blocks, robust_levels, symmetric_level
from app.widgets.picture import Picture, as_picture, in_sigmas, usable_sigma


@pytest.fixture
def array():
    return np.random.default_rng(2).normal(1.1, 0.1, (40, 40)).astype(np.float32)


@pytest.fixture
def calls(monkeypatch):
    """Names of the slow functions, one for each call."""
    seen = []
    for name in ("reduce_blocks", "robust_levels", "symmetric_level"):
        slow = getattr(module, name)

        def counted(*args, slow=slow, name=name):
            seen.append(name)
            return slow(*args)

        monkeypatch.setattr(module, name, counted)
    return seen


def test_a_picture_knows_what_the_functions_say(array):
    picture = Picture(array)
    assert picture.levels == robust_levels(array)
    assert picture.magnitude == symmetric_level(array)
    np.testing.assert_array_equal(picture.reduced(3), reduce_blocks(array, 3))


def test_what_is_ready_is_not_computed_again(array, calls):
    picture = Picture(array).ready(4)
    calls.clear()
    picture.reduced(4)
    assert picture.levels
    assert calls == []


def test_a_diverging_picture_needs_its_magnitude_only(array, calls):
    picture = Picture(array).ready(2, diverging=True)
    assert calls == ["reduce_blocks", "symmetric_level"]
    assert picture.magnitude > 0


def test_few_reductions_are_kept_and_the_last_ones_at_that(array, calls):
    picture = Picture(array)
    for factor in (1, 2, 3, 2, 4):
        picture.reduced(factor)
    calls.clear()
    for factor in (2, 3, 4):
        picture.reduced(factor)
    assert calls == []
    picture.reduced(1)
    assert calls == ["reduce_blocks"]


def test_a_matrix_becomes_a_picture_and_a_picture_stays_one(array):
    picture = as_picture(array)
    assert picture is not None
    assert picture.array is array
    assert as_picture(picture) is picture
    assert as_picture(None) is None


@pytest.mark.parametrize("sigma", [None, 0.0, -1.0, float("nan"), float("inf")])
def test_nothing_is_divided_by_a_useless_noise(array, sigma):
    assert usable_sigma(sigma) is None
    assert in_sigmas(array, sigma) is array


def test_a_difference_in_units_of_the_noise_keeps_its_precision(array):
    scaled = in_sigmas(array, 0.02)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, array / 0.02, rtol=1e-6)
