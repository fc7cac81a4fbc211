"""What a fit tells of degeneracy, as text for the terminal and the log."""

import math

from engine.degeneracy import Degeneracy, ScalingFit
from engine.report.aligned import aligned
from engine.units import format_value

_SHOWN = ("D0", "gamma_dot_t0", "phi0")


def scaling_line(degeneracy: Degeneracy) -> str:
    """Return which scaling mode was used and why; empty where nothing is known."""
    if not degeneracy.chosen:
        return ""
    asked = degeneracy.requested
    asked = "" if asked == degeneracy.chosen else f" (asked for: {asked})"
    return f"scaling {degeneracy.chosen}{asked}. {degeneracy.reason}".rstrip()


def comparison_lines(degeneracy: Degeneracy) -> list[str]:
    """Return the comparison of scaling modes as aligned columns, if there is one."""
    fits = degeneracy.comparison
    if not fits:
        return []
    best = min(fit.bic for fit in fits)
    names = [name for name in _SHOWN if any(name in fit.values for fit in fits)]
    rows: list[tuple[str, ...]] = [
        ("scaling", "coefficients", "χ²", "ΔBIC", *names, "")
    ]
    rows.extend(_row(fit, best, names) for fit in fits)
    return ["scaling modes compared:", *aligned(rows).splitlines()]


def _row(fit: ScalingFit, best: float, names: list[str]) -> tuple[str, ...]:
    remarks = []
    if fit.chosen:
        remarks.append("chosen")
    if not fit.admissible:
        remarks.append("biases the parameters")
    if not fit.converged:
        remarks.append("not converged")
    values = [format_value(fit.values[name], fit.errors.get(name)) for name in names]
    difference = fit.bic - best
    told = f"{difference:.1f}" if math.isfinite(difference) else "–"
    return (
        fit.mode,
        str(fit.n_coefficients),
        f"{fit.chi_squared:.8g}",
        told,
        *values,
        ", ".join(remarks),
    )
