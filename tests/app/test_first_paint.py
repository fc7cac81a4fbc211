"""When a window is seen, and what is done with it then."""

import time

import pytest
from PySide6.QtWidgets import QDockWidget, QPushButton, QWidget

from app.first_paint import FirstPaint
from app.main_window import DOCKS, remembered_window

pytestmark = pytest.mark.gui


@pytest.fixture
def bare(qtbot, settings, theme):
    """A window without a session."""
    window = remembered_window(settings)
    qtbot.addWidget(window)
    return window


def test_waiting_ends_with_the_first_paint(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    seen = FirstPaint(widget)
    assert seen.ago_s is None
    widget.show()
    seen.wait()
    first = seen.ago_s
    assert first is not None
    time.sleep(0.01)
    widget.repaint()
    assert seen.ago_s >= first + 0.01, "a later paint is not the first"


@pytest.mark.slow
def test_waiting_for_what_is_never_painted_ends(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    seen = FirstPaint(widget)
    started = time.monotonic()
    seen.wait()
    assert seen.ago_s is None
    assert 0.4 < time.monotonic() - started < 5.0


def test_a_bare_window_offers_the_start_page_and_closes(bare):
    bare.show()
    assert bare.empty
    assert bare.start_page.isVisible()
    assert not any(d.isVisible() for d in bare.findChildren(QDockWidget))
    bare.close()
    assert not bare.isVisible()


def test_every_panel_comes_into_its_dock(session):
    for info in DOCKS:
        held = session.window.dock(info.key).widget()
        panel = getattr(session.window.panels, info.key)
        assert held is panel or held.isAncestorOf(panel)


def test_the_window_comes_back_where_it_was(bare, qtbot, settings, run_path):
    bare.setGeometry(0, 0, 790, 730)
    settings.set_layout("geometry", bare.saveGeometry())
    settings.add_recent(run_path)
    again = remembered_window(settings)
    qtbot.addWidget(again)
    assert again.size() == bare.size()
    assert str(run_path) in [b.toolTip() for b in again.findChildren(QPushButton)]
