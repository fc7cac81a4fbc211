"""The trust-region solver with the layers in it.

One search becomes several: the solver is interrupted where the weights of the angles
or, after a collapse of the shear, the way of the search is to change, and goes on from
its best point. No step is lost, and no pass is made that the solver would not make.
"""

from collections.abc import Callable
from dataclasses import replace

from engine.errors import CancelledError
from engine.events import Happening
from engine.fit.beginning import Fit
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.fit.layers.alternation import alternate
from engine.fit.layers.collapse import respond
from engine.fit.layers.search import Search, run_part
from engine.result import State
from engine.setup import Tolerances
from engine.solver.options import SolverOptions, SolverState
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult, SolverStep


def solve_layered(  # noqa: PLR0913 - a search, how it is done, and who watches
    fit: Fit,
    equations: FitEquations,
    begin: FitPoint,
    *,
    tolerances: Tolerances,
    options: SolverOptions,
    state: SolverState | None = None,
    on_step: Callable[[SolverStep], None] = lambda _: None,
    weighted: bool = False,
    watched: bool = True,
) -> SolverResult:
    """Minimise, with the layers acting on the way.

    Parameters
    ----------
    equations
        Of the grid or of all pixels; the penalty is put on here.
    begin
        Evaluated by equations of the same pixels.
    weighted
        Whether the angles are weighted along the flow.
    watched
        Whether the collapse monitor looks on.
    """
    layers = fit.layers
    search = Search(fit, tolerances, options, on_step, state, weighted, watched)
    here = layers.dressed(equations, weighted=weighted)
    point = begin if _same(here, begin.equations) else here.recast(begin)
    while True:
        found = run_part(search, here, point)
        point = fit_point(found.best)
        if search.turned:
            layers.reweigh(point)
            _tell_weights(fit)
            here = layers.dressed(here, weighted=True)
            point = here.recast(point)
            continue
        if not (search.collapsed or _ended_collapsed(search, found)):
            return _rescued(search, here, found)
        try:
            following = respond(search, here, found)
        except CancelledError:
            return replace(found, reason=Reason.CANCELLED)
        if isinstance(following, SolverResult):
            return following
        here, point = following.equations, following


def _same(a: FitEquations, b: FitEquations) -> bool:
    return (
        a.reduction is b.reduction
        and a.scaling is b.scaling
        and a.penalty == b.penalty
        and a.weights is b.weights
    )


def _ended_collapsed(search: Search, found: SolverResult) -> bool:
    monitor = search.fit.layers.monitor
    if monitor is None or not search.watched:
        return False
    if found.reason.state is not State.CONVERGED:
        return False
    return monitor.collapsed(fit_point(found.best))


def _rescued(
    search: Search, equations: FitEquations, found: SolverResult
) -> SolverResult:
    """Try literal alternation where no joint step lowers the cost."""
    layers = search.fit.layers
    if found.reason is not Reason.NO_DESCENT or not layers.eliminates:
        return found
    options = layers.options.hierarchical
    try:
        moved = alternate(equations, fit_point(found.best), options)
    except CancelledError:
        return replace(found, reason=Reason.CANCELLED)
    layers.alternations.extend(moved.stages)
    if not moved.point.cost < found.best.cost:
        return found
    search.fit.journal.happened(
        Happening.ALTERNATED,
        "No joint step lowered the cost: physical and scaling stages took turns.",
        cost=moved.point.cost,
        cost_before=found.best.cost,
    )
    search.undamp()
    # The last resort is not to be interrupted: whatever it finds is the end.
    search.watched = search.weighted = False
    return run_part(search, equations, moved.point)


def _tell_weights(fit: Fit) -> None:
    now = fit.layers.weighting
    assert now is not None
    fit.journal.happened(
        Happening.REWEIGHTED,
        f"The angles are weighted along the flow at {now.phi0:.4g}°.",
        phi0=now.phi0,
        update=now.updates,
    )
