"""The numbers of a fit as rich text."""

from collections.abc import Collection
from html import escape

from app.documents.fit_record import FitRecord
from app.documents.numbers import angle_text, chi_squared_text
from app.documents.parameter_model import fitted_text
from app.theme import Theme
from app.widgets.course_text import (
    attempts_html,
    diagnosis_html,
    phases_html,
    strategy_facts,
)
from app.widgets.rich_text import cells, table, tinted, title
from app.wording import for_window, with_symbols
from engine.conventions import SHEAR_RATE_PARAMETERS
from engine.result import FittedParameter, State
from engine.units import format_duration, format_value

_HEADLINES = {
    State.CONVERGED: "Converged",
    State.NOT_CONVERGED: "Not converged",
    State.CANCELLED: "Stopped; this is the best point so far",
    State.FAILED: "Failed",
}


def result_html(record: FitRecord, theme: Theme, opened: Collection[int] = ()) -> str:
    """Return a fit as the text of the result panel.

    Parameters
    ----------
    opened
        Indices of the attempts shown in full.
    """
    result = record.result
    parts = [
        _headline(record, theme),
        diagnosis_html(result.diagnosis, result.status.message, record.symbols),
        _warnings(record, theme),
        title("Parameters"),
        _parameters(record, theme),
        title("Angles"),
        _angles(record, theme),
        title("How it was fitted"),
        _details(record, theme),
        phases_html(result, theme),
        attempts_html(record, theme, opened),
    ]
    return "".join(parts)


def _headline(record: FitRecord, theme: Theme) -> str:
    result = record.result
    state = tinted(
        f"{record.glyph} {_HEADLINES[record.state]}", getattr(theme, record.tone)
    )
    return (
        f'<p style="font-size:large; margin:0"><b>{state} — '
        f"χ²ᵣ {chi_squared_text(result.quality.reduced_chi_squared)}, "
        f"{result.quality.flag.value}</b></p>"
        '<p style="margin:2px 0 0 0">'
        f"{escape(for_window(result.status.message))}</p>"
    )


def _warnings(record: FitRecord, theme: Theme) -> str:
    symbols = record.symbols
    warnings = [
        with_symbols(for_window(w), symbols) for w in record.result.quality.warnings
    ]
    if not warnings:
        return ""
    mark = tinted("⚠", theme.warn)
    lines = "".join(f'<p style="margin:3px 0">{mark} {escape(w)}</p>' for w in warnings)
    return f'<div style="margin-top:6px">{lines}</div>'


def _parameters(record: FitRecord, theme: Theme) -> str:
    rows = [_parameter_row(p, record.result.convention, theme) for p in _all(record)]
    return table(rows)


def _all(record: FitRecord) -> tuple[FittedParameter, ...]:
    return record.result.parameters


def _parameter_row(p: FittedParameter, convention: str, theme: Theme) -> str:
    # In a narrow panel a unit is not to be broken after its stroke.
    unit = escape(p.unit).replace("/", "/&#8288;")
    remark = convention if p.name in SHEAR_RATE_PARAMETERS else ""
    value = escape(fitted_text(p))
    if p.at_bound:
        value = tinted(value, theme.warn)
    return cells(
        f"<b>{escape(p.symbol)}</b>", value, f"{unit} {tinted(remark, theme.muted)}"
    )


def _angles(record: FitRecord, theme: Theme) -> str:
    scaling, quality = record.result.scaling, record.result.quality
    heading = cells(
        *(tinted(text, theme.muted) for text in ("φ", "χ²ᵣ", "contrast", "offset"))
    )
    rows = [
        cells(
            angle_text(phi),
            chi_squared_text(quality.angle_chi_squared[i]),
            format_value(scaling.contrast[i], scaling.contrast_stderr[i]),
            format_value(scaling.offset[i], scaling.offset_stderr[i]),
        )
        for i, phi in enumerate(scaling.phi)
    ]
    return table([heading, *rows])


def _details(record: FitRecord, theme: Theme) -> str:
    result = record.result
    status, quality, given = result.status, result.quality, result.input
    convention = f", {result.convention} convention" if result.gap else ""
    facts = (
        ("model", f"{result.model.replace('_', ' ')}{convention}"),
        ("scaling", f"{result.scaling.mode} (asked for {result.scaling.requested})"),
        ("pixels", f"{given.n_points:,} of frames {given.frames[0]}–{given.frames[1]}"),
        ("noise σ", f"{quality.noise_sigma:.4g}, {quality.noise_source}"),
        (
            "cost",
            f"{status.cost_initial:.6g} → {status.cost_final:.6g} in "
            f"{status.iterations} steps, {status.evaluations} passes",
        ),
        ("EDM", f"{status.edm:.3g}"),
        ("condition", f"{quality.condition_number:.3g}"),
        ("time", format_duration(result.timing.total_s)),
        *strategy_facts(result),
    )
    rows = [
        cells(tinted(label, theme.muted), escape(for_window(text)))
        for label, text in facts
    ]
    return table(rows)
