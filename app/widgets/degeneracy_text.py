"""What a fit tells of degeneracy, as rich text."""

from collections.abc import Mapping
from html import escape
from math import sqrt

from app.theme import Theme
from app.widgets.rich_text import cells, table, tinted
from app.wording import parameter_sentence
from engine.degeneracy import LAYERS, Coupling, Degeneracy, LayerReport, ScalingTest
from engine.units import format_number, with_unit

MODES = {
    "auto": "automatic",
    "auto_averaged": "averaged",
    "fixed_constant": "fixed",
    "fourier": "Fourier",
}
"""Scaling modes that are called otherwise than in files."""
_LAYER_NAMES = {
    "scaling": "Scaling mode",
    "hierarchical": "Hierarchical",
    "regularization": "CV penalty",
    "gradient_monitoring": "Collapse monitor",
    "shear_weighting": "Shear weighting",
}
_COUPLING_NOTE = (
    "ρ²: part of the signal that scaling can imitate, from 0 to 1. Below it, each "
    "standard error as a multiple of what it would be with a known scaling."
)
_TINY = 1e-300
_SHEAR_RATE = "gamma_dot_t0"


def mode_text(mode: str) -> str:
    """Return what the window calls a scaling mode."""
    return MODES.get(mode, mode.replace("_", " "))


def headline_html(
    degeneracy: Degeneracy, symbols: Mapping[str, str], theme: Theme
) -> str:
    """Return which scaling mode was chosen and why."""
    chosen, asked = mode_text(degeneracy.chosen), mode_text(degeneracy.requested)
    how = "as asked for"
    if degeneracy.chosen != degeneracy.requested and degeneracy.requested:
        how = f"asked for: {asked}"
    parts = [
        '<p style="font-size:large; margin:0">'
        f"<b>Scaling: {escape(chosen)}</b> {tinted(escape(f'({how})'), theme.muted)}"
        "</p>"
    ]
    if degeneracy.reason:
        reason = parameter_sentence(degeneracy.reason, symbols)
        parts.append(f'<p style="margin:2px 0 0 0">{escape(reason)}</p>')
    if degeneracy.shear_limit is not None:
        limit = with_unit(format_number(degeneracy.shear_limit, 2), "s⁻¹")
        symbol = symbols.get(_SHEAR_RATE, _SHEAR_RATE)
        said = f"⚠ No shear is seen: {symbol} is below {limit} (95 %)."
        parts.append(
            f'<p style="margin:4px 0 0 0">{tinted(escape(said), theme.warn)}</p>'
        )
    return "".join(parts)


def coupling_html(
    degeneracy: Degeneracy, symbols: Mapping[str, str], theme: Theme
) -> str:
    """Return what scaling costs, of its own for each angle and as it was fitted."""
    columns: list[tuple[str, Coupling]] = []
    if degeneracy.before is not None:
        columns.append(("own scaling for each angle", degeneracy.before))
    if degeneracy.after is not None:
        mode = mode_text(degeneracy.after.mode)
        columns.append((f"as fitted ({mode})", degeneracy.after))
    if not columns:
        return ""
    heading = cells("", *(tinted(escape(t), theme.muted) for t, _ in columns))
    rows = [cells("ρ²", *(f"{c.rho_squared:.3f}" for _, c in columns))]
    names = [n for n in symbols if any(n in c.inflation for _, c in columns)]
    rows += [
        cells(
            f"<b>{escape(symbols[name])}</b>",
            *(_inflation(c.inflation.get(name)) for _, c in columns),
        )
        for name in names
    ]
    note = tinted(_COUPLING_NOTE, theme.muted)
    return f'{table([heading, *rows])}<p style="margin:4px 0 0 0">{note}</p>'


def layers_html(
    degeneracy: Degeneracy, symbols: Mapping[str, str], theme: Theme
) -> str:
    """Return what each of the five layers did."""
    parts = []
    for number, name in enumerate(LAYERS, start=1):
        report = degeneracy.layers.get(name)
        if report is None:
            continue
        mark, state = _layer_state(report, theme)
        line = f"{mark} <b>{number} {_LAYER_NAMES[name]}</b> {state}"
        if report.configured and report.effect:
            said = parameter_sentence(report.effect, symbols)
            # The headline has said it.
            repeated = report.effect == degeneracy.reason
            line += f"<br>{escape('See above.' if repeated else said)}"
        parts.append(f'<p style="margin:0 0 5px 0">{line}</p>')
    return "".join(parts)


def scores_html(
    tests: tuple[ScalingTest, ...], symbols: Mapping[str, str], theme: Theme
) -> str:
    """Return every score test in words."""
    parts = []
    for test in tests:
        mark = tinted("✕", theme.bad) if test.rejected else tinted("✓", theme.good)
        text = escape(score_text(test, symbols))
        parts.append(f'<p style="margin:0 0 5px 0">{mark} {text}</p>')
    return "".join(parts)


def score_text(test: ScalingTest, symbols: Mapping[str, str]) -> str:
    """Return a score test as a sentence."""
    name, shift = test.largest_shift
    moved = ""
    if name:
        by = f"{shift:+.2g}" if abs(shift) < 10 else f"{shift:+.0f}"
        by = by.replace("-", "−")
        moved = f", {symbols.get(name, name)} would move by {by}\u00a0σ"
    verdict = "rejected" if test.rejected else "holds"
    statistic = f"{test.statistic:,.0f}".replace(",", "\u00a0")
    if test.statistic < 100:
        statistic = f"{test.statistic:.3g}"
    return (
        f"{mode_text(test.narrow)} against {mode_text(test.wide)}: "
        f"T\u00a0=\u00a0{statistic} on {test.degrees}, "
        f"{_chance(test.p_value)}{moved}: {verdict}."
    )


def _chance(p: float) -> str:
    if p < _TINY:
        return "p\u00a0<\u00a010⁻³⁰⁰"
    return f"p\u00a0=\u00a0{format_number(p, 2)}"


def _inflation(variance: float | None) -> str:
    if variance is None or not variance >= 0:
        return ""
    factor = sqrt(variance)
    return f"× {factor:.2f}" if factor < 10 else f"× {factor:.3g}"


def _layer_state(report: LayerReport, theme: Theme) -> tuple[str, str]:
    """Return a mark and whether a layer was on and did anything."""
    if not report.configured:
        return tinted("–", theme.muted), tinted("off", theme.muted)
    if not report.acted and report.count:
        noticed = (
            f"on, noticed {'once' if report.count == 1 else f'{report.count} times'}"
        )
        return tinted("○", theme.warn), tinted(noticed, theme.warn)
    if not report.acted:
        return tinted("○", theme.muted), tinted("on, had nothing to do", theme.muted)
    times = {0: "", 1: " once"}.get(report.count, f" {report.count} times")
    return tinted("●", theme.accent), tinted(f"on, acted{times}", theme.accent)
