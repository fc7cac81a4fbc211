"""Numbers and units as text."""

import locale
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.units import (
    convert,
    format_duration,
    format_number,
    format_value,
    with_unit,
)

# The first three are the examples of the Review of Particle Physics (introduction,
# rounding); the others follow from the same rule by hand.
VALUES = [
    (0.827, 0.119, "0.83(12)"),
    (0.827, 0.367, "0.8(4)"),
    (0.827, 0.967, "0.8(10)"),
    (19000.0, 160.0, "1.900(16)×10⁴"),
    (12340.0, 56.0, "1.234(6)×10⁴"),
    (12340.0, 120.0, "1.234(12)×10⁴"),
    (1.94e-3, 1.6e-5, "1.940(16)×10⁻³"),
    (-0.7, 0.0123, "-0.700(12)"),
    (1234.5, 1.2, "1234.5(12)"),
    (1234.5, 12.0, "1234(12)"),
    (1234.5, 120.0, "1.23(12)×10³"),
    (3.0, 1500.0, "0.0(15)×10³"),
    (0.0, 0.012, "0.000(12)"),
    (-0.0001, 0.012, "0.000(12)"),
    (99999.7, 12.0, "1.00000(12)×10⁵"),
    (9.996, 0.354, "10.00(35)"),
    (9.996, 0.355, "10.0(4)"),
    (5.0, 0.0949, "5.00(9)"),
    (5.0, 0.0950, "5.00(10)"),
    (1e-9, 2e-10, "1.00(20)×10⁻⁹"),
    (1e300, 1e298, "1.000(10)×10³⁰⁰"),
    (1.0, None, "1"),
    (1.0, 0.0, "1"),
    (1.0, math.nan, "1"),
    (1.0, math.inf, "1"),
    (math.nan, 1.0, "n/a"),
    (None, 1.0, "n/a"),
]


@pytest.mark.parametrize(("value", "stderr", "text"), VALUES)
def test_value_with_error(value, stderr, text):
    assert format_value(value, stderr) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1e10, "1×10¹⁰"),
        (19000.0, "1.9×10⁴"),
        (1234.5678, "1234.57"),
        (1000.0, "1000"),
        (0.05, "0.05"),
        (0.0054, "0.0054"),
        (1e-4, "1×10⁻⁴"),
        (-1.5e-7, "-1.5×10⁻⁷"),
        (999999.9, "1×10⁶"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
        (math.nan, "n/a"),
        (None, "n/a"),
    ],
)
def test_plain_number(value, text):
    assert format_number(value) == text


def _read_back(text):
    """Parse what was written, independently of how it was written."""
    match = re.fullmatch(r"(-?[\d.]+)\((\d+)\)(?:×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    assert match, text
    mantissa, digits, power = match.groups()
    superscripts = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    scale = 10.0 ** int((power or "⁰").translate(superscripts))
    decimals = len(mantissa.partition(".")[2])
    return float(mantissa) * scale, int(digits) * 10.0**-decimals * scale


@given(
    st.floats(-1e12, 1e12, allow_subnormal=False),
    st.floats(1e-9, 1e9, allow_subnormal=False),
)
def test_written_value_is_within_a_tenth_of_its_error(value, stderr):
    shown, error = _read_back(format_value(value, stderr))
    # One digit is kept from 355 on: the last place is at most 1/3.55 of the error.
    assert abs(shown - value) <= 0.5 / 3.55 * stderr * 1.001 + 1e-12 * abs(value)
    assert error == pytest.approx(stderr, rel=0.13)


def test_decimal_mark_is_a_point_in_every_locale():
    before = locale.setlocale(locale.LC_ALL)
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8"):
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            continue
        break
    try:
        assert format_value(0.827, 0.119) == "0.83(12)"
        assert format_number(1234.5) == "1234.5"
    finally:
        locale.setlocale(locale.LC_ALL, before)


def test_unit_follows_the_number():
    assert with_unit("1.9(2)×10⁴", "Å²/s") == "1.9(2)×10⁴ Å²/s"
    assert with_unit("4.0(1)", "°") == "4.0(1)°"
    assert with_unit("-0.7", "") == "-0.7"
    assert with_unit("n/a", "Å²/s") == "n/a"


def test_units_convert():
    assert convert(1e8, "Å²/s", "µm²/s") == pytest.approx(1.0)
    assert convert(1.0, "nm⁻¹", "Å⁻¹") == pytest.approx(0.1)
    assert convert(200.0, "µm", "Å") == pytest.approx(2e6)
    assert convert(3.0, "s⁻¹", "s⁻¹") == 3.0
    with pytest.raises(ValueError, match="cannot convert Å to s"):
        convert(1.0, "Å", "s")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.236, "0.24 s"),
        (18.44, "18.4 s"),
        (59.97, "1 min 00 s"),
        (125.0, "2 min 05 s"),
        (3780.0, "1 h 03 min"),
        (math.nan, "n/a"),
        (-1.0, "n/a"),
    ],
)
def test_duration(seconds, text):
    assert format_duration(seconds) == text
