r"""Levenberg-Marquardt in a box, on normal equations.

In variables scaled by a metric d, the column norms of the Jacobian (the square roots of
the diagonal of H = JᵀJ, never decreasing, as in [1]_) unless typical sizes are given
(`engine.solver.metric`), each step minimises

.. math::

    g\cdot p + \tfrac12\,p\cdot(H + \lambda\,d^2)\,p, \qquad
    \mathrm{lower} \le x + p \le \mathrm{upper}

exactly within the bounds and limits (`engine.solver.region`). The damping λ follows
Nielsen [2]_: it falls smoothly with the ratio of actual to predicted reduction and
doubles its growth with every refused step. A step that raises the cost is never taken.
Where a radius is given, a longer step is shortened to it, which keeps it in the box.

When it is done, `engine.solver.convergence` tells.

References
----------
.. [1] J. Moré, The Levenberg-Marquardt algorithm: implementation and theory (1978).
.. [2] K. Madsen, H. B. Nielsen, O. Tingleff, Methods for non-linear least squares
   problems (2004).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.errors import CancelledError
from engine.setup import Tolerances
from engine.solver.convergence import SMALL_EDM, Criteria, Progress
from engine.solver.equations import Array, Equations, Evaluate, Move
from engine.solver.limits import Limits
from engine.solver.metric import Metric, Radius
from engine.solver.options import SolverOptions, SolverState
from engine.solver.region import Region
from engine.solver.status import Reason

_FIRST_DAMPING = 1e-3
_SMALLEST_DAMPING, _LARGEST_DAMPING = 1e-15, 1e16
_COST_DIGITS = 1e-10
"""EDM relative to the cost from which a refused step is the gradient's fault."""


@dataclass(frozen=True, slots=True, eq=False)
class SolverStep:
    """Reported at the start and after every evaluated trial point."""

    best: Equations
    iterations: int
    evaluations: int
    accepted: bool
    edm: float
    damping: float
    clipped: bool
    """Whether the radius shortened the step."""
    finite: bool
    """Whether the trial was finite."""
    state: SolverState
    """To go on from `best` later, as if never stopped."""


@dataclass(frozen=True, slots=True, eq=False)
class SolverResult:
    """Where the solver ended and why."""

    best: Equations
    reason: Reason
    iterations: int
    evaluations: int
    edm: float
    clipped: int = 0
    """Steps shortened by the radius; those before `resume` are not counted."""
    non_finite: int = 0
    """Trials that were not finite; those before `resume` are not counted."""


def solve(  # noqa: PLR0913 - a problem, how to solve it, and who watches
    evaluate: Evaluate,
    start: Equations,
    bounds: tuple[Array, Array],
    *,
    tolerances: Tolerances,
    on_step: Callable[[SolverStep], None] = lambda _: None,
    move: Move | None = None,
    options: SolverOptions | None = None,
    resume: SolverState | None = None,
    limits: Limits | None = None,
    interrupt: Callable[[SolverStep], bool] = lambda _: False,
) -> SolverResult:
    """Minimise within bounds from an evaluated start.

    Parameters
    ----------
    evaluate
        Returns the equations at a point, or raises `CancelledError`.
    start
        The equations at the start, which counts as one evaluation.
    bounds
        Lower and upper bounds, possibly infinite; `start.x` lies within.
    tolerances
        When to stop; ``xtol`` is relative and for every coefficient by itself.
    move
        How a step is carried out; None for a straight one.
    options
        How steps are measured and limited; None for the defaults.
    resume
        `SolverStep.state` of an earlier fit, to go on from its best point, which is
        then `start`; its iterations and evaluations count.
    limits
        On linear functions of the coefficients, besides the bounds.
    interrupt
        Asked after every step, the start included, whether somebody else goes on from
        here; not asked once the search has ended.

    Returns
    -------
    SolverResult
        Never raises for a numerical outcome: see `SolverResult.reason`.
    """
    options = options or SolverOptions()
    criteria = Criteria(tolerances, options.joint, Region(*bounds, limits))
    search = _Search(start, criteria, move, options, resume)
    on_step(search.report())
    while search.reason is None and not interrupt(search.report()):
        try:
            trial = evaluate(search.propose())
        except CancelledError:
            search.reason = Reason.CANCELLED
            break
        search.take(trial)
        on_step(search.report())
    return search.result()


class _Search:
    """The state of one minimisation."""

    def __init__(
        self,
        start: Equations,
        criteria: Criteria,
        move: Move | None,
        options: SolverOptions,
        resume: SolverState | None,
    ) -> None:
        self._region = criteria.region
        self._move = move or self._straight
        self._criteria = criteria
        self._retrying = options.retry_non_finite
        self._eliminated = options.eliminated
        self._best = start
        self._step = np.zeros_like(start.x)
        self._predicted = 0.0
        self._accepted, self._was_clipped, self._was_finite = True, False, True
        self._clipped = self._non_finite = 0
        self.reason: Reason | None = None
        state = resume or _first_state(options)
        self._damping, self._growth = state.damping, state.growth
        self._least = max(options.regularization, _SMALLEST_DAMPING)
        self._radius = Radius(state.radius, options.radius_units)
        self._iterations = state.iterations
        self._evaluations = state.evaluations + 1
        self._metric = Metric(options.scale, start, resume.scale if resume else None)
        if not start.finite:
            self._edm = float("nan")
            self.reason = Reason.NON_FINITE_START
            return
        self._edm = self._distance()
        self.reason = criteria.at_start(self._edm, self._iterations)

    def _straight(self, x: Array, step: Array) -> Array:
        return self._region.clipped(x + step)

    def propose(self) -> Array:
        """Return the next trial point."""
        best = self._best
        damping = self._damping * self._metric.scale**2
        if self._eliminated is not None:
            damping = np.where(self._eliminated, 0.0, damping)
        damped = best.hessian + np.diag(damping)
        step = self._region.step(damped, best.gradient, best.x)
        self._step, self._was_clipped = self._radius.shortened(step)
        self._clipped += self._was_clipped
        self._predicted = best.reduction(self._step)
        return self._move(best.x, self._step)

    def take(self, trial: Equations) -> None:
        """Move to the trial point or refuse it, and judge."""
        self._evaluations += 1
        self._was_finite = trial.finite
        self._non_finite += not trial.finite
        gain = self._best.cost - trial.cost
        self._accepted = bool(gain > 0 and trial.finite)
        ratio = gain / self._predicted if self._predicted > 0 else 1.0
        self._radius.adapt(ratio if self._accepted else 0.0)
        if not self._accepted:
            self._refuse()
            return
        previous = self._best
        self._best = trial
        self._iterations += 1
        self._metric.grow(trial.hessian)
        self._damping *= max(1 / 3, 1 - (2 * ratio - 1) ** 3) if ratio < 1e3 else 1 / 3
        self._damping = max(self._damping, self._least)
        self._growth = 2.0
        self._edm = self._distance()
        norms = self._metric.norms(trial.hessian)
        progress = Progress(previous, trial, norms, self._edm, ratio, self._iterations)
        self.reason = self._criteria.after(progress)

    def _refuse(self) -> None:
        if not (self._was_finite or self._retrying):
            self.reason = Reason.NON_FINITE
            return
        self._damping *= self._growth
        self._growth *= 2.0
        exhausted = self._damping > _LARGEST_DAMPING
        # Below this the difference of two costs is rounding, not descent.
        rounding = 1e-14 * abs(self._best.cost)
        if exhausted or self._predicted <= rounding:
            small = self._edm <= min(SMALL_EDM, _COST_DIGITS * abs(self._best.cost))
            self.reason = Reason.PRECISION if small else Reason.NO_DESCENT

    def _distance(self) -> float:
        best = self._best
        return self._criteria.distance(best, self._metric.norms(best.hessian))

    def report(self) -> SolverStep:
        """Return what happened last."""
        return SolverStep(
            best=self._best,
            iterations=self._iterations,
            evaluations=self._evaluations,
            accepted=self._accepted,
            edm=self._edm,
            damping=self._damping,
            clipped=self._was_clipped,
            finite=self._was_finite,
            state=SolverState(
                damping=self._damping,
                growth=self._growth,
                radius=self._radius.size,
                iterations=self._iterations,
                evaluations=self._evaluations,
                scale=self._metric.scale.copy(),
            ),
        )

    def result(self) -> SolverResult:
        """Return the end of the search."""
        return SolverResult(
            self._best,
            self.reason or Reason.INTERRUPTED,
            self._iterations,
            self._evaluations,
            self._edm,
            self._clipped,
            self._non_finite,
        )


def _first_state(options: SolverOptions) -> SolverState:
    """Return the state before the first evaluation; the metric is not known yet."""
    damping = _FIRST_DAMPING / options.scale_factor**2
    return SolverState(
        damping=max(damping, options.regularization),
        growth=2.0,
        radius=options.radius,
        iterations=0,
        evaluations=0,
        scale=np.empty(0),
    )
