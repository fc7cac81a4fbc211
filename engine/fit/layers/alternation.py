r"""Literal alternation: the physics with the scaling held, then the scaling alone.

Block Gauss-Seidel on the normal equations. It contracts the distance to the minimum by
ρ², the largest squared canonical correlation of the two blocks, with every turn, where
one step with the scaling eliminated goes all the way; so it is the safeguard for where
that step is numerically impossible, and for nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.fit.plain_search import lowest, minimise
from engine.layer_options import HierarchicalOptions
from engine.scaling.maps import frozen

Array = NDArray[np.float64]

_EDM = 1e-9
_RANGE_SHARE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Alternated:
    """Where the alternation led."""

    point: FitPoint
    stages: tuple[Mapping[str, Any], ...]
    """Costs and steps of every turn."""


def alternate(
    equations: FitEquations, point: FitPoint, options: HierarchicalOptions
) -> Alternated:
    """Take turns until the parameters rest or the turns are used up.

    Raises
    ------
    CancelledError
        When the fit was stopped.
    """
    stages: list[Mapping[str, Any]] = []
    for turn in range(1, options.max_outer_iterations + 1):
        before = point
        physical = _physical_stage(equations, point, options)
        point = _scaling_stage(equations, physical, options)
        change = relative_change(equations, before.x, point.x)
        stages.append(
            {
                "turn": turn,
                "cost_physical": physical.cost,
                "cost_scaling": point.cost,
                "change": change,
            }
        )
        if change < options.outer_tolerance:
            break
    return Alternated(point, tuple(stages))


def relative_change(equations: FitEquations, before: Array, after: Array) -> float:
    """Return the largest change of a physical parameter, relative to its size.

    A value near zero is measured by a thousandth of its range instead.
    """
    n = equations.n_physical
    span = equations.parameters.upper - equations.parameters.lower
    floor = np.where(np.isfinite(span), _RANGE_SHARE * span, _RANGE_SHARE)
    change = np.abs(after[:n] - before[:n]) / (np.abs(after[:n]) + floor)
    return float(change.max(initial=0.0))


def _physical_stage(
    equations: FitEquations, point: FitPoint, options: HierarchicalOptions
) -> FitPoint:
    pieces = point.pieces
    held = frozen(equations.scaling.mode, pieces.contrast, pieces.offset)
    alone = replace(equations, scaling=held, penalty=None)
    steps = options.physical_max_iterations
    return equations.recast(lowest(alone, alone.recast(point), edm=_EDM, steps=steps))


def _scaling_stage(
    equations: FitEquations, point: FitPoint, options: HierarchicalOptions
) -> FitPoint:
    if equations.exact_scaling:
        return equations.improved(point)
    n = equations.n_physical
    lower, upper = (b.copy() for b in equations.bounds)
    lower[:n] = upper[:n] = point.x[:n]
    found = minimise(
        equations,
        point,
        edm=_EDM,
        steps=options.per_angle_max_iterations,
        bounds=(lower, upper),
    )
    return fit_point(found.best)
