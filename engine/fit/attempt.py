"""One attempt to fit, with the tiles in place: start, coarse grid, all pixels.

The coarse grid finds nearly the same minimum for a fraction of the work, so only the
last few steps see every pixel. It is left out where the start is already within a
standard error of its minimum, and what it found is used only if it lowers the cost of
all pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import CancelledError
from engine.events import Cancelled, Happening, Phase
from engine.fit.covariance import at_bounds
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.fit.eta import RemainingTime
from engine.fit.journal import Journal
from engine.fit.problem import Problem
from engine.fit.scaling import starting_equations, starting_point
from engine.fit.start import estimate_start
from engine.fit.steps import solver_options
from engine.result import State
from engine.setup import Loss, Setup, Strategy, Tolerances
from engine.solver.options import SolverOptions, SolverState
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult, SolverStep, solve

Array = NDArray[np.float64]

_NO_RESPONSE = 1e-3
"""Change of the model over the range of a parameter [sigma] that counts as none."""
WARM_EDM = 1.0
"""EDM of a start within a standard error of the minimum."""
_COARSE_EDM = 1e-2
"""Where the coarse grid has told what it can."""
_JOINT = 1e-6
"""Tolerance of the joint criterion where every pass reads the disk."""
_LONG_PASS_S = 0.5
"""A stopped fit makes no further pass that may take longer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A fit under way: what to solve, from where, and who is told."""

    problem: Problem
    equations: FitEquations
    start: FitPoint
    journal: Journal
    cancelled: Cancelled
    iterations_before: int = 0
    """Steps of earlier attempts, which do not count against the limit."""

    @property
    def setup(self) -> Setup:
        """What was asked for."""
        return self.problem.setup

    @property
    def coarse(self) -> FitEquations | None:
        """The equations on the coarse grid."""
        if self.problem.coarse is None:
            return None
        return replace(
            self.equations,
            reduction=self.problem.coarse,
            tally=self.journal.coarse,
            advanced=None,
        )

    @property
    def iterations_left(self) -> int:
        """Steps the user still allows."""
        done = self.journal.iterations - self.iterations_before
        return max(self.setup.tolerances.max_iterations - done, 0)


def begin_fit(problem: Problem, journal: Journal, cancelled: Cancelled) -> Fit:
    """Evaluate the start, or estimate one; return the fit ready to be solved.

    The first evaluation is never cancelled, so that a stopped fit has a best point.
    """
    journal.begin(Phase.COMPILING)
    fit = _at_start(problem, journal, cancelled)
    if problem.setup.start_given or cancelled():
        return fit
    journal.begin(Phase.STARTING)
    try:
        parameters = estimate_start(problem, cancelled)
    except CancelledError:
        return fit
    setup = replace(problem.setup, parameters=parameters)
    return _at_start(replace(problem, setup=setup), journal, cancelled)


def _at_start(problem: Problem, journal: Journal, cancelled: Cancelled) -> Fit:
    advanced = None if problem.strategy is Strategy.STANDARD else journal.advanced
    equations = replace(
        starting_equations(problem), tally=journal.full, advanced=advanced
    )
    x, given = starting_point(problem, equations)
    if not given and problem.setup.loss is not Loss.LINEAR:
        linear = replace(problem.reduction, loss=Loss.LINEAR)
        x = replace(equations, reduction=linear).at(x, improve=True).x
    point = equations.at(x, improve=not given and equations.exact_scaling)
    return Fit(
        problem=problem,
        equations=replace(equations, cancelled=cancelled),
        start=point,
        journal=journal,
        cancelled=cancelled,
        iterations_before=journal.iterations,
    )


def refine(fit: Fit) -> SolverResult:
    """Solve by the coarse grid, where there is one, and by all pixels."""
    if fit.cancelled():
        return stopped(fit.start)
    begin, state = fit.start, None
    far = distance(fit, fit.start)
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


@dataclass(frozen=True, slots=True, eq=False)
class CoarseResult:
    """Where the coarse grid led."""

    best: FitPoint
    state: SolverState


def solve_coarse(fit: Fit, start: FitPoint, shift: float | None = None) -> CoarseResult:
    """Solve on the coarse grid.

    Parameters
    ----------
    start
        Evaluated on all pixels, or on the grid when `shift` is given.
    shift
        What a cost on the grid is short of the full one.
    """
    coarse = fit.coarse
    assert coarse is not None
    begin = coarse.at(start.x, improve=coarse.exact_scaling)
    shift = start.cost - begin.cost if shift is None else shift
    last: list[SolverStep] = []

    def report(step: SolverStep) -> None:
        if last:
            fit.journal.iterations += step.iterations - last[-1].iterations
            _tell(fit.journal, step, shift=shift)
        last.append(step)

    tolerances = Tolerances(edm=_COARSE_EDM, max_iterations=fit.iterations_left)
    found = solve(
        coarse,
        begin,
        coarse.bounds,
        tolerances=tolerances,
        on_step=report,
        move=coarse.move,
        options=solver_options(fit.setup, coarse),
    )
    fit.journal.note(reason=found.reason.value, edm=found.edm)
    return CoarseResult(fit_point(found.best), last[-1].state)


def adopted(fit: Fit, candidate: FitPoint, *, allowed: float) -> FitPoint:
    """Return what the coarse grid found, on all pixels, unless it is no better.

    Parameters
    ----------
    allowed
        Rise of the cost above that at the start that is put up with, as a fraction.
    """
    start = fit.start
    if fit.cancelled() and fit.journal.full.last_s > _LONG_PASS_S:
        return start
    try:
        # Stopped or not, this pass is what makes the steps so far worth keeping.
        whole = replace(fit.equations, cancelled=lambda: False)
        point = whole(candidate.x)
    except CancelledError:
        return start
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
        _tell(journal, step, eta=remaining.after(step, journal.elapsed))
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
    return without_plateaus(found, equations)


def _fresh(state: SolverState, options: SolverOptions) -> SolverState:
    """Return the state of another phase with nothing counted yet."""
    return replace(state, iterations=0, evaluations=1, radius=options.radius)


def distance(fit: Fit, point: FitPoint) -> float:
    """Return the EDM at a point, infinite where it is not finite."""
    nowhere = Tolerances(edm=0.0, max_iterations=0)
    found = solve(fit.equations, point, fit.equations.bounds, tolerances=nowhere)
    return found.edm if np.isfinite(found.edm) else np.inf


def stopped(point: FitPoint) -> SolverResult:
    """Return the end of a fit that was cancelled between two phases."""
    return SolverResult(point, Reason.CANCELLED, 0, 1, float("nan"))


def _tell(
    journal: Journal,
    step: SolverStep,
    *,
    shift: float | None = None,
    eta: tuple[float, float] | None = None,
) -> None:
    journal.step(
        fit_point(step.best),
        accepted=step.accepted,
        edm=step.edm,
        shift=shift,
        eta=eta,
        damping=step.damping,
    )


def without_plateaus(found: SolverResult, equations: FitEquations) -> SolverResult:
    """Return the result, not converged where the model ignores all free parameters.

    Where everything has decayed, or D(t) is clipped in every frame, the gradient is
    zero: a minimum to the solver, but nothing was fitted. A parameter is ignored when
    going through its whole range would change the model by far less than the noise.
    """
    mapping = equations.parameters
    n = len(mapping.names)
    free = ~at_bounds(found.best.x[:n], (mapping.lower, mapping.upper))
    norms = np.sqrt(np.maximum(np.diag(found.best.hessian)[:n], 0.0))
    span = mapping.upper - mapping.lower
    response = norms * np.where(np.isfinite(span), span, 1e10)
    ignored = free.any() and (response[free] < _NO_RESPONSE).all()
    if ignored and found.reason.state is State.CONVERGED:
        return replace(found, reason=Reason.NO_RESPONSE)
    return found
