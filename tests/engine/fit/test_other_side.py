"""No fit stays on the wrong side of an angle nearly perpendicular to the flow."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import Happening
from engine.fit.other_side import other_directions
from engine.result import State
from tests.engine.fit.support import STRATEGIES, apart, errors, told, values, watched
from tests.engine.known_runs import known
from tests.marking import quick

RUN = replace(
    known("laminar-L1"),
    theta=(6000.0, -0.35, 300.0, 9e-4, -0.3, 4.5e-5, 4.0),
    start=(8400.0, -0.22, 200.0, 6.3e-4, -0.2, 6.3e-5, 12.0),
    phi=(0.0, 50.0, 95.0),
    n_frames=420,
)
"""The angle at 95° is perpendicular to 5°: 4° and 6° differ by the others alone."""


@pytest.fixture(scope="module")
def clean():
    return RUN.clean()


@pytest.mark.slow
@pytest.mark.parametrize("strategy", quick(STRATEGIES, STRATEGIES[0]))
@pytest.mark.parametrize("seed", quick([1, 2, 3], 3))
def test_the_right_side_is_found(clean, strategy, seed):
    data = RUN.data(seed, clean)
    result, _ = watched(data, RUN.setup(strategy=strategy, sigma=RUN.sigma))
    assert result.status.state is State.CONVERGED
    pull = (values(result) - RUN.truth) / errors(result)
    assert np.abs(pull).max() < 4, pull
    truth = dict(zip(RUN.dense().names, RUN.theta, strict=True))
    best, seen = watched(data, RUN.setup(sigma=RUN.sigma, start=truth))
    assert not told(seen, Happening.OTHER_SIDE)
    assert apart(result, best) < 0.01


@pytest.mark.slow
def test_it_is_said_where_the_fit_had_to_cross(clean):
    result, seen = watched(RUN.data(3, clean), RUN.setup(sigma=RUN.sigma))
    (event,) = told(seen, Happening.OTHER_SIDE)
    assert "the fit goes on from there" in event.message
    assert event.details["cost"] < event.details["cost_before"] - 10
    assert result.status.cost_final <= event.details["cost"]
    steps = [e for e in seen if hasattr(e, "accepted")]
    assert steps[-1].iteration == result.status.iterations


@pytest.mark.slow
def test_a_direction_that_is_fixed_stays(clean):
    chosen = RUN.setup(sigma=RUN.sigma, fixed=("phi0",), start={"phi0": 6.0})
    result, seen = watched(RUN.data(3, clean), chosen)
    assert result.values["phi0"] == 6.0
    assert not told(seen, Happening.OTHER_SIDE)


@settings(deadline=None)
@given(
    phi0=st.floats(-90, 90),
    phi=st.lists(st.floats(-180, 180), min_size=1, max_size=25),
    half=st.sampled_from([90.0, 180.0, 5.0]),
)
def test_other_directions_see_an_angle_as_before(phi0, phi, half):
    angles, bounds = np.array(phi), (-half, half)
    found = other_directions(angles, phi0, bounds)
    assert len(found) <= 2
    seen = np.cos(np.radians(phi0 - angles)) ** 2
    for direction in found:
        assert bounds[0] <= direction <= bounds[1]
        mirrored = np.cos(np.radians(direction - angles)) ** 2
        some = np.abs(mirrored - seen) < 1e-7
        assert (some & (seen < np.cos(np.radians(75)) ** 2 + 1e-9)).any()


def test_there_is_none_where_no_angle_is_nearly_perpendicular():
    assert other_directions(np.array([0.0, 30.0]), 4.0, (-90.0, 90.0)).size == 0
    # Exactly perpendicular: both sides are one.
    assert other_directions(np.array([94.0]), 4.0, (-90.0, 90.0)).size == 0
