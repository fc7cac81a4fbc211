"""Without start values: the data alone lead to the truth, not to a mirror image."""

from dataclasses import replace

import numpy as np
import pytest

from engine.api import fit
from engine.conventions import Convention
from engine.result import State
from tests.engine.fit.support import errors, values
from tests.engine.known_runs import known
from tests.marking import quick

LAMINAR = known("laminar-L1")
SHORT = (9000.0, -0.35, 400.0, 3e-3, -0.30, 1.5e-4, 4.0)


def check(run, **changes):
    placeholders = run.setup(start_given=False, **changes)
    result = fit(run.data(), placeholders)
    assert result.status.state is State.CONVERGED, result.status
    pull = (values(result) - run.truth) / errors(result)
    assert np.abs(pull).max() < 4, pull


@pytest.mark.parametrize(
    "name", quick(["static-small", "laminar-small", "static-M1"], "laminar-small")
)
def test_truth_is_found(name):
    check(known(name))


@pytest.mark.slow
def test_truth_of_three_thousand_frames_is_found():
    check(LAMINAR)


@pytest.mark.slow
@pytest.mark.parametrize("n_frames", quick([202, 402], 202))
def test_flow_direction_has_the_right_sign_on_a_short_window(n_frames):
    """A local minimum at -phi0 lies in wait here; other programs end in it."""
    check(replace(LAMINAR, theta=SHORT, n_frames=n_frames))


@pytest.mark.slow
@pytest.mark.parametrize("phi0", quick([-60.0, -20.0, 30.0, 85.0], -20.0))
def test_any_flow_direction_is_found(phi0):
    run = known("laminar-small")
    phi = (-80.0, -35.0, 0.0, 50.0, 95.0)
    check(replace(run, theta=(*run.theta[:6], phi0), phi=phi))


@pytest.mark.slow
@pytest.mark.parametrize("convention", [Convention.LEGACY, Convention.HOMODYNE2])
def test_other_conventions(convention):
    theta = np.array(LAMINAR.theta)
    if convention is Convention.HOMODYNE2:
        theta[[3, 5]] *= 3
    check(
        replace(
            LAMINAR, theta=tuple(theta), n_frames=302, dt=0.3, convention=convention
        )
    )
