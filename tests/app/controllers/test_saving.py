"""Saving fits and closing the window."""

import pytest
from PySide6.QtWidgets import (
    QFileDialog,
)

from app.controllers import saving
from engine.errors import OutputError
from engine.result import State
from engine.sample import sample_run
from tests.app.driving import fit

pytestmark = [pytest.mark.gui, pytest.mark.slow]


def save(qtbot, session):
    with qtbot.waitSignal(session.saving.saved, timeout=5000):
        session.window.actions_["file.save"].trigger()


def export(qtbot, session, target):
    dialog = session.files.ask_where_to_save()
    with qtbot.waitSignal(session.saving.saved, timeout=5000):
        dialog.filesSelected.emit([str(target)])
    dialog.reject()


def begin_fit(qtbot, session, fake):
    fake.finish.clear()
    session.window.actions_["fit.start"].trigger()
    qtbot.waitUntil(lambda: len(session.fitting.trace) > 1)


def press(session, text):
    """Press a button of the question that is open."""
    buttons = session.closing.dialog.buttons()
    next(b for b in buttons if text in b.text().replace("&", "")).click()


def saved_column(session):
    """Return what the list of fits says about being saved, the newest fit first."""
    model = session.window.panels.fits.view.model()
    return [model.index(row, 4).data() for row in range(model.rowCount())]


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

    def test_every_fit_of_a_run_gets_a_folder_of_its_own(
        self, qtbot, opened, fake, run_path
    ):
        for _ in range(3):
            fit(qtbot, opened)
            save(qtbot, opened)
        folder = run_path.parent
        names = ("run_result", "run_result_2", "run_result_3")
        assert fake.saved == [folder / name for name in names]
        assert saved_column(opened) == ["yes", "yes", "yes"]
        document = opened.workspace.current
        document.show_fit(document.fits[0])
        opened.window.actions_["file.save"].trigger()
        shown = opened.window.statusBar().currentMessage()
        assert shown == f"Fit #1 is saved in {folder / 'run_result'}."

    def test_a_folder_of_an_earlier_session_is_left_alone(
        self, qtbot, opened, fake, run_path
    ):
        earlier = run_path.parent / "run_result"
        earlier.mkdir()
        fit(qtbot, opened)
        save(qtbot, opened)
        assert fake.saved == [run_path.parent / "run_result_2"]
        assert earlier.is_dir()

    def test_two_fits_saved_at_once_do_not_share_a_folder(
        self, qtbot, opened, fake, run_path
    ):
        fit(qtbot, opened)
        fit(qtbot, opened)
        document = opened.workspace.current
        fake.save_gate.clear()
        for record in (document.fits[0], document.fits[1], document.fits[1]):
            document.show_fit(record)
            opened.window.actions_["file.save"].trigger()
        fake.save_gate.set()
        qtbot.waitUntil(lambda: not opened.saving.busy)
        folder = run_path.parent
        assert fake.saved == [folder / "run_result", folder / "run_result_2"]
        assert document.saved == {1: folder / "run_result", 2: folder / "run_result_2"}

    def test_what_another_fit_is_exported_over_counts_as_unsaved(
        self, qtbot, opened, tmp_path
    ):
        target = tmp_path / "elsewhere"
        target.mkdir()
        for _ in range(2):
            fit(qtbot, opened)
            export(qtbot, opened, target)
        assert saved_column(opened) == ["yes", ""]
        assert [f.number for f in opened.workspace.current.unsaved] == [1]

    def test_what_another_run_is_exported_over_counts_as_unsaved(
        self, qtbot, opened, tmp_path
    ):
        target, second = tmp_path / "elsewhere", tmp_path / "second" / "run.yaml"
        for folder in (target, second.parent):
            folder.mkdir()
        second.touch()
        first = opened.workspace.current
        fit(qtbot, opened)
        export(qtbot, opened, target)
        with qtbot.waitSignal(opened.loading.opened):
            opened.loading.open_paths([second])
        fit(qtbot, opened)
        export(qtbot, opened, target)
        assert not opened.workspace.current.unsaved
        assert [f.number for f in first.unsaved] == [1]

    def test_the_example_is_saved_among_the_documents(
        self, qtbot, opened, fake, run_path, monkeypatch
    ):
        documents = run_path.parent / "documents"
        monkeypatch.setattr(saving, "_program_folder", lambda: run_path.parent)
        monkeypatch.setattr(saving, "_documents", lambda: documents)
        fit(qtbot, opened)
        save(qtbot, opened)
        assert fake.saved == [documents / "Twotime" / "run_result"]
        assert str(fake.saved[0]) in opened.window.panels.banner.text

    def test_without_a_fit_saving_says_why_not(self, opened):
        action = opened.window.actions_["file.save"]
        assert not action.isEnabled()
        assert "there is no fit yet" in action.toolTip()


def test_the_example_lies_in_the_folder_of_the_program():
    assert sample_run().is_relative_to(saving._program_folder())
    assert saving._documents().is_absolute()


class TestClosing:
    def test_closing_during_a_fit_asks_before_it_stops_it(self, qtbot, opened, fake):
        begin_fit(qtbot, opened, fake)
        opened.window.close()
        assert "Stop it and close?" in opened.closing.dialog.text()
        press(opened, "Stop")
        qtbot.waitUntil(lambda: opened.fitting.running is None, timeout=5000)
        # Its best point exists nowhere else, so it is asked about like any other.
        qtbot.waitUntil(lambda: opened.closing.dialog is not None)
        press(opened, "Close")
        qtbot.waitUntil(lambda: not opened.window.isVisible(), timeout=5000)

    def test_a_fit_goes_on_when_closing_is_cancelled(self, qtbot, opened, fake):
        begin_fit(qtbot, opened, fake)
        opened.window.close()
        press(opened, "Cancel")
        qtbot.waitUntil(lambda: opened.closing.dialog is None)
        steps = len(opened.fitting.trace)
        qtbot.waitUntil(lambda: len(opened.fitting.trace) > steps + 1)
        fake.finish.set()
        qtbot.waitUntil(lambda: opened.fitting.running is None, timeout=5000)
        qtbot.wait(50)
        assert opened.window.isVisible()
        assert opened.workspace.current.fits[0].state is State.CONVERGED

    def test_a_fit_may_end_while_it_is_asked_about(self, qtbot, opened, fake):
        begin_fit(qtbot, opened, fake)
        opened.window.close()
        fake.finish.set()
        qtbot.waitUntil(lambda: opened.fitting.running is None, timeout=5000)
        press(opened, "Stop")
        qtbot.waitUntil(lambda: opened.closing.dialog is not None)
        assert "have not been saved" in opened.closing.dialog.text()
        opened.closing.dialog.reject()

    def test_a_run_cannot_be_closed_while_it_is_fitted(self, qtbot, opened, fake):
        begin_fit(qtbot, opened, fake)
        action = opened.window.actions_["file.close_run"]
        assert not action.isEnabled()
        assert "being fitted" in action.toolTip()

    def test_unsaved_fits_are_asked_about(self, qtbot, opened, run_path):
        fit(qtbot, opened)
        opened.window.close()
        assert opened.window.isVisible()
        box = opened.closing.dialog
        assert box.informativeText() == f"{run_path.parent.name}: #1"
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
