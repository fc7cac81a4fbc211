"""Statistics at the end of a fit: uncertainties, diagnosis, the normal matrix."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.events import Happening
from engine.fit.covariance import (
    Uncertainties,
    uncertainties,
    variance_factor,
    without_errors,
)
from engine.fit.degeneracy import cancelling_groups
from engine.fit.diagnosis import diagnose
from engine.fit.ending import Ending
from engine.fit.equations import FitPoint
from engine.fit.problem import Problem
from engine.fit.response import unresponsive
from engine.result import Diagnosis, State
from engine.setup import Loss

Array = NDArray[np.float64]


def uncertainties_of(ending: Ending, point: FitPoint) -> Uncertainties:
    """Return the uncertainties of all coefficients at the end."""
    equations = ending.equations
    finite = np.isfinite(point.hessian).all()
    hessian = point.hessian if finite else np.zeros_like(point.hessian)
    ignored = unresponsive(point)
    # Rounding, scaled to the size of the other columns, would correlate with them.
    hessian = np.where(ignored | ignored[:, None], 0.0, hessian)
    found = _in_units(ending, point, hessian, variance_of(ending, point))
    cancelled = {name for group in cancelling(ending, point) for name in group}
    lost = np.array([n in cancelled for n in equations.names], bool)
    return without_errors(found, lost & ~found.at_bound)


def variance_of(ending: Ending, point: FitPoint) -> float:
    """Return s², which makes s²H⁻¹ the covariance of the coefficients at a point."""
    problem = ending.problem
    return variance_factor(
        point.pieces,
        n_points=sum(problem.n_points),
        n_free=len(point.x),
        robust=problem.setup.loss is not Loss.LINEAR,
        estimated=problem.noise.source == "estimated",
    )


def _in_units(
    ending: Ending, point: FitPoint, hessian: Array, factor: float
) -> Uncertainties:
    """Return the uncertainties, computed in the units of the fit where it has some."""
    equations, setup = ending.equations, ending.problem.setup
    units = np.ones_like(point.x) if ending.units is None else ending.units
    lower, upper = equations.bounds
    near = setup.options.quality.bounds_tolerance
    outer = np.outer(units, units)
    scatter = equations.scatter(point)
    found = uncertainties(
        point.x / units,
        hessian * outer,
        (lower / units, upper / units),
        equations.names,
        factor,
        point.gradient * units,
        near,
        scatter=None if scatter is None else scatter * outer,
        held=held_limits(point, near) * units,
    )
    if ending.units is None:
        return found
    ending.journal.happened(
        Happening.DENORMALISED,
        "The covariance was transformed back from normalised parameters.",
    )
    return found.in_units(units)


def held_limits(point: FitPoint, tolerance: float) -> Array:
    """Return the limits on contrast and offset that a point is at, shape (m, n)."""
    limits = point.equations.limits
    if limits is None:
        return np.empty((0, len(point.x)))
    return limits.matrix[limits.at_limit(point.x, tolerance)]


def cancelling(ending: Ending, point: FitPoint) -> tuple[tuple[str, ...], ...]:
    """Return the rates whose power law and constant nearly cancel."""
    names = ending.problem.setup.parameters.names
    return cancelling_groups(
        dict(zip(names, point.theta.tolist(), strict=True)),
        ending.equations.parameters.names,
        ending.problem.reduction.times,
    )


def diagnosis_of(
    ending: Ending, point: FitPoint, errors: Uncertainties
) -> Diagnosis | None:
    """Return what kind of failure it was, None when it was none."""
    reason, names = ending.found.reason, ending.equations.names
    if reason.state in {State.CONVERGED, State.CANCELLED}:
        return None

    def named(flags: NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(n for n, flag in zip(names, flags, strict=True) if flag)

    return diagnose(
        reason,
        at_bound=named(errors.at_bound),
        undetermined=named(errors.undetermined),
        combinations=tuple(lost.sentence for lost in errors.lost),
        finite=point.finite,
        free=ending.equations.parameters.names,
    )


def diagnostics_of(ending: Ending, point: FitPoint) -> dict[str, Any]:
    """Return statistics of the normal matrix at the end, and of every step."""
    if not ending.problem.setup.options.diagnostics:
        return {}
    norms = np.sqrt(np.maximum(np.diag(point.hessian), 0.0))
    scale = np.where(norms > 0, norms, 1.0)
    scaled = point.hessian / np.outer(scale, scale)
    eigenvalues = np.linalg.eigvalsh(scaled) if point.finite else np.empty(0)
    names = ending.equations.names
    return {
        "column_norms": dict(zip(names, norms.tolist(), strict=True)),
        "eigenvalues_scaled": eigenvalues.tolist(),
        "gradient": dict(zip(names, point.gradient.tolist(), strict=True)),
        "full_passes": ending.journal.full.passes,
        "coarse_passes": ending.journal.coarse.passes,
        "coarse_points": _coarse_points(ending.problem),
        "steps": ending.journal.history,
    }


def _coarse_points(problem: Problem) -> int | None:
    grid = problem.tiling.grid
    return None if grid is None else grid.n_points
