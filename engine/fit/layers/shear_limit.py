r"""Upper limit of a shear rate that the data do not show, from its profile.

At its lower bound the shear rate has no error, and the curvature there tells nothing:
c2 is even in it. So it is held at ever larger values, everything else is fitted again,
and the limit is where :math:`\Delta\chi^2/s^2` reaches 3.84, which noise alone exceeds
in one of twenty fits.
"""

import numpy as np

from engine.conventions import Convention
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.fit.plain_search import minimise, settled_at

_RISE = 3.84
_GROWTH = 3.0
_HALVINGS = 8
_EDM, _STEPS = 0.01, 60
_SMALLEST_ARGUMENT = 1e-3
"""Shear argument over the window [rad] far below what any data can tell from none."""


def shear_limit(
    equations: FitEquations,
    point: FitPoint,
    convention: Convention,
    name: str,
    scatter: float,
) -> float | None:
    """Return the upper limit (95 %) of a shear rate at its lower bound.

    Parameters
    ----------
    equations
        Of the grid, or of all pixels where there is none.
    point
        The end of the fit.
    convention
        Of the shear, for the size of a rate that may be seen.
    name
        Of the rate, a free physical parameter.
    scatter
        Variance of a pixel in units of the noise.

    Returns
    -------
    float
        None where even the upper bound is allowed (another parameter can cancel the
        rate), or a fit along the profile did not converge.

    Raises
    ------
    CancelledError
        When the fit was stopped.
    """
    place = equations.parameters.names.index(name)
    lower, upper = (float(b[place]) for b in equations.bounds)
    here = _held(equations, point, place, lower)
    if here is None:
        return None
    allowed = here.cost + 0.5 * _RISE * scatter
    low, high = lower, max(lower, _smallest(equations, convention))
    while high < upper:
        trial = _held(equations, here, place, high)
        if trial is None:
            return None
        if not trial.cost < allowed:
            return _between(equations, here, place, (low, high), allowed)
        low, high, here = high, high * _GROWTH, trial
    return None


def _between(
    equations: FitEquations,
    here: FitPoint,
    place: int,
    ends: tuple[float, float],
    allowed: float,
) -> float | None:
    """Return where the profile crosses the allowed cost between two values."""
    low, high = ends
    for _ in range(_HALVINGS):
        middle = float(np.sqrt(low * high)) if low > 0 else high / 2
        trial = _held(equations, here, place, middle)
        if trial is None:
            return None
        if trial.cost < allowed:
            low, here = middle, trial
        else:
            high = middle
    return high


def _smallest(equations: FitEquations, convention: Convention) -> float:
    geometry, times = equations.reduction.geometry, equations.reduction.times
    unit = 2.0 / (convention.argument_scale * geometry.q * geometry.gap)
    return unit * _SMALLEST_ARGUMENT / float(times[-1] - times[0])


def _held(
    equations: FitEquations, point: FitPoint, place: int, value: float
) -> FitPoint | None:
    """Fit everything but one coefficient, held at a value; None without a minimum."""
    lower, upper = (b.copy() for b in equations.bounds)
    lower[place] = upper[place] = value
    x = point.x.copy()
    x[place] = value
    found = minimise(
        equations,
        equations.at(x, improve=equations.exact_scaling),
        edm=_EDM,
        steps=_STEPS,
        bounds=(lower, upper),
    )
    return fit_point(found.best) if settled_at(found, _RISE / 10) else None
