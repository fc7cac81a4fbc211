"""From the end of the solver to the record of the fit: errors, quality, provenance."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from engine.fit.covariance import (
    Uncertainties,
    uncertainties,
    variance_factor,
    without_errors,
)
from engine.fit.degeneracy import (
    cancelling_groups,
    individual_scaling_gain,
    mirror_direction,
    shear_gain,
)
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.fit.problem import Problem
from engine.fit.quality import Evidence, judge
from engine.machine import peak_memory_gb, software, total_memory_gb
from engine.models.base import RATE_FLOOR, rate
from engine.result import (
    FitResult,
    FittedParameter,
    InputSummary,
    Quality,
    ScalingResult,
    Status,
    StrategyRecord,
    Timing,
)
from engine.setup import Loss, Strategy
from engine.solver.trust_region import SolverResult

Array = NDArray[np.float64]

_BASE_GB = 0.35
"""Interpreter and libraries."""
_THRESHOLD_FRACTION = 0.75


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ending:
    """What a fit left behind."""

    problem: Problem
    equations: FitEquations
    cost_initial: float
    found: SolverResult
    compile_s: float
    solve_s: float
    total_s: float


def build_result(ending: Ending, sha256: str | None) -> FitResult:
    """Return the record of a fit."""
    problem, point = ending.problem, fit_point(ending.found.best)
    errors = _uncertainties(ending, point)
    parameters = _parameters(ending, point, errors)
    scaling = _scaling(ending, point, errors)
    setup, data = problem.setup, problem.data
    return FitResult(
        status=_status(ending, point),
        input=_input(problem, sha256),
        model=setup.spec.name,
        convention=setup.convention.value,
        gap=setup.gap if setup.spec.sheared else None,
        parameters=parameters,
        scaling=scaling,
        quality=_quality(ending, point, errors, parameters),
        strategy=_strategy(problem, ending),
        covariance_names=errors.names,
        covariance=errors.covariance,
        correlation=errors.correlation,
        angle_indices=problem.angles,
        timing=Timing(
            load_s=data.load_s,
            compile_s=ending.compile_s,
            solve_s=ending.solve_s,
            total_s=ending.total_s + data.load_s,
        ),
        peak_rss_gb=peak_memory_gb(),
        software=software(),
        degeneracy={"layers": {}},
    )


def _uncertainties(ending: Ending, point: FitPoint) -> Uncertainties:
    problem, equations = ending.problem, ending.equations
    bounds = equations.bounds
    finite = np.isfinite(point.hessian).all()
    hessian = point.hessian if finite else np.zeros_like(point.hessian)
    factor = variance_factor(
        point.pieces,
        n_points=sum(problem.n_points),
        n_free=len(point.x),
        robust=problem.setup.loss is not Loss.LINEAR,
        estimated=problem.noise.source == "estimated",
    )
    found = uncertainties(point.x, hessian, bounds, equations.names, factor)
    cancelled = {name for group in _cancelling(ending, point) for name in group}
    return without_errors(
        found, np.array([n in cancelled for n in equations.names], bool)
    )


def _cancelling(ending: Ending, point: FitPoint) -> tuple[tuple[str, ...], ...]:
    names = ending.problem.setup.parameters.names
    return cancelling_groups(
        dict(zip(names, point.theta.tolist(), strict=True)),
        ending.equations.parameters.names,
        ending.problem.reduction.times,
    )


def _none_if_nan(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _parameters(
    ending: Ending, point: FitPoint, errors: Uncertainties
) -> tuple[FittedParameter, ...]:
    problem, mapping = ending.problem, ending.equations.parameters
    place = {name: n for n, name in enumerate(mapping.names)}
    starts = problem.setup.parameters.values
    found = []
    for spec, p, start, value in zip(
        problem.setup.spec.parameters,
        problem.setup.parameters,
        starts,
        point.theta.tolist(),
        strict=True,
    ):
        n = place.get(p.tie.to if p.tie else p.name)
        factor = abs(p.tie.factor) if p.tie else 1.0
        stderr = None if n is None else _none_if_nan(factor * errors.stderr[n])
        at_bound = n is not None and bool(errors.at_bound[n])
        found.append(
            FittedParameter(
                name=p.name,
                symbol=spec.symbol,
                unit=spec.unit,
                value=value,
                stderr=stderr,
                start=start,
                lower=p.lower,
                upper=p.upper,
                fixed=not p.free,
                at_bound=at_bound and p.free,
            )
        )
    return tuple(found)


def _scaling(ending: Ending, point: FitPoint, errors: Uncertainties) -> ScalingResult:
    mapping, pieces = ending.equations.scaling, point.pieces
    first = len(ending.equations.parameters.names)
    stderr = errors.stderr[first:]

    def per_angle(matrix: Array) -> tuple[float | None, ...]:
        # Every mode here gives an angle exactly one coefficient, or none.
        rows = [np.flatnonzero(row) for row in matrix]
        return tuple(
            _none_if_nan(float(stderr[row[0]])) if len(row) else None for row in rows
        )

    return ScalingResult(
        requested=ending.problem.setup.scaling.value,
        mode=mapping.mode.value,
        n_coefficients=mapping.n_coefficients,
        phi=tuple(ending.problem.phi.tolist()),
        contrast=tuple(pieces.contrast.tolist()),
        contrast_stderr=per_angle(mapping.contrast_map),
        offset=tuple(pieces.offset.tolist()),
        offset_stderr=per_angle(mapping.offset_map),
    )


def _status(ending: Ending, point: FitPoint) -> Status:
    found = ending.found
    return Status(
        state=found.reason.state,
        reason=found.reason.value,
        message=found.reason.sentence,
        iterations=found.iterations,
        evaluations=found.evaluations,
        cost_initial=ending.cost_initial,
        cost_final=point.cost,
        gradient_norm=float(np.linalg.norm(point.gradient)),
        edm=found.edm,
    )


def _input(problem: Problem, sha256: str | None) -> InputSummary:
    data = problem.data
    return InputSummary(
        path=str(data.path),
        sha256=sha256,
        layout=data.layout,
        q=data.q,
        dt=data.dt,
        frames=(data.first_frame, data.last_frame),
        n_frames=len(problem.reduction.times),
        phi=tuple(problem.phi.tolist()),
        n_points=sum(problem.n_points),
        first_frame_dropped=problem.setup.drop_first_frame,
    )


def _quality(
    ending: Ending,
    point: FitPoint,
    errors: Uncertainties,
    parameters: tuple[FittedParameter, ...],
) -> Quality:
    problem, pieces = ending.problem, point.pieces
    chi2 = float(pieces.chi2.sum())
    reduced = chi2 / max(sum(problem.n_points) - len(point.x), 1)
    by_angle = _angle_chi_squared(problem, point)
    flag, warnings = judge(_evidence(ending, point, errors, parameters, reduced))
    return Quality(
        chi_squared=chi2,
        reduced_chi_squared=reduced,
        noise_sigma=problem.noise.sigma,
        noise_source=problem.noise.source,
        condition_number=errors.condition_number,
        flag=flag,
        warnings=(*warnings, *problem.warnings),
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
) -> Evidence:
    problem = ending.problem
    names = ending.equations.names
    first = len(ending.equations.parameters.names)
    mapping = ending.equations.scaling
    held = errors.at_bound[first:]
    rates = clipped_frames(problem, point.theta)
    lost_shear = shear_gain(ending.equations, point)
    # Gains of χ² in units of the scatter actually seen.
    per_point = max(reduced, 1e-300) if np.isfinite(reduced) else 1.0
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
        n_frames=len(problem.reduction.times),
        clipped_diffusion=rates[0],
        clipped_shear=rates[1],
        phi=tuple(problem.phi.tolist()),
        contrast_at_bound=tuple(((mapping.contrast_map != 0) @ held).tolist()),
        offset_at_bound=tuple(((mapping.offset_map != 0) @ held).tolist()),
        cancelling=_cancelling(ending, point),
        scaling=mapping.mode,
        scaling_gain=individual_scaling_gain(point.pieces) / per_point,
        spare_coefficients=2 * len(problem.phi) - mapping.n_coefficients,
        shear_gain=None if lost_shear is None else lost_shear / per_point,
        mirror=_mirror(problem, parameters),
        robust=problem.setup.loss is not Loss.LINEAR,
        nothing_free=not ending.equations.parameters.names,
        angle_chi_squared=_angle_chi_squared(problem, point),
    )


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


def _strategy(problem: Problem, ending: Ending) -> StrategyRecord:
    layout = problem.reduction.layout
    pixels = len(problem.angles) * layout.n_tiles * layout.tile**2
    needed = _BASE_GB + (problem.data.c2.nbytes + 4 * pixels) / 1e9
    threshold = _THRESHOLD_FRACTION * total_memory_gb()
    forced = problem.setup.strategy is Strategy.STANDARD
    reason = (
        "asked for: the data stay in memory"
        if forced
        else f"about {needed:.2g} GB of {threshold:.3g} GB allowed: the data stay in "
        "memory"
    )
    attempt = {
        "strategy": "standard",
        "outcome": ending.found.reason.state.value,
        "actions": [],
    }
    return StrategyRecord(
        name="standard",
        reason=reason,
        estimated_gb=needed,
        threshold_gb=threshold,
        attempts=(attempt,),
    )
