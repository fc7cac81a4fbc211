"""What the Help menu shows."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.actions.table import ActionInfo
from app.logs import log_file
from engine import __version__

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


def show_about(window: QWidget) -> QMessageBox:
    """Tell version, licence and where the log lies."""
    box = QMessageBox(window)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("About Twotime")
    box.setIconPixmap(window.windowIcon().pixmap(64, 64))
    box.setText(f"Twotime {__version__}")
    box.setInformativeText(
        "Fits X-ray photon correlation spectroscopy two-time correlation data.\n\n"
        f"MIT licence · Qt {qVersion()}\nLog file: {log_file()}"
    )
    box.open()
    return box
