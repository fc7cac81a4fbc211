"""The solver on the equations of a fit, without anything else: no phases, no layers.

For short searches beside the fit itself: from other places, in other modes, along a
profile.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import CancelledError
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.result import State
from engine.setup import Tolerances
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult, solve

Array = NDArray[np.float64]


def minimise(
    equations: FitEquations,
    begin: FitPoint,
    *,
    edm: float,
    steps: int,
    bounds: tuple[Array, Array] | None = None,
) -> SolverResult:
    """Search from a point.

    Parameters
    ----------
    edm
        Estimated distance to the minimum, in units of χ², that will do.
    steps
        Accepted steps at most.
    bounds
        Narrower ones than those of the equations.

    Raises
    ------
    CancelledError
        When the fit was stopped.
    """
    lower, upper = equations.bounds if bounds is None else bounds
    found = solve(
        equations,
        begin,
        (lower, upper),
        tolerances=Tolerances(edm=edm, max_iterations=steps),
        move=replace(equations.move, lower=lower, upper=upper),
        limits=equations.limits,
    )
    if found.reason is Reason.CANCELLED:
        raise CancelledError("the fit was stopped")
    return found


def lowest(
    equations: FitEquations, begin: FitPoint, *, edm: float, steps: int
) -> FitPoint:
    """Return the best point that a search from another one finds.

    Raises
    ------
    CancelledError
        When the fit was stopped.
    """
    return fit_point(minimise(equations, begin, edm=edm, steps=steps).best)


def settled_at(found: SolverResult, edm: float) -> bool:
    """Whether a search ended as near to its minimum as was asked, whatever it says."""
    return found.reason.state is State.CONVERGED or found.edm <= edm


def distance(
    equations: FitEquations, point: FitPoint, held: NDArray[np.bool_] | None = None
) -> float:
    """Return the EDM at a point, infinite where it is not finite.

    Parameters
    ----------
    held
        Coefficients that stay where they are; None for none.
    """
    lower, upper = equations.bounds
    if held is not None:
        lower, upper = (np.where(held, point.x, b) for b in (lower, upper))
    found = solve(
        equations,
        point,
        (lower, upper),
        tolerances=Tolerances(edm=0.0, max_iterations=0),
        limits=equations.limits,
    )
    return found.edm if np.isfinite(found.edm) else np.inf
