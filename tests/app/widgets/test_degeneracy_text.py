"""What a record of degeneracy says in words."""

import re
from dataclasses import replace

import pytest
from PySide6.QtGui import QTextDocument

from app.theme import DARK, LIGHT
from app.widgets.comparison_text import best_admissible, comparison_html
from app.widgets.degeneracy_text import (
    coupling_html,
    headline_html,
    layers_html,
    score_text,
    scores_html,
)
from app.widgets.remedy_text import remedy_effect, remedy_tip, remedy_title
from engine.degeneracy import Degeneracy, LayerReport
from tests.app.degeneracy_records import (
    REMEDY,
    TESTS,
    comparison,
    degenerate_record,
    make_degeneracy,
)

pytestmark = pytest.mark.gui

RECORD = degenerate_record()
SYMBOLS = RECORD.symbols
UNITS = {p.name: p.unit for p in RECORD.result.parameters}
ERRORS = {"D0": 132.0, "alpha": 0.05, "beta": 0.009, "phi0": None}


def plain(html):
    document = QTextDocument()
    document.setHtml(html)
    return re.sub(r"\s+", " ", document.toPlainText())


def said(test):
    return score_text(test, SYMBOLS).replace("\u00a0", " ")


class TestHeadline:
    def test_mode_request_and_reason(self):
        text = plain(headline_html(make_degeneracy(), SYMBOLS, LIGHT))
        assert "Scaling: individual (asked for: automatic)" in text
        assert "would shift φ₀ by 35 σ." in text
        assert "shear" not in text

    def test_what_was_asked_for_is_not_said_twice(self):
        found = make_degeneracy(requested="individual")
        text = plain(headline_html(found, SYMBOLS, LIGHT))
        assert "Scaling: individual (as asked for)" in text

    def test_a_limit_of_the_shear_rate_is_a_warning(self):
        found = make_degeneracy(shear_limit=3.2e-5)
        html = headline_html(found, SYMBOLS, LIGHT)
        assert "No shear is seen: γ̇₀ is below 3.2×10⁻⁵ s⁻¹ (95 %)." in plain(html)
        assert LIGHT.warn in html


class TestCoupling:
    def test_both_columns_and_the_roots_of_the_inflation(self):
        text = plain(coupling_html(make_degeneracy(), SYMBOLS, LIGHT))
        assert "own scaling for each angle as fitted (averaged)" in text
        assert "ρ² 0.758 0.626" in text
        # √1.86 and √1.21
        assert "φ₀ × 1.36 × 1.10" in text

    def test_a_fixed_parameter_has_no_row(self):
        found = make_degeneracy()
        without = {k: v for k, v in found.after.inflation.items() if k != "D_offset"}
        after = replace(found.after, inflation=without)
        text = plain(
            coupling_html(replace(found, after=after, before=None), SYMBOLS, LIGHT)
        )
        assert " D_offset" not in text
        assert "for each angle" not in text
        assert "α × 1.00" in text

    def test_without_numbers_there_is_nothing(self):
        assert coupling_html(Degeneracy(), SYMBOLS, LIGHT) == ""


class TestLayers:
    def test_five_with_number_state_and_effect(self):
        text = plain(layers_html(make_degeneracy(), SYMBOLS, LIGHT))
        assert "● 1 Scaling mode on, acted once One contrast and" in text
        assert "● 2 Hierarchical on, acted 9 times Every step" in text
        assert "– 3 CV penalty off" in text
        assert "○ 4 Collapse monitor on, had nothing to do γ̇₀ kept its" in text
        assert "– 5 Shear weighting off" in text

    def test_markup_in_an_effect_stays_text(self):
        layers = {
            "scaling": LayerReport(configured=True, acted=True, effect="a <b> & c")
        }
        found = Degeneracy(layers=layers)
        assert "on, acted A <b> & c." in plain(layers_html(found, SYMBOLS, LIGHT))

    def test_nothing_is_said_twice(self):
        off = LayerReport(configured=False, acted=False, effect="Off.")
        same = LayerReport(configured=True, acted=True, count=1, effect="a reason")
        layers = {"scaling": same, "regularization": off}
        found = Degeneracy(layers=layers, reason="a reason")
        text = plain(layers_html(found, SYMBOLS, LIGHT))
        assert text == ("● 1 Scaling mode on, acted once See above. – 3 CV penalty off")


class TestScores:
    def test_a_rejected_mode(self):
        assert said(TESTS[0]) == (
            "averaged against individual: T = 21 964 on 4, p < 10⁻³⁰⁰, "
            "φ₀ would move by +35 σ: rejected."
        )

    def test_a_mode_that_holds(self):
        assert said(TESTS[1]) == (
            "Fourier against individual: T = 2.38 on 2, p = 0.3, "
            "φ₀ would move by −0.2 σ: holds."
        )

    def test_marks_do_not_depend_on_colour_alone(self):
        html = scores_html(TESTS, SYMBOLS, DARK)
        assert plain(html).startswith("✕ averaged")
        assert "✓ Fourier" in plain(html)
        assert DARK.bad in html


class TestComparison:
    def test_differences_are_to_the_best_admissible_mode(self):
        text = plain(comparison_html(comparison(), SYMBOLS, UNITS, LIGHT))
        # 196 300 - 174 130 and 195 120 - 173 260
        assert "averaged k = 2 ⚠ biased +22 170 +21 860" in text
        assert "individual k = 12 ✓ chosen 0 0" in text

    def test_values_share_a_power_of_ten(self):
        text = plain(comparison_html(comparison(), SYMBOLS, UNITS, LIGHT))
        assert "γ̇₀ 10⁻⁴ s⁻¹ φ₀ °" in text
        assert "17.100(11) 3.540(5)" in text
        assert "3.25(5) 5.982(16)" in text

    def test_the_static_model_shows_its_diffusion(self):
        static = degenerate_record(model="static")
        fits = [replace(f, values={"D0": 2460.0}) for f in comparison()]
        text = plain(comparison_html(fits, static.symbols, UNITS, LIGHT))
        assert "D₀ Å²/⁠s" in text
        assert "2.46(13)×10³" in text
        assert "φ₀" not in text

    def test_a_mode_that_did_not_converge_is_marked(self):
        fits = [replace(f, converged=not f.chosen) for f in comparison()]
        assert (
            plain(comparison_html(fits, SYMBOLS, UNITS, LIGHT)).count("⚠ no min") == 1
        )

    def test_where_none_is_admissible_the_least_bic_is_the_measure(self):
        fits = [replace(f, admissible=False) for f in comparison()]
        assert best_admissible(fits).mode == "individual"
        assert best_admissible(comparison()[:2]).mode == "fourier"


class TestRemedy:
    def test_the_button_says_where(self):
        assert remedy_title(REMEDY, "D_offset", "Å²/s") == "Fix D_offset at 0"
        other = replace(REMEDY, value=150.0)
        assert remedy_title(other, "D_offset", "Å²/s") == "Fix D_offset at 150 Å²/s"

    def test_the_effect_names_what_gains_most(self):
        # 0.05 / 0.0061 = 8.2 and 132 / 44 = 3; β hardly gains.
        text = plain(remedy_effect(REMEDY, ERRORS, SYMBOLS))
        assert text == "errors smaller: α 8.2×, D₀ 3×"

    def test_the_tip_lists_errors_before_and_after(self):
        tip = remedy_tip(REMEDY, ERRORS, SYMBOLS, UNITS)
        assert tip.splitlines() == [
            "χ² rises by about 0.34 in units of its scatter.",
            "Standard errors shrink:",
            "α: 0.05 → 0.0061",
            "D₀: 130 → 44 Å²/s",
        ]

    def test_without_a_gain_only_the_price_is_told(self):
        assert remedy_effect(REMEDY, {}, SYMBOLS) == "χ² +0.34"
        assert remedy_tip(REMEDY, {}, SYMBOLS, UNITS).count("\n") == 0

    @pytest.mark.parametrize(("rise", "doubted"), [(3.8, False), (5.5, True)])
    def test_what_the_data_speak_against_is_said(self, rise, doubted):
        remedy = replace(REMEDY, chi_squared_rise=rise)
        text = plain(remedy_effect(remedy, ERRORS, SYMBOLS))
        assert text.startswith("errors smaller")
        assert ("χ² +5.5" in text) is doubted
