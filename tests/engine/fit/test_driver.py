"""A fit over several attempts: what of the first one stays in the record."""

import numpy as np

from engine.events import Happening
from engine.result import State
from engine.setup import Strategy
from tests.engine.fit import faults
from tests.engine.fit.layers.support import SMALL, measured
from tests.engine.fit.support import happened, watched


def test_start_is_that_of_the_first_attempt(monkeypatch):
    """Though it failed, and the result is that of a retry from elsewhere."""
    faults.Model(monkeypatch, faults.nth(1))
    setup = SMALL.setup(sigma=SMALL.sigma, strategy=Strategy.STANDARD)
    result, seen = watched(measured(SMALL), setup)
    assert Happening.RETRY in happened(seen)
    outcomes = [a.outcome for a in result.strategy.attempts]
    assert outcomes == ["failed", "converged"]
    assert result.status.state is State.CONVERGED
    begun = next(e for e in seen if hasattr(e, "accepted") and np.isfinite(e.cost))
    changed = np.array(list(begun.values.values())) / SMALL.start - 1
    assert np.all(changed != 0)
    assert np.abs(changed).max() <= 0.1
    assert begun.cost == result.status.cost_initial
    assert tuple(p.start for p in result.parameters) == SMALL.start
