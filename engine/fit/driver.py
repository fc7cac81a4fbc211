"""Runs a fit from data and setup to the finished record, telling its watcher."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.data.run import RunData
from engine.errors import CancelledError, OptionError
from engine.events import Cancelled, Phase, PhaseStarted, StepTaken, Watcher, never
from engine.fit.covariance import at_bounds
from engine.fit.equations import FitEquations, FitPoint, fit_point, parameter_map
from engine.fit.eta import RemainingTime
from engine.fit.outcome import Ending, build_result
from engine.fit.problem import Problem, build_problem
from engine.fit.start import estimate_start
from engine.machine import file_sha256
from engine.precision import prepare_jax
from engine.result import FitResult, State
from engine.scaling.maps import ScalingMap, averaged, frozen, individual
from engine.setup import Loss, Scaling, Setup
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult, SolverStep, solve

Array = NDArray[np.float64]

_NO_RESPONSE = 1e-3
"""Change of the model over the range of a parameter [sigma] that counts as none."""


def run_fit(
    data: RunData, setup: Setup, *, on_event: Watcher, cancelled: Cancelled
) -> FitResult:
    """See `engine.api.fit`."""
    prepare_jax()
    with ThreadPoolExecutor(1, thread_name_prefix="hash") as pool:
        digest = pool.submit(file_sha256, data.path)
        ending = _Run(data, setup, on_event, cancelled).end()
        return build_result(ending, digest.result())


@dataclass(slots=True)
class _Clock:
    """Wall time of the parts [s]."""

    begun: float
    compile_s: float = 0.0
    solve_s: float = 0.0

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.begun


class _Run:
    """One fit under way."""

    def __init__(
        self, data: RunData, setup: Setup, on_event: Watcher, cancelled: Cancelled
    ) -> None:
        self._watcher = on_event
        self._cancelled = cancelled
        self._clock = _Clock(time.perf_counter())
        self._phase(Phase.PREPARING)
        self._problem = build_problem(data, setup)

    def end(self) -> Ending:
        """Run to the end and return everything the record needs."""
        problem = self._problem
        self._phase(Phase.COMPILING)
        began = time.perf_counter()
        equations, start = self._first_evaluation(problem)
        self._clock.compile_s = time.perf_counter() - began
        if not problem.setup.start_given and not self._cancelled():
            problem, equations, start = self._estimate(problem, equations, start)
        self._phase(Phase.REFINING)
        began = time.perf_counter()
        found = self._solve(problem, equations, start)
        self._clock.solve_s = time.perf_counter() - began
        self._phase(Phase.UNCERTAINTIES)
        return Ending(
            problem=problem,
            equations=equations,
            cost_initial=start.cost,
            found=found,
            compile_s=self._clock.compile_s,
            solve_s=self._clock.solve_s,
            total_s=self._clock.elapsed,
        )

    def _phase(self, phase: Phase) -> None:
        self._watcher(PhaseStarted(phase=phase, elapsed_s=self._clock.elapsed))

    def _first_evaluation(self, problem: Problem) -> tuple[FitEquations, FitPoint]:
        """Evaluate at the start; never cancelled, so that there is a best point."""
        equations = starting_equations(problem)
        x, given = starting_point(problem, equations)
        if not given and problem.setup.loss is not Loss.LINEAR:
            linear = replace(problem.reduction, loss=Loss.LINEAR)
            x = replace(equations, reduction=linear).at(x, improve=True).x
        point = equations.at(x, improve=not given and equations.exact_scaling)
        return replace(equations, cancelled=self._cancelled), point

    def _estimate(
        self, problem: Problem, equations: FitEquations, start: FitPoint
    ) -> tuple[Problem, FitEquations, FitPoint]:
        self._phase(Phase.STARTING)
        try:
            parameters = estimate_start(problem, self._cancelled)
        except CancelledError:
            return problem, equations, start
        setup = replace(problem.setup, parameters=parameters)
        estimated = replace(problem, setup=setup)
        return estimated, *self._first_evaluation(estimated)

    def _solve(
        self, problem: Problem, equations: FitEquations, start: FitPoint
    ) -> SolverResult:
        if self._cancelled():
            return SolverResult(start, Reason.CANCELLED, 0, 1, float("nan"))
        remaining = RemainingTime(problem.setup.tolerances.edm)
        names = problem.setup.parameters.names

        def report(step: SolverStep) -> None:
            best = fit_point(step.best)
            values: Mapping[str, float] = dict(
                zip(names, best.theta.tolist(), strict=True)
            )
            self._watcher(
                StepTaken(
                    iteration=step.iterations,
                    evaluations=step.evaluations,
                    accepted=step.accepted,
                    cost=best.cost,
                    edm=step.edm,
                    values=values,
                    contrast=tuple(best.pieces.contrast.tolist()),
                    offset=tuple(best.pieces.offset.tolist()),
                    elapsed_s=self._clock.elapsed,
                    eta_s=remaining.after(step, self._clock.elapsed),
                )
            )

        found = solve(
            equations,
            start,
            equations.bounds,
            tolerances=problem.setup.tolerances,
            on_step=report,
            move=equations.move,
        )
        return _without_plateaus(found, equations)


def _without_plateaus(found: SolverResult, equations: FitEquations) -> SolverResult:
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


def starting_equations(problem: Problem) -> FitEquations:
    """Return the equations of a problem with the scaling mode resolved.

    They are not cancellable yet, so that a stopped fit has its start at least.
    """
    return FitEquations(
        reduction=problem.reduction,
        parameters=parameter_map(problem.setup.parameters),
        scaling=scaling_map(problem),
        cancelled=never,
    )


def scaling_map(problem: Problem) -> ScalingMap:
    """Resolve the scaling mode: `auto` means individual."""
    setup, phi = problem.setup, problem.phi
    if setup.scaling is Scaling.AVERAGED:
        return averaged(phi, setup.contrast_bounds, setup.offset_bounds)
    every = individual(phi, setup.contrast_bounds, setup.offset_bounds)
    if setup.scaling is Scaling.FIXED_CONSTANT:
        contrast, offset = given_scaling(problem, required=True)
        return frozen(Scaling.FIXED_CONSTANT, contrast, offset)
    if setup.scaling is Scaling.CONSTANT:
        equations = FitEquations(
            problem.reduction, parameter_map(setup.parameters), every, never
        )
        linear = replace(
            equations, reduction=replace(problem.reduction, loss=Loss.LINEAR)
        )
        x, _ = starting_point(problem, linear)
        pieces = linear.at(x, improve=True).pieces
        return frozen(Scaling.CONSTANT, pieces.contrast, pieces.offset)
    return every


def given_scaling(problem: Problem, *, required: bool) -> tuple[Array, Array]:
    """Return contrast and offset of every fitted angle as given in the setup.

    Raises
    ------
    OptionError
        When there are too few or too many, or none although `required`.
    """
    k = len(problem.phi)
    found = []
    for name, given in (
        ("contrast", problem.setup.contrast_start),
        ("offset", problem.setup.offset_start),
    ):
        if given is None or len(given) not in (1, k):
            count = "no" if given is None else str(len(given))
            raise OptionError(
                f"initial_parameters.per_angle_scaling.{name} has {count} values for "
                f"{k} fitted angles; give one per angle in file order, or one for all"
                + (" (the scaling mode fixed_constant needs them)" if required else "")
            )
        found.append(np.resize(np.asarray(given, float), k))
    return found[0], found[1]


def starting_point(problem: Problem, equations: FitEquations) -> tuple[Array, bool]:
    """Return the coefficients at the start, and whether the scaling was given."""
    k = len(problem.phi)
    setup = problem.setup
    given = setup.contrast_start is not None and setup.offset_start is not None
    contrast, offset = (
        given_scaling(problem, required=False)
        if given
        else (np.full(k, 0.2), np.ones(k))
    )
    scaling = equations.scaling.coefficients(contrast, offset)
    return np.concatenate([equations.parameters.start, scaling]), given
