"""Choosing angles and frames."""

from dataclasses import replace

import pytest

from app.documents.run_document import RunState
from engine.setup import PhiRange
from tests.app.driving import fit

pytestmark = pytest.mark.gui


class TestAngles:
    def test_ranges_and_dial_and_strip_say_the_same(self, opened):
        opened.window.panels.phi_panel.ranges_edited.emit((PhiRange(-10, 10),))
        assert opened.workspace.current.setup.phi.ranges == (PhiRange(-10, 10),)
        assert "2 of 4" in opened.window.panels.phi_panel.count_text

    def test_dragging_a_range_is_one_step_of_undo(self, opened):
        for end in (8.0, 9.0, 10.0):
            opened.window.panels.phi_panel.ranges_edited.emit((PhiRange(-10, end),))
        stack = opened.workspace.current.undo_stack
        assert stack.count() == 1
        stack.undo()
        assert opened.workspace.current.setup.phi.ranges == ()

    def test_an_angle_is_switched_off_in_the_strip(self, opened):
        opened.window.panels.angle_strip.selection_toggled.emit(1, False)
        assert opened.workspace.current.setup.phi.disabled == (4.0,)
        opened.window.actions_["setup.toggle_all_angles"].trigger()
        assert opened.workspace.current.setup.phi.disabled == ()

    def test_keys_step_through_the_angles(self, qtbot, opened, fake):
        with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
            opened.window.actions_["setup.next_angle"].trigger()
        assert opened.workspace.current.angle == 1
        assert fake.drawn[-1][1][0][0] == 1
        opened.window.actions_["setup.previous_angle"].trigger()
        opened.window.actions_["setup.previous_angle"].trigger()
        assert opened.workspace.current.angle == 3

    def test_without_an_angle_fit_says_what_to_do(self, qtbot, opened, fake):
        opened.window.panels.phi_panel.ranges_edited.emit((PhiRange(120, 130),))
        opened.window.actions_["fit.start"].trigger()
        assert "No angle is selected" in opened.window.panels.banner.text
        assert not fake.fitted
        opened.window.panels.banner.action_requested.emit("use_all")
        fit(qtbot, opened)
        assert fake.fitted

    def test_without_a_gap_the_set_up_is_offered(self, qtbot, opened, fake):
        opened.window.panels.setup.setup_edited.emit("gap", None)
        opened.window.actions_["fit.start"].trigger()
        assert "needs the gap" in opened.window.panels.banner.text
        assert not fake.fitted
        opened.window.panels.banner.action_requested.emit("show_setup")
        with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
            opened.window.panels.setup.setup_edited.emit("gap", 2e6)

    def test_an_angle_left_out_of_the_fit_is_named_so(self, qtbot, opened, fake):
        fit(qtbot, opened)
        record = opened.workspace.current.fit
        result = replace(record.result, angle_indices=(0, 2, 3))
        with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
            opened.workspace.current.show_fit(replace(record, result=result))
        with qtbot.waitSignal(opened.maps.drawn, timeout=5000) as blocker:
            opened.window.actions_["setup.next_angle"].trigger()
        assert blocker.args[0].endswith("fit #1, not fitted at this angle")

    def test_the_flow_is_on_the_dial_while_the_model_has_one(self, qtbot, opened):
        assert opened.window.panels.phi_panel.dial.flow
        opened.window.panels.setup.setup_edited.emit("model", "static")
        assert not opened.window.panels.phi_panel.dial.flow


class TestReadingOtherFrames:
    def test_other_frames_are_read_and_undone(self, qtbot, opened, fake):
        document = opened.workspace.current
        with qtbot.waitSignal(document.data_changed, timeout=5000):
            opened.window.panels.setup.request_edited.emit("first_frame", 5.0)
        assert document.data.first_frame == 5
        assert fake.requests[-1].first_frame == 5
        with qtbot.waitSignal(document.data_changed, timeout=5000):
            opened.workspace.undo_group.undo()
        assert document.data.first_frame == 1

    def test_frames_the_file_does_not_have_leave_the_run_as_it_was(self, qtbot, opened):
        document = opened.workspace.current
        before = document.data
        with qtbot.waitSignal(opened.errors.shown, timeout=5000) as blocker:
            opened.window.panels.setup.request_edited.emit("first_frame", 5000.0)
        assert "expected less" in blocker.args[0]
        assert document.data is before
        assert document.undo_stack.count() == 0
        assert document.state is RunState.READY

    def test_a_square_on_the_map_chooses_frames(self, qtbot, opened):
        document = opened.workspace.current
        with qtbot.waitSignal(document.data_changed, timeout=5000):
            opened.window.panels.c2_view.frame_window_requested.emit(0.5, 1.5)
        # The first frame of the window is dropped, so that the maps begin at 0.5 s.
        assert (document.data.first_frame, document.data.last_frame) == (5, 16)
