"""Scores of frames against a dense Jacobian."""

import numpy as np
import pytest

from engine.errors import CancelledError
from engine.events import never
from engine.reference.normal import LOSSES, fitted_pixels
from engine.setup import Loss
from tests.engine.kernel.test_reduction import (
    SIGMA,
    dense_model,
    measured,
    point,
    reduction,
)
from tests.marking import quick


def dense_scores(dense, x, c2, *, weight, loss, scale, mask=None):
    """Sum w·ψ(r)·J over the pixels of each frame: (K, n, coefficients)."""
    k, n = c2.shape[:2]
    theta, contrast, offset = dense.unpacked(x)
    fitted = fitted_pixels(c2, mask)
    residual = np.where(fitted, dense.c2(theta, contrast, offset) - c2, 0.0)
    z = weight * residual**2 / scale**2
    terms = np.where(fitted, weight * LOSSES[loss.value][1](z) * residual, 0.0)
    jacobian = dense.jacobian(x).reshape(k, n, n, len(x))
    each = terms[..., None] * jacobian
    return each.sum(axis=2) + each.sum(axis=1)


def assembled(scores, n_angles):
    """Return the scores with contrasts and offsets as coefficients."""
    k, n, p = scores.physical.shape
    found = np.zeros((k, n, p + 2 * n_angles))
    found[..., :p] = scores.physical
    for angle in range(n_angles):
        found[angle, :, p + angle] = scores.contrast[angle]
        found[angle, :, p + n_angles + angle] = scores.offset[angle]
    return found


def agree(found, expected):
    length = np.sqrt((expected**2).sum(axis=(0, 1)))
    assert np.all(np.abs(found - expected) <= 1e-9 * length)


@pytest.mark.parametrize("loss", quick(Loss, Loss.LINEAR, Loss.HUBER))
@pytest.mark.parametrize("name", ["static", "laminar_flow"])
def test_scores_are_those_of_the_jacobian(name, loss):
    dense = dense_model(50, name)
    c2, x = measured(dense), point(dense)
    reduce = reduction(dense, c2, loss=loss, tile=16)
    scores = reduce.frame_scores(*dense.unpacked(x), never)
    expected = dense_scores(
        dense, x, c2, weight=1 / SIGMA**2, loss=loss, scale=reduce.loss_scale
    )
    agree(assembled(scores, 3), expected)


def test_masks_and_a_sigma_for_every_pixel():
    dense = dense_model(37)
    rng = np.random.default_rng(3)
    c2, x = measured(dense), point(dense)
    c2[1, 4, 9] = np.nan
    mask = rng.random(c2.shape) < 0.1
    weight = rng.uniform(0.5, 2.0, c2.shape).astype(np.float32) / SIGMA**2
    reduce = reduction(dense, c2, mask=mask, weight=weight)
    scores = reduce.frame_scores(*dense.unpacked(x), never)
    expected = dense_scores(
        dense, x, c2, weight=weight, loss=Loss.LINEAR, scale=1.0, mask=mask
    )
    agree(assembled(scores, 3), expected)


def test_they_sum_to_twice_the_gradient():
    dense = dense_model(129)
    c2, x = measured(dense), point(dense)
    reduce = reduction(dense, c2)
    scores = reduce.frame_scores(*dense.unpacked(x), never)
    pieces = reduce(*dense.unpacked(x), never)
    twice = scores.physical.sum(axis=1)
    np.testing.assert_allclose(
        twice, 2 * pieces.contrast[:, None] * pieces.with_r, rtol=1e-8
    )
    np.testing.assert_allclose(scores.contrast.sum(axis=1), 2 * pieces.swrf, rtol=1e-8)
    np.testing.assert_allclose(scores.offset.sum(axis=1), 2 * pieces.swr, rtol=1e-8)


def test_it_can_be_stopped():
    dense = dense_model(50)
    c2, x = measured(dense), point(dense)
    with pytest.raises(CancelledError):
        reduction(dense, c2).frame_scores(*dense.unpacked(x), lambda: True)
