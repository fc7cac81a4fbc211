"""Numbers and units as text: one way of writing them on screen, in reports and figures.

A value with an error follows the rule of the Particle Data Group: the first three
digits of the error decide how many are kept (100-354 two, 355-949 one, 950-999 rounds
up to 1000, of which two are kept), and the value ends at the same decimal place. The
digits in brackets are the error of the last digits: 1.234(12)×10⁴ is 12340 ± 120. The
decimal mark is always a point, whatever the locale.
"""

import math
from decimal import ROUND_HALF_EVEN, Decimal

NOT_A_NUMBER = "n/a"
"""Text of a value that does not exist or is not finite."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLAIN_EXPONENTS = range(-2, 4)
"""Decimal exponents of a value with error that need no power of ten."""
_SHORT_EXPONENTS = range(-3, 4)
"""The same for a plain number, which has fewer digits."""

_TO_BASE = {
    "Å²/s": ("Å²/s", 1.0),
    "µm²/s": ("Å²/s", 1e8),
    "Å⁻¹": ("Å⁻¹", 1.0),
    "nm⁻¹": ("Å⁻¹", 0.1),
    "Å": ("Å", 1.0),
    "µm": ("Å", 1e4),
    "nm": ("Å", 10.0),
}


def format_value(value: float | None, stderr: float | None) -> str:
    """Return a value with its standard error in brackets, as 1.94(2)×10⁻³.

    Without a usable error (None, zero, not finite) it is the plain number.
    """
    if value is None or not math.isfinite(value):
        return NOT_A_NUMBER
    if stderr is None or not math.isfinite(stderr) or stderr <= 0:
        return format_number(value)
    digits, place = _rounded_error(stderr)
    rounded = _quantized(value, place)
    exponent = _exponent_of(rounded, digits, place)
    shift = 0 if exponent in _PLAIN_EXPONENTS and place <= 0 else exponent
    mantissa = rounded.scaleb(-shift)
    return f"{mantissa:f}({digits}){_power(shift)}"


def format_number(value: float | None, digits: int = 6) -> str:
    """Return a number with at most `digits` significant digits, as 1.9×10⁴ or 0.05."""
    if value is None or math.isnan(value):
        return NOT_A_NUMBER
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if exponent in _SHORT_EXPONENTS:
        return f"{Decimal(mantissa).scaleb(exponent).normalize():f}"
    return f"{Decimal(mantissa).normalize():f}{_power(exponent)}"


def with_unit(text: str, unit: str) -> str:
    """Return a formatted number followed by its unit, if it has one."""
    if not unit or text == NOT_A_NUMBER:
        return text
    return f"{text}{unit}" if unit == "°" else f"{text} {unit}"


def convert(value: float, source: str, target: str) -> float:
    """Convert between the units a quantity is stored and may be shown in.

    Raises
    ------
    ValueError
        When the two units do not measure the same quantity.
    """
    if source == target:
        return value
    base, factor = _TO_BASE.get(source, (source, 1.0))
    other, divisor = _TO_BASE.get(target, (target, 1.0))
    if base != other:
        raise ValueError(f"cannot convert {source} to {target}")
    return value * factor / divisor


def format_duration(seconds: float) -> str:
    """Return a time span as people say it: 0.24 s, 18.4 s, 2 min 05 s, 1 h 03 min."""
    if not math.isfinite(seconds) or seconds < 0:
        return NOT_A_NUMBER
    if round(seconds, 1) < 60:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _rounded_error(stderr: float) -> tuple[int, int]:
    """Return the kept digits of an error and the decimal place of the last one."""
    mantissa, _, power = f"{stderr:.2e}".partition("e")
    leading = int(mantissa.replace(".", ""))
    exponent = int(power)
    if leading >= 950:
        return 10, exponent
    kept = 2 if leading < 355 else 1
    place = exponent - kept + 1
    return int(_quantized(stderr, place).scaleb(-place)), place


def _quantized(value: float, place: int) -> Decimal:
    number = Decimal(repr(float(value)))
    # Quantizing needs as many digits as the result has; the default context has 28.
    if number and number.adjusted() - place > 25:
        return number
    rounded = number.quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_EVEN)
    return abs(rounded) if rounded == 0 else rounded


def _exponent_of(rounded: Decimal, digits: int, place: int) -> int:
    """Return the decimal exponent of the larger one of a value and its error."""
    error = Decimal(digits).scaleb(place)
    return max(rounded.adjusted() if rounded else error.adjusted(), error.adjusted())


def _power(exponent: int) -> str:
    return f"×10{str(exponent).translate(_SUPERSCRIPTS)}" if exponent else ""
