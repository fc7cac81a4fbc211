"""The rows of memory and strategy, and what they say before a fit."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFormLayout, QScrollArea, QWidget

from app.theme import DARK, LIGHT
from app.widgets.form import Paragraph
from app.widgets.plan_text import HELP, gigabytes
from app.widgets.setup_panel import SetupPanel
from app.widgets.strategy_box import FRACTION, GIGABYTES, StrategyBox
from engine.options import ChunkOptions, MemoryOptions, Options
from engine.setup import Strategy
from tests.app.fakes import make_plan, make_setup

pytestmark = pytest.mark.gui


def with_memory(strategy=Strategy.AUTO, **limit):
    options = Options(memory=MemoryOptions(**limit))
    return replace(make_setup(), strategy=strategy, options=options)


@pytest.fixture
def box(shown):
    body = QWidget()
    made = StrategyBox(QFormLayout(body))
    shown(body, 330, 400)
    made.body = body
    return made


@pytest.fixture
def edits(box):
    seen = []
    box.edited.connect(lambda *edit: seen.append(edit))
    return seen


class TestReadout:
    def test_it_tells_estimate_limit_choice_and_coefficients(self, box):
        box.set_plan(make_plan(make_setup()))
        assert "<b>Standard</b>: about 0.62 GB of 19 GB allowed" in box.text
        assert "0.75 of 25.3 GB" in box.text
        assert "7 coefficients" in box.text
        assert "The fastest that is within the limit." in box.text
        assert LIGHT.warn not in box.text
        assert not box.remedy.isVisible()
        assert not box.fewer.isVisible()

    @pytest.mark.parametrize(
        "numbers",
        [
            "; about 0.62 GB of 19 GB allowed is needed for 7 coefficients; the limit "
            "is 0.75 of 25.3 GB",
            " (about 0.62 GB of 19 GB allowed; 7 coefficients)",
        ],
    )
    def test_numbers_are_not_said_twice(self, box, numbers):
        reason = "large would need 11 GB, so the data stay on disk"
        plan = replace(make_plan(make_setup()), reason=reason + numbers)
        box.set_plan(plan)
        assert "Large would need 11 GB, so the data stay on disk." in box.text
        assert box.text.count("0.62 GB") == 1

    def test_too_much_is_a_warning_with_ways_out(self, box, edits):
        setup = with_memory(Strategy.STANDARD, threshold_gb=6.0)
        box.set_setup(setup)
        box.set_plan(make_plan(setup, scale=15))
        assert "⚠" in box.text
        assert LIGHT.warn in box.text
        assert "needs about 9.3 GB; 6 GB is allowed" in box.text
        # Large (6.6 GB) would not fit either.
        assert box.remedy.text() == "Fit out of core (4.7 GB)"
        box.remedy.click()
        assert edits == [("strategy", Strategy.CHUNKED)]

    def test_the_fastest_that_fits_is_offered(self, box, edits):
        setup = with_memory(Strategy.STANDARD, threshold_gb=0.5)
        box.set_setup(setup)
        box.set_plan(make_plan(setup))
        assert box.remedy.text() == "Use large (0.44 GB)"
        box.remedy.click()
        assert edits == [("strategy", Strategy.LARGE)]

    def test_what_the_run_file_forbids_is_not_offered(self, box):
        setup = with_memory(Strategy.STANDARD, threshold_gb=0.4)
        options = replace(setup.options, chunks=ChunkOptions(out_of_core=False))
        box.set_setup(replace(setup, options=options))
        box.set_plan(make_plan(setup))
        assert not box.remedy.isVisible()
        assert box.fewer.isVisible()

    def test_where_nothing_fits_fewer_angles_are_what_remains(self, box, qtbot):
        setup = with_memory(threshold_gb=0.1)
        box.set_setup(setup)
        box.set_plan(make_plan(setup))
        assert not box.remedy.isVisible()
        with qtbot.waitSignal(box.fewer_angles_requested):
            box.fewer.click()

    def test_without_a_plan_it_says_why(self, box):
        box.set_plan(None, "No angle is selected.")
        assert "No angle is selected." in box.text
        assert not box.details.isVisible()

    def test_details_list_every_strategy(self, box):
        setup = with_memory(threshold_gb=0.5)
        box.set_plan(make_plan(setup))
        table = box.details.parent().findChildren(type(box._table))[-1]
        assert not table.isVisible()
        box.details.setFocus()
        QTest.keyClick(box.details, Qt.Key.Key_Space)
        assert table.isVisible()
        text = table.text()
        for name in ("standard", "large", "chunked", "streaming"):
            assert name in text
        assert "<b>large</b>" in text
        assert text.count("too much") == 1
        assert text.count("fits") == 3

    def test_colours_follow_the_theme(self, box):
        setup = with_memory(threshold_gb=0.1)
        box.set_plan(make_plan(setup))
        box.apply_theme(DARK)
        assert DARK.warn in box.text
        assert LIGHT.warn not in box.text

    def test_it_makes_the_panel_no_wider(self, shown):
        panel = shown(SetupPanel(), 240, 700)
        box, body = panel.strategy, panel.findChild(QScrollArea).widget()
        setup = with_memory(Strategy.STANDARD, threshold_gb=6.0)
        panel.set_setup(setup)
        box.set_plan(None)
        before = body.minimumSizeHint().width()
        box.set_plan(make_plan(setup, scale=15))
        box.details.setChecked(True)
        assert box.remedy.isVisible()
        assert body.minimumSizeHint().width() <= before

    @pytest.mark.parametrize("height", [900, 420])
    def test_the_whole_text_is_seen(self, shown, height):
        panel = shown(SetupPanel(), 240, height)
        setup = with_memory(Strategy.STANDARD, threshold_gb=6.0)
        panel.set_setup(setup)
        panel.strategy.set_plan(make_plan(setup, scale=15))
        QApplication.processEvents()
        label = panel.strategy.findChild(Paragraph)
        assert label.height() >= label.heightForWidth(label.width()) > 0


class TestFields:
    def test_every_strategy_is_offered_and_explained(self, box):
        assert box.choice.values == tuple(Strategy)
        for i, strategy in enumerate(Strategy):
            tip = box.choice.itemData(i, Qt.ItemDataRole.ToolTipRole)
            assert tip == HELP[strategy]
            assert HELP[strategy] in box.choice.whatsThis()

    def test_the_tool_tip_explains_the_chosen_one(self, box):
        box.set_setup(with_memory(Strategy.STREAMING))
        assert box.choice.value is Strategy.STREAMING
        assert box.choice.toolTip() == HELP[Strategy.STREAMING]

    def test_a_strategy_is_chosen_with_the_keyboard(self, box, edits):
        box.set_setup(make_setup())
        box.choice.setFocus()
        QTest.keyClick(box.choice, Qt.Key.Key_Down)
        QTest.keyClick(box.choice, Qt.Key.Key_Return)
        ((field, chosen),) = edits
        assert field == "strategy"
        assert chosen is Strategy.STANDARD

    def test_a_limit_of_either_kind_is_shown(self, box):
        box.set_setup(with_memory(fraction=0.5))
        assert (box.limit.text(), box.unit.value) == ("0.5", FRACTION)
        box.set_setup(with_memory(threshold_gb=6.0))
        assert (box.limit.text(), box.unit.value) == ("6", GIGABYTES)
        # The absolute one goes before the fraction.
        box.set_setup(with_memory(fraction=0.5, threshold_gb=6.0))
        assert (box.limit.text(), box.unit.value) == ("6", GIGABYTES)

    def test_typing_a_limit(self, box, edits):
        box.set_setup(make_setup())
        box.limit.setFocus()
        QTest.keyClicks(box.limit, "0.3")
        QTest.keyClick(box.limit, Qt.Key.Key_Return)
        assert edits == [(FRACTION, 0.3)]

    def test_another_unit_makes_no_other_limit_of_the_same_number(self, box, edits):
        box.set_setup(with_memory(fraction=0.5))
        box.unit.setFocus()
        QTest.keyClick(box.unit, Qt.Key.Key_Down)
        QTest.keyClick(box.unit, Qt.Key.Key_Return)
        assert edits == [(GIGABYTES, None)]
        box.set_setup(make_setup())
        assert box.unit.value == GIGABYTES
        assert box.limit.hasFocus()
        QTest.keyClicks(box.limit, "6")
        QTest.keyClick(box.limit, Qt.Key.Key_Return)
        assert edits[-1] == (GIGABYTES, 6.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.6234, "0.62 GB"), (9.97, "10 GB"), (18.94, "18.9 GB"), (1234.0, "1,234 GB")],
)
def test_amounts_have_two_or_three_digits(value, text):
    assert gigabytes(value) == text
