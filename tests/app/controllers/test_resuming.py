"""Streaming fits that were interrupted: asked about, continued, started anew."""

import os
from datetime import datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from engine.errors import DataError, OptionError
from engine.result import State
from engine.setup import Strategy
from tests.app.driving import fit

pytestmark = [pytest.mark.gui, pytest.mark.slow]


@pytest.fixture
def streaming(opened):
    opened.window.panels.setup.setup_edited.emit("strategy", Strategy.STREAMING)
    return opened


@pytest.fixture
def interrupted(streaming, checkpoints):
    """A session whose run has a checkpoint of another session, of 14:02 today."""
    file = leave_checkpoint(streaming)
    when = datetime.now().replace(hour=14, minute=2).timestamp()
    os.utime(file, (when, when))
    return streaming


def leave_checkpoint(session):
    """Leave what a streaming fit that was killed leaves."""
    file = session.fitting._checkpoints.prepared(session.workspace.current)
    file.write_bytes(b"a point on the way")
    return file


def press_fit(session):
    session.window.actions_["fit.start"].trigger()


def files(folder):
    return list(folder.iterdir()) if folder.exists() else []


class TestFiles:
    def test_a_fit_gets_a_file_and_a_finished_one_leaves_none(
        self, qtbot, streaming, fake, checkpoints
    ):
        fit(qtbot, streaming)
        (file,) = fake.checkpoints
        assert file.parent == checkpoints
        assert fake.resumed == [False]
        assert files(checkpoints) == []

    def test_one_that_ran_to_its_end_leaves_none_either(
        self, qtbot, streaming, fake, checkpoints
    ):
        fake.end_state = State.NOT_CONVERGED
        fit(qtbot, streaming)
        assert files(checkpoints) == []

    def test_what_was_stopped_can_be_continued(
        self, qtbot, streaming, fake, checkpoints
    ):
        fake.finish.clear()
        press_fit(streaming)
        qtbot.waitUntil(lambda: len(streaming.fitting.trace) > 1)
        with qtbot.waitSignal(streaming.fitting.ended, timeout=5000):
            streaming.window.actions_["fit.stop"].trigger()
        fake.finish.set()
        assert len(files(checkpoints)) == 1
        press_fit(streaming)
        assert "was interrupted" in streaming.window.panels.banner.text

    def test_what_failed_can_be_continued(self, qtbot, streaming, fake, checkpoints):
        file = leave_checkpoint(streaming)
        fake.fit_error = DataError("the matrix c2_1 cannot be read")
        streaming.start_fit()
        with qtbot.waitSignal(streaming.fitting.ended, timeout=5000):
            streaming.window.panels.banner.action_requested.emit("resume_fit")
        assert file.exists()

    def test_a_fit_in_memory_does_not_ask(self, qtbot, interrupted, fake):
        interrupted.window.panels.setup.setup_edited.emit("strategy", Strategy.STANDARD)
        fit(qtbot, interrupted)
        assert fake.resumed == [False]


class TestQuestion:
    def test_it_is_asked_and_nothing_starts(self, interrupted, fake):
        press_fit(interrupted)
        assert interrupted.window.panels.banner.text == (
            "A streaming fit of this run was interrupted at 14:02."
        )
        assert interrupted.fitting.running is None
        assert fake.fitted == []

    def test_the_keyboard_continues_it(self, qtbot, interrupted, fake, checkpoints):
        press_fit(interrupted)
        button = interrupted.window.focusWidget()
        assert isinstance(button, QPushButton)
        assert button.text() == "Continue it"
        with qtbot.waitSignal(interrupted.fitting.ended, timeout=5000):
            QTest.keyClick(button, Qt.Key.Key_Space)
        assert fake.resumed == [True]
        assert files(checkpoints) == []

    def test_starting_anew_removes_the_old_one_first(
        self, qtbot, interrupted, fake, checkpoints
    ):
        fake.finish.clear()
        press_fit(interrupted)
        (old,) = files(checkpoints)
        told = old.stat().st_mtime
        interrupted.window.panels.banner.action_requested.emit("fit_anew")
        qtbot.waitUntil(lambda: len(interrupted.fitting.trace) > 1)
        assert fake.resumed == [False]
        assert old.stat().st_mtime != told
        fake.finish.set()
        qtbot.waitUntil(lambda: interrupted.fitting.running is None)

    def test_continuing_from_a_fit_is_starting_anew(self, qtbot, interrupted, fake):
        interrupted.window.panels.setup.setup_edited.emit("strategy", Strategy.STANDARD)
        fit(qtbot, interrupted)
        interrupted.window.panels.setup.setup_edited.emit(
            "strategy", Strategy.STREAMING
        )
        leave_checkpoint(interrupted)
        with qtbot.waitSignal(interrupted.fitting.ended, timeout=5000):
            interrupted.window.actions_["fit.continue"].trigger()
        assert fake.resumed == [False, False]

    def test_another_run_takes_the_question_away(self, qtbot, interrupted, tmp_path):
        press_fit(interrupted)
        other = tmp_path / "other.yaml"
        other.touch()
        with qtbot.waitSignal(interrupted.loading.opened, timeout=5000):
            interrupted.loading.open_paths([other])
        assert not interrupted.window.panels.banner.isVisible()


class TestRefusal:
    SAID = (
        "the checkpoint /a/b.checkpoint belongs to another fit: the set-up is not that "
        "it was made with; restore it, or run the fit without --resume"
    )

    def test_a_changed_set_up_is_said_and_starting_anew_offered(
        self, qtbot, interrupted, fake
    ):
        press_fit(interrupted)
        fake.fit_error = OptionError(self.SAID)
        with qtbot.waitSignal(interrupted.fitting.ended, timeout=5000):
            interrupted.window.panels.banner.action_requested.emit("resume_fit")
        (box,) = interrupted.errors.dialogs
        assert "cannot be continued" in box.text()
        assert box.informativeText() == (
            "Its checkpoint belongs to another fit: the set-up is not that it was "
            "made with; restore it, or start anew."
        )
        fake.fit_error = None
        anew = next(b for b in box.buttons() if "anew" in b.text())
        with qtbot.waitSignal(interrupted.fitting.ended, timeout=5000):
            anew.click()
        assert fake.resumed == [True, False]
        assert len(interrupted.workspace.current.fits) == 1

    def test_other_errors_are_as_ever(self, qtbot, interrupted, fake):
        press_fit(interrupted)
        fake.fit_error = DataError("the selected angle phi = 4° has no finite pixel")
        with qtbot.waitSignal(interrupted.fitting.ended, timeout=5000):
            interrupted.window.panels.banner.action_requested.emit("resume_fit")
        (box,) = interrupted.errors.dialogs
        assert box.text() == "The fit could not be done"
