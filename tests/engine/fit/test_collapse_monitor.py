"""The monitor counts as it should, in numbers without units."""

from dataclasses import replace

import numpy as np
import pytest

from engine.fit import collapse_monitor
from engine.fit.collapse_monitor import (
    CollapseMonitor,
    Look,
    look_at,
    reduced_information,
)
from engine.layer_options import MonitorOptions
from engine.setup import Scaling
from tests.engine.fit.layers.support import (
    SEVEN,
    UNEQUAL,
    N,
    assert_same_matrix,
    basis_of,
    dense_fit,
    equations_in,
    problem_of,
)

WATCHED = ("gamma_dot_t0",)
HEALTHY = Look(1.0, {"gamma_dot_t0": 50.0}, ())
LOW = Look(0.005, {"gamma_dot_t0": 50.0}, ())
LOST = Look(1.0, {"gamma_dot_t0": 0.5}, ())
AT_BOUND = Look(1.0, {"gamma_dot_t0": 50.0}, ("gamma_dot_t0",))


@pytest.fixture(scope="module")
def problem():
    return problem_of(UNEQUAL)


@pytest.fixture
def shown(monkeypatch):
    """Make the monitor see what the test shows it."""
    looks = []
    monkeypatch.setattr(collapse_monitor, "look_at", lambda *_: looks.pop(0))
    return looks


def checked(monitor, shown, looks, *, far=True):
    """Return what the monitor answers to each look."""
    shown.extend(looks)
    return [monitor.check(None, far=far) for _ in range(len(looks))]


def test_five_low_ratios_in_a_row_fire(shown):
    monitor = CollapseMonitor(MonitorOptions())
    assert checked(monitor, shown, [HEALTHY]) == [False]
    assert monitor.status == "ok"
    for _ in range(4):
        assert checked(monitor, shown, [LOW]) == [False]
        assert monitor.status == "warning"
    assert checked(monitor, shown, [LOW]) == [True]
    monitor.fired(iteration=6)
    assert monitor.status == "collapsed"
    assert monitor.events == [{"iteration": 6}]


def test_recovery_begins_the_count_anew(shown):
    monitor = CollapseMonitor(MonitorOptions())
    assert not any(checked(monitor, shown, [LOW] * 4 + [HEALTHY] + [LOW] * 4))
    assert checked(monitor, shown, [HEALTHY]) == [False]
    assert monitor.status == "ok"
    assert checked(monitor, shown, [LOW] * 5) == [False] * 4 + [True]
    monitor.fired()
    # Once it fired it counts from nothing.
    assert checked(monitor, shown, [LOW] * 5) == [False] * 4 + [True]


def test_near_the_minimum_a_low_ratio_means_nothing(shown):
    monitor = CollapseMonitor(MonitorOptions())
    assert not any(checked(monitor, shown, [LOW] * 20, far=False))
    assert monitor.status == "ok"


@pytest.mark.parametrize("look", [LOST, AT_BOUND])
def test_a_watched_parameter_is_waited_for(shown, look):
    options = MonitorOptions(watch_min_iteration=5, watch_consecutive_triggers=3)
    monitor = CollapseMonitor(options)
    # Lost from the first step on: steps 5, 6 and 7 count.
    assert checked(monitor, shown, [look] * 7) == [False] * 6 + [True]


def test_three_lost_in_a_row_and_not_in_all(shown):
    monitor = CollapseMonitor(MonitorOptions(watch_min_iteration=1))
    looks = [LOST, LOST, HEALTHY, LOST, LOST, LOST]
    assert checked(monitor, shown, looks) == [False] * 5 + [True]


def test_the_two_counts_are_not_added(shown):
    monitor = CollapseMonitor(MonitorOptions(watch_min_iteration=1))
    assert not any(checked(monitor, shown, [LOST, LOST, LOW, LOW, LOW, LOW, LOST]))


def test_it_looks_at_every_nth_step_only(shown):
    monitor = CollapseMonitor(MonitorOptions(check_interval=3))
    shown.extend([LOW] * 5)
    answers = [monitor.check(None, far=True) for _ in range(15)]
    assert answers == [False] * 14 + [True]
    assert not shown


def test_disarmed_it_says_nothing(shown):
    monitor = CollapseMonitor(MonitorOptions(), armed=False)
    shown.append(LOST)
    assert not any(monitor.check(None, far=True) for _ in range(9))
    assert not monitor.collapsed(None)
    assert shown == [LOST]


@pytest.mark.parametrize(
    ("look", "expected"), [(HEALTHY, False), (LOW, False), (LOST, True)]
)
def test_how_a_fit_ended(shown, look, expected):
    shown.append(look)
    assert CollapseMonitor(MonitorOptions()).collapsed(None) is expected


def test_threshold_of_the_watched_is_an_option(shown):
    monitor = CollapseMonitor(MonitorOptions(watch_threshold=100.0))
    shown.append(HEALTHY)
    assert monitor.collapsed(None)


def point_of(problem, mode=Scaling.INDIVIDUAL):
    """Return a point away from the minimum, the scaling not solved for."""
    equations = equations_in(problem, mode)
    contrast, offset = UNEQUAL.scaling
    s = equations.scaling.coefficients(1.05 * contrast, 0.98 * offset)
    return equations.at(
        np.concatenate([1.1 * np.array(UNEQUAL.theta), s]), improve=False
    )


@pytest.mark.parametrize("mode", [Scaling.INDIVIDUAL, Scaling.FOURIER])
def test_ratio_and_sensitivity_are_those_of_the_columns(problem, mode):
    point = point_of(problem, mode)
    dense = dense_fit(UNEQUAL, point).mapped(basis_of(mode, SEVEN))
    scaled = dense.gradient / np.linalg.norm(dense.jacobian, axis=0)
    expected = np.linalg.norm(scaled[:N]) / np.linalg.norm(scaled[N:])
    look = look_at(point, ("gamma_dot_t0", "phi0"))
    assert look.ratio == pytest.approx(expected, rel=1e-9)
    left = eliminated(dense)
    # The shear rate grows as a whole, with its constant.
    for name, places in (("gamma_dot_t0", [3, 5]), ("phi0", [6])):
        change = np.linalg.norm(left[:, places] @ point.x[places])
        assert look.sensitivity[name] == pytest.approx(change, rel=1e-8)
    assert look.at_bound == ()


def eliminated(dense):
    """Return the part of the physical columns that no scaling makes."""
    scaling = dense.jacobian[:, N:]
    q = np.linalg.qr(scaling / np.linalg.norm(scaling, axis=0))[0]
    return dense.jacobian[:, :N] - q @ (q.T @ dense.jacobian[:, :N])


def test_a_change_of_units_changes_nothing(problem):
    point = point_of(problem)
    units = 10.0 ** np.random.default_rng(0).uniform(-6, 6, len(point.x))
    other = replace(
        point,
        x=point.x / units,
        gradient=point.gradient * units,
        hessian=point.hessian * np.outer(units, units),
    )
    one, two = look_at(point, WATCHED), look_at(other, WATCHED)
    assert two.ratio == pytest.approx(one.ratio, rel=1e-9)
    assert two.sensitivity["gamma_dot_t0"] == pytest.approx(
        one.sensitivity["gamma_dot_t0"], rel=1e-7
    )


def test_only_a_lower_bound_counts(problem):
    point = point_of(problem)
    lower, upper = point.equations.bounds
    for place, at_bound in ((lower, ("gamma_dot_t0",)), (upper, ())):
        x = point.x.copy()
        x[3] = place[3]
        assert look_at(replace(point, x=x), WATCHED).at_bound == at_bound


def test_a_fixed_parameter_is_not_watched():
    point = point_of_fixed()
    assert look_at(point, WATCHED).sensitivity == {}


def point_of_fixed():
    problem = problem_of(UNEQUAL, fixed=("gamma_dot_t0",))
    equations = equations_in(problem, Scaling.INDIVIDUAL)
    physical = np.delete(np.array(UNEQUAL.theta), 3)
    return equations.at(np.concatenate([physical, *UNEQUAL.scaling]), improve=False)


@pytest.mark.parametrize(
    "mode", [Scaling.INDIVIDUAL, Scaling.AVERAGED, Scaling.FOURIER]
)
def test_reduced_information_is_the_schur_complement(problem, mode):
    point = point_of(problem, mode)
    left = eliminated(dense_fit(UNEQUAL, point).mapped(basis_of(mode, SEVEN)))
    assert_same_matrix(reduced_information(point.hessian, N), left.T @ left)


def test_reduced_information_without_scaling_is_all_of_it():
    matrix = np.diag([1.0, 2.0])
    np.testing.assert_array_equal(reduced_information(matrix, 2), matrix)
