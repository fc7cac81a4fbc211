r"""When the trust-region solver is done.

Convergence is judged by the *estimated vertical distance to the minimum* (EDM): twice
the reduction the undamped quadratic model still predicts within the bounds; for a free
minimum that is gᵀH⁻¹g, in units of χ². Every other criterion counts only when the EDM
is already well below one standard error, so that a short step alone is never called
convergence.

Changes of the coefficients are judged one by one,

.. math::

    \max_i \frac{|\delta_i|}{\max(|x_i|, 10^{-10})} < \mathrm{tolerance}

over the coefficients that are not at a bound. A norm would be that of the largest one
alone: with a diffusion coefficient of 19,000, an exponent of 0.1 may change by all it
has without being seen. The joint criterion asks that of the coefficients and, at once,
the same of the relative decrease of the cost.
"""

from dataclasses import dataclass

import numpy as np

from engine.setup import Tolerances
from engine.solver.equations import Array, Equations
from engine.solver.region import Region
from engine.solver.status import Reason

SMALL_EDM = 0.01
"""A tenth of a standard error: where ftol, xtol and gtol begin to count."""
JOINT_EDM = 1e-4
"""A hundredth of one: where the joint criterion begins to count."""
_SMALLEST_SIZE = 1e-10
"""Size below which a coefficient's change is not taken relative to it."""
_TRUSTED_RATIO = 0.25
_RIDGE = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """An accepted step and what is known after it."""

    previous: Equations
    best: Equations
    norms: Array
    """Column norms of the Jacobian, shape (n,)."""
    edm: float
    ratio: float
    """Actual over predicted reduction."""
    iterations: int


@dataclass(frozen=True, slots=True, eq=False)
class Criteria:
    """What counts as the end of a fit."""

    tolerances: Tolerances
    joint: float | None
    region: Region

    def at_start(self, edm: float, iterations: int) -> Reason | None:
        """Judge before the first step, or before the next one of a continued fit."""
        if edm <= self.tolerances.edm:
            return Reason.EDM if iterations else Reason.AT_MINIMUM
        if iterations >= self.tolerances.max_iterations:
            return Reason.MAX_ITERATIONS
        return None

    def after(self, progress: Progress) -> Reason | None:
        """Judge after an accepted step."""
        if progress.edm <= self.tolerances.edm:
            return Reason.EDM
        if progress.edm <= JOINT_EDM and self._joint(progress):
            return Reason.STEP_AND_COST
        if progress.edm <= SMALL_EDM and progress.ratio > _TRUSTED_RATIO:
            met = self._classical(progress)
            if met is not None:
                return met
        if progress.iterations >= self.tolerances.max_iterations:
            return Reason.MAX_ITERATIONS
        return None

    def relative_change(self, previous: Array, x: Array) -> float:
        """Return the largest relative change among coefficients not at a bound."""
        free = (x > self.region.lower) & (x < self.region.upper)
        change = np.abs(x - previous) / np.maximum(np.abs(x), _SMALLEST_SIZE)
        return float(np.max(change, initial=0.0, where=free))

    def distance(self, at: Equations, norms: Array) -> float:
        """Return the EDM."""
        if np.any(np.diag(at.hessian) < 0):
            # Lost to rounding: nothing can be said, least of all "a minimum".
            return float("inf")
        ridge = np.diag(_RIDGE * norms**2)
        step = self.region.step(at.hessian + ridge, at.gradient, at.x)
        return 2.0 * max(at.reduction(step), 0.0)

    def _joint(self, progress: Progress) -> bool:
        if self.joint is None:
            return False
        previous, best = progress.previous, progress.best
        fall = previous.cost - best.cost
        return bool(
            fall < self.joint * previous.cost
            and self.relative_change(previous.x, best.x) < self.joint
        )

    def _classical(self, progress: Progress) -> Reason | None:
        tolerances, previous, best = self.tolerances, progress.previous, progress.best
        if tolerances.ftol and previous.cost - best.cost < tolerances.ftol * best.cost:
            return Reason.FTOL
        change = self.relative_change(previous.x, best.x)
        if tolerances.xtol and change < tolerances.xtol:
            return Reason.XTOL
        if tolerances.gtol and self._gradient(progress) < tolerances.gtol:
            return Reason.GTOL
        return None

    def _gradient(self, progress: Progress) -> float:
        """Return the largest cosine between the residuals and a Jacobian column."""
        best = progress.best
        norm = max(float(np.sqrt(2 * best.cost)), 1e-300)
        downhill = self.region.clipped(best.x - best.gradient)
        inward = downhill != best.x
        return float(np.max(np.abs(best.gradient / progress.norms) * inward) / norm)
