"""Where the warm-up of a streaming fit leads to."""

import pytest

from engine.api import fit
from engine.events import Happening
from engine.result import State
from engine.setup import Strategy
from tests.engine.fit.layers.support import measured
from tests.engine.fit.layers.test_every_strategy import ROUGH, gridded
from tests.engine.fit.support import apart, told, watched

RUN = gridded(ROUGH, 200)
"""Too small for a grid; by wide bounds, L-BFGS leaves the valley of the start."""


@pytest.mark.slow
def test_a_higher_valley_is_left():
    setup = {"sigma": RUN.sigma}
    streamed = RUN.setup(strategy=Strategy.STREAMING, **setup)
    result, seen = watched(measured(RUN), streamed)
    truth = dict(zip(result.values, RUN.theta, strict=True))
    standard = RUN.setup(strategy=Strategy.STANDARD, start=truth, **setup)
    assert result.status.state is State.CONVERGED
    assert [a.strategy for a in result.strategy.attempts] == ["streaming"]
    (dropped,) = told(seen, Happening.COST_GUARD)
    assert dropped.details["cost_without"] < dropped.details["cost"]
    assert apart(result, fit(measured(RUN), standard)) < 5e-3
