"""Estimates the remaining time of a fit from how fast its EDM falls."""

import math
from collections import deque

from engine.solver.trust_region import SolverStep

_HISTORY = 5
_FIRST_ITERATION = 3
_WORTH_SAYING_S = 1.0
_FORESEEN_PASSES = 40
"""More passes than this are no forecast: the fit is creeping."""


class RemainingTime:
    """Watches the steps of one fit."""

    def __init__(self, target_edm: float) -> None:
        self._target = max(target_edm, 1e-300)
        self._times: deque[float] = deque(maxlen=_HISTORY + 1)
        self._logs: deque[float] = deque(maxlen=_HISTORY + 1)

    def after(self, step: SolverStep, elapsed_s: float) -> tuple[float, float] | None:
        """Return a range of the remaining time [s], None while it cannot be told.

        The logarithm of the distance is extrapolated linearly over the last steps; the
        convergence near a minimum is faster than that, so it is the upper end.
        """
        self._times.append(elapsed_s)
        self._logs.append(math.log10(max(step.edm, 1e-300)))
        if step.iterations < _FIRST_ITERATION or len(self._times) < 2:
            return None
        passes = len(self._times) - 1
        each = (self._times[-1] - self._times[0]) / passes
        fall = (self._logs[0] - self._logs[-1]) / passes
        missing = self._logs[-1] - math.log10(self._target)
        if fall <= 0 or missing <= 0:
            return None
        longest = missing / fall
        if longest > _FORESEEN_PASSES or each * longest < _WORTH_SAYING_S:
            return None
        return each * min(2.0, longest), each * longest
