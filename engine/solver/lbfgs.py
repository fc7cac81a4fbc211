r"""L-BFGS in a box: the warm-up, which needs gradients alone.

Coefficients are normalised by given units, coordinates at a bound that the gradient
pushes out of are held, and the direction from the last few steps
(`engine.solver.memory`) is searched along its projection onto the box
(`engine.solver.line_search`). The first step goes down the gradient, to the lowest
point of the quadratic model on that line or a given part of the way, which does not
depend on any unit.

Where an evaluation solves for some coefficients exactly, the cost is a function of the
others, `free`, whose gradient the evaluation returns (the derivative along the solved
ones is zero, or pushes against a bound); steps and curvature are of those alone.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.errors import CancelledError
from engine.solver.equations import Array, Equations, Evaluate
from engine.solver.line_search import LineSearch, NormalisedBox
from engine.solver.memory import CurvatureMemory
from engine.solver.warmup import Switch, WarmupResult, WarmupSettings

OnWarmupStep = Callable[[Equations, int, int, int], None]
"""Told the best point, iterations, evaluations and clipped steps so far."""


def minimise(
    evaluate: Evaluate,
    start: Equations,
    bounds: tuple[Array, Array],
    *,
    units: Array,
    free: NDArray[np.bool_],
    settings: WarmupSettings,
    on_step: OnWarmupStep = lambda *_: None,
) -> WarmupResult:
    """Minimise within bounds from an evaluated start, until it pays to switch.

    Parameters
    ----------
    evaluate
        Returns the equations at a point, or raises `CancelledError`.
    start
        The equations at the start, which counts as one evaluation; `start.x` lies
        within the bounds.
    bounds
        Lower and upper bounds, shape (n,), possibly infinite.
    units
        Unit of each coefficient, shape (n,), finite and above 0.
    free
        Which coefficients are moved, shape (n,); the others are what `evaluate` makes
        of them.
    on_step
        Called after every iteration.

    Returns
    -------
    WarmupResult
        Never raises for a numerical outcome; its best point is never worse than the
        start.
    """
    warmup = _Warmup(evaluate, start, NormalisedBox(units, free, *bounds), settings)
    try:
        while warmup.reason is None:
            if warmup.advance():
                on_step(*warmup.report())
    except CancelledError:
        warmup.reason = Switch.CANCELLED
    return warmup.result()


class _Warmup:
    """The state of one warm-up."""

    def __init__(
        self,
        evaluate: Evaluate,
        start: Equations,
        box: NormalisedBox,
        settings: WarmupSettings,
    ) -> None:
        self._evaluate, self._box, self._settings = evaluate, box, settings
        self._memory = CurvatureMemory()
        self._current = self._best = start
        self._costs = [start.cost]
        self._iterations, self._evaluations, self._clipped = 0, 1, 0
        self.reason: Switch | None = None
        if not start.finite:
            self.reason = Switch.NO_DESCENT
        elif settings.max_iterations < 1:
            self.reason = Switch.MAX_ITERATIONS

    def advance(self) -> bool:
        """Try to take a step; return whether there was one."""
        direction = self._direction()
        if direction is None:
            self.reason = Switch.GRADIENT
            return False
        clip = self._settings.clip
        longest = math.inf if clip is None else clip / float(np.linalg.norm(direction))
        search = LineSearch(
            self._box,
            self._current,
            direction,
            longest=longest,
            ceiling=self._ceiling(),
        )
        found = search.run(self._evaluated)
        if found.point is not None:
            self._take(found.point)
            self._clipped += found.at_longest
            return True
        if found.too_high:
            self.reason = Switch.COST_GUARD
        elif len(self._memory):
            self._memory.clear()
        else:
            self.reason = Switch.NO_DESCENT
        return False

    def _ceiling(self) -> float:
        """Return the cost above which a step is alarming, from the second iteration."""
        guard = self._settings.guard
        if guard is None or not self._iterations:
            return math.inf
        return (1 + guard) * self._costs[0]

    def _evaluated(self, x: Array) -> Equations:
        point = self._evaluate(x)
        self._evaluations += 1
        if point.finite and point.cost < self._best.cost:
            self._best = point
        return point

    def _take(self, point: Equations) -> None:
        previous, self._current = self._current, point
        change = self._box.gradient(point) - self._box.gradient(previous)
        self._memory.add(self._box.difference(previous, point), change)
        self._iterations += 1
        self._costs.append(point.cost)
        self.reason = self._judge()

    def _judge(self) -> Switch | None:
        settings = self._settings
        if self._iterations >= settings.first_judged:
            before, cost = self._costs[-2:]
            gradient = float(np.linalg.norm(self._inward_gradient()))
            if gradient <= settings.gradient_tolerance * max(1.0, abs(cost)):
                return Switch.GRADIENT
            if before - cost < settings.plateau * abs(cost):
                return Switch.PLATEAU
        if self._iterations >= settings.max_iterations:
            return Switch.MAX_ITERATIONS
        return None

    def _inward_gradient(self) -> Array:
        """Return the gradient, 0 where it pushes against a bound."""
        gradient = self._box.gradient(self._current)
        return np.where(self._box.blocked(self._current.x, -gradient), 0.0, gradient)

    def _direction(self) -> Array | None:
        """Return a direction of descent that can be followed, None where none is."""
        x, gradient = self._current.x, self._inward_gradient()
        if not gradient.any():
            return None
        moving = ~self._box.blocked(x, -self._box.gradient(self._current))
        while gradient[moving].any():
            direction = self._memory.direction(gradient, moving)
            if direction is None:
                break
            blocked = self._box.blocked(x, direction)
            if not blocked.any():
                return direction
            moving &= ~blocked
        self._memory.clear()
        return self._downhill(gradient)

    def _downhill(self, gradient: Array) -> Array:
        """Return a step along the gradient, as long as the quadratic model suggests."""
        first = self._settings.first_step
        free, units = self._box.free, self._box.units[self._box.free]
        scaled = gradient * units
        curvature = float(scaled @ self._current.hessian[np.ix_(free, free)] @ scaled)
        square = float(gradient @ gradient)
        length = square / curvature if curvature > 0 else math.inf
        if not math.isfinite(length):
            length = 1 / math.sqrt(square)
        return -first * length * gradient

    def report(self) -> tuple[Equations, int, int, int]:
        """Return what `OnWarmupStep` is told."""
        return self._best, self._iterations, self._evaluations, self._clipped

    def result(self) -> WarmupResult:
        """Return the end of the warm-up."""
        return WarmupResult(
            best=self._best,
            reason=self.reason or Switch.NO_DESCENT,
            iterations=self._iterations,
            evaluations=self._evaluations,
            clipped=self._clipped,
            costs=tuple(self._costs),
        )
