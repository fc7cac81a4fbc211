"""The solving of a fit: on the coarse grid where that pays, then on all pixels."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.events import Phase
from engine.fit.beginning import Fit
from engine.fit.coarse_search import WARM_EDM, adopted, distance, solve_coarse
from engine.fit.covariance import at_bounds
from engine.fit.equations import FitEquations, FitPoint
from engine.fit.eta import RemainingTime
from engine.fit.steps import solver_options
from engine.result import State
from engine.setup import Strategy, Tolerances
from engine.solver.options import SolverOptions, SolverState
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult, SolverStep, solve

_NO_RESPONSE = 1e-3
"""Change of the model over the range of a parameter [sigma] that counts as none."""
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
        found = solve_coarse(fit, fit.start)
        begin, state = adopted(fit, found.best, allowed=0.0), found.state
        if fit.cancelled():
            return stopped(begin)
    fit.journal.begin(Phase.REFINING)
    joint = _JOINT if fit.problem.strategy is Strategy.CHUNKED else None
    options = replace(solver_options(fit.setup, fit.equations), joint=joint)
    return solve_all(fit, begin, options, state)


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
    journal, equations = fit.journal, fit.equations
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

    found = solve(
        equations,
        begin,
        equations.bounds,
        tolerances=replace(tolerances, max_iterations=limit),
        on_step=report,
        move=equations.move,
        options=options,
        resume=None if state is None else _fresh(state, options),
    )
    if moved and found.reason is Reason.AT_MINIMUM:
        found = replace(found, reason=Reason.EDM)
    journal.note(reason=found.reason.value, edm=found.edm)
    near = fit.setup.options.quality.bounds_tolerance
    return without_plateaus(found, equations, near)


def _fresh(state: SolverState, options: SolverOptions) -> SolverState:
    """Return the state to go on from with nothing counted yet.

    The coarse grid knows no radius, a checkpoint does.
    """
    radius = options.radius if state.radius is None else state.radius
    return replace(state, iterations=0, evaluations=1, radius=radius)


def stopped(point: FitPoint) -> SolverResult:
    """Return the end of a fit that was cancelled between two phases."""
    return SolverResult(point, Reason.CANCELLED, 0, 1, float("nan"))


def without_plateaus(
    found: SolverResult, equations: FitEquations, near: float
) -> SolverResult:
    """Return the result, not converged where the model ignores all free parameters.

    Where everything has decayed, or D(t) is clipped in every frame, the gradient is
    zero: a minimum to the solver, but nothing was fitted. A parameter is ignored when
    going through its whole range would change the model by far less than the noise.
    """
    mapping = equations.parameters
    n = len(mapping.names)
    free = ~at_bounds(found.best.x[:n], (mapping.lower, mapping.upper), near)
    norms = np.sqrt(np.maximum(np.diag(found.best.hessian)[:n], 0.0))
    span = mapping.upper - mapping.lower
    response = norms * np.where(np.isfinite(span), span, 1e10)
    ignored = free.any() and (response[free] < _NO_RESPONSE).all()
    if ignored and found.reason.state is State.CONVERGED:
        return replace(found, reason=Reason.NO_RESPONSE)
    return found
