"""Themes, sizes, panels, keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
)

pytestmark = pytest.mark.gui


class TestAppearance:
    def test_both_themes_reach_every_widget(self, opened, theme):
        for mode in ("dark", "light"):
            opened.window.actions_[f"view.theme_{mode}"].trigger()
            assert theme.theme.name == mode
            window = opened.window.palette().window().color()
            assert (window.lightnessF() < 0.5) == (mode == "dark")

    def test_the_smallest_size_is_possible(self, qtbot, opened):
        opened.window.resize(1024, 700)
        QApplication.processEvents()
        size = opened.window.size()
        assert (size.width(), size.height()) == (1024, 700)

    def test_panels_return_to_their_places(self, opened):
        window = opened.window
        runs = window.dock("runs")
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, runs)
        window.dock("fits").hide()
        window.actions_["window.reset"].trigger()
        assert window.dock("fits").isVisibleTo(window)
        assert window.dockWidgetArea(window.dock("runs")) == (
            Qt.DockWidgetArea.LeftDockWidgetArea
        )

    def test_the_layout_is_remembered(self, opened, settings):
        opened.window.dock("log").hide()
        opened.appearance.save_layout()
        assert settings.layout("docks") == opened.window.saveState()

    def test_what_one_reaches_by_tab_has_a_name(self, opened):
        nameless = [
            type(w).__name__
            for w in opened.window.findChildren(QLineEdit)
            if w.isVisible()
            and w.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not (w.accessibleName() or w.placeholderText())
        ]
        assert not nameless

    def test_help_lists_the_keys(self, qtbot, opened):
        opened.window.actions_["help.keys"].trigger()
        dialog = next(d for d in opened.window.findChildren(QDialog) if d.isVisible())
        shown = " ".join(label.text() for label in dialog.findChildren(QLabel))
        assert "F5" in shown
        assert "Fit the current run" in shown
        dialog.close()

    def test_notes_of_the_run_are_listed(self, opened):
        assert "literature convention" in opened.window.panels.notes.text()
