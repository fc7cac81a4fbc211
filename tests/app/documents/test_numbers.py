import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.numbers import (
    angle_count,
    angle_text,
    exact_text,
    parse_number,
    short_text,
)
from engine.errors import ParameterError


@given(st.floats(allow_nan=False))
def test_exact_text_reads_back_as_the_same_number(value):
    assert parse_number(exact_text(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00194, "0.00194"),
        (17000.0, "17000"),
        (1e10, "1e10"),
        (1.2e-9, "1.2e-9"),
        (-0.5, "-0.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (math.inf, "inf"),
    ],
)
def test_exact_text_is_short_where_it_can_be(value, text):
    assert exact_text(value) == text


def test_short_text_rounds_only_what_is_long():
    assert short_text(0.00194) == "0.00194"
    assert short_text(12345.678901234) == "12345.7"


@pytest.mark.parametrize(
    ("text", "value"), [("1,5", 1.5), (" 1e-3 ", 1e-3), ("−2", -2.0), ("7", 7.0)]
)
def test_what_people_type_is_understood(text, value):
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["abc", "", "1,2,3", "1.2,3", "nan"])
def test_what_is_no_number_is_refused_in_words(text):
    with pytest.raises(ParameterError, match="expected one such as"):
        parse_number(text)


@pytest.mark.parametrize(
    ("degrees", "text"), [(-60.0, "−60°"), (5.98234, "5.982°"), (0.0, "0°")]
)
def test_an_angle_has_a_minus_sign(degrees, text):
    assert angle_text(degrees) == text


@pytest.mark.parametrize("text", ["6,000", "-12,500", "100,000"])
def test_a_comma_that_may_mean_two_things_is_asked_about(text):
    plain = text.replace(",", "")
    with pytest.raises(ParameterError, match=f"or {plain}"):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0,125", 0.125), ("1,5e4", 15000.0), ("6,00", 6.0), ("6,0000", 6.0)],
)
def test_a_comma_that_can_only_be_decimal_is_one(text, value):
    assert parse_number(text) == value


def test_one_angle_is_not_several():
    assert [angle_count(n) for n in (0, 1, 2)] == ["0 angles", "1 angle", "2 angles"]
