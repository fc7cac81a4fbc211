"""A way out of a collapse: other shear rates and flow directions, scaling eliminated.

Where the shear rate is near zero its gradient is too, whatever the data say (c2 is even
in it), so no step leaves from there. A look from afar does: at every candidate the
scaling is solved for exactly, and the most promising ones are refined for a few steps.
"""

import itertools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.conventions import SHEAR_RATE_PARAMETERS, Convention
from engine.fit.equations import FitEquations, FitPoint
from engine.fit.layer_run import DIRECTION
from engine.fit.plain_search import lowest
from engine.models.specs import RATE_GROUPS
from engine.parameters import ParameterSet
from engine.setup import Loss, Setup

Array = NDArray[np.float64]

_ARGUMENTS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Largest shear arguments over the window to try [rad]."""
_DIRECTIONS = 6
_FINALISTS = 3
_STEPS = 20
_EDM = 0.1
WORTH = 10.0
"""Decrease of the cost, in units of the scatter seen, from which a shear is no noise.

Twice that is what χ² falls by; four parameters of a flow, tried at many places, take
nearly as much from noise alone."""


def search_shear(
    equations: FitEquations,
    point: FitPoint,
    setup: Setup,
    n_values: int,
) -> FitPoint | None:
    """Return a point of lower cost with another shear; None where there is none.

    Parameters
    ----------
    equations
        Of the grid, or of all pixels where there is none.
    point
        Where the shear has collapsed, evaluated by them.
    setup
        With the start values, tried as well: a collapsed fit has bent the diffusion.
    n_values
        Values the cost is summed over.

    Raises
    ------
    CancelledError
        When the fit was stopped.
    """
    rate = SHEAR_RATE_PARAMETERS[0]
    if rate not in equations.parameters.names:
        return None
    found = _ranked(
        equations, _candidates(equations, point, setup.parameters, setup.convention)
    )
    best: FitPoint | None = None
    worth = WORTH * max(2.0 * point.pieces.total_cost / n_values, 1.0)
    for begin in (equations(x) for x in found[:_FINALISTS]):
        end = lowest(equations, begin, edm=_EDM, steps=_STEPS)
        limit = point.cost - worth if best is None else best.cost
        if end.cost < limit:
            best = end
    return best


def _ranked(equations: FitEquations, candidates: list[Array]) -> list[Array]:
    """Return candidates, the most promising first, each with its best scaling.

    They are ranked by plain least squares whatever the loss is: only that solves for
    the scaling, without which none of them looks like anything.
    """
    linear = replace(equations.reduction, loss=Loss.LINEAR)
    plain = replace(equations, reduction=linear, penalty=None)
    found = [at for x in candidates if np.isfinite((at := plain(x)).cost)]
    return [at.x for at in sorted(found, key=lambda at: at.cost)]


def _candidates(
    equations: FitEquations,
    point: FitPoint,
    parameters: ParameterSet,
    convention: Convention,
) -> list[Array]:
    """Return coefficients with other shear rates and directions."""
    reduction = equations.reduction
    lower, upper = equations.bounds
    geometry, times = reduction.geometry, reduction.times
    unit = 2.0 / (convention.argument_scale * geometry.q * geometry.gap)
    rates = [unit * a / float(times[-1] - times[0]) for a in _ARGUMENTS]
    directions = _directions(equations)
    found = []
    for base in _bases(equations, point, parameters):
        for rate, direction in itertools.product(rates, directions):
            values = {SHEAR_RATE_PARAMETERS[0]: rate, DIRECTION: direction}
            x = _with(equations, base, values)
            found.append(np.clip(x, lower, upper))
    return found


def _bases(
    equations: FitEquations, point: FitPoint, parameters: ParameterSet
) -> list[Array]:
    """Return the points to start from: here with a plain shear, and the start."""
    names, n = equations.parameters.names, equations.n_physical
    _, exponent, constant = RATE_GROUPS[1]
    plain = {exponent: 0.0, constant: 0.0}
    start = point.x.copy()
    start[:n] = [parameters[name].value for name in names]
    return [_with(equations, point.x, plain), start]


def _with(equations: FitEquations, x: Array, values: dict[str, float]) -> Array:
    moved = x.copy()
    for place, name in enumerate(equations.parameters.names):
        if name in values:
            moved[place] = values[name]
    return moved


def _directions(equations: FitEquations) -> list[float]:
    names = equations.parameters.names
    if DIRECTION not in names:
        return [0.0]
    place = names.index(DIRECTION)
    low, high = (float(b[place]) for b in equations.bounds)
    if not np.isfinite(low) or not np.isfinite(high):
        low, high = -90.0, 90.0
    step = (high - low) / _DIRECTIONS
    return [low + (i + 0.5) * step for i in range(_DIRECTIONS)]
