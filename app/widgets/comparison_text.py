"""Scaling modes that were fitted to the same data, side by side."""

from collections.abc import Mapping, Sequence
from html import escape
from math import floor, isfinite, log10

from app.theme import Theme
from app.widgets.degeneracy_text import mode_text
from app.widgets.rich_text import cells, table, tinted
from engine.degeneracy import ScalingFit
from engine.units import format_number, format_value

_WITH_SHEAR = ("gamma_dot_t0", "phi0")
_WITHOUT = ("D0",)
_NOTE = (
    "k: coefficients of contrast and offset. Differences are to the best mode that is "
    "not biased; a smaller BIC is better."
)
_PLAIN_POWERS = range(-1, 4)
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def comparison_html(
    fits: Sequence[ScalingFit],
    symbols: Mapping[str, str],
    units: Mapping[str, str],
    theme: Theme,
) -> str:
    """Return a table of the modes; differences are to the best admissible one.

    Parameters
    ----------
    symbols, units
        Of the parameters, by name.
    """
    if not fits:
        return ""
    names = _WITH_SHEAR if _WITH_SHEAR[0] in symbols else _WITHOUT
    best = best_admissible(fits)
    powers = {name: _power_of(best.values.get(name, 0.0)) for name in names}
    # The two differences share a column: the panel is narrow.
    titles = ["mode", "Δχ²<br>ΔBIC"]
    titles += [_title(symbols[n], units[n], powers[n]) for n in names]
    rows = [cells(*(tinted(t, theme.muted) for t in titles))]
    for fit in fits:
        differences = (fit.chi_squared - best.chi_squared, fit.bic - best.bic)
        numbers = [
            "<br>".join(map(_difference, differences)),
            *(_value(fit, name, powers[name]) for name in names),
        ]
        rows.append(cells(_mode(fit, theme), *map(_unbroken, numbers)))
    note = tinted(_NOTE, theme.muted)
    return f'{table(rows)}<p style="margin:4px 0 0 0">{note}</p>'


def best_admissible(fits: Sequence[ScalingFit]) -> ScalingFit:
    """Return the mode the others are measured against."""
    admissible = [f for f in fits if f.admissible] or list(fits)
    return min(admissible, key=lambda f: f.bic)


def _mode(fit: ScalingFit, theme: Theme) -> str:
    name = escape(mode_text(fit.mode))
    lines = [f"<b>{name}</b>" if fit.chosen else name]
    lines.append(tinted(f"k = {fit.n_coefficients}", theme.muted))
    if fit.chosen:
        lines.append(tinted("✓ chosen", theme.good))
    if not fit.admissible:
        lines.append(tinted("⚠ biased", theme.warn))
    if not fit.converged:
        lines.append(tinted("⚠ no minimum", theme.warn))
    return "<br>".join(map(_unbroken, lines))


def _power_of(value: float) -> int:
    """Return the power of ten all values of a parameter are written in."""
    if not value or not isfinite(value):
        return 0
    power = floor(log10(abs(value)))
    return 0 if power in _PLAIN_POWERS else power


def _title(symbol: str, unit: str, power: int) -> str:
    scale = f"10{str(power).translate(_SUPERSCRIPTS)} " if power else ""
    inner = f"{scale}{unit}".strip().replace("/", "/\u2060")
    return (
        f"{escape(symbol)}<br>{_unbroken(escape(inner))}" if inner else escape(symbol)
    )


def _value(fit: ScalingFit, name: str, power: int) -> str:
    value, error = fit.values.get(name), fit.errors.get(name)
    scale = 10.0**-power
    return escape(
        format_value(
            None if value is None else value * scale,
            None if error is None else error * scale,
        )
    )


def _difference(value: float) -> str:
    if abs(value) < 0.05:
        return "0"
    sign = "+" if value > 0 else "−"
    if abs(value) < 100:
        return f"{sign}{format_number(abs(value), 2)}"
    if abs(value) < 1e6:
        return f"{sign}{abs(value):,.0f}".replace(",", "\u2009")
    return f"{sign}{format_number(abs(value), 2)}"


def _unbroken(text: str) -> str:
    return f'<span style="white-space:nowrap">{text}</span>'
