"""What the Help menu shows."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.about.facts import folders, versions, versions_text
from app.about.help_pages import MISSING, help_page, places
from app.about.parts import program_parts
from app.actions.table import ActionInfo
from app.controllers.desktop import open_on_desktop
from app.widgets.about_dialog import AboutDialog

_MORE_KEYS = (
    ("Space", "Fix or free the parameter of the current row"),
    ("F2, Enter, typing", "Edit a number of the parameter table"),
    ("Arrows, + and −, Home", "In a map: move the cursor, zoom, show all"),
)


def show_keys(window: QWidget, infos: Sequence[ActionInfo]) -> QDialog:
    """List the keys of the window."""
    dialog = QDialog(window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Keyboard")
    rows = [
        (
            QKeySequence(i.shortcut).toString(QKeySequence.SequenceFormat.NativeText),
            i.tip,
        )
        for i in infos
        if i.shortcut is not None
    ]
    cells = "".join(
        '<tr><td style="padding:2px 24px 2px 0"><b>'
        f"{escape(keys)}</b></td><td>{escape(tip)}</td></tr>"
        for keys, tip in (*rows, *_MORE_KEYS)
    )
    label = QLabel(f"<table>{cells}</table>")
    label.setMargin(12)
    area = QScrollArea()
    area.setWidget(label)
    area.setWidgetResizable(True)
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    box.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.addWidget(area)
    layout.addWidget(box)
    dialog.resize(560, 620)
    dialog.open()
    return dialog


def show_documentation(window: QWidget) -> QMessageBox | None:
    """Open the documentation in the browser, or say what to do without it."""
    page = help_page(places())
    if page is None:
        return _say(window, MISSING)
    if not open_on_desktop(page):
        return _say(window, f"No program opens it here; open {page} in a browser.")
    return None


def show_about(window: QWidget) -> AboutDialog:
    """Tell versions, folders, and the licences of what the program is made of."""
    dialog = AboutDialog(versions(), folders(), program_parts(), window)
    clipboard = QGuiApplication.clipboard()
    dialog.copy_requested.connect(lambda: clipboard.setText(versions_text()))
    dialog.folder_requested.connect(open_on_desktop)
    dialog.open()
    return dialog


def _say(window: QWidget, sentence: str) -> QMessageBox:
    box = QMessageBox(window)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("Documentation")
    box.setIcon(QMessageBox.Icon.Information)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(sentence)
    box.open()
    return box
