import numpy as np
import pytest

from app.bridge.maps import MapRequest, evaluate_pair, fitted_part
from app.controllers.drawing import DrawJob
from app.widgets import picture as module
from app.widgets.images import reduce_blocks
from tests.app.fakes import FakeEngine, make_data, make_setup


@pytest.fixture
def request_():
    return MapRequest(
        data=make_data(), setup=make_setup(), values={}, index=1, scaling=(0.3, 1.0)
    )


def test_maps_are_those_of_the_engine_and_ready_to_be_coloured(request_, monkeypatch):
    engine = FakeEngine().functions()
    job = DrawJob(0, request_, "title", sigma=0.003)
    maps = job.draw(engine, reduction=2, with_data=True)
    pair = evaluate_pair(engine, request_)
    np.testing.assert_array_equal(maps.model.array, pair.model)
    np.testing.assert_allclose(maps.residual.array, pair.residual / 0.003, rtol=1e-6)
    np.testing.assert_array_equal(maps.data.array, pair.data)
    assert (maps.contrast, maps.offset) == (0.3, 1.0)
    expected = reduce_blocks(pair.model, 2)
    # From here on nothing slow is left to be done.
    for name in ("reduce_blocks", "robust_levels", "symmetric_level"):
        monkeypatch.setattr(module, name, None)
    np.testing.assert_array_equal(maps.model.reduced(2), expected)
    assert maps.residual.reduced(2).shape == expected.shape
    assert maps.residual.magnitude > 0
    assert maps.data.levels[0] < maps.data.levels[1]


def test_data_that_are_there_are_not_drawn_again(request_):
    engine = FakeEngine().functions()
    maps = DrawJob(0, request_, "title").draw(engine, reduction=1, with_data=False)
    assert maps.data is None
    assert maps.model is not None


def test_data_alone_need_no_model(request_):
    fake = FakeEngine()
    job = DrawJob(0, request_, "title", data_only=True)
    maps = job.draw(fake.functions(), reduction=1, with_data=True)
    part = fitted_part(request_.data, request_.setup, 1)
    np.testing.assert_array_equal(maps.data.array, part)
    assert maps.model is None
    assert fake.drawn == []
