"""Most of the steps of a large fit, on its coarse grid.

The grid finds nearly the same minimum for a fraction of the work, so only the last few
steps see every pixel. What it found is used only if it lowers the cost of all pixels.
"""

from dataclasses import dataclass, replace

import numpy as np

from engine.events import Happening, never
from engine.fit.beginning import Fit
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.fit.layers.ladder import widened
from engine.fit.layers.solve import solve_layered
from engine.fit.steps import solver_options
from engine.result import State
from engine.setup import Tolerances
from engine.solver.options import SolverState
from engine.solver.trust_region import SolverStep

WARM_EDM = 1.0
"""EDM of a start within a standard error of the minimum."""
_COARSE_EDM = 1e-2
"""Where the coarse grid has told what it can."""
_LONG_PASS_S = 2.0
"""A stopped fit makes no further pass that may take longer."""
_FINER = 12
"""A pass over all pixels takes at most so many times that over the grid, about."""


@dataclass(frozen=True, slots=True, eq=False)
class CoarseResult:
    """Where the coarse grid led."""

    best: FitPoint
    state: SolverState | None
    converged: bool = True


def solve_coarse(
    fit: Fit, start: FitPoint, shift: float | None = None, *, told: bool = True
) -> CoarseResult:
    """Solve on the coarse grid.

    Parameters
    ----------
    start
        Evaluated on all pixels, or on the grid when `shift` is given.
    shift
        What a cost on the grid is short of the full one.
    told
        Whether its steps are told and counted.
    """
    coarse = fit.coarse
    assert coarse is not None
    begin = started(coarse, start)
    shift = start.cost - begin.cost if shift is None else shift
    last: list[SolverStep] = []

    def report(step: SolverStep) -> None:
        if last and told:
            fit.journal.iterations += step.iterations - last[-1].iterations
            fit.journal.solver_step(step, shift=shift)
        last.append(step)

    tolerances = Tolerances(edm=_COARSE_EDM, max_iterations=fit.iterations_left)
    found = solve_layered(
        fit,
        coarse,
        begin,
        tolerances=tolerances,
        on_step=report,
        options=solver_options(fit.setup, coarse),
        weighted=fit.layers.weighting is not None,
        watched=told,
    )
    if told:
        fit.journal.note(reason=found.reason.value, edm=found.edm)
    converged = found.reason.state is State.CONVERGED
    best = fit_point(found.best)
    state = last[-1].state
    if len(state.scale) != len(best.x):
        return CoarseResult(best, None, converged)
    return CoarseResult(best, state, converged)


def settled_coarse(fit: Fit, found: CoarseResult, shift: float) -> CoarseResult:
    """Widen the scaling mode on the grid as far as the angles ask for it.

    Parameters
    ----------
    shift
        What a cost on the grid is short of the full one.
    """
    while found.converged and not fit.cancelled():
        point = found.best
        coarse = fit.problem.coarse
        # Of a weighted fit the end is no minimum yet, and cannot be tested.
        if point.equations.weights is not None or coarse is None:
            break
        wide = widened(fit, point, n_points=fit.problem.n_values(coarse))
        if wide is None:
            break
        at = fit.layers.dressed(replace(point.equations, scaling=wide)).recast(point)
        found = solve_coarse(fit.following(at), at, shift)
    return found


def started(coarse: FitEquations, start: FitPoint) -> FitPoint:
    """Evaluate a start on the grid; never cancelled, so that there is a best point."""
    whole = replace(coarse, cancelled=never)
    return whole.at(start.x, improve=coarse.exact_scaling)


def adopted(fit: Fit, candidate: FitPoint, *, allowed: float) -> FitPoint:
    """Return what the coarse grid found, on all pixels, unless it is no better.

    Parameters
    ----------
    candidate
        Evaluated on the grid, or on all pixels where there is none.
    allowed
        Rise of the cost above that at the start that is put up with, as a fraction.
    """
    start, point = fit.start, candidate
    if fit.coarse is not None:
        if fit.cancelled() and _pass_s(fit) > _LONG_PASS_S:
            return start
        # Stopped or not, this pass is what makes the steps so far worth keeping.
        point = replace(fit.equations, cancelled=never)(candidate.x)
    if np.isfinite(point.cost) and point.cost <= (1 + allowed) * start.cost:
        return point
    fit.journal.happened(
        Happening.COST_GUARD,
        "What the coarse grid found does not lower the cost of all pixels: the fit "
        "goes on from its start.",
        cost=point.cost,
        cost_start=start.cost,
    )
    return start


def _pass_s(fit: Fit) -> float:
    """Return how long a pass over all pixels takes, about [s].

    The only one so far may have compiled the model.
    """
    return min(fit.journal.full.last_s, _FINER * fit.journal.coarse.last_s)
