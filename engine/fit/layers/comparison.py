"""Every scaling mode fitted to the same data, each from the end of the fit."""

from dataclasses import replace

import numpy as np

from engine.degeneracy import ScalingFit
from engine.events import Phase
from engine.fit.covariance import uncertainties
from engine.fit.ending import Ending
from engine.fit.equations import FitPoint, fit_point
from engine.fit.layers.ladder import tested
from engine.fit.layers.score_test import scatter_of_score
from engine.fit.scaling import fourier_condition, fourier_possible, scaling_map
from engine.result import State
from engine.scaling.maps import LARGEST_CONDITION
from engine.setup import Scaling
from engine.solver.trust_region import solve


def compared(ending: Ending, point: FitPoint) -> tuple[ScalingFit, ...]:
    """Fit every scaling mode that these angles allow, fewest coefficients first.

    Raises
    ------
    CancelledError
        When the fit was stopped.
    """
    ending.journal.begin(Phase.COMPARING)
    fits = [_fitted(ending, point, mode) for mode in _modes(ending)]
    widest, _ = fits[-1]
    n = ending.layers.n_points
    scatter = scatter_of_score(widest.equations, widest, n)
    found = [_row(ending, at, scatter, converged=converged) for at, converged in fits]
    ending.journal.advanced(1.0)
    return tuple(found)


def _modes(ending: Ending) -> list[Scaling]:
    problem = ending.problem
    modes = [Scaling.AVERAGED]
    if fourier_possible(problem) and fourier_condition(problem) <= LARGEST_CONDITION:
        modes.append(Scaling.FOURIER)
    if len(problem.phi) == 1:
        return [Scaling.INDIVIDUAL]
    return [*modes, Scaling.INDIVIDUAL]


def _fitted(ending: Ending, point: FitPoint, mode: Scaling) -> tuple[FitPoint, bool]:
    here = point.equations
    plain = here.weights is None and here.penalty is None
    if here.scaling.mode is mode and plain:
        return point, ending.found.reason.state is State.CONVERGED
    equations = replace(
        here, scaling=scaling_map(ending.problem, mode), penalty=None, weights=None
    )
    found = solve(
        equations,
        equations.recast(point),
        equations.bounds,
        tolerances=ending.problem.setup.tolerances,
        move=equations.move,
        limits=equations.limits,
    )
    return fit_point(found.best), found.reason.state is State.CONVERGED


def _row(
    ending: Ending, point: FitPoint, scatter: float, *, converged: bool
) -> ScalingFit:
    equations, n_points = point.equations, ending.layers.n_points
    mode = equations.scaling.mode
    test = None
    if mode is not Scaling.INDIVIDUAL:
        test = tested(ending.problem, ending.layers, point, n_points=n_points)
    chi_squared = 2.0 * point.pieces.total_cost
    found = uncertainties(
        point.x, point.hessian, equations.bounds, equations.names, scatter
    )
    names = ending.problem.setup.parameters.names
    errors = dict(zip(equations.names, found.stderr.tolist(), strict=True))
    chosen = point.equations.scaling.mode is ending.equations.scaling.mode
    return ScalingFit(
        mode=mode.value,
        n_coefficients=equations.scaling.n_coefficients,
        chi_squared=chi_squared,
        bic=chi_squared / scatter + len(point.x) * float(np.log(n_points)),
        chosen=chosen,
        admissible=test is None or not test.rejected,
        values=dict(zip(names, point.theta.tolist(), strict=True)),
        errors={
            name: errors[name] if np.isfinite(errors.get(name, np.nan)) else None
            for name in names
        },
        converged=converged,
    )
