"""What is found about a finished fit: the evidence for its quality."""

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from engine.degeneracy import Degeneracy
from engine.fit.covariance import Uncertainties
from engine.fit.degeneracy import (
    mirror_direction,
)
from engine.fit.ending import Ending
from engine.fit.equations import FitPoint
from engine.fit.evidence import Evidence
from engine.fit.problem import Problem
from engine.fit.quality import judge
from engine.fit.statistics import cancelling
from engine.models.base import RATE_FLOOR, rate
from engine.result import FittedParameter, Quality, Status
from engine.setup import Loss

Array = NDArray[np.float64]

NO_STEP = "No step was made: the values are the start values and have no errors."


def quality_of(
    ending: Ending,
    point: FitPoint,
    errors: Uncertainties,
    parameters: tuple[FittedParameter, ...],
    degeneracy: Degeneracy,
    status: Status,
) -> Quality:
    """Judge a fit, and collect what the user should know about it."""
    problem, pieces = ending.problem, point.pieces
    chi2 = float(pieces.chi2.sum())
    reduced = chi2 / max(sum(problem.n_points) - len(point.x), 1)
    by_angle = _angle_chi_squared(problem, point)
    flag, warnings = judge(
        _evidence(ending, point, errors, parameters, reduced, degeneracy)
    )
    return Quality(
        chi_squared=chi2,
        reduced_chi_squared=reduced,
        noise_sigma=problem.noise.sigma,
        noise_source=problem.noise.source,
        condition_number=errors.condition_number,
        flag=flag,
        warnings=(
            *([NO_STEP] if status.no_step else []),
            *warnings,
            *problem.warnings,
            *problem.read_again,
        ),
        angle_chi_squared=by_angle,
    )


def _angle_chi_squared(problem: Problem, point: FitPoint) -> tuple[float, ...]:
    return tuple((point.pieces.chi2 / np.array(problem.n_points)).tolist())


def _evidence(
    ending: Ending,
    point: FitPoint,
    errors: Uncertainties,
    parameters: tuple[FittedParameter, ...],
    reduced: float,
    degeneracy: Degeneracy,
) -> Evidence:
    problem = ending.problem
    names = ending.equations.names
    mapping = ending.equations.scaling
    contrast_held, offset_held = scaling_at_limit(ending, point, errors)
    rates = clipped_frames(problem, point.theta)
    shared = mapping.n_coefficients < 2 * len(problem.phi)
    return Evidence(
        state=ending.found.reason.state,
        reduced_chi_squared=reduced,
        sigma_estimated=problem.noise.source == "estimated",
        parameters=parameters,
        covariance_names=errors.names,
        correlation=errors.correlation,
        condition_number=errors.condition_number,
        undetermined=tuple(
            n for n, lost in zip(names, errors.undetermined, strict=True) if lost
        ),
        combinations=tuple(lost.sentence for lost in errors.lost),
        n_frames=len(problem.reduction.times),
        clipped_diffusion=rates[0],
        clipped_shear=rates[1],
        phi=tuple(problem.phi.tolist()),
        contrast_at_bound=tuple(contrast_held.tolist()),
        offset_at_bound=tuple(offset_held.tolist()),
        cancelling=cancelling(ending, point),
        scaling=mapping.mode,
        scaling_test=degeneracy.final_test,
        scaling_untested=shared and not ending.layers.tests_scaling,
        entanglements=degeneracy.entanglements,
        layer_notes=tuple(ending.layers.notes),
        shear_limit=degeneracy.shear_limit,
        shear_gain=degeneracy.shear_gain,
        mirror=_mirror(problem, parameters),
        robust=problem.setup.loss is not Loss.LINEAR,
        options=problem.setup.options.quality,
        nothing_free=not ending.equations.parameters.names,
        angle_chi_squared=_angle_chi_squared(problem, point),
    )


def scaling_at_limit(
    ending: Ending, point: FitPoint, errors: Uncertainties
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return at which angles the contrast, and the offset, is at a bound."""
    equations = ending.equations
    mapping, n = equations.scaling, equations.n_physical
    held = errors.at_bound[n:]
    found = (mapping.contrast_map != 0) @ held, (mapping.offset_map != 0) @ held
    if mapping.limits is None:
        return found
    near = ending.problem.setup.options.quality.bounds_tolerance
    rows = mapping.limits.at_limit(point.x[n:], near)
    k = len(mapping.contrast_map)
    return found[0] | rows[:k], found[1] | rows[k:]


def _mirror(
    problem: Problem, parameters: tuple[FittedParameter, ...]
) -> tuple[float, float] | None:
    """Return φ₀ and its mirror image where the angles cannot tell them apart."""
    for p in parameters:
        if p.name == "phi0" and not p.fixed:
            other = mirror_direction(problem.phi, p.value)
            return None if other is None else (p.value, other)
    return None


def clipped_frames(problem: Problem, theta: Array) -> tuple[int, int]:
    """Return at how many frames D(t) and the shear rate sit on their floor."""
    counts = [0, 0]
    for n in range(len(theta) // 3):
        prefactor, exponent, constant = jnp.asarray(theta[3 * n : 3 * n + 3])
        times = jnp.asarray(problem.reduction.times)
        values = rate(prefactor, exponent, constant, times)
        counts[n] = int(np.sum(np.asarray(values) <= RATE_FLOOR))
    return counts[0], counts[1]
