import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit

from app.theme import DARK
from app.widgets.phi_geometry import position
from app.widgets.phi_panel import PhiPanel
from engine.setup import PhiRange
from tests.app.widgets import mouse

PHI = [-175.0, -90.0, 0.0, 5.0, 5.0, 90.0, 178.0]
RANGES = (PhiRange(-10, 10), PhiRange(80, 100))
Key = Qt.Key


@pytest.fixture
def panel(shown):
    made = PhiPanel()
    made.set_angles(PHI, [False, False, True, True, True, True, False])
    made.set_ranges(RANGES)
    return shown(made, 320, 560)


def on_band(panel, phi):
    layout = panel.dial._layout()
    return position(layout.centre, layout.band, phi)


def sweep(panel, start, end, steps=8):
    """Points on the band from one angle to another, the way given by the sign."""
    return [on_band(panel, start + (end - start) * k / steps) for k in range(steps + 1)]


def dot(panel, index):
    return panel.dial._layout().dot_positions(PHI)[index]


def numbers(panel):
    model = panel.table.model()
    return [
        tuple(model.data(model.index(row, column)) for column in range(2))
        for row in range(model.rowCount())
    ]


def test_dragging_an_end_moves_it_and_is_told_once(qtbot, panel):
    edits = []
    panel.ranges_edited.connect(edits.append)
    mouse.drag(panel.dial, *sweep(panel, 10, 32))
    assert edits == [(PhiRange(-10, 32), PhiRange(80, 100))]
    assert numbers(panel)[0] == ("−10", "32")


def test_table_and_count_follow_while_dragging(qtbot, panel):
    points = sweep(panel, -10, -95)
    with qtbot.assertNotEmitted(panel.ranges_edited):
        mouse.press(panel.dial, points[0])
        for point in points[1:]:
            mouse.move(panel.dial, point)
    assert numbers(panel)[0] == ("−95", "10")
    assert panel.count_text == "5 of 7 angles selected"
    with qtbot.waitSignal(panel.ranges_edited):
        mouse.release(panel.dial, points[-1])


def test_dragging_the_middle_turns_the_range_through_180(qtbot, panel):
    with qtbot.waitSignal(panel.ranges_edited) as blocker:
        mouse.drag(panel.dial, *sweep(panel, 90, 180))
    assert blocker.args[0] == (PhiRange(-10, 10), PhiRange(170, -170))
    assert panel.count_text == "5 of 7 angles selected"


def test_dragging_an_end_through_180_wraps(qtbot, panel):
    with qtbot.waitSignal(panel.ranges_edited) as blocker:
        mouse.drag(panel.dial, *sweep(panel, 100, 200, 12))
    assert blocker.args[0][1] == PhiRange(80, -160)


def test_an_end_stops_short_of_the_other(qtbot, panel):
    with qtbot.waitSignal(panel.ranges_edited) as blocker:
        mouse.drag(panel.dial, *sweep(panel, 10, -60))
    assert blocker.args[0][0] == PhiRange(-10, -9)


def test_a_press_without_a_move_edits_nothing(qtbot, panel):
    with qtbot.assertNotEmitted(panel.ranges_edited):
        mouse.click(panel.dial, on_band(panel, 10))
        mouse.click(panel.dial, on_band(panel, 90))
    assert panel.dial.current == 1


def test_double_click_on_an_empty_place_adds_a_range(qtbot, panel):
    edits = []
    panel.ranges_edited.connect(edits.append)
    mouse.double_click(panel.dial, on_band(panel, -120))
    assert edits == [(*RANGES, PhiRange(-130, -110))]
    assert panel.dial.current == 2


def test_double_click_near_180_adds_a_wrapping_range(qtbot, panel):
    with qtbot.waitSignal(panel.ranges_edited) as blocker:
        mouse.double_click(panel.dial, on_band(panel, 180))
    assert blocker.args[0][-1] == PhiRange(170, -170)


def test_double_click_on_a_range_adds_nothing(qtbot, panel):
    with qtbot.assertNotEmitted(panel.ranges_edited):
        mouse.double_click(panel.dial, on_band(panel, 90))


def test_click_on_a_dot_switches_that_angle(qtbot, panel):
    toggled = []
    panel.angle_toggled.connect(lambda index, use: toggled.append((index, use)))
    mouse.click(panel.dial, dot(panel, 1))
    mouse.click(panel.dial, dot(panel, 5))
    assert toggled == [(1, True), (5, False)]


def test_dots_of_one_angle_can_be_told_apart(qtbot, panel):
    with qtbot.waitSignal(panel.angle_toggled) as blocker:
        mouse.click(panel.dial, dot(panel, 4))
    assert blocker.args == [4, False]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([Key.Key_Right], (PhiRange(-9, 11), RANGES[1])),
        ([Key.Key_Down, Key.Key_Left], (PhiRange(-12, 8), RANGES[1])),
        ([Key.Key_PageUp, Key.Key_Plus], (RANGES[0], PhiRange(79, 101))),
        ([Key.Key_Minus], (PhiRange(-9, 9), RANGES[1])),
        ([Key.Key_Delete], (RANGES[1],)),
        ([Key.Key_PageDown, Key.Key_Delete], (RANGES[0],)),
        ([Key.Key_Insert], (*RANGES, PhiRange(-10, 10))),
    ],
)
def test_keys_edit_the_current_range(qtbot, panel, keys, expected):
    edits = []
    panel.ranges_edited.connect(edits.append)
    for key in keys:
        qtbot.keyClick(panel.dial, key)
    assert edits[-1] == expected


def test_shift_turns_by_ten(qtbot, panel):
    shift = Qt.KeyboardModifier.ShiftModifier
    with qtbot.waitSignal(panel.ranges_edited) as blocker:
        qtbot.keyClick(panel.dial, Key.Key_Left, shift)
    assert blocker.args[0][0] == PhiRange(-20, 0)


def test_a_held_key_is_one_edit(qtbot, panel):
    edits = []
    panel.ranges_edited.connect(edits.append)
    plain = Qt.KeyboardModifier.NoModifier
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) * 4:
        event = QKeyEvent(kind, Key.Key_Right, plain, "", autorep=True)
        QApplication.sendEvent(panel.dial, event)
    assert edits == []
    qtbot.keyRelease(panel.dial, Key.Key_Right)
    assert edits == [(PhiRange(-6, 14), RANGES[1])]


def type_into(qtbot, panel, row, column, text):
    index = panel.table.model().index(row, column)
    panel.table.setCurrentIndex(index)
    panel.table.edit(index)
    editor = panel.table.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Key.Key_Return)


def test_the_number_typed_is_the_number_used(qtbot, panel):
    with qtbot.waitSignal(panel.ranges_edited) as blocker:
        type_into(qtbot, panel, 0, 1, "12.3456789")
    assert blocker.args[0] == (PhiRange(-10, 12.3456789), RANGES[1])
    assert panel.dial.ranges[0] == PhiRange(-10, 12.3456789)
    assert panel.dial.current == 0


def test_a_range_may_be_typed_across_180(qtbot, panel):
    with qtbot.waitSignal(panel.ranges_edited) as blocker:
        type_into(qtbot, panel, 1, 0, "350")
    assert blocker.args[0][1] == PhiRange(350, 100)


@pytest.mark.parametrize("text", ["abc", "inf", "nan", ""])
def test_nonsense_is_refused_with_a_sentence(qtbot, panel, text):
    with qtbot.assertNotEmitted(panel.ranges_edited):
        type_into(qtbot, panel, 0, 0, text or " ")
        # Qt commits an editor after the key, not with it.
        qtbot.waitUntil(panel._message.isVisible)
    assert panel._message.text()
    assert panel.dial.ranges == RANGES
    assert numbers(panel)[0] == ("−10", "10")
    panel.set_ranges(RANGES)
    assert not panel._message.isVisible()


def test_choosing_a_row_chooses_the_arc_that_delete_removes(qtbot, panel):
    panel.table.setCurrentIndex(panel.table.model().index(1, 0))
    with qtbot.waitSignal(panel.ranges_edited) as blocker:
        qtbot.keyClick(panel.table, Key.Key_Delete)
    assert blocker.args[0] == (RANGES[0],)


def test_buttons(qtbot, panel):
    with qtbot.waitSignal(panel.ranges_edited) as blocker:
        qtbot.mouseClick(panel._add, Qt.MouseButton.LeftButton)
    assert blocker.args[0] == (*RANGES, PhiRange(-10, 10))
    with qtbot.waitSignal(panel.ranges_edited) as blocker:
        qtbot.mouseClick(panel._remove, Qt.MouseButton.LeftButton)
    assert blocker.args[0] == RANGES
    with qtbot.waitSignal(panel.use_all_requested):
        qtbot.mouseClick(panel._use_all, Qt.MouseButton.LeftButton)


def test_read_only_refuses_every_way(qtbot, panel):
    panel.set_read_only(True)
    with (
        qtbot.assertNotEmitted(panel.ranges_edited),
        qtbot.assertNotEmitted(panel.angle_toggled),
        qtbot.assertNotEmitted(panel.use_all_requested),
    ):
        mouse.drag(panel.dial, *sweep(panel, 10, 40))
        mouse.double_click(panel.dial, on_band(panel, -120))
        mouse.click(panel.dial, dot(panel, 1))
        qtbot.keyClick(panel.dial, Key.Key_Right)
        qtbot.keyClick(panel.dial, Key.Key_Delete)
        qtbot.keyClick(panel.table, Key.Key_Delete)
        model = panel.table.model()
        assert not model.setData(model.index(0, 0), "3")
        for button in (panel._add, panel._remove, panel._use_all):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert panel.dial.ranges == RANGES
    panel.set_read_only(False)
    with qtbot.waitSignal(panel.ranges_edited):
        qtbot.keyClick(panel.dial, Key.Key_Right)


def test_count_and_description(panel):
    assert panel.count_text == "4 of 7 angles selected"
    text = panel.dial.accessibleDescription()
    assert text == "4 of 7 angles used; ranges: −10° to 10°, 80° to 100°"


def test_angles_switched_off_stay_off_while_dragging(panel):
    off = [False, False, True, False, False, False, False]
    panel.set_angles(PHI, [False, False, False, True, True, True, False], off)
    points = sweep(panel, 10, 20)
    mouse.press(panel.dial, points[0])
    mouse.move(panel.dial, points[-1])
    assert panel.count_text == "3 of 7 angles selected"
    mouse.release(panel.dial, points[-1])


def test_no_ranges_stand_for_every_angle(panel):
    panel.set_ranges(())
    panel.set_angles(PHI, [True] * 7, [False] * 7)
    assert panel.count_text == "7 of 7 angles selected"
    assert not panel._use_all.isEnabled()
    assert not panel._remove.isEnabled()
    assert not panel.grab().isNull()


def test_one_angle_is_not_several(panel):
    panel.set_ranges(())
    panel.set_angles(PHI[:1], [True], [False])
    assert panel.count_text == "1 of 1 angle selected"
    assert panel.dial.accessibleDescription() == "1 of 1 angle used; ranges: none"


def test_nothing_at_all_can_be_shown(panel):
    panel.set_ranges(())
    panel.set_angles((), (), ())
    assert panel.count_text == "0 of 0 angles selected"
    mouse.hover(panel.dial, QPointF(10, 10))
    assert not panel.grab().isNull()


def test_ranges_that_fit_no_arc_can_be_drawn(panel):
    panel.apply_theme(DARK)
    panel.set_ranges((PhiRange(-180, 180), PhiRange(7, 7), PhiRange(-1000, -900)))
    assert not panel.grab().isNull()


def test_model_keeps_the_rules_of_qt(qtmodeltester, panel):
    qtmodeltester.check(panel.table.model())


def test_the_flow_is_drawn_only_where_there_is_one(panel):
    bare = panel.dial.grab().toImage()
    panel.set_flow(flow=True)
    assert panel.dial.grab().toImage() != bare
    panel.set_flow(flow=False)
    assert panel.dial.grab().toImage() == bare
