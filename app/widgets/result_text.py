"""The numbers of a fit as rich text."""

import re
from collections.abc import Mapping
from html import escape

from PySide6.QtGui import QColor

from app.documents.fit_record import FitRecord
from app.documents.numbers import chi_squared_text
from app.documents.parameter_model import fitted_text
from app.theme import Theme
from engine.conventions import SHEAR_RATE_PARAMETERS
from engine.result import FittedParameter, State
from engine.units import format_duration, format_value

_HEADLINES = {
    State.CONVERGED: "Converged",
    State.NOT_CONVERGED: "Not converged",
    State.CANCELLED: "Stopped; this is the best point so far",
    State.FAILED: "Failed",
}


def result_html(record: FitRecord, theme: Theme) -> str:
    """Return a fit as the text of the result panel."""
    parts = [
        _headline(record, theme),
        _warnings(record, theme),
        _title("Parameters"),
        _parameters(record, theme),
        _title("Angles"),
        _angles(record, theme),
        _title("How it was fitted"),
        _details(record, theme),
    ]
    return "".join(parts)


def _headline(record: FitRecord, theme: Theme) -> str:
    quality = record.result.quality
    colour = _name(getattr(theme, record.tone))
    return (
        f'<p style="font-size:large; margin:0"><b><span style="color:{colour}">'
        f"{record.glyph} {_HEADLINES[record.state]}</span> — "
        f"χ²ᵣ {chi_squared_text(quality.reduced_chi_squared)}, "
        f"{quality.flag.value}</b></p>"
        f'<p style="margin:2px 0 0 0">{escape(record.result.status.message)}</p>'
    )


def _warnings(record: FitRecord, theme: Theme) -> str:
    symbols = {p.name: p.symbol for p in record.result.parameters}
    warnings = [with_symbols(w, symbols) for w in record.result.quality.warnings]
    if not warnings:
        return ""
    colour = _name(theme.warn)
    lines = "".join(
        f'<p style="margin:3px 0"><span style="color:{colour}">⚠</span> {escape(w)}</p>'
        for w in warnings
    )
    return f'<div style="margin-top:6px">{lines}</div>'


def with_symbols(text: str, symbols: Mapping[str, str]) -> str:
    """Return a sentence with the parameters called as everywhere in the window."""
    return re.sub(r"\w+", lambda word: symbols.get(word[0], word[0]), text)


def _parameters(record: FitRecord, theme: Theme) -> str:
    rows = [_parameter_row(p, record.result.convention, theme) for p in _all(record)]
    return _table(rows)


def _all(record: FitRecord) -> tuple[FittedParameter, ...]:
    return record.result.parameters


def _parameter_row(p: FittedParameter, convention: str, theme: Theme) -> str:
    muted = _name(theme.muted)
    # In a narrow panel a unit is not to be broken after its stroke.
    unit = escape(p.unit).replace("/", "/&#8288;")
    remark = convention if p.name in SHEAR_RATE_PARAMETERS else ""
    value = escape(fitted_text(p))
    if p.at_bound:
        value = f'<span style="color:{_name(theme.warn)}">{value}</span>'
    return _row(
        f"<b>{escape(p.symbol)}</b>",
        value,
        f'{unit} <span style="color:{muted}">{remark}</span>',
    )


def _angles(record: FitRecord, theme: Theme) -> str:
    scaling, quality = record.result.scaling, record.result.quality
    muted = _name(theme.muted)
    heading = _row(
        *(
            f'<span style="color:{muted}">{text}</span>'
            for text in ("φ", "χ²ᵣ", "contrast", "offset")
        )
    )
    rows = [
        _row(
            f"{phi:.4g}°",
            chi_squared_text(quality.angle_chi_squared[i]),
            format_value(scaling.contrast[i], scaling.contrast_stderr[i]),
            format_value(scaling.offset[i], scaling.offset_stderr[i]),
        )
        for i, phi in enumerate(scaling.phi)
    ]
    return _table([heading, *rows])


def _details(record: FitRecord, theme: Theme) -> str:
    result = record.result
    status, quality, given = result.status, result.quality, result.input
    muted = _name(theme.muted)
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
        ("strategy", f"{result.strategy.name}: {result.strategy.reason}"),
    )
    rows = [
        _row(f'<span style="color:{muted}">{label}</span>', escape(text))
        for label, text in facts
    ]
    return _table(rows)


def _title(text: str) -> str:
    # After some tables Qt swallows the margin of a paragraph; an empty one it keeps.
    gap = '<p style="font-size:5pt; margin:0">&nbsp;</p>'
    return f'{gap}<p style="margin:4px 0 2px 0"><b>{text}</b></p>'


def _table(rows: list[str]) -> str:
    return f'<table cellspacing="0" cellpadding="0">{"".join(rows)}</table>'


def _row(*cells: str) -> str:
    inner = "".join(f'<td style="padding:1px 9px 1px 0">{c}</td>' for c in cells)
    return f"<tr>{inner}</tr>"


def _name(colour: object) -> str:
    return QColor(colour).name()  # type: ignore[call-overload]
