"""Contrast and offset a fit begins with."""

import numpy as np
import pytest

from engine.events import Happening, StepTaken
from engine.setup import Scaling
from tests.engine.fit.support import told, watched
from tests.engine.known_runs import known

H = Happening
RUN = known("laminar-small")


@pytest.fixture(scope="module")
def data():
    return RUN.data(60)


def first_step(seen):
    return next(e for e in seen if isinstance(e, StepTaken))


def test_linear_solution_at_the_start_is_taken_where_the_model_varies(data):
    _, seen = watched(data, RUN.setup())
    assert not told(seen, H.QUANTILES)


@pytest.mark.slow
@pytest.mark.parametrize("scaling", [Scaling.INDIVIDUAL, Scaling.AUTO])
def test_quantiles_where_everything_has_decayed_at_the_start(data, scaling):
    """The first level of c2 is then the offset plus the contrast that is left."""
    start = {"D0": 1e9, "alpha": 0.0, "D_offset": 0.0}
    result, seen = watched(data, RUN.setup(start=start, scaling=scaling))
    # Told once for every attempt: such a start leads nowhere.
    said = told(seen, H.QUANTILES)[0]
    assert len(said.details["angles"]) == len(RUN.phi)
    begun = first_step(seen)
    assert np.all(np.array(begun.offset) > 0.9)
    assert np.all(np.array(begun.contrast) > 0.05)
    assert np.all(np.array(begun.contrast) < 0.5)
    assert result.scaling.contrast is not None


@pytest.mark.slow
def test_given_values_are_not_replaced(data):
    setup = RUN.setup(
        start={"D0": 1e9, "alpha": 0.0, "D_offset": 0.0},
        contrast_start=(0.25,),
        offset_start=(1.1,),
    )
    _, seen = watched(data, setup)
    assert not told(seen, H.QUANTILES)
    assert first_step(seen).contrast == pytest.approx((0.25,) * len(RUN.phi))
