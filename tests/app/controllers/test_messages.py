"""Nothing is said any longer than it is true."""

import pytest

from app.documents.readiness import NO_ANGLE
from engine.setup import PhiRange
from tests.app.driving import fit, let_it_settle, start_value, type_number

pytestmark = [pytest.mark.gui, pytest.mark.slow]


def banner(session):
    """Return what the banner says; empty while it is hidden."""
    shown = session.window.panels.banner
    return shown.text if shown.isVisible() else ""


def status(session):
    return session.window.statusBar().currentMessage()


def refusal(session):
    """Return why an edit was refused, as it stands under the table."""
    text = session.window.panels.parameters.message()
    return text if "bounds" in text else ""


@pytest.fixture
def refused(opened):
    """A session in which an edit was refused."""
    type_number(opened, "alpha", "5")
    assert "bounds" in status(opened)
    assert refusal(opened)
    return opened


@pytest.fixture
def saved(qtbot, opened):
    """A session with two fits; the second, which is shown, was just saved."""
    for _ in range(2):
        fit(qtbot, opened)
    with qtbot.waitSignal(opened.saving.saved, timeout=5000):
        opened.window.actions_["file.save"].trigger()
    assert "Fit #2 is saved" in banner(opened)
    assert "Fit #2 is saved" in status(opened)
    return opened


def test_the_hint_goes_when_angles_are_chosen_again(opened):
    opened.window.panels.phi_panel.ranges_edited.emit((PhiRange(170.0, 175.0),))
    opened.window.actions_["fit.start"].trigger()
    assert banner(opened) == NO_ANGLE
    opened.window.panels.phi_panel.ranges_edited.emit((PhiRange(-179.0, -170.0),))
    assert banner(opened) == NO_ANGLE
    while opened.workspace.undo_group.canUndo():
        opened.workspace.undo_group.undo()
    assert banner(opened) == ""


def test_the_hint_about_a_running_fit_goes_with_the_fit(qtbot, opened, fake):
    fake.finish.clear()
    opened.start_fit()
    opened.start_fit()
    assert "being fitted" in banner(opened)
    opened.fitting.stop()
    qtbot.waitUntil(lambda: opened.fitting.running is None, timeout=5000)
    assert "being fitted" not in banner(opened)


def test_a_refusal_goes_with_the_next_edit(refused):
    type_number(refused, "alpha", "0.5")
    assert start_value(refused, "alpha") == 0.5
    assert (status(refused), refusal(refused)) == ("", "")


def test_a_refusal_goes_when_something_else_is_undone(opened):
    type_number(opened, "alpha", "0.5")
    type_number(opened, "alpha", "5")
    assert refusal(opened)
    opened.workspace.undo_group.undo()
    assert (status(opened), refusal(opened)) == ("", "")


def test_a_refusal_goes_when_a_fit_starts(qtbot, refused):
    fit(qtbot, refused)
    assert "bounds" not in status(refused)
    assert refusal(refused) == ""


def test_a_remark_on_an_edit_stays(opened):
    opened.setup.told.emit("The shear rates kept their values.")
    type_number(opened, "alpha", "0.5")
    assert status(opened) == "The shear rates kept their values."


def test_where_a_fit_was_saved_is_said_while_it_is_shown(saved):
    document = saved.workspace.current
    document.show_start()
    assert "Fit #2 is saved" in banner(saved)
    document.show_fit(document.fits[0])
    let_it_settle()
    assert (status(saved), banner(saved)) == ("", "")


def test_what_can_be_done_with_a_fit_is_offered_while_it_is_shown(qtbot, opened):
    for _ in range(2):
        fit(qtbot, opened)
    assert "Fit #2 finished" in banner(opened)
    document = opened.workspace.current
    document.show_fit(document.fits[0])
    assert banner(opened) == ""
