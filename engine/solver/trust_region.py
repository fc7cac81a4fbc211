r"""Levenberg-Marquardt in a box, on normal equations.

In variables scaled by the column norms d of the Jacobian (the square roots of the
diagonal of H = JᵀJ, never decreasing, as in [1]_) each step minimises

.. math::

    g\cdot p + \tfrac12\,p\cdot(H + \lambda\,d^2)\,p, \qquad
    \mathrm{lower} \le x + p \le \mathrm{upper}

exactly within the bounds (`engine.solver.box`). The damping λ follows Nielsen [2]_: it
falls smoothly with the ratio of actual to predicted reduction and doubles its growth
with every refused step. A step that raises the cost is never taken.

Convergence is judged by the *estimated vertical distance to the minimum* (EDM): twice
the reduction the undamped quadratic model still predicts within the bounds; for a free
minimum that is gᵀH⁻¹g, in units of χ². The tolerances ftol, xtol and gtol, where given,
count only when the EDM is already well below one standard error, so that a short step
alone is never called convergence.

References
----------
.. [1] J. Moré, The Levenberg-Marquardt algorithm: implementation and theory (1978).
.. [2] K. Madsen, H. B. Nielsen, O. Tingleff, Methods for non-linear least squares
   problems (2004).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import CancelledError
from engine.setup import Tolerances
from engine.solver.box import solve_box_quadratic
from engine.solver.status import Reason

Array = NDArray[np.float64]

_FIRST_DAMPING = 1e-3
_LARGEST_DAMPING = 1e16
_SMALL_EDM = 0.01
"""A tenth of a standard error: where ftol, xtol and gtol begin to count."""
_COST_DIGITS = 1e-10
"""EDM relative to the cost from which a refused step is the gradient's fault."""
_RIDGE = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """Half the (robust) sum of squares at a point, with gradient and Gauss-Newton H.

    `x` may differ from the point asked for: an evaluation may improve the coefficients
    it can solve for exactly, as long as that does not raise the cost.
    """

    x: Array
    cost: float
    gradient: Array
    hessian: Array


@dataclass(frozen=True, slots=True, eq=False)
class SolverStep:
    """Reported at the start and after every evaluated trial point."""

    best: Equations
    iterations: int
    evaluations: int
    accepted: bool
    edm: float
    damping: float


@dataclass(frozen=True, slots=True, eq=False)
class SolverResult:
    """Where the solver ended and why."""

    best: Equations
    reason: Reason
    iterations: int
    evaluations: int
    edm: float


Evaluate = Callable[[Array], Equations]
Move = Callable[[Array, Array], Array]
"""From a point and a step to the trial point within the bounds; x + step to first
order, but free to follow a known curvature."""


def solve(
    evaluate: Evaluate,
    start: Equations,
    bounds: tuple[Array, Array],
    *,
    tolerances: Tolerances,
    on_step: Callable[[SolverStep], None] = lambda _: None,
    move: Move | None = None,
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
    move
        How a step is carried out; None for a straight one.

    Returns
    -------
    SolverResult
        Never raises for a numerical outcome: see `SolverResult.reason`.
    """
    search = _Search(start, bounds, tolerances, move)
    on_step(search.report())
    while search.reason is None:
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
        bounds: tuple[Array, Array],
        tolerances: Tolerances,
        move: Move | None,
    ) -> None:
        self._lower, self._upper = bounds
        self._move = move or (lambda x, step: np.clip(x + step, *bounds))
        self._tolerances = tolerances
        self._best = start
        self._scale = _column_norms(start.hessian, np.zeros_like(start.x))
        self._damping, self._growth = _FIRST_DAMPING, 2.0
        self._step = np.zeros_like(start.x)
        self._predicted = 0.0
        self._iterations, self._evaluations = 0, 1
        self._accepted = True
        self.reason: Reason | None = None
        if not _finite(start):
            self._edm = float("nan")
            self.reason = Reason.NON_FINITE_START
            return
        self._edm = self._distance()
        if self._edm <= tolerances.edm:
            self.reason = Reason.AT_MINIMUM
        elif tolerances.max_iterations < 1:
            self.reason = Reason.MAX_ITERATIONS

    def propose(self) -> Array:
        """Return the next trial point."""
        best = self._best
        damped = best.hessian + np.diag(self._damping * self._scale**2)
        lower, upper = self._lower - best.x, self._upper - best.x
        self._step = solve_box_quadratic(damped, best.gradient, lower, upper)
        self._predicted = _reduction(best, self._step)
        return self._move(best.x, self._step)

    def take(self, trial: Equations) -> None:
        """Move to the trial point or refuse it, and judge."""
        self._evaluations += 1
        gain = self._best.cost - trial.cost
        self._accepted = bool(gain > 0 and _finite(trial))
        if not self._accepted:
            self._refuse()
            return
        ratio = gain / self._predicted if self._predicted > 0 else 1.0
        previous = self._best
        self._best = trial
        self._iterations += 1
        self._scale = _column_norms(trial.hessian, self._scale)
        self._damping *= max(1 / 3, 1 - (2 * ratio - 1) ** 3) if ratio < 1e3 else 1 / 3
        self._damping = max(self._damping, 1e-15)
        self._growth = 2.0
        self._edm = self._distance()
        self.reason = self._judge(previous, ratio)

    def _refuse(self) -> None:
        self._damping *= self._growth
        self._growth *= 2.0
        exhausted = self._damping > _LARGEST_DAMPING
        # Below this the difference of two costs is rounding, not descent.
        rounding = 1e-14 * abs(self._best.cost)
        if exhausted or self._predicted <= rounding:
            small = self._edm <= min(_SMALL_EDM, _COST_DIGITS * abs(self._best.cost))
            self.reason = Reason.PRECISION if small else Reason.NO_DESCENT

    def _judge(self, previous: Equations, ratio: float) -> Reason | None:
        tolerances = self._tolerances
        if self._edm <= tolerances.edm:
            return Reason.EDM
        if self._edm <= _SMALL_EDM and ratio > 0.25:
            met = self._classical(previous)
            if met is not None:
                return met
        if self._iterations >= tolerances.max_iterations:
            return Reason.MAX_ITERATIONS
        return None

    def _classical(self, previous: Equations) -> Reason | None:
        """Judge by ftol, xtol and gtol as SciPy does, in scaled variables."""
        tolerances, best = self._tolerances, self._best
        if tolerances.ftol and previous.cost - best.cost < tolerances.ftol * best.cost:
            return Reason.FTOL
        moved = float(np.linalg.norm(self._scale * (best.x - previous.x)))
        size = float(np.linalg.norm(self._scale * best.x))
        if tolerances.xtol and moved < tolerances.xtol * (tolerances.xtol + size):
            return Reason.XTOL
        if tolerances.gtol and self._gradient() < tolerances.gtol:
            return Reason.GTOL
        return None

    def _gradient(self) -> float:
        """Return the largest cosine between the residuals and a Jacobian column."""
        best = self._best
        norm = max(float(np.sqrt(2 * best.cost)), 1e-300)
        inward = (
            np.clip(best.x - best.gradient, self._lower, self._upper) - best.x
        ) != 0
        return float(np.max(np.abs(best.gradient / self._scale) * inward) / norm)

    def _distance(self) -> float:
        """Return the EDM: what the quadratic model still promises within the bounds."""
        best = self._best
        if np.any(np.diag(best.hessian) < 0):
            # Lost to rounding: nothing can be said, least of all "a minimum".
            return float("inf")
        ridge = np.diag(_RIDGE * self._scale**2)
        lower, upper = self._lower - best.x, self._upper - best.x
        step = solve_box_quadratic(best.hessian + ridge, best.gradient, lower, upper)
        return 2.0 * max(_reduction(best, step), 0.0)

    def report(self) -> SolverStep:
        """Return what happened last."""
        return SolverStep(
            self._best,
            self._iterations,
            self._evaluations,
            self._accepted,
            self._edm,
            self._damping,
        )

    def result(self) -> SolverResult:
        """Return the end of the search."""
        return SolverResult(
            self._best,
            self.reason or Reason.NO_DESCENT,
            self._iterations,
            self._evaluations,
            self._edm,
        )


def _column_norms(hessian: Array, floor: Array) -> Array:
    """Return the column norms of J, not below `floor` and never 0."""
    norms = np.sqrt(np.maximum(np.diag(hessian), 0.0))
    norms = np.maximum(norms, floor)
    return np.where(norms > 0, norms, 1.0)


def _reduction(at: Equations, step: Array) -> float:
    """Return the reduction of the cost that the quadratic model predicts."""
    return -float(at.gradient @ step + 0.5 * step @ at.hessian @ step)


def _finite(equations: Equations) -> bool:
    return bool(
        np.isfinite(equations.cost)
        and np.isfinite(equations.gradient).all()
        and np.isfinite(equations.hessian).all()
    )
