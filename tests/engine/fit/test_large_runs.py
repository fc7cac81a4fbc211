"""Sizes at which other programs returned the start values as a converged fit."""

from dataclasses import replace

import numpy as np
import pytest

from engine.api import fit
from engine.result import State
from engine.setup import Strategy
from tests.engine.fit.support import errors, steps, values
from tests.engine.known_runs import known
from tests.marking import quick


@pytest.fixture(scope="module")
def laminar():
    return known("laminar-L1").data()


def check(run, result, seen):
    assert result.status.state is State.CONVERGED
    assert result.status.iterations > 0
    # in units of chi squared: far more than the noise can give
    assert result.status.cost_initial - result.status.cost_final > 1e4
    assert seen[0].cost > seen[-1].cost
    start = np.array(run.start)
    assert np.all(values(result)[: len(start)] != start)
    pull = (values(result) - run.truth) / errors(result)
    assert np.abs(pull).max() < 4, pull
    assert abs(result.quality.reduced_chi_squared - 1) < 0.01
    assert result.quality.noise_sigma == pytest.approx(run.sigma, rel=0.01)
    assert result.input.n_frames == 1001
    assert result.input.n_points == run.n_points


def test_one_angle_static_of_a_thousand_frames():
    run = known("static-M1")
    result, seen = steps(run.data(), run.setup())
    check(run, result, seen)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", quick(Strategy, Strategy.CHUNKED))
def test_three_angles_laminar_of_a_thousand_frames(laminar, strategy):
    run = known("laminar-L1")
    # 3,006,003 values of c2, of which the strict upper triangle is fitted
    assert laminar.c2[:, 1:, 1:].size == 3_006_003
    result, seen = steps(laminar, run.setup(strategy=strategy))
    check(run, result, seen)
    chosen = Strategy.STANDARD if strategy is Strategy.AUTO else strategy
    assert result.strategy.name == chosen.value
    assert result.input.n_points == (3_006_003 - 3 * 1001) // 2


@pytest.mark.slow
@pytest.mark.parametrize("n_frames", [202, 402, 502])
def test_sizes_in_between(n_frames):
    """40,000 to 750,000 values; the same truth on a shorter window."""
    run = replace(known("laminar-L1"), n_frames=n_frames, dt=100.0 / n_frames)
    result = fit(run.data(), run.setup())
    assert result.status.state is State.CONVERGED
    assert result.status.iterations > 0
    pull = (values(result) - run.truth) / errors(result)
    assert np.abs(pull).max() < 4, pull
