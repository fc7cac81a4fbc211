r"""Steps that follow the valleys of a power law plus a constant.

``p·t^a + c`` is sloppy in (p, a, c): for small a only its level and its slope in ln t
are well measured, and a straight step in p, a and c leaves the long curved valley where
those are constant. So a step is carried out in

.. math::

    s = p\,T^a + c, \qquad b = a\,p\,T^a, \qquad a

at the reference time T in the middle of the (logarithmic) time axis; the rate is then
:math:`s + b\,((t/T)^a - 1)/a`, smooth through a = 0. To first order the step is the
same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.models.specs import RATE_GROUPS

Array = NDArray[np.float64]

_LEAST_EXPONENT_RATIO = 0.1
"""The exponent keeps its sign and shrinks by at most this factor in one step."""


@dataclass(frozen=True, slots=True)
class PowerLawGroup:
    """Places in the coefficient vector of prefactor, exponent and constant."""

    prefactor: int
    exponent: int
    constant: int


@dataclass(frozen=True, slots=True, eq=False)
class CurvedSteps:
    """Moves from a point along a step, curved in each group, within the bounds."""

    groups: tuple[PowerLawGroup, ...]
    reference_time: float
    """T [s]."""
    lower: Array
    upper: Array

    def __call__(self, x: Array, step: Array) -> Array:
        """Return the end of the step."""
        end = x + step
        for group in self.groups:
            self._bend(group, x, step, end)
        return np.clip(end, self.lower, self.upper)

    def _bend(self, group: PowerLawGroup, x: Array, step: Array, end: Array) -> None:
        place = [group.prefactor, group.exponent, group.constant]
        p, a, c = x[place]
        dp, da, dc = step[place]
        if a == 0.0 or not step[place].any():
            return
        log_t = np.log(self.reference_time)
        grown = np.exp(a * log_t)
        value = p * grown
        dvalue = grown * dp + value * log_t * da
        level = value + c + dvalue + dc
        slope = a * value + da * value + a * dvalue
        exponent = a + da
        if exponent * a < (_LEAST_EXPONENT_RATIO * a) * a:
            exponent = _LEAST_EXPONENT_RATIO * a
        new = slope / (exponent * np.exp(exponent * log_t))
        if not np.isfinite(new) or new * p <= 0:
            return
        end[place] = new, exponent, level - slope / exponent


def curved_steps(
    names: tuple[str, ...], times: Array, bounds: tuple[Array, Array]
) -> CurvedSteps:
    """Return the moves for named coefficients.

    A group of which some coefficient is not free moves straight.
    """
    groups = [
        PowerLawGroup(*(names.index(n) for n in group))
        for group in RATE_GROUPS
        if all(n in names for n in group)
    ]
    return CurvedSteps(tuple(groups), middle_time(times), *bounds)


def middle_time(times: Array) -> float:
    """Return the middle of the logarithmic time axis [s]."""
    positive = times[times > 0]
    return float(np.exp(np.mean(np.log(positive)))) if len(positive) else 1.0
