r"""From per-angle pieces to the equations of the fitted coefficients.

The coefficients x are the free physical parameters y and the scaling coefficients s:
θ = θ₀ + A y and (contrast, offset) = base + M s. Fixed and tied parameters and scaling
modes are nothing but A and M; weights of the angles multiply their pieces, and a
penalty on unequal contrasts and offsets adds its own gradient and Gauss-Newton H. For
the linear loss the residual is linear in contrast and offset, so every evaluation also
solves for s exactly, within its bounds, from the sums it already has (variable
projection without another pass over the data).

The order of composition: weights of angles, sum over angles, scaling map, penalty,
fixed and tied parameters, bounds.
"""

import time
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.events import Cancelled
from engine.fit.curved import CurvedSteps, curved_steps
from engine.fit.parameter_map import ParameterMap
from engine.kernel.pieces import AnglePieces
from engine.kernel.reduction import Advanced, Reduction
from engine.scaling.maps import ScalingMap
from engine.scaling.penalty import CvPenalty
from engine.setup import Loss
from engine.solver.equations import Equations
from engine.solver.limits import Limits
from engine.solver.region import Region

Array = NDArray[np.float64]

_SCALING_STEPS = 50
"""Steps of the scaling alone that a penalty may take; without one it takes one."""
_SETTLED = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class FitPoint(Equations):
    """Equations at a point, with what they were made of."""

    theta: Array
    equations: "FitEquations"
    """What it was evaluated by."""
    pieces: AnglePieces
    """Without weights of the angles and without a penalty."""
    cost_before: float
    """Cost before the scaling was solved for."""


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
    weights: Array | None = None
    """Factor of everything an angle adds, shape (K,); None for 1."""
    penalty: CvPenalty | None = None
    """On contrasts, and on offsets, that differ from angle to angle."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients, physical first."""
        return (*self.parameters.names, *self.scaling.names)

    @property
    def n_physical(self) -> int:
        """Number of free physical parameters."""
        return len(self.parameters.names)

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Bounds of the coefficients."""
        return (
            np.concatenate([self.parameters.lower, self.scaling.lower]),
            np.concatenate([self.parameters.upper, self.scaling.upper]),
        )

    @property
    def limits(self) -> Limits | None:
        """Limits on contrast and offset where no coefficient is one by itself."""
        inner = self.scaling.limits
        if inner is None:
            return None
        padded = np.zeros((len(inner.matrix), self.n_physical))
        return replace(inner, matrix=np.hstack([padded, inner.matrix]))

    @property
    def move(self) -> CurvedSteps:
        """How a step of the coefficients is carried out."""
        return curved_steps(self.names, self.reduction.times, self.bounds)

    @property
    def exact_scaling(self) -> bool:
        """Whether the scaling can be solved for from the sums of one evaluation."""
        return self.reduction.loss is Loss.LINEAR

    @property
    def is_scaling(self) -> NDArray[np.bool_]:
        """Which coefficients are those of the scaling."""
        return np.arange(len(self.names)) >= self.n_physical

    def __call__(self, x: Array) -> FitPoint:
        """Evaluate, and solve for the scaling where that is exact."""
        return self.at(x, improve=self.exact_scaling)

    def at(self, x: Array, *, improve: bool) -> FitPoint:
        """Evaluate at x; with `improve`, at the best scaling for these parameters."""
        n = self.n_physical
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
        n = self.n_physical
        if not self.scaling.n_coefficients or not np.isfinite(point.cost):
            return point
        region = Region(self.scaling.lower, self.scaling.upper, self.scaling.limits)
        best, before = point, point.cost
        for _ in range(_SCALING_STEPS if self.penalty else 1):
            s = best.x[n:]
            step = region.step(best.hessian[n:, n:], best.gradient[n:], s)
            x = np.concatenate([best.x[:n], region.clipped(s + step)])
            pieces = best.pieces.at_scaling(*self.scaling.expand(x[n:]))
            found = self._point(x, best.theta, pieces)
            if self.penalty and not found.cost < best.cost:
                break
            settled = best.cost - found.cost < _SETTLED * best.cost
            best = found
            if settled:
                break
        return replace(best, cost_before=before)

    def recast(self, point: FitPoint) -> FitPoint:
        """Return a point of other equations of the same fit as one of these.

        The physical parameters stay. So do contrast and offset where this scaling map
        allows them; where it does not, the nearest allowed ones are taken, exactly for
        the linear loss and by an evaluation for any other.
        """
        n = self.n_physical
        pieces = point.pieces
        s = self.scaling.coefficients(pieces.contrast, pieces.offset)
        x = np.concatenate([point.x[:n], s])
        contrast, offset = self.scaling.expand(s)
        same = np.allclose(contrast, pieces.contrast, rtol=1e-12, atol=1e-14)
        if same and np.allclose(offset, pieces.offset, rtol=1e-12, atol=1e-14):
            return self._point(x, point.theta, pieces)
        if not self.exact_scaling:
            return self.at(x, improve=False)
        moved = pieces.at_scaling(contrast, offset)
        return self.improved(self._point(x, point.theta, moved))

    def information_of_angles(self, point: FitPoint) -> Array:
        """Return what each angle knows of the physics and of its own scaling.

        Free physical parameters first, then contrast and offset of the angle; without
        weights and penalty, shape (K, F + 2, F + 2).
        """
        pieces, a = point.pieces, self.parameters.matrix
        n, c = self.n_physical, pieces.contrast[:, None]
        found = np.empty((len(pieces.sw), n + 2, n + 2))
        physical = np.einsum("pf,kpq,qg->kfg", a, pieces.hessian, a)
        found[:, :n, :n] = c[:, :, None] ** 2 * physical
        found[:, :n, n] = found[:, n, :n] = (c * pieces.with_f) @ a
        found[:, :n, n + 1] = found[:, n + 1, :n] = (c * pieces.plain) @ a
        found[:, n, n], found[:, n + 1, n + 1] = pieces.swff, pieces.sw
        found[:, n, n + 1] = found[:, n + 1, n] = pieces.swf
        return found

    def scatter(self, point: FitPoint) -> Array | None:
        """Return the covariance of the gradient, in units of the variance of a pixel.

        It is H where neither weights nor a penalty bend the equations: None then.
        """
        if self.weights is None and self.penalty is None:
            return None
        weights = 1.0 if self.weights is None else self.weights**2
        return self._project(point.pieces.weighted(weights))[0]

    def _point(self, x: Array, theta: Array, pieces: AnglePieces) -> FitPoint:
        weights = self.weights
        weighted = pieces if weights is None else pieces.weighted(weights)
        hessian, gradient = self._project(weighted)
        cost = weighted.total_cost
        if self.penalty is not None and self.scaling.n_coefficients:
            cost += self._add_penalty(self.penalty, pieces, hessian, gradient)
        return FitPoint(x, cost, gradient, hessian, theta, self, pieces, cost)

    def _add_penalty(
        self, penalty: CvPenalty, pieces: AnglePieces, hessian: Array, gradient: Array
    ) -> float:
        """Add the penalty to H and g in place, and return its cost."""
        n, cost = self.n_physical, 0.0
        for values, matrix in (
            (pieces.contrast, self.scaling.contrast_map),
            (pieces.offset, self.scaling.offset_map),
        ):
            cost += penalty.cost(values)
            gradient[n:] += matrix.T @ penalty.gradient(values)
            hessian[n:, n:] += matrix.T @ penalty.hessian(values) @ matrix
        return cost

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
