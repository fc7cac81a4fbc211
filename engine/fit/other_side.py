r"""The flow direction on the other side of an angle that is nearly perpendicular to it.

c2 of an angle depends on :math:`\cos^2(φ_0 - φ_k)`. Near the perpendicular that is the
same on both sides of it, and only the other angles tell which side is right; between
the two lies a ridge that no step of a local search crosses. So a fit that has ended
looks over every such ridge, on the coarse grid where there is one, and goes on from the
other side if that promises less.
"""

import numpy as np
from numpy.typing import NDArray

from engine.errors import CancelledError
from engine.events import Happening
from engine.fit.attempt import solve_all
from engine.fit.beginning import Fit
from engine.fit.coarse_search import started
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.fit.plain_search import distance, lowest
from engine.fit.steps import solver_options
from engine.result import State
from engine.solver.trust_region import SolverResult

Array = NDArray[np.float64]

_DIRECTION = "phi0"
_NEAR_DEG = 15.0
"""Farther away the two sides differ too much to be taken for one another."""
_SAME_DEG = 1e-6
_MOST = 2
_WORTH = 0.5
"""Decrease of the cost, half of that of χ², below which the sides are equally good."""


def cross_over(fit: Fit, found: SolverResult) -> SolverResult:
    """Return the end of a fit, from the other side of an angle if that is lower."""
    if found.reason.state is not State.CONVERGED:
        return found
    fit = fit.following(fit_point(found.best))
    try:
        begin = _better_side(fit, fit_point(found.best))
    except CancelledError:
        return found
    if begin is None:
        return found
    fit = fit.following(begin)
    options = solver_options(fit.setup, fit.equations)
    other = solve_all(fit, begin, options, None)
    return other if other.best.cost < found.best.cost else found


def other_directions(phi: Array, phi0: float, bounds: tuple[float, float]) -> Array:
    """Return the directions [deg] beyond nearly perpendicular angles, nearest first."""
    beyond = np.mod(phi0 - phi, 180.0) - 90.0
    near = beyond[(np.abs(beyond) < _NEAR_DEG) & (np.abs(beyond) > _SAME_DEG)]
    near = np.unique(near.round(6))
    near = near[np.argsort(np.abs(near))][:_MOST]
    lower, upper = bounds
    turned = phi0 - 2 * near
    turned = np.where(turned > upper, turned - 180.0, turned)
    turned = np.where(turned < lower, turned + 180.0, turned)
    return turned[(turned >= lower) & (turned <= upper)]


def _better_side(fit: Fit, end: FitPoint) -> FitPoint | None:
    """Return a point of lower cost beyond a ridge, on all pixels; None for none."""
    names = fit.equations.parameters.names
    if _DIRECTION not in names:
        return None
    place = names.index(_DIRECTION)
    bounds = tuple(float(b[place]) for b in fit.equations.bounds)
    phi = fit.equations.reduction.phi
    looked_at = fit.coarse or fit.equations
    here = end if fit.coarse is None else started(looked_at, end)
    # The minimum of the grid is not quite that of all pixels, where the fit has ended.
    lowest = _promised(looked_at, here)
    for direction in other_directions(phi, float(end.x[place]), (bounds[0], bounds[1])):
        x = end.x.copy()
        x[place] = direction
        there = _led_to(looked_at, x, lowest)
        if there is None or there.cost > lowest - _WORTH:
            continue
        point = there if fit.coarse is None else fit.equations(there.x)
        if point.cost > end.cost - _WORTH:
            continue
        fit.journal.happened(
            Happening.OTHER_SIDE,
            f"The flow direction {_told(fit, point):.5g}° fits better than "
            f"{_told(fit, end):.5g}°, beyond an angle nearly perpendicular to it: the "
            "fit goes on from there.",
            cost=point.cost,
            cost_before=end.cost,
        )
        return point
    return None


def _told(fit: Fit, point: FitPoint) -> float:
    """Return the flow direction [deg] within its bounds."""
    return float(point.theta[fit.setup.parameters.names.index(_DIRECTION)])


def _led_to(equations: FitEquations, x: Array, cost: float) -> FitPoint | None:
    """Return the minimum that a point leads to, None where it promises no lower one."""
    begin = equations.at(x, improve=equations.exact_scaling)
    if not np.isfinite(begin.cost):
        return None
    if not _promised(equations, begin) < cost - _WORTH:
        return None
    return lowest(equations, begin, edm=_WORTH, steps=20)


def _promised(equations: FitEquations, point: FitPoint) -> float:
    """Return the cost of the minimum that the quadratic model at a point promises."""
    return point.cost - distance(equations, point) / 2
