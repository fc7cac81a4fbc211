"""What the layers have done is known again to a fit that goes on later."""

import json

import numpy as np
import pytest

from engine.api import fit
from engine.data.tile_store import SCRATCH_VARIABLE
from engine.events import Happening
from engine.fit import checkpoint as checkpoints
from engine.fit.layer_run import LayerRun
from engine.layer_options import RegularizationOptions, ShearWeightingOptions
from engine.setup import Scaling, Strategy
from tests.engine.fit.layers.support import (
    TIGHT,
    UNEQUAL,
    layered,
    measured,
    problem_of,
)
from tests.engine.fit.support import told, watched

SETUP = UNEQUAL.setup(
    sigma=UNEQUAL.sigma,
    scaling=Scaling.AUTO,
    strategy=Strategy.STREAMING,
    tolerances=TIGHT,
)


class Killed(BaseException):
    """Ends a fit at once, as a signal would."""


def broken_off(file):
    """Fit until a checkpoint is there of the mode that `auto` changed to."""

    def watch(event):
        saved = told([event], Happening.CHECKPOINT)
        if saved and checkpoints.load(file).scaling == "individual":
            raise Killed

    with pytest.raises(Killed):
        fit(measured(UNEQUAL), SETUP, on_event=watch, checkpoint=file)


@pytest.mark.slow
def test_why_the_mode_was_left_is_known_to_what_is_resumed(tmp_path, monkeypatch):
    monkeypatch.setenv(SCRATCH_VARIABLE, str(tmp_path / "scratch"))
    file = tmp_path / "run.checkpoint"
    whole = fit(measured(UNEQUAL), SETUP).degeneracy
    broken_off(file)
    result, seen = watched(measured(UNEQUAL), SETUP, checkpoint=file, resume=True)
    assert told(seen, Happening.RESUMED)
    assert not told(seen, Happening.SCALING_MODE)
    assert result.degeneracy.reason == whole.reason
    assert "The scaling mode averaged biases the parameters (T = " in whole.reason
    details = result.degeneracy.layers["scaling"].details
    assert details == whole.layers["scaling"].details
    assert details["changes"] == [{"from": "averaged", "to": "individual"}]


def layers():
    options = layered(
        shear_weighting=ShearWeightingOptions(enable=True),
        regularization=RegularizationOptions(enable=True, strength=0.5),
    )
    return LayerRun(problem_of(UNEQUAL, options=options))


def test_what_was_kept_is_restored_through_a_file():
    first, again = layers(), layers()
    first.strengthen()
    first.modes.append({"from": "averaged", "to": "individual"})
    first.monitor.armed = False
    first.monitor.events.append({"response": "warn", "iteration": 3, "moved": False})
    first.weighting.phi0, first.weighting.updates, first.weighting.taken = 40.0, 2, 7
    kept = json.loads(json.dumps(first.kept()))
    assert again.kept() != kept
    again.restore(kept)
    assert again.kept() == kept
    assert again.strength == 5.0
    # Weights are those along the direction: |cos|, at least 0.3, with a mean of 1.
    along = 0.3 + 0.7 * np.abs(np.cos(np.radians(40.0 - np.array(UNEQUAL.phi))))
    np.testing.assert_allclose(again.weighting.values, along / along.mean())


@pytest.mark.parametrize(
    "change",
    [
        {"modes": None},
        {"decisive": {"narrow": "averaged"}},
        {"strength": "much"},
        {"weighting": [1.0]},
        {"events": 3},
    ],
    ids=lambda c: next(iter(c)),
)
def test_something_else_is_refused(change):
    kept = {**layers().kept(), **change}
    with pytest.raises((KeyError, TypeError, ValueError)):
        layers().restore(kept)
