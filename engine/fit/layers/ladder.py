"""From one scaling mode to the next: what `auto` and `constant` do once a fit ended.

`auto` begins with one contrast and offset for all angles and widens them, to a Fourier
series and then to one pair for every angle, as long as a score test says that the
narrow mode biases a parameter, or the Bayesian information criterion (BIC) prefers the
wider one. Of two modes that bias nothing the BIC therefore decides; one that biases
something is never chosen, however much the BIC likes its few coefficients.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.degeneracy import ScalingTest
from engine.events import Happening
from engine.fit.beginning import Fit
from engine.fit.equations import FitPoint, fit_point
from engine.fit.layer_run import LayerRun
from engine.fit.layers.score_test import score_test
from engine.fit.problem import Problem
from engine.fit.scaling import fourier_condition, fourier_possible, scaling_map
from engine.result import State
from engine.scaling.fourier import least_angles
from engine.scaling.maps import LARGEST_CONDITION, ScalingMap, frozen
from engine.setup import Scaling
from engine.solver.trust_region import SolverResult

_NEAR_EDM = 0.1
"""EDM below which a point is near enough to the minimum of its mode to be tested."""

SolveFrom = Callable[[Fit, FitPoint], SolverResult]


def settled(fit: Fit, found: SolverResult, solve_from: SolveFrom) -> SolverResult:
    """Go on in wider scaling modes until the angles share what they can share.

    Parameters
    ----------
    found
        The end of the fit in its first mode.
    solve_from
        Solves in another mode from a point evaluated in it.
    """
    while found.reason.state is State.CONVERGED:
        point = fit_point(found.best)
        following = widened(fit, point, n_points=fit.layers.n_points)
        if following is None and fit.setup.scaling is Scaling.CONSTANT:
            following = _frozen(fit, point)
        if following is None:
            break
        wider = replace(fit.following(point).equations, scaling=following)
        at = fit.layers.dressed(wider).recast(point)
        found = solve_from(fit.following(at), at)
    return found


def widened(
    fit: Fit, point: FitPoint, *, n_points: int, told: bool = True
) -> ScalingMap | None:
    """Return the scaling map to go on with, None where this one will do.

    Parameters
    ----------
    point
        At the minimum of its mode, on all pixels or on the grid.
    n_points
        Values it was evaluated on.
    """
    setup, layers = fit.setup, fit.layers
    mode = point.equations.scaling.mode
    if setup.scaling is not Scaling.AUTO or not layers.checks_scaling:
        return None
    if mode is Scaling.INDIVIDUAL or not np.isfinite(point.cost):
        return None
    test = tested(fit.problem, layers, point, n_points=n_points)
    if not widens(test, layers.n_points):
        return None
    wide = Scaling.INDIVIDUAL
    if mode is Scaling.AVERAGED and _series_promises(fit, point, test, n_points):
        wide = Scaling.FOURIER
    layers.decisive = test
    layers.modes.append({"from": mode.value, "to": wide.value})
    if told:
        _tell(fit, test, wide)
    return scaling_map(fit.problem, wide)


def tested(
    problem: Problem, layers: LayerRun, point: FitPoint, *, n_points: int
) -> ScalingTest:
    """Return the score test of a mode against one pair for every angle; it is kept."""
    test = judged(problem, layers, point, n_points=n_points)
    # The last one of a mode is that of all pixels.
    layers.tests.pop((test.narrow, test.wide), None)
    layers.tests[test.narrow, test.wide] = test
    return test


def judged(
    problem: Problem,
    layers: LayerRun,
    point: FitPoint,
    wide: Scaling = Scaling.INDIVIDUAL,
    *,
    n_points: int,
) -> ScalingTest:
    """Return the score test of a mode against a wider one."""
    return score_test(
        point.equations,
        point,
        scaling_map(problem, wide),
        n_points=n_points,
        options=layers.options.scaling,
    )


def widens(test: ScalingTest, n_points: int) -> bool:
    """Whether the wider mode is needed, or is better by BIC to second order."""
    return test.rejected or test.statistic > test.degrees * np.log(n_points)


def _series_promises(
    fit: Fit, point: FitPoint, test: ScalingTest, n_points: int
) -> bool:
    """Whether a Fourier series may do, by what both tests promise.

    What the series leaves for one pair per angle is to second order the difference of
    the two; where that is far beyond noise, the fit of the series can be spared.
    """
    if not _fourier_allowed(fit):
        return False
    series = judged(fit.problem, fit.layers, point, Scaling.FOURIER, n_points=n_points)
    left = max(test.statistic - series.statistic, 0.0)
    degrees = test.degrees - series.degrees
    return left < degrees * np.log(fit.layers.n_points)


def _fourier_allowed(fit: Fit) -> bool:
    """Whether there are angles enough to test a series by what it leaves."""
    options, k = fit.layers.options.scaling, len(fit.problem.phi)
    enough = k >= 2 * least_angles(options.fourier_order)
    if not enough or k <= options.fourier_auto_threshold:
        return False
    if not fourier_possible(fit.problem):
        return False
    return fourier_condition(fit.problem) <= LARGEST_CONDITION


def _frozen(fit: Fit, point: FitPoint) -> ScalingMap | None:
    if point.equations.scaling.mode is Scaling.CONSTANT:
        return None
    fit.layers.modes.append(
        {"from": point.equations.scaling.mode.value, "to": Scaling.CONSTANT.value}
    )
    pieces = point.pieces
    return frozen(Scaling.CONSTANT, pieces.contrast, pieces.offset)


def _tell(fit: Fit, test: ScalingTest, wide: Scaling) -> None:
    fit.journal.happened(
        Happening.SCALING_MODE,
        f"{told(test)}: the fit goes on with {wide.value}.",
        narrow=test.narrow,
        wide=wide.value,
        statistic=test.statistic,
        degrees=test.degrees,
        p_value=test.p_value,
        shifts=dict(test.shifts),
    )


def told(test: ScalingTest) -> str:
    """Return why a scaling mode was left for a wider one, as a clause."""
    evidence = f"T = {test.statistic_text} where noise gives about {test.degrees}"
    if not test.rejected:
        return (
            f"The BIC prefers more coefficients than {test.narrow} has ({evidence}), "
            "though no parameter is biased"
        )
    name, shift = test.largest_shift
    return (
        f"The scaling mode {test.narrow} biases the parameters ({evidence}; {name} "
        f"would be off by {abs(shift):.2g} σ)"
    )
