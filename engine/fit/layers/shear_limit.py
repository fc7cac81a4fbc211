r"""Upper limit of a shear rate that the data do not show, from its profile.

At its lower bound the shear rate has no error, and the curvature there tells nothing:
c2 is even in it. So it is held at ever larger values, everything else is fitted again,
and the limit is where :math:`\Delta\chi^2/s^2` reaches 3.84, which noise alone exceeds
in one of twenty fits.
"""

from dataclasses import replace

import numpy as np

from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.setup import Tolerances
from engine.solver.trust_region import solve

_RISE = 3.84
_GROWTH = 4.0
_HALVINGS = 8
_EDM, _STEPS = 0.01, 15


def shear_limit(
    equations: FitEquations, point: FitPoint, name: str, scatter: float
) -> float | None:
    """Return the upper limit (95 %) of a parameter at its lower bound.

    Parameters
    ----------
    equations
        Of the grid, or of all pixels where there is none.
    point
        The end of the fit.
    name
        A free physical parameter.
    scatter
        Variance of a pixel in units of the noise.

    Returns
    -------
    float
        None where even the upper bound is allowed.

    Raises
    ------
    CancelledError
        When the fit was stopped.
    """
    place = equations.parameters.names.index(name)
    lower, upper = (b[place] for b in equations.bounds)
    base = _held(equations, point, place, float(lower))
    allowed = base.cost + 0.5 * _RISE * scatter
    low, high, here = float(lower), max(float(lower) * _GROWTH, 1e-300), base
    while True:
        trial = _held(equations, here, place, min(high, float(upper)))
        if not trial.cost < allowed:
            break
        low, here = min(high, float(upper)), trial
        if high >= upper:
            return None
        high *= _GROWTH
    for _ in range(_HALVINGS):
        middle = float(np.sqrt(max(low, 1e-300) * high)) if low > 0 else high / 2
        trial = _held(equations, here, place, middle)
        if trial.cost < allowed:
            low, here = middle, trial
        else:
            high = middle
    return high


def _held(
    equations: FitEquations, point: FitPoint, place: int, value: float
) -> FitPoint:
    """Fit everything but one coefficient, which stays at a value."""
    lower, upper = (b.copy() for b in equations.bounds)
    lower[place] = upper[place] = value
    x = point.x.copy()
    x[place] = value
    begin = equations.at(x, improve=equations.exact_scaling)
    move = equations.move
    found = solve(
        equations,
        begin,
        (lower, upper),
        tolerances=Tolerances(edm=_EDM, max_iterations=_STEPS),
        move=replace(move, lower=lower, upper=upper),
        limits=equations.limits,
    )
    return fit_point(found.best)
