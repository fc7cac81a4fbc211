"""Every scaling mode fitted to the same data, each from the end of the fit."""

from dataclasses import replace

import numpy as np

from engine.degeneracy import PENALISED, ScalingFit
from engine.events import Phase
from engine.fit.covariance import Uncertainties, uncertainties
from engine.fit.ending import Ending
from engine.fit.equations import FitPoint, fit_point
from engine.fit.layers.ladder import judged
from engine.fit.layers.score_test import scatter_of_score
from engine.fit.plain_search import minimise
from engine.fit.scaling import fourier_condition, fourier_possible, scaling_map
from engine.fit.statistics import variance_of
from engine.result import State
from engine.scaling.maps import LARGEST_CONDITION
from engine.setup import Loss, Scaling


def compared(
    ending: Ending, point: FitPoint, errors: Uncertainties
) -> tuple[ScalingFit, ...]:
    """Fit every scaling mode that these angles allow, fewest coefficients first.

    The result itself is among them; if it is bent by a penalty or weights it stands
    beside the plain fit of its mode.

    Raises
    ------
    CancelledError
        When the fit was stopped.
    """
    ending.journal.begin(Phase.COMPARING)
    modes = _modes(ending)
    plain = point.equations.penalty is None and point.equations.weights is None
    fits: list[tuple[FitPoint, bool]] = []
    mine = (point, ending.found.reason.state is State.CONVERGED)
    for mode in modes:
        same = plain and point.equations.scaling.mode is mode
        fits.append(mine if same else _fitted(ending, point, mode))
    widest = fits[-1][0]
    if not any(at is point for at, _ in fits):
        fits.append(mine)
    scatter = _scatter(ending, widest)
    return tuple(
        _row(ending, at, scatter, errors if at is point else None, converged=converged)
        for at, converged in fits
    )


def _scatter(ending: Ending, widest: FitPoint) -> float:
    """Return the variance of a pixel that the BIC counts with.

    Of a robust loss the cost is a likelihood by itself.
    """
    if ending.problem.setup.loss is not Loss.LINEAR:
        return 1.0
    n = ending.layers.n_points
    return scatter_of_score(widest.equations, widest, n)


def _modes(ending: Ending) -> list[Scaling]:
    problem = ending.problem
    if len(problem.phi) == 1:
        return [Scaling.INDIVIDUAL]
    modes = [Scaling.AVERAGED]
    if fourier_possible(problem) and fourier_condition(problem) <= LARGEST_CONDITION:
        modes.append(Scaling.FOURIER)
    return [*modes, Scaling.INDIVIDUAL]


def _fitted(ending: Ending, point: FitPoint, mode: Scaling) -> tuple[FitPoint, bool]:
    equations = replace(
        point.equations,
        scaling=scaling_map(ending.problem, mode),
        penalty=None,
        weights=None,
    )
    tolerances = ending.problem.setup.tolerances
    found = minimise(
        equations,
        equations.recast(point),
        edm=tolerances.edm,
        steps=tolerances.max_iterations,
    )
    return fit_point(found.best), found.reason.state is State.CONVERGED


def _counted(point: FitPoint) -> int:
    """Return the coefficients the BIC counts: those frozen by a fit were fitted too."""
    fitted = len(point.x)
    if point.equations.scaling.mode is Scaling.CONSTANT:
        fitted += 2 * len(point.pieces.sw)
    return fitted


def _row(
    ending: Ending,
    point: FitPoint,
    scatter: float,
    known: Uncertainties | None,
    *,
    converged: bool,
) -> ScalingFit:
    """Return one line of the comparison.

    Parameters
    ----------
    known
        Errors of the result, where it is that; they are computed for the others.
    """
    equations, n_points = point.equations, ending.layers.n_points
    mode = equations.scaling.mode
    bent = mode is not Scaling.INDIVIDUAL or equations.penalty is not None
    test = None
    if bent and len(ending.problem.phi) > 1:
        test = judged(ending.problem, ending.layers, point, n_points=n_points)
    found = known or uncertainties(
        point.x,
        point.hessian,
        equations.bounds,
        equations.names,
        variance_of(ending, point),
    )
    names = ending.problem.setup.parameters.names
    errors = dict(zip(equations.names, found.stderr.tolist(), strict=True))
    penalised = PENALISED if equations.penalty is not None else ""
    return ScalingFit(
        mode=mode.value + penalised,
        n_coefficients=equations.scaling.n_coefficients,
        chi_squared=float(point.pieces.chi2.sum()),
        bic=2.0 * point.pieces.total_cost / scatter
        + _counted(point) * float(np.log(n_points)),
        chosen=known is not None,
        admissible=test is None or not test.rejected,
        values=dict(zip(names, point.theta.tolist(), strict=True)),
        errors={
            name: errors[name] if np.isfinite(errors.get(name, np.nan)) else None
            for name in names
        },
        converged=converged,
    )
