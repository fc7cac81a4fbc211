"""What fixing a parameter would do, in words."""

from collections.abc import Mapping

from engine.degeneracy import Remedy
from engine.units import format_number, with_unit

_NOTICED = 1.05
"""Errors that shrink by less than this factor are not worth a word."""
_DOUBTED_ABOVE = 3.84
"""What χ² rises by in one case of twenty where the value is the true one."""
_SHOWN = 2
"""Parameters named beside the button; the tool tip names them all."""


def remedy_title(remedy: Remedy, symbol: str, unit: str) -> str:
    """Return the text of the button, e.g. Fix D_offset at 0."""
    return f"Fix {symbol} at {value_text(remedy.value, unit)}"


def value_text(value: float, unit: str) -> str:
    """Return a value with its unit, which zero does not need."""
    text = format_number(value, 4)
    return text if value == 0 else with_unit(text, unit)


def remedy_effect(
    remedy: Remedy, before: Mapping[str, float | None], symbols: Mapping[str, str]
) -> str:
    """Return in a few words what is gained, else what is paid.

    Parameters
    ----------
    before
        Standard errors of the fit.
    """
    gains = _gains(remedy, before)[:_SHOWN]
    rise = "" if remedy.chi_squared_rise is None else f"χ² +{_rise(remedy)}"
    if not gains:
        return rise
    named = ", ".join(
        f"{symbols.get(name, name)}\u00a0{format_number(factor, 2)}×"
        for name, factor in gains
    )
    effect = f"errors smaller: {named}"
    doubted = (remedy.chi_squared_rise or 0.0) > _DOUBTED_ABOVE
    return f"{effect}; but {rise}, hardly by noise" if doubted else effect


def remedy_tip(
    remedy: Remedy,
    before: Mapping[str, float | None],
    symbols: Mapping[str, str],
    units: Mapping[str, str],
) -> str:
    """Return all that is known of a remedy.

    Parameters
    ----------
    before
        Standard errors of the fit.
    """
    lines = ["What it costs is not known before the next fit."]
    if remedy.chi_squared_rise is not None:
        lines = [f"χ² rises by about {_rise(remedy)} in units of its scatter."]
    gains = _gains(remedy, before)
    if gains:
        lines.append("Standard errors shrink:")
    for name, _ in gains:
        old, new = before[name], remedy.stderr_after[name]
        text = f"{format_number(old, 2)} → {format_number(new, 2)}"
        lines.append(f"{symbols.get(name, name)}: {with_unit(text, units[name])}")
    return "\n".join(lines)


def _rise(remedy: Remedy) -> str:
    return format_number(max(remedy.chi_squared_rise or 0.0, 0.0), 2)


def _gains(
    remedy: Remedy, before: Mapping[str, float | None]
) -> list[tuple[str, float]]:
    """Return by what factor each error shrinks, the largest first."""
    factors = []
    for name, after in remedy.stderr_after.items():
        old = before.get(name)
        if old is not None and after > 0 and old / after >= _NOTICED:
            factors.append((name, old / after))
    return sorted(factors, key=lambda gain: -gain[1])
