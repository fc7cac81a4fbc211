"""The record of a fit as `result.json`: the contract other programs read.

Strict JSON: numbers that are not finite are null, never NaN or Infinity. Keys may be
added, never renamed; a change of meaning raises `FORMAT_VERSION`.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from engine.conventions import Convention
from engine.models.specs import model_spec
from engine.result import (
    Attempt,
    Diagnosis,
    FitResult,
    FittedParameter,
    PhaseRecord,
    ScalingResult,
)

FORMAT = "twotime-result"
FORMAT_VERSION = 1


def result_to_dict(result: FitResult) -> dict[str, Any]:
    """Return a fit as plain Python data that strict JSON can hold."""
    record = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "software": dict(result.software),
        "input": _input(result),
        "model": _model(result),
        "status": _status(result),
        "strategy": _strategy(result),
        "quality": _quality(result),
        "parameters": {p.name: _parameter(p) for p in result.parameters},
        "scaling": _scaling(result.scaling),
        "correlation": {
            "names": result.covariance_names,
            "matrix": result.correlation,
        },
        "phases": [_phase(p) for p in result.phases],
        "diagnosis": _diagnosis(result.diagnosis),
        "diagnostics": result.diagnostics,
        "degeneracy": asdict(result.degeneracy),
        "search": result.search,
        "timing": {
            "load_s": result.timing.load_s,
            "compile_s": result.timing.compile_s,
            "solve_s": result.timing.solve_s,
            "total_s": result.timing.total_s,
        },
        "memory": {"peak_rss_gb": result.peak_rss_gb},
    }
    return {key: plain(value) for key, value in record.items()}


def plain(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return a value as strict JSON data; what is not finite becomes None."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (Sequence, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def to_json(data: Mapping[str, Any], *, indent: int | None = None) -> str:
    """Return strict JSON text; Greek letters and units stay readable."""
    return json.dumps(plain(data), ensure_ascii=False, allow_nan=False, indent=indent)


def write_json(path: Path, result: FitResult) -> None:
    """Write `result.json`."""
    text = to_json(result_to_dict(result), indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def _input(result: FitResult) -> dict[str, Any]:
    given = result.input
    return {
        "path": given.path,
        "sha256": given.sha256,
        "layout": given.layout,
        "q": given.q,
        "dt": given.dt,
        "frames": given.frames,
        "n_frames": given.n_frames,
        "first_frame_dropped": given.first_frame_dropped,
        "phi": given.phi,
        "n_points": given.n_points,
    }


def _model(result: FitResult) -> dict[str, Any]:
    sheared = model_spec(result.model).sheared
    formula = Convention(result.convention).formula if sheared else None
    return {
        "name": result.model,
        "convention": result.convention,
        "convention_formula": formula,
        "gap": result.gap,
    }


def _status(result: FitResult) -> dict[str, Any]:
    status = result.status
    return {
        "state": status.state,
        "reason": status.reason,
        "message": status.message,
        "iterations": status.iterations,
        "evaluations": status.evaluations,
        "cost_initial": status.cost_initial,
        "cost_final": status.cost_final,
        "gradient_norm": status.gradient_norm,
        "edm": status.edm,
    }


def _strategy(result: FitResult) -> dict[str, Any]:
    strategy = result.strategy
    return {
        "name": strategy.name,
        "reason": strategy.reason,
        "estimated_gb": strategy.estimated_gb,
        "threshold_gb": strategy.threshold_gb,
        "attempts": [_attempt(a) for a in strategy.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "strategy": attempt.strategy,
        "outcome": attempt.outcome,
        "reason": attempt.reason,
        "actions": attempt.actions,
        "cost": attempt.cost,
        "diagnosis": _diagnosis(attempt.diagnosis),
    }


def _diagnosis(diagnosis: Diagnosis | None) -> dict[str, Any] | None:
    if diagnosis is None:
        return None
    return {
        "category": diagnosis.category,
        "message": diagnosis.message,
        "advice": diagnosis.advice,
    }


def _phase(phase: PhaseRecord) -> dict[str, Any]:
    return {
        "name": phase.name,
        "seconds": phase.seconds,
        "iterations": phase.iterations,
        "full_passes": phase.full_passes,
        "coarse_passes": phase.coarse_passes,
        "cost": phase.cost,
        "details": phase.details,
    }


def _quality(result: FitResult) -> dict[str, Any]:
    quality = result.quality
    return {
        "chi_squared": quality.chi_squared,
        "reduced_chi_squared": quality.reduced_chi_squared,
        "noise_sigma": quality.noise_sigma,
        "noise_source": quality.noise_source,
        "condition_number": quality.condition_number,
        "flag": quality.flag,
        "warnings": quality.warnings,
        "angle_chi_squared": quality.angle_chi_squared,
    }


def _parameter(parameter: FittedParameter) -> dict[str, Any]:
    return {
        "value": parameter.value,
        "stderr": parameter.stderr,
        "stderr_robust": parameter.stderr_robust,
        "unit": parameter.unit,
        "start": parameter.start,
        "lower": parameter.lower,
        "upper": parameter.upper,
        "fixed": parameter.fixed,
        "at_bound": parameter.at_bound,
    }


def _scaling(scaling: ScalingResult) -> dict[str, Any]:
    return {
        "requested": scaling.requested,
        "mode": scaling.mode,
        "n_coefficients": scaling.n_coefficients,
        "contrast": _per_angle(scaling.phi, scaling.contrast, scaling.contrast_stderr),
        "offset": _per_angle(scaling.phi, scaling.offset, scaling.offset_stderr),
    }


def _per_angle(
    phi: Sequence[float], values: Sequence[float], errors: Sequence[float | None]
) -> list[dict[str, Any]]:
    return [
        {"phi": angle, "value": value, "stderr": error}
        for angle, value, error in zip(phi, values, errors, strict=True)
    ]
