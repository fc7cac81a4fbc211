"""What is done when the shear has lost its influence on the way to the minimum."""

from dataclasses import replace

from engine.events import Happening
from engine.fit.beginning import Fit
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.fit.layers.search import Search, run_part
from engine.fit.layers.shear_search import search_shear
from engine.layer_options import CollapseResponse
from engine.scaling.maps import averaged
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult

_RESPONSES = {
    CollapseResponse.WARN: "it is noted, and the fit goes on",
    CollapseResponse.HIERARCHICAL: "other shear rates are tried with contrast and "
    "offset eliminated",
    CollapseResponse.RESET: "other shear rates are tried with one contrast and offset "
    "for all angles",
    CollapseResponse.ABORT: "the fit is stopped at its best point",
}


def respond(
    search: Search, equations: FitEquations, found: SolverResult
) -> FitPoint | SolverResult:
    """Do what is configured about a collapse.

    Returns the point to go on from, or the end of the search.
    """
    fit, layers = search.fit, search.fit.layers
    monitor = layers.monitor
    assert monitor is not None
    point = fit_point(found.best)
    response = monitor.options.response
    again = bool(monitor.events)
    look = monitor.look(point)
    if not again:
        layers.strengthen()
    following: FitPoint | None = None
    if response is CollapseResponse.HIERARCHICAL:
        following = _eliminating(search, equations, point)
    elif response is CollapseResponse.RESET:
        following = _sharing(search, equations, point)
    # Another shear fits better and was lost before: it would be lost again.
    if again and following is not None:
        response, following = CollapseResponse.ABORT, None
    cost = point.cost if following is None else following.cost
    monitor.fired(
        iteration=fit.journal.iterations,
        response=response.value,
        ratio=look.ratio,
        sensitivity=dict(look.sensitivity),
        at_bound=look.at_bound,
        cost_before=point.cost,
        cost_after=cost,
        moved=following is not None,
    )
    # Where no other shear fits better there is none to be lost.
    monitor.armed = following is not None
    _tell_collapse(fit, response, point.cost, cost)
    if response is CollapseResponse.ABORT:
        return replace(found, reason=Reason.COLLAPSE)
    if following is not None:
        return following
    if found.reason is not Reason.INTERRUPTED:
        return found
    return layers.dressed(equations, weighted=search.weighted).recast(point)


def _eliminating(
    search: Search, equations: FitEquations, point: FitPoint
) -> FitPoint | None:
    """Look for another shear with the scaling eliminated, and take steps so."""
    layers = search.fit.layers
    here = layers.dressed(equations, weighted=search.weighted)
    better = _searched(search, here, here.recast(point))
    if better is None:
        return None
    steps = layers.options.hierarchical.max_outer_iterations
    before, layers.eliminates = layers.eliminates, True
    try:
        found = run_part(search, here, better, steps=steps)
    finally:
        layers.eliminates = before
    return fit_point(found.best)


def _sharing(
    search: Search, equations: FitEquations, point: FitPoint
) -> FitPoint | None:
    """Look for another shear with one scaling for all angles, then release them."""
    fit, layers = search.fit, search.fit.layers
    here = layers.dressed(equations, weighted=search.weighted)
    setup = fit.setup
    shared = replace(
        here,
        scaling=averaged(fit.problem.phi, setup.contrast_bounds, setup.offset_bounds),
        penalty=None,
    )
    better = _searched(search, shared, shared.recast(point))
    if better is None:
        return None
    steps = layers.options.hierarchical.max_outer_iterations
    found = run_part(search, shared, better, steps=steps)
    released = here.recast(fit_point(found.best))
    own = here.improved(released) if here.exact_scaling else released
    if not own.cost < point.cost:
        return None
    return released if layers.options.monitor.reset_to_mean else own


def _searched(
    search: Search, equations: FitEquations, point: FitPoint
) -> FitPoint | None:
    """Look for another shear, on the grid where there is one."""
    fit = search.fit
    coarse = fit.problem.coarse
    values = fit.problem.n_values(equations.reduction)
    if coarse is None or equations.reduction is coarse:
        return search_shear(equations, point, fit.setup, values)
    grid = replace(equations, reduction=coarse, tally=fit.journal.coarse, advanced=None)
    on_grid = grid.at(point.x, improve=grid.exact_scaling)
    better = search_shear(grid, on_grid, fit.setup, fit.problem.n_values(coarse))
    if better is None:
        return None
    found = equations(better.x)
    return found if found.cost < point.cost else None


def _tell_collapse(
    fit: Fit, response: CollapseResponse, before: float, after: float
) -> None:
    fit.journal.happened(
        Happening.COLLAPSE,
        f"The shear rate has lost its influence: {_RESPONSES[response]}.",
        response=response.value,
        cost_before=before,
        cost_after=after,
    )
