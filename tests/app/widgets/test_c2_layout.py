import itertools

import pytest
from PySide6.QtCore import QRect

from app.widgets.c2_layout import (
    DATA,
    LEVELS,
    MODEL,
    RESIDUAL,
    RESIDUAL_LEVELS,
    arrange,
)

ALL = (DATA, MODEL, RESIDUAL)
BAR = 70


@pytest.mark.parametrize("size", [(1400, 600), (880, 700), (640, 420), (420, 900)])
@pytest.mark.parametrize("shown", [ALL, (DATA,), (RESIDUAL,)])
def test_parts_fit_and_do_not_overlap(size, shown):
    plan = arrange(shown, *size, BAR)
    whole = QRect(0, 0, *size)
    assert set(shown) <= set(plan.parts)
    assert all(whole.contains(part) for part in plan.parts.values())
    for one, other in itertools.combinations(plan.parts.values(), 2):
        assert not one.intersects(other)


def test_bars_belong_to_the_maps_shown():
    assert set(arrange(ALL, 900, 500, BAR).parts) == {*ALL, LEVELS, RESIDUAL_LEVELS}
    assert set(arrange((MODEL,), 900, 500, BAR).parts) == {MODEL, LEVELS}


def test_wide_is_a_row_and_tall_a_column():
    wide = arrange(ALL, 1500, 500, BAR).parts
    assert len({wide[name].y() for name in ALL}) == 1
    tall = arrange(ALL, 400, 1000, BAR).parts
    assert len({tall[name].x() for name in ALL}) == 1


def test_the_first_map_of_each_row_is_numbered():
    assert arrange(ALL, 1500, 500, BAR).numbered == {DATA}
    assert arrange(ALL, 800, 700, BAR).numbered == {DATA, RESIDUAL}


def test_narrow_window_keeps_maps_legible():
    assert arrange(ALL, 860, 640, BAR).side >= 180
    assert arrange(ALL, 640, 600, BAR).side >= 150
