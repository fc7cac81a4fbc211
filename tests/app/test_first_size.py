"""The window and its dialogs fit on the screen; on a small one nothing is missing."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QScrollArea

from app.controllers.help import show_about
from app.main_window import first_size
from app.widgets.text_dialog import TextDialog
from tests.app.driving import fit

SMALL = QSize(1024, 600)


@pytest.mark.parametrize(
    ("screen", "expected"),
    [
        ((2560, 1440), (1440, 900)),
        ((1366, 728), (1366, 696)),
        ((1280, 672), (1280, 640)),
        ((1092, 566), (1092, 534)),
        ((800, 600), (800, 568)),
    ],
)
def test_first_size_leaves_room_for_the_title_bar(screen, expected):
    size = first_size(QSize(*screen))
    assert (size.width(), size.height()) == expected


@pytest.mark.gui
def test_everything_has_room_on_a_small_screen(qtbot, opened):
    window = opened.window
    # The bars of the desktop have taken it from the screen of the tests, too.
    window.setMinimumSize(SMALL)
    window.resize(SMALL)
    fit(qtbot, opened)
    qtbot.waitUntil(lambda: window.panels.angle_strip.isVisible())
    assert window.size() == SMALL
    needed = window.minimumSizeHint()
    assert needed.width() <= SMALL.width()
    assert needed.height() <= SMALL.height()
    for widget in (window.panels.c2_view, window.panels.angle_strip):
        assert widget.height() >= widget.minimumSizeHint().height()
    strip = window.panels.angle_strip
    assert strip.verticalScrollBar().maximum() > 0


@pytest.mark.gui
def test_the_small_maps_are_whole_where_there_is_room(qtbot, opened):
    strip = opened.window.panels.angle_strip
    full = strip.sizeHint().height()
    for height, low in ((900, False), (600, True), (900, False)):
        opened.window.resize(1440, height)
        qtbot.waitUntil(lambda: (strip.minimumSizeHint().height() < full) is low)  # noqa: B023


@pytest.mark.gui
def test_the_choice_of_angles_scrolls_where_it_has_no_room(opened):
    panel = opened.window.panels.phi_panel
    area = opened.window.dock("phi_panel").widget()
    assert isinstance(area, QScrollArea)
    area.resize(182, 150)
    assert panel.height() >= panel.minimumSizeHint().height() > 150
    assert area.verticalScrollBar().maximum() >= panel.height() - 150 - 2


@pytest.mark.gui
def test_dialogs_fit_on_a_small_screen(qtbot, session, monkeypatch):
    monkeypatch.setattr(QScreen, "availableSize", lambda _: QSize(1092, 566))
    about = show_about(session.window)
    text = TextDialog("Licence", "word", about)
    qtbot.addWidget(text)
    for dialog in (about, text):
        dialog.show()
        assert dialog.height() <= 534
        assert dialog.minimumSizeHint().height() <= 534
    about.close()
