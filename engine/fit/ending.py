"""What a fit left behind, from which its record is made."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.fit.equations import FitEquations
from engine.fit.journal import Journal
from engine.fit.layer_run import LayerRun
from engine.fit.problem import Problem
from engine.routing.plan import Plan
from engine.solver.trust_region import SolverResult

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ending:
    """What a fit left behind."""

    problem: Problem
    equations: FitEquations
    cost_initial: float
    starts: tuple[float, ...]
    """Physical parameters the first attempt started from, in model order."""
    found: SolverResult
    plan: Plan
    journal: Journal
    layers: LayerRun
    evaluations: int
    """Passes over all pixels the fit took."""
    units: Array | None = None
    """Units in which the covariance is computed; None for those of the coefficients."""
