from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from app.documents.numbers import chi_squared_text
from app.theme import DARK, LIGHT
from app.widgets.angle_cell import chi_text
from app.widgets.angle_strip import AngleItem, AngleStrip
from app.widgets.images import usable_levels
from tests.app.widgets import mouse

PHI = [-90.0, 0.0, 0.0, 45.5]


def items(phi=PHI, selected=None, chi=None):
    rng = np.random.default_rng(1)
    pictures = [rng.normal(1.1, 0.05, (40, 40)).astype("f4") for _ in phi]
    return [
        AngleItem(
            index=i,
            phi=angle,
            selected=True if selected is None else selected[i],
            chi_squared=chi,
            thumbnail=picture,
            information=0.5,
            levels=usable_levels(picture),
        )
        for i, (angle, picture) in enumerate(zip(phi, pictures, strict=True))
    ]


@pytest.fixture
def strip(shown):
    made = AngleStrip()
    made.set_items(items())
    return shown(made, 700, made.sizeHint().height())


def test_click_on_a_picture_chooses_it_even_among_equal_angles(qtbot, strip):
    with qtbot.waitSignal(strip.current_changed) as blocker:
        mouse.click(strip._cells[2], QPointF(strip._cells[2].picture.center()))
    assert blocker.args == [2]
    assert [cell._current for cell in strip._cells] == [False, False, True, False]
    with qtbot.assertNotEmitted(strip.current_changed):
        mouse.click(strip._cells[2], QPointF(strip._cells[2].picture.center()))


def test_box_switches_the_use(qtbot, strip):
    box = strip._cells[1]._use
    with qtbot.waitSignal(strip.selection_toggled) as blocker:
        qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center() / 8)
    assert blocker.args == [1, False]


def test_setting_items_and_current_is_silent(qtbot, strip):
    with (
        qtbot.assertNotEmitted(strip.current_changed),
        qtbot.assertNotEmitted(strip.selection_toggled),
    ):
        strip.set_items(items(selected=[True, False, False, True]))
        strip.set_current(3)
    assert [cell._use.isChecked() for cell in strip._cells] == [
        True,
        False,
        False,
        True,
    ]
    assert strip.current == 3


def test_keys_choose_and_switch(qtbot, strip):
    chosen, toggled = [], []
    strip.current_changed.connect(chosen.append)
    strip.selection_toggled.connect(lambda i, use: toggled.append((i, use)))
    for key in (
        Qt.Key.Key_Right,
        Qt.Key.Key_Right,
        Qt.Key.Key_Left,
        Qt.Key.Key_End,
        Qt.Key.Key_Right,
        Qt.Key.Key_Space,
        Qt.Key.Key_Home,
    ):
        qtbot.keyClick(strip, key)
    assert chosen == [1, 2, 1, 3, 0]
    assert toggled == [(3, False)]


def test_many_angles_scroll_to_the_current_one(qtbot, shown):
    strip = AngleStrip()
    shown(strip, 500, strip.sizeHint().height())
    strip.set_items(items(phi=list(np.linspace(-170, 180, 23))))
    strip.set_current(20)
    middle = strip.cell_position(20)
    assert strip.viewport().rect().contains(middle)
    assert strip._cells[0].width() < 140


def test_many_angles_come_a_few_at_a_time(qtbot, shown):
    strip = shown(AngleStrip(), 500, 180)
    many = items(phi=list(np.linspace(-170, 180, 23)), chi=1.5)
    strip.set_items(many)
    strip.set_current(20)
    assert 0 < len(strip._cells) < 23
    # Those to come are shown as they are by then.
    strip.set_items([replace(item, chi_squared=2.5) for item in many])
    qtbot.waitUntil(lambda: len(strip._cells) == 23)
    assert [cell.index for cell in strip._cells] == list(range(23))
    assert all("2.500" in cell.toolTip() for cell in strip._cells)
    qtbot.wait(20)
    assert strip.viewport().rect().contains(strip.cell_position(20))
    strip.set_items(many[:2])
    qtbot.wait(20)
    assert len(strip._cells) == 2


def test_fewer_items_remove_cells_and_none_leave_none(strip):
    strip.set_current(3)
    strip.set_items(items()[:2])
    assert len(strip._cells) == 2
    strip.set_items([])
    assert strip._cells == []
    assert strip.accessibleDescription() == "0 of 0 angles used"
    strip.set_items(items())
    assert len(strip._cells) == 4


def test_no_angle_takes_no_key(qtbot, shown):
    strip = shown(AngleStrip(), 300, 160)
    with qtbot.assertNotEmitted(strip.current_changed):
        qtbot.keyClick(strip, Qt.Key.Key_Right)


def test_pictures_share_their_levels(strip):
    bright, dark = items(phi=[0.0, 90.0])
    low, high = dark.levels
    half = replace(dark, thumbnail=dark.thumbnail - 1.0, levels=(low - 1.0, high - 1.0))
    strip.set_items([bright, half])
    assert strip._cells[0]._index.mean() > strip._cells[1]._index.mean() + 100


def test_picture_stands_upright(strip):
    """Element [t1, t2]: t1 to the right, t2 upwards."""
    corner = np.full((40, 40), 1.0, dtype="f4")
    corner[30:, :10] = 2.0
    strip.set_items([AngleItem(0, 0.0, True, None, corner, None, (1.0, 2.0))])
    index = strip._cells[0]._index
    assert index[-5, -5] > index[5, 5]
    assert index[-5, -5] > index[-5, 5]


def test_everything_is_said_in_words(strip):
    strip.set_items(items(selected=[True, False, True, True], chi=1.0312))
    strip.set_current(3)
    assert strip.accessibleDescription() == "3 of 4 angles used; looking at φ = 45.5°"
    name = strip._cells[1].accessibleName()
    assert name == "φ = 0°, not used, χ²ᵣ 1.031, cos²(φ₀ − φ) = 0.50"


@pytest.mark.parametrize("theme_", [LIGHT, DARK])
def test_odd_items_can_be_drawn(strip, theme_):
    strip.apply_theme(theme_)
    nothing = np.full((5, 5), np.nan, dtype="f4")
    odd = [
        AngleItem(7, -1e-9, False, float("nan"), nothing, float("nan")),
        AngleItem(9, 179.999, True, 1e9, np.ones((1, 1), "f4"), 1.5),
    ]
    strip.set_items(odd)
    assert not strip.grab().isNull()


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "χ²ᵣ 1.000"), (12345.0, "χ²ᵣ 1.23e+04"), (float("inf"), "χ²ᵣ n/a")],
)
def test_chi_squared_in_words(value, text):
    assert chi_text(value) == text


@pytest.mark.parametrize(
    ("value", "expected"), [(1.0, "1.000"), (0.99914, "0.999"), (12.3456, "12.346")]
)
def test_chi_squared_has_three_decimals(value, expected):
    assert chi_squared_text(value) == expected


def test_an_angle_without_values_leaves_the_colours_of_the_others(strip):
    before = strip._common_levels()
    nothing = np.full((40, 40), np.nan, "f4")
    empty = replace(items()[1], thumbnail=nothing, levels=usable_levels(nothing))
    strip.set_items([items()[0], empty, *items()[2:]])
    low, high = strip._common_levels()
    assert low == pytest.approx(before[0], abs=0.02)
    assert high == pytest.approx(before[1], abs=0.02)
