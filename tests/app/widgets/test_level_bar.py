import itertools
import math

import pytest
from PySide6.QtCore import QPointF

from app.widgets.level_bar import LevelBar, ticks
from tests.app.widgets import mouse


@pytest.mark.parametrize(
    ("low", "high"), [(0.95, 1.32), (-4.5, 4.5), (-3e-7, 3e-7), (1e6, 3e6), (0, 999)]
)
@pytest.mark.parametrize("count", [2, 5, 9])
def test_ticks_are_round_inside_and_tell_apart(low, high, count):
    found = ticks(low, high, count)
    values = [v for v, _ in found]
    assert len(values) <= count
    assert values or count < 3
    assert all(low <= v <= high for v in values)
    steps = {round(b - a, 12) for a, b in itertools.pairwise(values)}
    assert len(steps) <= 1
    assert len({text for _, text in found}) == len(values)
    for value, text in found:
        assert float(text.replace("−", "-")) == pytest.approx(
            value, abs=1e-12, rel=0.06
        )


@pytest.mark.parametrize("high", [1.0, math.inf, math.nan])
def test_no_ticks_without_a_span(high):
    assert ticks(1.0, high, 5) == []


def test_levels_never_cross(shown):
    bar = shown(LevelBar("levels"), 80, 200)
    bar.set_levels(1.0, 2.0)
    mouse.drag(bar, QPointF(12, bar._y(1.0)), QPointF(12, -500))
    low, high = bar.levels
    assert low < high == 2.0


def test_symmetric_levels_stay_symmetric(qtbot, shown):
    bar = shown(LevelBar("levels", symmetric=True), 80, 200)
    bar.set_levels(-2.0, 2.0)
    with qtbot.waitSignal(bar.levels_edited) as blocker:
        mouse.drag(bar, QPointF(12, bar._y(-2.0)), QPointF(12, bar._y(-1.0)))
    assert blocker.args == pytest.approx([-1.0, 1.0])


def test_the_middle_of_the_bar_holds_nothing(qtbot, shown):
    bar = shown(LevelBar("levels"), 80, 300)
    with qtbot.assertNotEmitted(bar.levels_edited):
        mouse.drag(bar, QPointF(12, bar._y(0.5)), QPointF(12, bar._y(0.7)))


def test_setting_levels_is_silent_and_refuses_nonsense(qtbot, shown):
    bar = shown(LevelBar("levels"), 80, 200)
    with qtbot.assertNotEmitted(bar.levels_edited):
        bar.set_levels(1.0, 3.0)
        bar.set_levels(3.0, 1.0)
        bar.set_levels(math.nan, 1.0)
    assert bar.levels == (1.0, 3.0)
    assert bar.accessibleDescription() == "1 to 3"
