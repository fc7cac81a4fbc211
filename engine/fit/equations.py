r"""From per-angle pieces to the equations of the fitted coefficients.

The coefficients x are the free physical parameters y and the scaling coefficients s:
θ = θ₀ + A y and (contrast, offset) = base + M s. Fixed and tied parameters and scaling
modes are nothing but A and M. For the linear loss the residual is linear in contrast
and offset, so every evaluation also solves for s exactly, within its bounds, from the
sums it already has (variable projection without another pass over the data).
"""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.events import Cancelled
from engine.fit.curved import CurvedSteps, curved_steps
from engine.kernel.pieces import AnglePieces
from engine.kernel.reduction import Advanced, Reduction
from engine.models.specs import PERIODS
from engine.parameters import ParameterSet
from engine.scaling.maps import ScalingMap
from engine.setup import Loss
from engine.solver.box import solve_box_quadratic
from engine.solver.trust_region import Equations

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ParameterMap:
    """Physical parameters as a linear map of the free ones."""

    names: tuple[str, ...]
    """Names of the free parameters."""
    base: Array
    """Shape (P,)."""
    matrix: Array
    """Shape (P, F)."""
    start: Array
    lower: Array
    """Bounds; infinite for a periodic parameter whose bounds leave a whole period."""
    upper: Array
    turns: tuple[tuple[int, float, float], ...] = ()
    """Row, lower end and period of such parameters."""

    def theta(self, free: Array) -> Array:
        """Return the physical parameters in model order, periodic ones in bounds."""
        theta = self.base + self.matrix @ free
        for row, lower, period in self.turns:
            theta[row] = lower + np.mod(theta[row] - lower, period)
        return theta


def parameter_map(parameters: ParameterSet) -> ParameterMap:
    """Return the map of a parameter set: fixed ones are constant, tied ones follow."""
    free = [p for p in parameters if p.free]
    column = {p.name: n for n, p in enumerate(free)}
    base = np.zeros(len(parameters))
    matrix = np.zeros((len(parameters), len(free)))
    for row, p in enumerate(parameters):
        source, factor = (p.tie.to, p.tie.factor) if p.tie else (p.name, 1.0)
        if source in column:
            matrix[row, column[source]] = factor
        else:
            base[row] = factor * parameters[source].value
    rows = {p.name: row for row, p in enumerate(parameters)}
    turning = {p.name for p in free if p.upper - p.lower >= PERIODS.get(p.name, np.inf)}
    open_ended = [p.name in turning for p in free]
    return ParameterMap(
        names=tuple(column),
        base=base,
        matrix=matrix,
        start=np.array([p.value for p in free], float),
        lower=np.where(open_ended, -np.inf, [p.lower for p in free]),
        upper=np.where(open_ended, np.inf, [p.upper for p in free]),
        turns=tuple(
            (rows[name], parameters[name].lower, PERIODS[name])
            for name in sorted(turning)
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class FitPoint(Equations):
    """Equations at a point, with what they were made of."""

    theta: Array
    pieces: AnglePieces


def fit_point(equations: Equations) -> FitPoint:
    """Return equations the solver hands back as what `FitEquations` made them."""
    if not isinstance(equations, FitPoint):
        raise TypeError("the solver was not run on the equations of a fit")
    return equations


@dataclass(slots=True)
class Tally:
    """Counts the passes over the data."""

    passes: int = 0
    last_s: float = 0.0
    """Wall time of the last one [s]."""


@dataclass(frozen=True, slots=True, eq=False)
class FitEquations:
    """Evaluates the equations of a fit; called by the solver."""

    reduction: Reduction
    parameters: ParameterMap
    scaling: ScalingMap
    cancelled: Cancelled
    tally: Tally = field(default_factory=Tally)
    advanced: Advanced | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients, physical first."""
        return (*self.parameters.names, *self.scaling.names)

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Bounds of the coefficients."""
        return (
            np.concatenate([self.parameters.lower, self.scaling.lower]),
            np.concatenate([self.parameters.upper, self.scaling.upper]),
        )

    @property
    def move(self) -> CurvedSteps:
        """How a step of the coefficients is carried out."""
        return curved_steps(self.names, self.reduction.times, self.bounds)

    @property
    def exact_scaling(self) -> bool:
        """Whether the scaling can be solved for from the sums of one evaluation."""
        return self.reduction.loss is Loss.LINEAR

    def __call__(self, x: Array) -> FitPoint:
        """Evaluate, and solve for the scaling where that is exact."""
        return self.at(x, improve=self.exact_scaling)

    def at(self, x: Array, *, improve: bool) -> FitPoint:
        """Evaluate at x; with `improve`, at the best scaling for these parameters."""
        n = len(self.parameters.names)
        theta = self.parameters.theta(x[:n])
        contrast, offset = self.scaling.expand(x[n:])
        began = time.perf_counter()
        with np.errstate(all="ignore"):
            pieces = self.reduction(
                theta, contrast, offset, self.cancelled, self.advanced
            )
        self.tally.passes += 1
        self.tally.last_s = time.perf_counter() - began
        point = self._point(x, theta, pieces)
        return self.improved(point) if improve else point

    def improved(self, point: FitPoint) -> FitPoint:
        """Return the point with the scaling solved for, from the same sums."""
        n = len(self.parameters.names)
        lower, upper = (b[n:] for b in self.bounds)
        if not len(lower) or not np.isfinite(point.cost):
            return point
        s = point.x[n:]
        step = solve_box_quadratic(
            point.hessian[n:, n:], point.gradient[n:], lower - s, upper - s
        )
        x = np.concatenate([point.x[:n], np.clip(s + step, lower, upper)])
        pieces = point.pieces.at_scaling(*self.scaling.expand(x[n:]))
        return self._point(x, point.theta, pieces)

    def _point(self, x: Array, theta: Array, pieces: AnglePieces) -> FitPoint:
        hessian, gradient = self._project(pieces)
        return FitPoint(x, pieces.total_cost, gradient, hessian, theta, pieces)

    def _project(self, pieces: AnglePieces) -> tuple[Array, Array]:
        """Return H and g of the coefficients."""
        a = self.parameters.matrix
        mc, mo = self.scaling.contrast_map, self.scaling.offset_map
        c = pieces.contrast
        physical = a.T @ np.einsum("k,kpq->pq", c * c, pieces.hessian) @ a
        with_f = (c[:, None] * pieces.with_f) @ a
        plain = (c[:, None] * pieces.plain) @ a
        cross = with_f.T @ mc + plain.T @ mo
        mixed = mc.T @ (pieces.swf[:, None] * mo)
        scaling = (
            mc.T @ (pieces.swff[:, None] * mc)
            + mo.T @ (pieces.sw[:, None] * mo)
            + mixed
            + mixed.T
        )
        hessian = np.block([[physical, cross], [cross.T, scaling]])
        gradient = np.concatenate(
            [a.T @ (c @ pieces.with_r), mc.T @ pieces.swrf + mo.T @ pieces.swr]
        )
        return hessian, gradient
