"""A finished fit as text: parameter table, status, quality, conversions.

The same lines serve the terminal, the log of the result folder and the figure. The
shear convention stands beside every shear rate.
"""

import math
from collections.abc import Iterable

from engine.conventions import SHEAR_RATE_PARAMETERS, Convention, conversion
from engine.models.specs import model_spec
from engine.report.aligned import aligned
from engine.report.degeneracy import comparison_lines, scaling_line
from engine.result import FitResult, FittedParameter, State, Status
from engine.units import format_duration, format_number, format_value, with_unit

_HEADER = ("parameter", "value", "start", "bounds")


def value_text(parameter: FittedParameter, *, no_step: bool = False) -> str:
    """Return value, error and unit, or why there is no error.

    Parameters
    ----------
    no_step
        Whether the fit never left its start values.
    """
    if parameter.fixed:
        number = format_value(parameter.value, parameter.stderr)
        tied = parameter.stderr is not None
        text = with_unit(number, parameter.unit)
        return f"{text} ({'tied' if tied else 'fixed'})"
    if parameter.at_bound:
        lower = parameter.value - parameter.lower <= parameter.upper - parameter.value
        number = with_unit(format_number(parameter.value), parameter.unit)
        return f"{number} (at {'lower' if lower else 'upper'} bound)"
    if parameter.stderr is None or not math.isfinite(parameter.stderr):
        number = with_unit(format_number(parameter.value), parameter.unit)
        return f"{number} ({'not fitted' if no_step else 'not determined by the data'})"
    return with_unit(format_value(parameter.value, parameter.stderr), parameter.unit)


def parameter_table(result: FitResult) -> str:
    """Return the physical parameters as aligned columns."""
    return aligned([_HEADER, *(_row(p, result) for p in result.parameters)])


def scaling_table(result: FitResult, positions: Iterable[int] | None = None) -> str:
    """Return contrast and offset of every angle, or of some, as aligned columns."""
    scaling = result.scaling
    chosen = range(len(scaling.phi)) if positions is None else positions
    rows = [("phi", "contrast", "offset", "reduced χ²")]
    angle_chi = result.quality.angle_chi_squared or ("",) * len(scaling.phi)
    for k in chosen:
        chi = angle_chi[k]
        rows.append(
            (
                f"{scaling.phi[k]:.2f}°",
                format_value(scaling.contrast[k], scaling.contrast_stderr[k]),
                format_value(scaling.offset[k], scaling.offset_stderr[k]),
                chi if isinstance(chi, str) else _short(chi),
            )
        )
    return aligned(rows)


def status_lines(result: FitResult) -> list[str]:
    """Return how the fit ended and what it is worth, one sentence a line."""
    status, quality = result.status, result.quality
    source = "estimated from the data" if quality.noise_source != "given" else "given"
    return [
        status.message,
        f"{_plural(status.iterations, 'iteration')}, "
        f"{_plural(status.evaluations, 'evaluation')}, "
        f"{format_duration(result.timing.solve_s)} in the solver, "
        f"{format_duration(result.timing.total_s)} with reading and preparing; "
        f"cost {status.cost_initial:.6g} -> {status.cost_final:.6g}",
        f"reduced χ² {quality.reduced_chi_squared:.4g} over "
        f"{result.input.n_points:,} points with σ = {quality.noise_sigma:.3g} "
        f"({source}); quality {quality.flag}",
        *_no_minimum(status),
    ]


def _no_minimum(status: Status) -> list[str]:
    if status.no_step or status.state is State.CONVERGED:
        return []
    return ["the values are not at a minimum; standard errors would hold only there"]


def conversion_lines(result: FitResult) -> list[str]:
    """Return the shear rates under the other conventions; empty without shear."""
    if not model_spec(result.model).sheared:
        return []
    source = Convention(result.convention)
    rates = [p for p in result.parameters if p.name in SHEAR_RATE_PARAMETERS]
    lines = [f"shear convention {source}: factor {source.formula} in c2"]
    for target in Convention:
        if target is source:
            continue
        change = conversion(source, target)
        values = ", ".join(f"{p.name} = {_converted(p, change.factor)}" for p in rates)
        lines.append(f"in {target}: {values} (× {change.factor:.5g}, {change.remark})")
    return lines


def input_lines(result: FitResult) -> list[str]:
    """Return what was fitted."""
    given = result.input
    first, last = given.frames
    dropped = ", first one dropped" if given.first_frame_dropped else ""
    title = model_spec(result.model).title
    return [
        f"{given.path} ({given.layout})",
        f"{title}, q = {format_number(given.q)} Å⁻¹, dt = {format_number(given.dt)} s, "
        f"frames {first}-{last}{dropped}, {_plural(len(given.phi), 'angle')}",
        scaling_line(result.degeneracy) or f"scaling {result.scaling.mode}",
    ]


def summary(result: FitResult) -> str:
    """Return the whole text a user reads after a fit."""
    blocks = [
        input_lines(result),
        status_lines(result),
        parameter_table(result).splitlines(),
        scaling_table(result).splitlines(),
        conversion_lines(result),
        comparison_lines(result.degeneracy),
        [f"warning: {text}" for text in result.quality.warnings],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _row(parameter: FittedParameter, result: FitResult) -> tuple[str, str, str, str]:
    text = value_text(parameter, no_step=result.status.no_step)
    if parameter.name in SHEAR_RATE_PARAMETERS:
        text += f" [{result.convention}]"
    bounds = f"{format_number(parameter.lower)} … {format_number(parameter.upper)}"
    start = format_number(parameter.start)
    return parameter.name, text, start, "" if parameter.fixed else bounds


def _converted(parameter: FittedParameter, factor: float) -> str:
    stderr = None if parameter.stderr is None else parameter.stderr * factor
    return with_unit(format_value(parameter.value * factor, stderr), parameter.unit)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _short(chi: float) -> str:
    return f"{chi:.2f}" if 0.1 <= chi < 100 else f"{chi:.3g}"
