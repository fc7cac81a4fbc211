"""Help ▸ Check my installation."""

import pytest
from PySide6.QtGui import QGuiApplication

from engine.errors import DataError
from engine.selftest import Check

pytestmark = [pytest.mark.gui, pytest.mark.slow]


@pytest.fixture
def controller(session):
    yield session.selftest
    if session.selftest.dialog is not None:
        session.selftest.dialog.close()


def begin(session):
    session.window.actions_["help.selftest"].trigger()
    return session.selftest.dialog


def ended(qtbot, dialog):
    qtbot.waitUntil(lambda: not dialog.running, timeout=5000)
    return dialog


def test_nothing_is_tried_and_no_thread_runs_before_it_is_asked_for(controller, fake):
    assert not controller.running
    assert "self_test" not in fake.threads


def test_shows_every_line_with_its_time_and_the_verdict(
    qtbot, session, controller, fake
):
    fake.checks.append(Check("fit", works=True, detail="converged <1> & fine"))
    dialog = ended(qtbot, begin(session))
    first, second = dialog.text.splitlines()
    assert first.startswith("ok      program: version 1 (")
    assert second.startswith("ok      fit: converged <1> & fine (")
    assert second.endswith(" s)")
    assert dialog.verdict.startswith("Everything works (")
    assert "MainThread" not in fake.threads["self_test"]
    assert not fake.threads["self_test"] & fake.threads["prepare"]


def test_what_fails_is_named_and_the_rest_goes_on(qtbot, session, controller, fake):
    fake.checks.insert(0, Check("fit", works=False, detail="no answer"))
    dialog = ended(qtbot, begin(session))
    assert dialog.text.startswith("FAILED  fit: no answer (")
    assert "ok      program" in dialog.text
    assert dialog.verdict.startswith("Something does not work")


def test_an_error_is_a_line_too(qtbot, session, controller, fake):
    fake.check_error = DataError("the disk\nis full")
    dialog = ended(qtbot, begin(session))
    assert dialog.text.splitlines()[-1] == "FAILED  DataError: the disk is full"
    assert dialog.verdict.startswith("Something does not work")
    assert not session.errors.dialogs


def test_can_be_stopped(qtbot, session, controller, fake):
    fake.check_gate.clear()
    dialog = begin(session)
    qtbot.waitUntil(lambda: "program" in dialog.text)
    dialog.stop.click()
    ended(qtbot, dialog)
    assert dialog.verdict == "Stopped before everything was tried."


def test_closing_stops_it_and_a_second_try_begins_anew(
    qtbot, session, controller, fake
):
    fake.check_gate.clear()
    dialog = begin(session)
    qtbot.waitUntil(lambda: "program" in dialog.text)
    assert begin(session) is dialog
    dialog.close()
    assert controller.dialog is None
    fake.check_gate.set()
    again = ended(qtbot, begin(session))
    assert again is not dialog
    assert again.text.count("program") == 1
    assert again.verdict.startswith("Everything works")


def test_runs_beside_a_fit_and_the_window_goes_on(qtbot, opened, fake):
    fake.finish.clear()
    opened.window.actions_["fit.start"].trigger()
    qtbot.waitUntil(lambda: len(opened.fitting.trace) > 1)
    dialog = ended(qtbot, begin(opened))
    assert dialog.verdict.startswith("Everything works")
    assert opened.fitting.running is not None
    steps = len(opened.fitting.trace)
    qtbot.waitUntil(lambda: len(opened.fitting.trace) > steps)
    dialog.close()
    with qtbot.waitSignal(opened.fitting.ended, timeout=5000):
        fake.finish.set()
    assert opened.workspace.current.fits


def test_the_window_closes_while_it_runs(qtbot, session, controller, fake):
    fake.check_gate.clear()
    dialog = begin(session)
    qtbot.waitUntil(lambda: "program" in dialog.text)
    session.window.close()
    session.shut_down()
    assert not controller.running


def test_the_report_is_copied_and_saved(qtbot, session, controller, settings, tmp_path):
    dialog = ended(qtbot, begin(session))
    dialog.copy.click()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Twotime: ")
    assert dialog.text in text
    assert dialog.verdict in text
    chooser = controller.ask_where_to_save()
    chooser.filesSelected.emit([str(tmp_path / "report.txt")])
    chooser.reject()
    assert (tmp_path / "report.txt").read_text("utf-8") == text
    assert settings.folder("save") == tmp_path


def test_a_report_that_cannot_be_written_is_said(qtbot, session, controller, tmp_path):
    ended(qtbot, begin(session))
    chooser = controller.ask_where_to_save()
    chooser.filesSelected.emit([str(tmp_path / "no" / "such" / "report.txt")])
    chooser.reject()
    (box,) = session.errors.dialogs
    assert "choose another place" in box.informativeText()
