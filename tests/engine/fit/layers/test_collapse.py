"""A shear that loses its influence on the way is found again, or it is said."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.api import fit
from engine.conventions import Convention
from engine.events import Happening
from engine.fit.layers import collapse
from engine.layer_options import (
    CollapseResponse,
    HierarchicalOptions,
    MonitorOptions,
    RegularizationOptions,
)
from engine.options import RecoveryOptions
from engine.result import Flag, State
from engine.setup import Strategy
from tests.engine.fit.layers.support import (
    FULL,
    UNEQUAL,
    N,
    layered,
    layers_off,
    measured,
    scaled_run,
)
from tests.engine.fit.support import apart, told, values, watched
from tests.engine.known_runs import known, peer_scaling
from tests.marking import quick

R = CollapseResponse
PHI = FULL[::2]
RUN = scaled_run(
    peer_scaling(np.array(PHI))[0],
    PHI,
    offset=peer_scaling(np.array(PHI))[1],
    like=known("laminar-L1"),
    n_frames=62,
    dt=100 / 61,
    sigma=0.02 * 60 / 300,
    convention=Convention.HOMODYNE2,
)
NEAR = {
    "D0": 4200.0,
    "alpha": -0.25,
    "D_offset": 200.0,
    "gamma_dot_t0": 1.4e-3,
    "beta": -0.2,
    "gamma_dot_t_offset": 0.0,
    "phi0": 2.5,
}
STARTS = {
    "a thousand times low": {**NEAR, "gamma_dot_t0": 2e-6},
    "across the flow": {**NEAR, "phi0": 84.0},
}
LOW = "a thousand times low"
ACROSS = "across the flow"


def setup(start, options, **changes):
    """Return a setup that is not tried again from other start values."""
    options = replace(options, recovery=RecoveryOptions(enable=False))
    bounds = {"gamma_dot_t0": (1e-6, 0.01)}
    settings = {"sigma": RUN.sigma, "bounds": bounds, **changes}
    return RUN.setup(start=start, options=options, **settings)


@cache
def fitted(start, response=R.HIERARCHICAL, **monitor):
    """Fit with a response; return the result and what was told."""
    options = layered(monitor=MonitorOptions(response=response, **monitor))
    return watched(measured(RUN), setup(STARTS[start], options))


@cache
def without_layers(start):
    return fit(measured(RUN), setup(STARTS[start], layers_off()))


def pulls(result):
    error = np.array([p.stderr for p in result.parameters], float)
    return (values(result)[:N] - RUN.theta) / error


def report_of(result):
    return result.degeneracy.layers["gradient_monitoring"]


def is_collapsed(result):
    """Whether D(t) alone stands for what the flow has done."""
    d0 = result.parameters[0]
    return result.quality.flag is Flag.POOR and d0.value > 1.2 * RUN.theta[0]


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
def test_without_the_layers_the_shear_is_lost(start):
    result = without_layers(start)
    assert is_collapsed(result)
    assert result.degeneracy.layers["gradient_monitoring"].configured is False


WAYS = [(s, r) for s in STARTS for r in (R.HIERARCHICAL, R.RESET)]


@pytest.mark.slow
@pytest.mark.parametrize("way", quick(WAYS, (LOW, R.HIERARCHICAL)), ids=str)
def test_with_them_it_is_found_again(way):
    start, response = way
    result, seen = fitted(start, response)
    assert result.status.state is State.CONVERGED
    assert result.quality.flag is Flag.GOOD
    assert np.abs(pulls(result)).max() < 3.5
    (event,) = report_of(result).details["events"]
    (happened,) = told(seen, Happening.COLLAPSE)
    assert event["response"] == happened.details["response"] == response.value
    assert event["moved"]
    assert event["cost_after"] < event["cost_before"]
    assert happened.details["cost_after"] == event["cost_after"]
    report = report_of(result)
    assert (report.configured, report.acted, report.count) == (True, True, 1)
    assert report.details["status"] == "collapsed"
    assert "found again" in report.effect
    lost = event["sensitivity"]["gamma_dot_t0"] < 1 or event["at_bound"]
    assert lost
    assert event["iteration"] <= result.status.iterations


@pytest.mark.slow
def test_the_way_out_does_not_matter():
    ends = [fitted(s, r)[0] for s in STARTS for r in (R.HIERARCHICAL, R.RESET)]
    for other in ends[1:]:
        assert apart(other, ends[0]) < 5e-3


@pytest.mark.slow
def test_reset_may_give_every_angle_its_estimate():
    result, _ = fitted(ACROSS, R.RESET, reset_to_mean=False)
    assert apart(result, fitted(ACROSS, R.HIERARCHICAL)[0]) < 5e-3


@pytest.mark.slow
def test_warn_changes_nothing_but_the_record():
    start = ACROSS
    options = layered(
        monitor=MonitorOptions(response=R.WARN),
        hierarchical=HierarchicalOptions(enable=False),
    )
    result, seen = watched(measured(RUN), setup(STARTS[start], options))
    alone = without_layers(start)
    np.testing.assert_array_equal(values(result), values(alone))
    assert result.status == alone.status
    assert is_collapsed(result)
    (event,) = report_of(result).details["events"]
    assert event["response"] == "warn"
    assert not event["moved"]
    assert not report_of(result).acted
    assert len(told(seen, Happening.COLLAPSE)) == 1


def test_abort_ends_at_the_best_point():
    result, seen = fitted(ACROSS, R.ABORT)
    assert result.status.state is State.NOT_CONVERGED
    assert result.status.reason == "gradient_collapse"
    assert result.quality.flag is Flag.POOR
    (event,) = report_of(result).details["events"]
    assert event["cost_after"] == event["cost_before"]
    assert result.status.cost_final == pytest.approx(event["cost_before"], rel=1e-12)
    costs = [e.cost for e in seen if hasattr(e, "accepted")]
    assert result.status.cost_final <= min(costs) * (1 + 1e-9)
    assert report_of(result).acted
    assert len(told(seen, Happening.COLLAPSE)) == 1


def test_a_streaming_fit_told_to_abort_is_not_tried_otherwise():
    """Any shear counts as lost here, after one step on all pixels."""
    at_once = {"watch_min_iteration": 1, "watch_consecutive_triggers": 1}
    monitor = MonitorOptions(response=R.ABORT, watch_threshold=1e9, **at_once)
    settings = {"sigma": UNEQUAL.sigma, "strategy": Strategy.STREAMING}
    chosen = UNEQUAL.setup(options=layered(monitor=monitor), **settings)
    result, seen = watched(measured(UNEQUAL), chosen)
    assert result.status.state is State.NOT_CONVERGED
    assert result.status.reason == "gradient_collapse"
    assert [a.strategy for a in result.strategy.attempts] == ["streaming"]
    assert not told(seen, Happening.FALLBACK)
    assert not told(seen, Happening.RETRY)
    assert len(told(seen, Happening.COLLAPSE)) == 1


def test_a_second_collapse_ends_the_fit(monkeypatch):
    """The way out is made to lead nowhere."""
    monkeypatch.setattr(collapse, "search_shear", lambda equations, point, *_: point)
    options = layered(monitor=MonitorOptions())
    result, seen = watched(measured(RUN), setup(STARTS[ACROSS], options))
    assert result.status.reason == "gradient_collapse"
    responses = [e["response"] for e in report_of(result).details["events"]]
    assert responses == ["hierarchical", "abort"]
    assert len(told(seen, Happening.COLLAPSE)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("response", [R.HIERARCHICAL, R.RESET])
def test_a_penalty_becomes_stronger(response):
    options = layered(
        monitor=MonitorOptions(response=response, lambda_multiplier=10.0),
        regularization=RegularizationOptions(enable=True, strength=1e-3),
    )
    result, _ = watched(measured(RUN), setup(STARTS[ACROSS], options))
    details = result.degeneracy.layers["regularization"].details
    assert details["lambda"] == pytest.approx(1e-2)
    contrast, offset = (
        np.std(v) / np.mean(v) for v in (result.scaling.contrast, result.scaling.offset)
    )
    n = result.input.n_points
    expected = 1e-2 * n * (contrast**2 + offset**2) / result.quality.chi_squared
    assert details["penalty_over_chi_squared"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
def test_a_healthy_fit_never_triggers():
    for start in (NEAR, {**NEAR, "gamma_dot_t0": 1e-4, "gamma_dot_t_offset": 1e-4}):
        result, seen = watched(measured(RUN), setup(start, layered()))
        assert np.abs(pulls(result)).max() < 3.5
        assert not told(seen, Happening.COLLAPSE)
        report = report_of(result)
        assert (report.configured, report.acted, report.count) == (True, False, 0)
        assert report.details["status"] == "ok"
        assert report.details["sensitivity"]["gamma_dot_t0"] > 10


@pytest.mark.slow
def test_twenty_times_low_takes_few_evaluations():
    start = {**NEAR, "gamma_dot_t0": 1e-4, "gamma_dot_t_offset": 1.4e-4}
    result, _ = watched(measured(RUN), setup(start, layered()))
    assert np.abs(pulls(result)).max() < 3
    assert result.status.evaluations <= 30


@pytest.mark.slow
def test_a_model_without_flow_is_not_watched():
    run = known("static-small")
    result = fit(run.data(), run.setup())
    assert report_of(result).configured is False
