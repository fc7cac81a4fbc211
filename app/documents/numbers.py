"""Numbers as text in fields: what is typed is what is used, always with a point."""

import math
import re
from decimal import Decimal

from engine.errors import ParameterError

_SHORT_DIGITS = 6
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_PLAIN_FROM, _PLAIN_BELOW = 1e-4, 1e7
"""Between these a number is written without a power of ten."""


def exact_text(value: float) -> str:
    """Return the shortest text that reads back as exactly this number."""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == int(value) and abs(value) < _PLAIN_BELOW:
        return str(int(value))
    if _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return repr(float(value))
    mantissa, _, power = f"{Decimal(repr(float(value))).normalize():e}".partition("e")
    return f"{mantissa}e{int(power)}"


def short_text(value: float) -> str:
    """Return the exact text, or six digits where that would be long."""
    exact = exact_text(value)
    if len(exact.lstrip("-")) <= _SHORT_DIGITS + 3:
        return exact
    return exact_text(float(f"{value:.{_SHORT_DIGITS}g}"))


def angle_text(degrees: float, digits: int = 4) -> str:
    """Return an angle for the window, with a minus sign that is one."""
    return f"{degrees:.{digits}g}°".replace("-", "−")


def angle_count(count: int) -> str:
    """Return how many angles there are, in words."""
    return "1 angle" if count == 1 else f"{count} angles"


def chi_squared_text(value: float) -> str:
    """Return reduced chi squared, the same way wherever it stands."""
    if not math.isfinite(value):
        return "n/a"
    return f"{value:.3f}" if value < 100 else f"{value:.3g}"


def parse_number(text: str) -> float:
    """Return the number a user typed.

    A comma counts as the decimal mark when nothing else could be meant: 1,5 is one and
    a half, 6,000 may be six or six thousand.

    Raises
    ------
    ParameterError
        With the sentence for the user.
    """
    cleaned = text.strip().replace("−", "-").replace("∞", "inf")
    if _THOUSANDS.fullmatch(cleaned):
        raise ParameterError(
            f"{text.strip()!r} may have a decimal comma or one between thousands; "
            f"write {cleaned.replace(',', '.')} or {cleaned.replace(',', '')}"
        )
    if cleaned.count(",") == 1 and "." not in cleaned:
        cleaned = cleaned.replace(",", ".")
    try:
        value = float(cleaned)
    except ValueError:
        raise ParameterError(
            f"{text.strip()!r} is not a number; expected one such as 0.0019 or 1.9e-3"
        ) from None
    if math.isnan(value):
        raise ParameterError(
            "nan is not a number a fit can use; expected one such as 0"
        )
    return value
