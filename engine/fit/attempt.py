"""The solving of a fit: on the coarse grid where that pays, then on all pixels."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.events import Phase
from engine.fit.beginning import Fit
from engine.fit.coarse_search import (
    WARM_EDM,
    adopted,
    settled_coarse,
    solve_coarse,
    started,
)
from engine.fit.covariance import at_bounds
from engine.fit.equations import FitPoint, fit_point
from engine.fit.eta import RemainingTime
from engine.fit.layers.ladder import settled
from engine.fit.layers.solve import solve_layered
from engine.fit.plain_search import distance
from engine.fit.response import unresponsive
from engine.fit.steps import solver_options
from engine.result import State
from engine.setup import Strategy, Tolerances
from engine.solver.convergence import SMALL_EDM
from engine.solver.options import SolverOptions, SolverState
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult, SolverStep

_JOINT = 1e-6
"""Tolerance of the joint criterion where every pass reads the disk."""


def refine(fit: Fit) -> SolverResult:
    """Solve by the coarse grid, where there is one, and by all pixels."""
    if fit.cancelled():
        return stopped(fit.start)
    begin, state = fit.start, None
    far = distance(fit.equations, fit.start)
    if fit.coarse is not None and np.isfinite(fit.start.cost) and far > WARM_EDM:
        fit.journal.begin(Phase.COARSE)
        fit.journal.step(fit.start, accepted=True, edm=far)
        begun = started(fit.coarse, fit.start)
        shift = fit.start.cost - begun.cost
        found = settled_coarse(fit, solve_coarse(fit, begun, shift), shift)
        fit = fit.following(found.best)
        begin, state = adopted(fit, found.best, allowed=0.0), found.state
        if fit.cancelled():
            return stopped(begin)
        if fit.layers.aborted:
            return stopped(begin, Reason.COLLAPSE)
    fit.journal.begin(Phase.REFINING)

    def from_point(fit: Fit, begin: FitPoint) -> SolverResult:
        return solve_all(fit, begin, _refining(fit), None)

    found = solve_all(fit, begin, _refining(fit), state)
    return settled(fit, found, from_point)


def _refining(fit: Fit) -> SolverOptions:
    joint = _JOINT if fit.problem.strategy is Strategy.CHUNKED else None
    return replace(solver_options(fit.setup, fit.equations), joint=joint)


def solve_all(
    fit: Fit,
    begin: FitPoint,
    options: SolverOptions,
    state: SolverState | None,
    *,
    tolerances: Tolerances | None = None,
    on_state: Callable[[SolverStep], None] = lambda _: None,
) -> SolverResult:
    """Solve on all pixels.

    Parameters
    ----------
    state
        Of the solver before, whose damping is taken over.
    tolerances
        When to stop; None takes those of the setup. The steps of earlier phases count.
    on_state
        Called after every step.
    """
    journal = fit.journal
    tolerances = tolerances or fit.setup.tolerances
    limit = min(tolerances.max_iterations, fit.iterations_left)
    moved = journal.iterations > fit.iterations_before
    remaining = RemainingTime(tolerances.edm)
    before = [0]

    def report(step: SolverStep) -> None:
        journal.iterations += step.iterations - before[0]
        before[0] = step.iterations
        journal.solver_step(step, eta=remaining.after(step, journal.elapsed))
        on_state(step)

    found = _solve_polished(
        fit,
        begin,
        tolerances=replace(tolerances, max_iterations=limit),
        on_step=report,
        options=options,
        state=None if state is None else _fresh(state, options),
    )
    if moved and found.reason is Reason.AT_MINIMUM:
        found = replace(found, reason=Reason.EDM)
    journal.note(reason=found.reason.value, edm=found.edm)
    near = fit.setup.options.quality.bounds_tolerance
    return without_plateaus(found, near)


def _solve_polished(
    fit: Fit,
    begin: FitPoint,
    *,
    tolerances: Tolerances,
    options: SolverOptions,
    state: SolverState | None,
    on_step: Callable[[SolverStep], None],
) -> SolverResult:
    """Solve with weighted angles where that is left to do, and then without."""
    equations, weighting = fit.equations, fit.layers.weighting
    polish = fit.setup.options.layers.shear_weighting.polish
    # The grid, where there is one, has done the weighted part already.
    weighted = weighting is not None and (not polish or fit.coarse is None)

    def search(begin: FitPoint, *, weighted: bool, limit: int) -> SolverResult:
        return solve_layered(
            fit,
            equations,
            begin,
            tolerances=replace(tolerances, max_iterations=limit),
            options=options,
            state=state,
            on_step=on_step,
            weighted=weighted,
        )

    found = search(begin, weighted=weighted, limit=tolerances.max_iterations)
    if not (weighted and polish) or found.reason.state is not State.CONVERGED:
        return found
    state = None
    left = tolerances.max_iterations - found.iterations
    offset = found.iterations

    def counted(step: SolverStep) -> None:
        told(replace(step, iterations=step.iterations + offset))

    told, on_step = on_step, counted
    polished = search(fit_point(found.best), weighted=False, limit=left)
    return replace(polished, iterations=polished.iterations + offset)


def _fresh(state: SolverState, options: SolverOptions) -> SolverState:
    """Return the state to go on from with nothing counted yet.

    The coarse grid knows no radius, a checkpoint does.
    """
    radius = options.radius if state.radius is None else state.radius
    return replace(state, iterations=0, evaluations=1, radius=radius)


def stopped(point: FitPoint, reason: Reason = Reason.CANCELLED) -> SolverResult:
    """Return the end of a fit that was stopped between two phases."""
    return SolverResult(point, reason, 0, 1, float("nan"))


def without_plateaus(found: SolverResult, near: float) -> SolverResult:
    """Return the result, judged without the parameters the model does not answer to.

    Where everything has decayed, or D(t) is clipped in every frame, the gradient is
    zero: a minimum to the solver, but nothing was fitted. Where some parameters only
    change nothing, what rounding makes of them is no reason not to be at the minimum.
    """
    point = fit_point(found.best)
    if not point.finite:
        return found
    mapping, n = point.equations.parameters, point.equations.n_physical
    free = ~at_bounds(point.x[:n], (mapping.lower, mapping.upper), near)
    ignored = unresponsive(point)
    nothing = free.any() and ignored[:n][free].all()
    if nothing and found.reason.state is State.CONVERGED:
        return replace(found, reason=Reason.NO_RESPONSE)
    if found.reason is Reason.NO_DESCENT and ignored.any() and not nothing:
        edm = distance(point.equations, point, ignored)
        if edm <= SMALL_EDM:
            return replace(found, reason=Reason.PRECISION, edm=edm)
    return found
