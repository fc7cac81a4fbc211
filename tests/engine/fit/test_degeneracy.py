"""What a fit cannot tell is said, and nothing is said of a fit that can."""

from dataclasses import replace

import numpy as np
import pytest

from engine.api import fit
from engine.errors import OptionError
from engine.fit.degeneracy import cancelling_groups, mirror_direction
from engine.reference.dense import DenseModel
from engine.reference.runs import simulated_run
from engine.result import Flag
from engine.setup import Masks, Scaling
from tests.engine.fit.support import by_scipy, values
from tests.engine.known_runs import Q, known

LAMINAR = known("laminar-small")
TIMES = np.arange(1, 62) * 1.0


@pytest.fixture(scope="module")
def data():
    return LAMINAR.data()


def said(result, words):
    return [w for w in result.quality.warnings if words in w]


def test_a_sound_fit_is_not_doubted(data):
    result = fit(data, LAMINAR.setup())
    for words in ("cancel", "No shear", "cannot tell", "scaling mode", "held fixed"):
        assert not said(result, words)


def test_a_shared_scaling_that_biases_is_named(data):
    """The gain promised from the sums is one that freeing the scaling keeps."""
    shared = fit(data, LAMINAR.setup(scaling=Scaling.AVERAGED))
    free = fit(data, LAMINAR.setup())
    (sentence,) = said(shared, "scaling mode averaged biases")
    promised = float(sentence.split("lower χ² by ")[1].split()[0])
    gained = shared.quality.chi_squared - free.quality.chi_squared
    assert 0 < promised <= gained / shared.quality.reduced_chi_squared * 1.01
    assert shared.quality.flag is not Flag.GOOD


def test_frozen_scaling_says_what_the_errors_leave_out(data):
    truth = LAMINAR.scaling
    setup = LAMINAR.setup(
        scaling=Scaling.FIXED_CONSTANT,
        contrast_start=tuple(truth[0]),
        offset_start=tuple(truth[1]),
    )
    assert said(fit(data, setup), "were frozen")


@pytest.mark.slow
def test_data_without_shear_say_so():
    times = np.arange(62) * 1.0
    still = DenseModel(model="static", times=times, phi=np.array([0.0, 45, 90]), q=Q)
    run = simulated_run(
        still, (4000.0, -1.0, 500.0), ([0.3] * 3, [1.0] * 3), sigma=0.005, seed=5
    )
    setup = LAMINAR.setup(
        fixed=("beta", "gamma_dot_t_offset"),
        start={"beta": 0.0, "gamma_dot_t_offset": 0.0},
    )
    result = fit(run, setup)
    assert said(result, "No shear was detected")
    assert result.quality.flag is not Flag.GOOD


def test_rates_that_cancel_have_no_errors():
    """D(t) = 3000 + 400 ln t: a level and a slope, but no prefactor and no exponent."""
    theta = (1e7, 4e-5, 3000.0 - 1e7)
    run = replace(known("static-small"), theta=theta, start=theta)
    result = fit(run.data(), run.setup())
    assert [p.stderr for p in result.parameters] == [None, None, None]
    assert said(result, "nearly cancel")
    assert result.quality.flag is not Flag.GOOD
    lost = [result.covariance_names.index(n) for n in ("D0", "alpha", "D_offset")]
    assert np.isnan(result.correlation[lost[0], lost[1]])


@pytest.mark.parametrize(
    ("values_", "free", "expected"),
    [
        ((1e8, 1e-5, -1e8 + 3000), ("D0", "alpha", "D_offset"), True),
        ((1e8, 1e-5, -1e8 + 3000), ("D0", "alpha"), False),
        ((1000.0, -0.5, -100.0), ("D0", "alpha", "D_offset"), False),
        ((1000.0, -0.5, 300.0), ("D0", "alpha", "D_offset"), False),
    ],
)
def test_cancelling_needs_both_free_and_huge(values_, free, expected):
    named = dict(zip(("D0", "alpha", "D_offset"), values_, strict=True))
    assert bool(cancelling_groups(named, free, TIMES)) is expected


@pytest.mark.parametrize(
    ("phi", "phi0", "expected"),
    [
        ((0.0, 90.0), 4.0, -4.0),
        ((0.0, 90.0, 180.0, -90.0), -30.0, 30.0),
        ((10.0, 100.0), 30.0, -10.0),
        ((0.0, 45.0, 90.0), 4.0, None),
        ((0.0, 90.0), 0.0, None),
        ((0.0, 90.0), 90.0, None),
    ],
)
def test_mirror_direction(phi, phi0, expected):
    found = mirror_direction(np.array(phi), phi0)
    if expected is None:
        assert found is None
        return
    assert found == pytest.approx(expected)
    # Independent of how it was found: cos² of every angle is the same.
    angles = np.radians(phi)
    np.testing.assert_allclose(
        np.cos(np.radians(phi0) - angles) ** 2,
        np.cos(np.radians(found) - angles) ** 2,
        atol=1e-12,
    )


def test_nothing_free_is_said(data):
    names = tuple(p.name for p in LAMINAR.setup().parameters)
    result = fit(data, LAMINAR.setup(fixed=names))
    assert said(result, "held fixed")
    assert result.quality.flag is not Flag.GOOD


def test_flow_direction_goes_round(data):
    """phi0 has period 180°: its default bounds are no walls."""
    result = fit(data, LAMINAR.setup(start={"phi0": -89.0}))
    phi0 = result.parameters[-1]
    assert not phi0.at_bound
    assert phi0.lower <= phi0.value <= phi0.upper
    far = fit(data, LAMINAR.setup(start={"phi0": 170.0 - 180.0}))
    np.testing.assert_allclose(
        values(far), by_scipy(LAMINAR, data, far.quality.noise_sigma).x, rtol=1e-3
    )


def test_narrow_bounds_of_the_direction_hold(data):
    result = fit(
        data, LAMINAR.setup(bounds={"phi0": (6.0, 20.0)}, start={"phi0": 10.0})
    )
    assert result.parameters[-1].value == 6.0
    assert result.parameters[-1].at_bound


def test_masks_that_touch_nothing_are_named(data):
    masks = Masks(frames=((300, 310),))
    assert said(fit(data, LAMINAR.setup(masks=masks)), "masks nothing")


def test_frozen_scaling_without_values_is_refused_before_the_fit(data):
    with pytest.raises(OptionError, match="per_angle_scaling"):
        fit(data, LAMINAR.setup(scaling=Scaling.FIXED_CONSTANT))
