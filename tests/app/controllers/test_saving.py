"""Saving fits and closing the window."""

import pytest
from PySide6.QtWidgets import (
    QFileDialog,
)

from engine.errors import OutputError
from tests.app.driving import fit

pytestmark = pytest.mark.gui


class TestSaving:
    def test_save_writes_beside_the_run_off_the_gui_thread(
        self, qtbot, opened, fake, run_path
    ):
        fit(qtbot, opened)
        assert opened.window.isWindowModified()
        with qtbot.waitSignal(opened.saving.saved, timeout=5000):
            opened.window.actions_["file.save"].trigger()
        assert fake.saved == [run_path.parent / "run_result"]
        assert "MainThread" not in fake.threads["save"]
        assert not opened.window.isWindowModified()
        assert "is saved in" in opened.window.panels.banner.text
        opened.window.actions_["file.save"].trigger()
        qtbot.wait(50)
        assert len(fake.saved) == 1

    def test_export_asks_for_a_folder_and_remembers_it(
        self, qtbot, opened, fake, tmp_path, settings
    ):
        fit(qtbot, opened)
        target = tmp_path / "elsewhere"
        target.mkdir()
        dialog = opened.files.ask_where_to_save()
        assert isinstance(dialog, QFileDialog)
        with qtbot.waitSignal(opened.saving.saved, timeout=5000):
            dialog.filesSelected.emit([str(target)])
        dialog.reject()
        assert fake.saved == [target / "run_result"]
        assert settings.folder("save") == target

    def test_without_a_fit_saving_says_why_not(self, opened):
        action = opened.window.actions_["file.save"]
        assert not action.isEnabled()
        assert "there is no fit yet" in action.toolTip()


class TestClosing:
    def test_closing_during_a_fit_stops_it_first(self, qtbot, opened, fake):
        fake.finish.clear()
        opened.window.actions_["fit.start"].trigger()
        qtbot.waitUntil(lambda: len(opened.fitting.trace) > 1)
        opened.window.close()
        qtbot.waitUntil(lambda: opened.fitting.running is None, timeout=5000)
        # Its best point exists nowhere else, so it is asked about like any other.
        qtbot.waitUntil(lambda: opened.closing.dialog is not None)
        box = opened.closing.dialog
        next(b for b in box.buttons() if "Close" in b.text().replace("&", "")).click()
        qtbot.waitUntil(lambda: not opened.window.isVisible(), timeout=5000)

    def test_unsaved_fits_are_asked_about(self, qtbot, opened):
        fit(qtbot, opened)
        opened.window.close()
        assert opened.window.isVisible()
        box = opened.closing.dialog
        assert "run: #1" in box.informativeText()
        box.reject()
        qtbot.waitUntil(lambda: opened.closing.dialog is None)
        assert opened.window.isVisible()

    @pytest.mark.parametrize(("button", "saves"), [("Save", 1), ("Close", 0)])
    def test_the_answer_decides(self, qtbot, opened, fake, button, saves):
        fit(qtbot, opened)
        opened.window.close()
        box = opened.closing.dialog
        chosen = next(b for b in box.buttons() if button in b.text().replace("&", ""))
        chosen.click()
        qtbot.waitUntil(lambda: not opened.window.isVisible(), timeout=5000)
        assert len(fake.saved) == saves

    def test_what_cannot_be_saved_is_not_lost_by_closing(self, qtbot, opened, fake):
        fit(qtbot, opened)
        fake.save_error = OutputError("the disk is full; free some space")
        opened.window.close()
        box = opened.closing.dialog
        next(b for b in box.buttons() if "Save" in b.text()).click()
        qtbot.waitUntil(lambda: bool(opened.errors.dialogs))
        assert "disk is full" in opened.errors.dialogs[0].informativeText()
        assert opened.window.isVisible()
        assert opened.workspace.current.unsaved

    def test_closing_a_run_asks_as_well(self, qtbot, opened, fake):
        fit(qtbot, opened)
        opened.window.actions_["file.close_run"].trigger()
        box = opened.closing.dialog
        next(b for b in box.buttons() if "Save" in b.text()).click()
        qtbot.waitUntil(lambda: opened.window.empty)
        assert len(fake.saved) == 1

    def test_saved_fits_are_not_asked_about(self, qtbot, opened):
        fit(qtbot, opened)
        with qtbot.waitSignal(opened.saving.saved, timeout=5000):
            opened.window.actions_["file.save"].trigger()
        opened.window.close()
        assert not opened.window.isVisible()
