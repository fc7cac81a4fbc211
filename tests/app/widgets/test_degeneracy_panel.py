"""The panel of degeneracy alone: sections, rows, buttons, widths."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.theme import DARK, LIGHT
from app.widgets.degeneracy_panel import DegeneracyPanel
from app.widgets.text_label import TextLabel
from engine.degeneracy import Degeneracy
from tests.app.degeneracy_records import REMEDY, degenerate_record
from tests.app.widgets.mouse import wheel

pytestmark = pytest.mark.gui


@pytest.fixture
def panel(shown):
    return shown(DegeneracyPanel(), 400, 900)


def plain(html):
    document = QTextDocument()
    document.setHtml(html)
    return re.sub(r"\s+", " ", document.toPlainText())


def show(panel, record):
    panel.set_record(record)
    text = plain(panel.text())
    QApplication.processEvents()
    return text


def sentences(panel):
    return [
        plain(label.text())
        for label in panel.rows.findChildren(TextLabel)
        if not label.isHidden() and label.parentWidget().isVisible()
    ]


class TestSections:
    def test_without_a_fit_it_says_what_would_stand_here(self, panel):
        assert "No fit yet. Press F5" in plain(panel.text())
        assert not panel.rows.isVisible()
        assert not panel.compare.isVisible()

    def test_a_fit_that_tells_nothing(self, panel):
        text = show(panel, degenerate_record(**fields_of(Degeneracy())))
        assert "tells nothing about degeneracy" in text
        assert not panel.rows.isVisible()
        assert panel.compare.isVisible()

    def test_every_section_of_a_full_record(self, panel):
        text = show(panel, degenerate_record())
        for part in (
            "Scaling: individual",
            "own scaling for each angle",
            "4 Collapse monitor",
            "✓ chosen",
            "averaged against individual",
        ):
            assert part in text
        assert all(section.isVisible() for section in panel._sections.values())

    def test_what_is_not_known_has_no_heading(self, panel):
        show(panel, degenerate_record(tests=(), before=None, after=None))
        assert not panel._sections["scores"].isVisible()
        assert not panel._sections["coupling"].isVisible()

    def test_a_comparison_takes_the_place_of_its_button(self, panel, qtbot):
        show(panel, degenerate_record(comparison=()))
        assert panel.compare.isVisible()
        with qtbot.waitSignal(panel.compare_requested):
            panel.compare.click()
        show(panel, degenerate_record())
        assert not panel.compare.isVisible()

    def test_a_comparison_that_cannot_be_made_says_why(self, panel):
        panel.set_compare_reason("a fit is running")
        assert not panel.compare.isEnabled()
        assert "Not now: a fit is running" in panel.compare.toolTip()
        panel.set_compare_reason("")
        assert panel.compare.isEnabled()
        assert "Not now" not in panel.compare.toolTip()

    @pytest.mark.parametrize("width", [340, 380, 450])
    def test_nothing_is_wider_than_the_panel(self, shown, width):
        made = shown(DegeneracyPanel(), width, 900)
        show(made, degenerate_record())
        assert made.horizontalScrollBar().maximum() == 0

    def test_the_wheel_over_the_chart_is_left_to_the_panel(self, panel):
        show(panel, degenerate_record())
        chart = panel.information.chart
        assert not wheel(chart._graphics.viewport(), chart.rect().center(), -120)
        assert wheel(panel.viewport(), panel.rect().center(), -120)

    def test_colours_follow_the_theme(self, panel):
        show(panel, degenerate_record())
        assert LIGHT.warn in panel.text()
        panel.apply_theme(DARK)
        assert DARK.warn in panel.text()
        assert LIGHT.warn not in panel.text()
        assert f"color:{DARK.warn}" in panel.rows.findChildren(TextLabel)[-1].text()


class TestRows:
    def test_sentences_use_the_symbols_of_the_window(self, panel):
        show(panel, degenerate_record())
        said = sentences(panel)
        assert said[0].startswith("⚠ α and D_offset are 99.2 % anti-correlated")
        assert "⚠ φ₀ is known modulo 180° only." in said

    def test_a_remedy_has_a_button_and_what_has_none_has_not(self, panel):
        show(panel, degenerate_record())
        assert {n: b.text() for n, b in panel.rows.buttons.items()} == {
            "D_offset": "Fix D_offset at 0",
            "gamma_dot_t_offset": "Fix γ̇_offset at 0",
        }
        button = panel.rows.buttons["D_offset"]
        assert "χ² rises by about 0.34" in button.toolTip()
        assert button.accessibleDescription() in button.toolTip()

    def test_the_keyboard_presses_it(self, panel, qtbot):
        show(panel, degenerate_record())
        button = panel.rows.buttons["D_offset"]
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
        button.setFocus()
        with qtbot.waitSignal(panel.fix_requested) as blocker:
            QTest.keyClick(button, Qt.Key.Key_Space)
        assert blocker.args == [REMEDY]

    def test_the_same_remedy_is_offered_once(self, panel):
        (first, *_) = degenerate_record().result.degeneracy.entanglements
        show(panel, degenerate_record(entanglements=(first, first)))
        assert len(panel.rows.buttons) == 1

    def test_a_reason_disables_it_until_it_is_gone(self, panel):
        show(panel, degenerate_record())
        button = panel.rows.buttons["D_offset"]
        panel.rows.set_reasons({"D_offset": "it is fixed so already"})
        assert not button.isEnabled()
        assert "Not now: it is fixed so already" in button.toolTip()
        panel.rows.set_reasons({})
        assert button.isEnabled()

    def test_reasons_outlive_a_change_of_theme(self, panel):
        show(panel, degenerate_record())
        panel.rows.set_reasons({"D_offset": "it is fixed so already"})
        panel.apply_theme(DARK)
        assert not panel.rows.buttons["D_offset"].isEnabled()

    def test_where_nothing_is_open_that_is_said(self, panel):
        show(panel, degenerate_record(entanglements=()))
        assert sentences(panel) == [
            "✓ The data tell every free parameter apart from the others."
        ]


def fields_of(degeneracy):
    return {name: getattr(degeneracy, name) for name in Degeneracy.__slots__}
