"""Which scaling mode a fit ends in, and that the parameters are right in it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.api import fit
from engine.conventions import Convention
from engine.events import Happening
from engine.layer_options import ScalingOptions
from engine.result import Flag, State
from engine.setup import Scaling
from tests.engine.fit.layers.support import (
    FULL,
    TIGHT,
    UNEQUAL,
    N,
    dense_at,
    layered,
    layers_off,
    measured,
    scaled_run,
)
from tests.engine.fit.support import apart, errors, told, values, watched
from tests.engine.known_runs import known
from tests.marking import quick

pytestmark = pytest.mark.slow

ANGLES = np.radians(FULL)
RANDOM = np.random.default_rng(99).standard_normal(23)
CONTRASTS = {
    "constant": np.full(23, 0.3),
    "smooth": 0.3 * (1 + 0.06 * np.cos(ANGLES) + 0.03 * np.sin(2 * ANGLES)),
    "random": 0.3 * (1 + 0.1 * RANDOM),
}
MODE = Happening.SCALING_MODE
ENDS = {"constant": "averaged", "smooth": "fourier", "random": "individual"}


@cache
def many_angles(kind):
    return scaled_run(CONTRASTS[kind], FULL, n_frames=32, dt=2.0)


def three_angles(contrast):
    """A run of 160 frames with as much information as one of a thousand."""
    return scaled_run(
        contrast,
        (0.0, 45.0, 90.0),
        like=known("laminar-L1"),
        n_frames=162,
        dt=100 / 161,
        sigma=0.02 * 160 / 1000,
        convention=Convention.HOMODYNE2,
    )


BIASING = three_angles((0.318, 0.322, 0.300))
SHARED = three_angles((0.3, 0.3, 0.3))


@cache
def fitted(run, mode, **changes):
    return fit(measured(run), run.setup(sigma=run.sigma, scaling=mode, **changes))


def pulls(result, run):
    """Return (value - truth)/σ of the physical parameters."""
    error = np.array([p.stderr for p in result.parameters], float)
    return (np.array([p.value for p in result.parameters]) - run.theta) / error


@pytest.mark.parametrize("kind", quick(ENDS, "smooth"))
def test_auto_shares_what_the_angles_can_share(kind):
    run = many_angles(kind)
    result, seen = watched(
        measured(run), run.setup(sigma=run.sigma, scaling=Scaling.AUTO)
    )
    told_of = result.degeneracy
    assert result.status.state is State.CONVERGED
    assert (told_of.requested, told_of.chosen) == ("auto", ENDS[kind])
    assert result.scaling.mode == ENDS[kind]
    assert np.abs(pulls(result, run)).max() < 3
    assert result.quality.flag is Flag.GOOD
    changes = [(e.details["narrow"], e.details["wide"]) for e in told(seen, MODE)]
    assert changes == ([] if kind == "constant" else [("averaged", ENDS[kind])])
    report = told_of.layers["scaling"]
    assert report.count == len(changes)
    assert report.acted
    course = " → ".join([changes[0][0], changes[0][1]]) if changes else ""
    count = result.scaling.n_coefficients
    assert report.effect.startswith(f"{count} coefficients")
    assert course in report.effect
    last = told_of.tests[-1]
    if kind != "random":
        assert last is told_of.final_test
        assert not last.rejected
    else:
        assert told_of.final_test is None
        assert last.rejected


@pytest.mark.parametrize("kind", ["smooth", "random"])
def test_auto_is_the_fit_in_the_mode_it_ends_in(kind):
    """Where it came from leaves no trace."""
    run = many_angles(kind)
    direct = fitted(run, Scaling(ENDS[kind]), tolerances=TIGHT)
    # A cost of some thousand has no digits for less.
    assert apart(fitted(run, Scaling.AUTO, tolerances=TIGHT), direct) < 5e-6


def test_a_shared_contrast_that_biases_is_flagged():
    result = fitted(BIASING, Scaling.AVERAGED)
    assert result.status.state is State.CONVERGED
    assert np.abs(pulls(result, BIASING)).max() > 4
    assert result.quality.flag is not Flag.GOOD
    assert any("biases the parameters" in w for w in result.quality.warnings)
    test = result.degeneracy.final_test
    assert test.rejected
    assert test.degrees == 4
    # It tells by how much: what freeing the scaling then does.
    free = fitted(BIASING, Scaling.INDIVIDUAL)
    sigma = np.array([p.stderr for p in free.parameters])
    moved = (values(free) - values(result))[:N] / sigma
    predicted = np.array(list(test.shifts.values()))
    large = np.abs(moved) > 2
    assert large.sum() >= 3
    np.testing.assert_allclose(predicted[large], moved[large], rtol=0.2)


def test_auto_frees_it():
    result = fitted(BIASING, Scaling.AUTO)
    assert result.scaling.mode == "individual"
    assert np.abs(pulls(result, BIASING)).max() < 3
    assert result.quality.flag is Flag.GOOD
    assert "T = " in result.degeneracy.reason
    (change,) = result.degeneracy.layers["scaling"].details["changes"]
    assert change == {"from": "averaged", "to": "individual"}


def test_an_equal_contrast_stays_shared():
    result = fitted(SHARED, Scaling.AUTO)
    assert result.scaling.mode == "averaged"
    assert np.abs(pulls(result, SHARED)).max() < 3
    assert result.quality.flag is Flag.GOOD
    wide = fitted(SHARED, Scaling.INDIVIDUAL)
    assert errors(result)[6] < 0.97 * errors(wide)[6]


def ladder(**options):
    return {"options": layered(scaling=ScalingOptions(**options))}


@pytest.mark.parametrize(("threshold", "mode"), [(7, "averaged"), (8, "individual")])
def test_few_angles_have_their_own(threshold, mode):
    run = scaled_run(0.3)
    options = ladder(constant_scaling_threshold=threshold)
    result = fit(measured(run), run.setup(scaling=Scaling.AUTO, **options))
    assert result.scaling.mode == mode
    if mode == "individual":
        expected = "Every angle has its own: 7 angles, and sharing begins at 8."
        assert result.degeneracy.reason == expected
        assert result.degeneracy.tests == ()
        assert not result.degeneracy.layers["scaling"].acted


def test_untested_it_stays_shared():
    options = ladder(score_test=False)
    run = BIASING
    result, seen = watched(measured(run), run.setup(scaling=Scaling.AUTO, **options))
    assert result.scaling.mode == "averaged"
    assert not told(seen, MODE)
    assert "not tested" in result.degeneracy.reason


def test_with_the_layers_off_auto_is_individual():
    run = scaled_run(0.3)
    settings = {"tolerances": TIGHT, "sigma": run.sigma}
    off = run.setup(scaling=Scaling.AUTO, options=layers_off(), **settings)
    plain = run.setup(scaling=Scaling.INDIVIDUAL, options=layers_off(), **settings)
    result = fit(measured(run), off)
    assert result.scaling.mode == "individual"
    assert "off" in result.degeneracy.reason
    assert apart(result, fit(measured(run), plain)) < 1e-6
    others = [r for n, r in result.degeneracy.layers.items() if n != "scaling"]
    assert not any(report.configured or report.acted for report in others)


def test_a_larger_shift_may_be_allowed():
    options = ladder(score_max_shift=1e3)
    setup = BIASING.setup(scaling=Scaling.AVERAGED, **options)
    result = fit(measured(BIASING), setup)
    test = result.degeneracy.final_test
    assert test.p_value < 1e-3
    assert not test.rejected


class TestConstant:
    def test_is_individual_with_the_scaling_known(self):
        frozen = fitted(UNEQUAL, Scaling.CONSTANT, tolerances=TIGHT)
        own = fitted(UNEQUAL, Scaling.INDIVIDUAL, tolerances=TIGHT)
        sigma = errors(own)
        assert np.abs((values(frozen) - values(own)) / sigma).max() < 1e-6
        assert np.all(errors(frozen)[:N] < sigma[:N])
        assert np.isnan(errors(frozen)[N:]).all()
        assert frozen.scaling.n_coefficients == 0
        assert any("errors do not contain" in w for w in frozen.quality.warnings)
        assert not any("errors do not contain" in w for w in own.quality.warnings)

    def test_errors_are_those_of_the_physical_columns(self):
        frozen = fitted(UNEQUAL, Scaling.CONSTANT, tolerances=TIGHT)
        dense = dense_at(UNEQUAL, values(frozen))
        alone = replace(dense, jacobian=dense.jacobian[:, :N])
        np.testing.assert_allclose(
            errors(frozen)[:N], np.sqrt(np.diag(alone.covariance)), rtol=1e-6
        )
