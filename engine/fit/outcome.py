"""From the end of the solver to the record of the fit: errors, quality, provenance."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.events import Phase
from engine.fit.correlated import correlated_errors
from engine.fit.covariance import Uncertainties, withheld
from engine.fit.ending import Ending
from engine.fit.equations import FitPoint, fit_point
from engine.fit.findings import quality_of, scaling_at_limit
from engine.fit.layers.record import degeneracy_of
from engine.fit.problem import Problem
from engine.fit.statistics import diagnosis_of, diagnostics_of, uncertainties_of
from engine.machine import peak_memory_gb, software
from engine.result import (
    FitResult,
    FittedParameter,
    InputSummary,
    ScalingResult,
    Status,
    StrategyRecord,
    Timing,
)

Array = NDArray[np.float64]

_SOLVING = (
    Phase.COARSE,
    Phase.REFINING,
    Phase.NORMALISING,
    Phase.WARMING_UP,
    Phase.GAUSS_NEWTON,
)


def build_result(ending: Ending, sha256: str | None) -> FitResult:
    """Return the record of a fit."""
    problem, point = ending.problem, fit_point(ending.found.best)
    journal = ending.journal
    errors, status = uncertainties_of(ending, point), _status(ending, point)
    setup, data = problem.setup, problem.data
    degeneracy = degeneracy_of(ending, point, errors)
    if status.no_step:
        # What the curvature says of errors holds at a minimum.
        errors = withheld(errors)
        degeneracy = replace(degeneracy, entanglements=(), shear_limit=None)
    correlated = correlated_errors(ending, point, errors)
    parameters = _parameters(ending, point, errors, correlated)
    scaling = _scaling(ending, point, errors)
    quality = quality_of(ending, point, errors, parameters, degeneracy, status)
    journal.end()
    return FitResult(
        status=status,
        input=_input(problem, sha256),
        model=setup.spec.name,
        convention=setup.convention.value,
        gap=setup.gap if setup.spec.sheared else None,
        parameters=parameters,
        scaling=scaling,
        quality=quality,
        strategy=_strategy(ending),
        covariance_names=errors.names,
        covariance=errors.covariance,
        correlation=errors.correlation,
        angle_indices=problem.angles,
        timing=Timing(
            load_s=data.load_s,
            compile_s=journal.seconds(Phase.COMPILING),
            solve_s=journal.seconds(*_SOLVING),
            total_s=journal.elapsed + data.load_s,
        ),
        peak_rss_gb=peak_memory_gb(),
        software=software(),
        phases=journal.phases,
        diagnosis=diagnosis_of(ending, point, errors),
        diagnostics=diagnostics_of(ending, point),
        degeneracy=degeneracy,
    )


def _none_if_nan(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _parameters(
    ending: Ending,
    point: FitPoint,
    errors: Uncertainties,
    correlated: Mapping[str, float],
) -> tuple[FittedParameter, ...]:
    problem, mapping = ending.problem, ending.equations.parameters
    place = {name: n for n, name in enumerate(mapping.names)}
    starts = ending.starts
    found = []
    for spec, p, start, value in zip(
        problem.setup.spec.parameters,
        problem.setup.parameters,
        starts,
        point.theta.tolist(),
        strict=True,
    ):
        source = p.tie.to if p.tie else p.name
        n = place.get(source)
        factor = abs(p.tie.factor) if p.tie else 1.0
        stderr = None if n is None else _none_if_nan(factor * errors.stderr[n])
        robust = factor * correlated[source] if source in correlated else None
        at_bound = n is not None and bool(errors.at_bound[n])
        found.append(
            FittedParameter(
                name=p.name,
                symbol=spec.symbol,
                unit=spec.unit,
                value=value,
                stderr=stderr,
                stderr_robust=robust,
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
    inside = np.flatnonzero(~errors.at_bound)
    own = inside >= first
    covariance = errors.covariance[np.ix_(own, own)]
    at_limit = scaling_at_limit(ending, point, errors)

    def per_angle(matrix: Array, held: NDArray[np.bool_]) -> tuple[float | None, ...]:
        some = matrix[:, inside[own] - first]
        used = some != 0
        # What an angle does not use may be undetermined: 0 times NaN is NaN.
        variance = np.einsum(
            "ki,ij,kj->k", some, np.where(np.isfinite(covariance), covariance, 0), some
        )
        lost = used @ ~np.isfinite(np.diag(covariance)) | ~used.any(axis=1) | held
        found = np.where(lost, np.nan, np.sqrt(np.maximum(variance, 0.0)))
        return tuple(_none_if_nan(float(value)) for value in found)

    return ScalingResult(
        requested=ending.problem.setup.scaling.value,
        mode=mapping.mode.value,
        n_coefficients=mapping.n_coefficients,
        phi=tuple(ending.problem.phi.tolist()),
        contrast=tuple(pieces.contrast.tolist()),
        contrast_stderr=per_angle(mapping.contrast_map, at_limit[0]),
        offset=tuple(pieces.offset.tolist()),
        offset_stderr=per_angle(mapping.offset_map, at_limit[1]),
    )


def _status(ending: Ending, point: FitPoint) -> Status:
    found = ending.found
    return Status(
        state=found.reason.state,
        reason=found.reason.value,
        message=found.reason.sentence,
        iterations=ending.journal.iterations,
        evaluations=ending.evaluations,
        cost_initial=ending.cost_initial,
        cost_final=point.pieces.total_cost,
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


def _strategy(ending: Ending) -> StrategyRecord:
    plan, strategy = ending.plan, ending.problem.strategy
    reason = plan.reason
    if strategy is not plan.strategy:
        reason = f"{plan.strategy.value} failed; fallen back to {strategy.value}"
    return StrategyRecord(
        name=strategy.value,
        reason=reason,
        estimated_gb=plan.estimates[strategy],
        threshold_gb=plan.threshold_gb,
    )
