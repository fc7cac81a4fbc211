"""Scaling modes as text: which one and why, and how the others compare."""

import math

import pytest

from engine.degeneracy import PENALISED, Degeneracy, ScalingFit
from engine.report.aligned import display_width
from engine.report.degeneracy import comparison_lines, scaling_line

VALUES = {"D0": 19000.0, "alpha": -0.7, "gamma_dot_t0": 1.94e-3, "phi0": 4.0}
ERRORS = {"D0": 160.0, "alpha": 0.01, "gamma_dot_t0": 1.6e-5, "phi0": None}


def row(mode, **changes):
    settings = {
        "mode": mode,
        "n_coefficients": 2,
        "chi_squared": 8828.4153,
        "bic": 8945.1,
        "chosen": False,
        "admissible": True,
        "values": VALUES,
        "errors": ERRORS,
    }
    return ScalingFit(**{**settings, **changes})


def lines(*fits):
    return comparison_lines(Degeneracy(comparison=fits))


class TestScalingLine:
    def test_mode_and_reason(self):
        told = Degeneracy(requested="fourier", chosen="fourier", reason="As set.")
        assert scaling_line(told) == "scaling fourier. As set."

    def test_what_was_asked_for_where_it_is_another(self):
        told = Degeneracy(requested="auto", chosen="averaged", reason="All share one.")
        assert scaling_line(told) == (
            "scaling averaged (asked for: auto). All share one."
        )

    def test_without_a_reason(self):
        told = Degeneracy(requested="averaged", chosen="averaged")
        assert scaling_line(told) == "scaling averaged."

    def test_of_a_record_without_it(self):
        assert scaling_line(Degeneracy()) == ""


class TestComparison:
    def test_none_is_no_line(self):
        assert lines() == []

    def test_a_header_and_a_row_for_each(self):
        title, header, *rows = lines(
            row("averaged", bic=8945.1, admissible=False),
            row("individual", n_coefficients=14, bic=3403.8, chosen=True),
        )
        assert title == "scaling modes compared:"
        names = ["scaling", "coefficients", "χ²", "ΔBIC", "D0", "gamma_dot_t0", "phi0"]
        assert header.split() == names
        cells = ["1.900(16)×10⁴", "1.940(16)×10⁻³", "4"]
        first, second = (r.split() for r in rows)
        assert first == [
            *["averaged", "2", "8828.4153", "5541.3", *cells],
            *["biases", "the", "parameters"],
        ]
        expected = ["individual", "14", "8828.4153", "0.0", *cells, "chosen"]
        assert second == expected

    def test_columns_are_aligned(self):
        _, *table = lines(row("averaged"), row("individual", chi_squared=1.0))
        places = [line.index(text) for line, text in zip(table[1:], "81", strict=True)]
        assert places == [table[0].index("χ²")] * 2
        assert display_width(table[0]) >= len("scaling  coefficients")

    def test_differences_are_to_the_best(self):
        _, _, *rows = lines(*(row(m, bic=b) for m, b in (("a", -3.0), ("b", -10.25))))
        assert [r.split()[3] for r in rows] == ["7.2", "0.0"]

    def test_a_difference_that_does_not_exist(self):
        _, _, *rows = lines(row("a", bic=math.inf), row("b"))
        assert [r.split()[3] for r in rows] == ["–", "0.0"]

    @pytest.mark.parametrize(
        ("changes", "remark"),
        [
            ({}, ""),
            ({"chosen": True}, "chosen"),
            ({"admissible": False}, "biases the parameters"),
            ({"converged": False}, "not converged"),
            (
                {"chosen": True, "admissible": False, "converged": False},
                "chosen, biases the parameters, not converged",
            ),
        ],
    )
    def test_remarks(self, changes, remark):
        *_, line = lines(row("averaged", **changes))
        assert line.partition("1.940(16)×10⁻³")[2].split("4", 1)[1].strip() == remark

    def test_a_model_without_flow_has_fewer_columns(self):
        still = {"values": {"D0": 19000.0}, "errors": {"D0": 160.0}}
        _, header, *_ = lines(row("averaged", **still))
        assert header.split()[4:] == ["D0"]

    def test_a_penalised_result_keeps_its_name(self):
        *_, line = lines(row("individual"), row(f"individual{PENALISED}", chosen=True))
        assert line.startswith("individual, penalised ")
