"""A finished fit as text."""

import math
from dataclasses import replace

import pytest

from engine.report.aligned import display_width
from engine.report.table import (
    aligned,
    conversion_lines,
    parameter_table,
    scaling_table,
    summary,
    value_text,
)
from engine.result import State
from tests.engine.report.fixtures import PARAMETERS, fit_result, parameter, run_data


@pytest.fixture
def result():
    return fit_result(run_data(), warnings=["Mind the gap."])


def test_a_value_says_why_it_has_no_error():
    assert value_text(parameter("a", 0.5, 0.012)) == "0.500(12)"
    assert value_text(parameter("a", 0.5, None)) == "0.5 (not determined by the data)"
    assert value_text(parameter("a", 0.5, math.nan)).endswith("by the data)")
    assert value_text(parameter("a", 0.5, None, fixed=True)) == "0.5 (fixed)"
    assert value_text(parameter("a", 0.5, 0.012, fixed=True)) == "0.500(12) (tied)"
    assert value_text(parameter("a", 1.0, None, at_bound=True)) == "1 (at upper bound)"
    assert value_text(parameter("a", -1.0, None, at_bound=True)).endswith(
        "(at lower bound)"
    )


@pytest.mark.parametrize("state", [s for s in State if s is not State.CONVERGED])
def test_errors_beside_a_minimum_are_called_so(state):
    said = "the values are not at a minimum; standard errors would hold only there"
    assert said in summary(fit_result(run_data(), state=state))
    assert said not in summary(fit_result(run_data()))


def test_start_values_are_not_called_undetermined(result):
    status = replace(result.status, state=State.CANCELLED, iterations=0)
    values = tuple(replace(p, stderr=None) for p in PARAMETERS)
    text = parameter_table(replace(result, status=status, parameters=values))
    assert "1.9×10⁴ Å²/s (not fitted)" in text
    assert "not determined" not in text


def test_table_has_a_row_per_parameter_in_model_order(result):
    header, *rows = parameter_table(result).splitlines()
    assert header.split() == ["parameter", "value", "start", "bounds"]
    assert [row.split()[0] for row in rows] == [p.name for p in PARAMETERS]
    assert "1.900(16)×10⁴ Å²/s" in rows[0]
    assert "1.2×10⁴" in rows[0]


def test_convention_stands_beside_every_shear_rate_and_nothing_else(result):
    rows = parameter_table(result).splitlines()
    marked = [row.split()[0] for row in rows if "[literature]" in row]
    assert marked == ["gamma_dot_t0", "gamma_dot_t_offset"]


def test_columns_align_although_combining_marks_take_no_room():
    text = aligned([("γ̇₀", "1"), ("D_offset", "2")])
    first, second = text.splitlines()
    assert display_width("γ̇₀") == 2
    assert display_width(first) == display_width(second)


def test_scaling_of_every_angle_or_of_some(result):
    assert len(scaling_table(result).splitlines()) == 4
    assert scaling_table(result).splitlines()[2].split()[0] == "4.88°"
    assert len(scaling_table(result, [0, 2]).splitlines()) == 3


def test_conversions_state_value_and_exactness(result):
    lines = conversion_lines(result)
    assert lines[0] == "shear convention literature: factor (sin A / A)² in c2"
    homodyne2 = next(line for line in lines if line.startswith("in homodyne2"))
    # π/√2 times 1.94e-3, and of its error 1.6e-5.
    assert "gamma_dot_t0 = 4.31(4)×10⁻³ s⁻¹" in homodyne2
    assert "approximate, small strain" in homodyne2


def test_archived_conventions_convert_exactly():
    archived = fit_result(run_data(), convention="homodyne2")
    legacy = next(x for x in conversion_lines(archived) if x.startswith("in legacy"))
    assert "(× 0.31831, exact)" in legacy


def test_static_model_has_nothing_to_convert():
    static = fit_result(run_data(), model="static", parameters=PARAMETERS[:3])
    assert conversion_lines(static) == []
    assert "convention" not in summary(static)


def test_summary_tells_how_it_ended_and_what_it_is_worth(result):
    text = summary(result)
    assert "Converged: the distance is 2e-9." in text
    assert "7 iterations, 9 evaluations, 0.24 s in the solver" in text
    assert "reduced χ² 1.01 over 2,340 points with σ = 0.01" in text
    assert "estimated from the data" in text
    assert "frames 11-51, first one dropped" in text
    assert "warning: Mind the gap." in text
