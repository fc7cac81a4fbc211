"""Editing the set-up with undo."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QDialogButtonBox,
)

from engine.conventions import Convention
from engine.setup import Loss, Scaling, Strategy
from tests.app.driving import row_of, start_value, type_number

pytestmark = pytest.mark.gui


class TestEditing:
    def test_the_number_typed_is_the_number_used(self, opened):
        type_number(opened, "D0", "12345.678901234567")
        assert start_value(opened) == 12345.678901234567

    def test_editing_redraws_the_model_after_a_moment(self, qtbot, opened, fake):
        with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
            type_number(opened, "D0", "5000")
        assert fake.drawn[-1][0]["D0"] == 5000.0

    def test_an_impossible_edit_is_refused_in_place(self, opened):
        type_number(opened, "D0", "-3")
        assert start_value(opened) == 1000.0
        assert "outside its bounds" in opened.window.panels.parameters.message()
        assert opened.workspace.current.undo_stack.count() == 0
        type_number(opened, "D0", "3000")
        assert "outside" not in opened.window.panels.parameters.message()

    def test_undo_and_redo(self, opened):
        type_number(opened, "D0", "2000")
        type_number(opened, "D0", "3000")
        group = opened.workspace.undo_group
        group.undo()
        assert start_value(opened) == 2000.0
        group.undo()
        assert start_value(opened) == 1000.0
        group.redo()
        assert start_value(opened) == 2000.0
        assert group.undoText() == "Edit D₀"

    def test_space_fixes_a_parameter(self, opened):
        view = opened.window.panels.parameters.view
        view.setCurrentIndex(view.model().index(row_of(opened, "beta"), 0))
        QTest.keyClick(view, Qt.Key.Key_Space)
        assert opened.workspace.current.setup.parameters["beta"].fixed
        opened.workspace.undo_group.undo()
        assert not opened.workspace.current.setup.parameters["beta"].fixed

    def test_revert_takes_the_values_of_the_file(self, opened):
        original = opened.workspace.current.setup
        type_number(opened, "D0", "2000")
        opened.window.actions_["setup.revert"].trigger()
        assert opened.workspace.current.setup == original
        opened.workspace.undo_group.undo()
        assert start_value(opened) == 2000.0

    def test_every_field_of_the_set_up_is_an_undoable_edit(self, opened):
        panel, document = opened.window.panels.setup, opened.workspace.current
        panel.setup_edited.emit("scaling", Scaling.AVERAGED)
        panel.setup_edited.emit("loss", Loss.HUBER)
        panel.setup_edited.emit("loss_scale", 1.5)
        panel.setup_edited.emit("gap", 3e6)
        panel.setup_edited.emit("drop_first_frame", False)
        panel.setup_edited.emit("sigma", 0.01)
        panel.setup_edited.emit("start_given", False)
        panel.setup_edited.emit("model", "static")
        setup = document.setup
        assert setup.model == "static"
        assert (setup.scaling, setup.loss) == (Scaling.AVERAGED, Loss.HUBER)
        assert (setup.loss_scale, setup.gap, setup.sigma) == (1.5, 3e6, 0.01)
        assert not setup.drop_first_frame
        assert not setup.start_given
        while document.undo_stack.canUndo():
            document.undo_stack.undo()
        assert document.setup == document.origin.setup

    @pytest.mark.parametrize(
        ("field", "kind"),
        [
            ("scaling", Scaling),
            ("loss", Loss),
            ("convention", Convention),
            ("strategy", Strategy),
        ],
    )
    def test_what_is_chosen_is_a_member_of_its_enumeration(self, opened, field, kind):
        panel, document = opened.window.panels.setup, opened.workspace.current
        combo = panel.strategy.choice if field == "strategy" else getattr(panel, field)
        before = getattr(document.setup, field)
        key = Qt.Key.Key_Down if combo.currentIndex() == 0 else Qt.Key.Key_Up
        combo.setFocus()
        QTest.keyClick(combo, key)
        QTest.keyClick(combo, Qt.Key.Key_Return)
        chosen = getattr(document.setup, field)
        assert chosen is not before
        assert type(chosen) is kind

    @pytest.mark.parametrize(
        ("field", "value"), [("gap", -1.0), ("sigma", 0.0), ("loss_scale", -2.0)]
    )
    def test_impossible_settings_are_refused(self, qtbot, opened, field, value):
        before = opened.workspace.current.setup
        with qtbot.waitSignal(opened.setup.refused) as blocker:
            opened.window.panels.setup.setup_edited.emit(field, value)
        assert "expected a number above 0" in blocker.args[0]
        assert opened.workspace.current.setup == before

    def test_what_is_no_number_is_refused_and_the_field_stays(self, qtbot, opened):
        field = opened.window.panels.setup.gap
        field.setText("wide")
        with qtbot.waitSignal(opened.setup.refused):
            field.editingFinished.emit()
        assert field.text() == "2000000"

    def test_the_converter_rescales_and_can_be_undone(self, qtbot, opened):
        before = start_value(opened, "gamma_dot_t0")
        dialog = opened.setup.show_converter()
        dialog.choose(Convention.LEGACY)
        dialog.findChild(QDialogButtonBox).accepted.emit()
        document = opened.workspace.current
        assert document.setup.convention is Convention.LEGACY
        assert start_value(opened, "gamma_dot_t0") == pytest.approx(before / 2**0.5)
        document.undo_stack.undo()
        assert document.setup.convention is Convention.LITERATURE
        assert start_value(opened, "gamma_dot_t0") == before
