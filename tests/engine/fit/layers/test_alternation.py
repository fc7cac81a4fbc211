"""Eliminating and taking turns end at one optimum; turns contract by ρ²."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from engine.api import fit
from engine.events import Happening
from engine.fit.equations import fit_point
from engine.fit.layers import solve as layered_solve
from engine.fit.layers.alternation import alternate, relative_change
from engine.layer_options import HierarchicalOptions
from engine.result import State
from engine.setup import Loss, Scaling
from engine.solver.status import Reason
from engine.solver.trust_region import solve
from tests.engine.fit.layers.support import (
    SEVEN,
    TIGHT,
    N,
    basis_of,
    dense_fit,
    equations_in,
    layered,
    measured,
    problem_of,
    scaled_run,
)
from tests.engine.fit.support import apart, told, watched
from tests.marking import quick

MODES = [Scaling.INDIVIDUAL, Scaling.AVERAGED, Scaling.FOURIER]
SERIES = scaled_run(0.3 + 0.02 * np.cos(np.radians(SEVEN)))
JOINT = layered(hierarchical=HierarchicalOptions(enable=False))
OUTLIERS = {"loss": Loss.HUBER, "loss_scale": 1.2}


@cache
def fitted(mode, *, joint=False, **changes):
    settings = {"sigma": SERIES.sigma, "scaling": mode, "tolerances": TIGHT, **changes}
    if joint:
        settings["options"] = JOINT
    return fit(measured(SERIES), SERIES.setup(**settings))


@pytest.mark.parametrize("mode", quick(MODES, Scaling.INDIVIDUAL))
def test_eliminated_and_joint_steps_end_at_one_optimum(mode):
    one, other = fitted(mode), fitted(mode, joint=True)
    assert one.status.state is other.status.state is State.CONVERGED
    assert apart(one, other) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("loss", [m for m in Loss if m is not Loss.LINEAR])
def test_robust_losses_too(loss):
    settings = {"loss": loss, "loss_scale": 1.5}
    one = fitted(Scaling.INDIVIDUAL, **settings)
    other = fitted(Scaling.INDIVIDUAL, joint=True, **settings)
    assert one.status.state is other.status.state is State.CONVERGED
    # Gauss-Newton converges linearly for them: both end a bit before the minimum.
    assert apart(one, other) < 1e-5


def test_what_is_told_of_it():
    on = fitted(Scaling.INDIVIDUAL).degeneracy
    report = on.layers["hierarchical"]
    assert report.configured
    assert report.acted
    assert report.count == len(report.details["stages"]) > 2
    costs = [s["cost_scaling"] for s in report.details["stages"]]
    assert costs == sorted(costs, reverse=True)
    assert all(
        s["cost_scaling"] <= s["cost_physical"] for s in report.details["stages"]
    )
    rho = on.before.rho_squared
    assert report.details["rho_squared"] == rho
    turns = report.details["alternations_spared"]
    assert rho**turns <= 1e-6 < rho ** (turns - 1)
    off = fitted(Scaling.INDIVIDUAL, joint=True).degeneracy.layers["hierarchical"]
    assert (off.configured, off.acted, off.count) == (False, False, 0)


def optimum(equations, begin):
    found = solve(
        equations,
        begin,
        equations.bounds,
        tolerances=TIGHT,
        move=equations.move,
        limits=equations.limits,
    )
    return fit_point(found.best)


@cache
def at_the_optimum(mode, **changes):
    """Return the minimum of a mode, and the dense columns there."""
    equations = equations_in(problem_of(SERIES, **changes), mode)
    s = equations.scaling.coefficients(*SERIES.scaling)
    x = np.concatenate([SERIES.theta, s])
    point = optimum(equations, equations.at(x, improve=equations.exact_scaling))
    dense = dense_fit(SERIES, point).mapped(basis_of(mode, SEVEN))
    return equations, point, dense


def coupled(dense):
    """Return ρ² and the direction in which the physics is imitated most.

    The direction is a change of the physical parameters of one standard error.
    """
    norms = np.linalg.norm(dense.jacobian, axis=0)
    j = dense.jacobian / norms
    physical, scaling = np.linalg.qr(j[:, :N]), np.linalg.qr(j[:, N:])
    u, s, _ = np.linalg.svd(physical[0].T @ scaling[0])
    return s[0] ** 2, np.linalg.solve(physical[1], u[:, 0]) / norms[:N]


def turns(number, **changes):
    return HierarchicalOptions(
        max_outer_iterations=number, outer_tolerance=1e-300, **changes
    )


def displaced(equations, point, by):
    """Return a point with other physical parameters, the scaling solved for."""
    x = point.x.copy()
    x[:N] += by
    return equations.at(x, improve=equations.exact_scaling)


@pytest.mark.parametrize("mode", quick(MODES, Scaling.INDIVIDUAL))
def test_a_turn_contracts_by_rho_squared(mode):
    equations, best, dense = at_the_optimum(mode)
    rho_squared, direction = coupled(dense)
    assert 0.2 < rho_squared < 0.999
    information = dense.hessian[:N, :N]
    begin = displaced(equations, best, 0.1 * direction)

    def distance(point):
        d = point.x[:N] - best.x[:N]
        return np.sqrt(d @ information @ d)

    found = [begin]
    for _ in range(3):
        found.append(alternate(equations, found[-1], turns(1)).point)
    ratios = [distance(b) / distance(a) for a, b in pairwise(found)]
    np.testing.assert_allclose(ratios, rho_squared, rtol=0.01)
    together = alternate(equations, begin, turns(3))
    np.testing.assert_allclose(together.point.x, found[-1].x, rtol=1e-9, atol=1e-12)
    assert [s["turn"] for s in together.stages] == [1, 2, 3]


@pytest.mark.slow
def test_turns_end_at_the_optimum():
    equations, best, dense = at_the_optimum(Scaling.AVERAGED)
    sigma = np.sqrt(np.diag(dense.covariance))
    begin = displaced(equations, best, 2 * sigma[:N])
    found = alternate(equations, begin, turns(400))
    assert np.all(np.abs(found.point.x - best.x) < 2e-3 * sigma)
    costs = [c for s in found.stages for c in (s["cost_physical"], s["cost_scaling"])]
    assert np.all(np.diff(costs) <= 1e-9 * costs[0])


@pytest.mark.slow
def test_turns_stop_when_the_parameters_rest():
    equations, best, _ = at_the_optimum(Scaling.INDIVIDUAL)
    options = HierarchicalOptions(max_outer_iterations=50, outer_tolerance=1e-6)
    found = alternate(equations, best, options)
    assert len(found.stages) == 1
    assert found.stages[0]["change"] < 1e-6
    limited = alternate(equations, displaced(equations, best, 1e-3), turns(4))
    assert len(limited.stages) == 4


@pytest.mark.slow
def test_turns_with_a_robust_loss():
    equations, best, dense = at_the_optimum(Scaling.INDIVIDUAL, **OUTLIERS)
    sigma = np.sqrt(np.diag(dense.covariance))
    begin = displaced(equations, best, sigma[:N])
    found = alternate(equations, begin, turns(200))
    assert begin.cost > found.point.cost
    assert np.all(np.abs(found.point.x - best.x) < 0.01 * sigma)


def test_relative_change_is_of_the_size_or_of_the_range():
    equations, best, _ = at_the_optimum(Scaling.INDIVIDUAL)
    span = equations.parameters.upper - equations.parameters.lower
    after = best.x.copy()
    after[1] *= 1.001
    expected = abs(after[1] - best.x[1]) / (abs(after[1]) + 1e-3 * span[1])
    found = relative_change(equations, best.x, after)
    assert found == pytest.approx(expected, rel=1e-9)
    # Only physical parameters count.
    after = best.x.copy()
    after[N:] *= 2
    assert relative_change(equations, best.x, after) == 0.0


def test_turns_are_taken_where_no_joint_step_lowers_the_cost(monkeypatch):
    """The solver is made to give up at once, far from the minimum."""
    run_part = layered_solve.run_part
    calls = []

    def gives_up(search, equations, begin, **options):
        calls.append(begin)
        if len(calls) > 1:
            return run_part(search, equations, begin, **options)
        nowhere = replace(search.tolerances, max_iterations=1)
        made = run_part(replace(search, tolerances=nowhere), equations, begin)
        search.last = None
        return replace(made, reason=Reason.NO_DESCENT)

    monkeypatch.setattr(layered_solve, "run_part", gives_up)
    setup = SERIES.setup(sigma=SERIES.sigma, tolerances=TIGHT)
    result, seen = watched(measured(SERIES), setup)
    (event,) = told(seen, Happening.ALTERNATED)
    assert event.details["cost"] < event.details["cost_before"]
    assert result.status.state is State.CONVERGED
    assert apart(result, fitted(Scaling.INDIVIDUAL)) < 1e-6
    details = result.degeneracy.layers["hierarchical"].details
    assert 1 <= len(details["alternations"]) <= 5
