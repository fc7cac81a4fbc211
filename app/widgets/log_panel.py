"""The log of this session."""

import logging
from html import escape

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from app.theme import Theme, current_theme

_MAX_LINES = 5000


class LogPanel(QWidget):
    """Shows log lines, warnings and errors coloured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current_theme()
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setMaximumBlockCount(_MAX_LINES)
        self._text.setAccessibleName("Log")
        self._text.setPlaceholderText("What happens is noted here.")
        self._text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(self._text)

    def add_line(self, level: int, text: str) -> None:
        """Append a line; multi-line records keep their first line here."""
        first = escape(text.splitlines()[0] if text else "")
        if level >= logging.ERROR:
            colour = self._theme.bad
        elif level >= logging.WARNING:
            colour = self._theme.warn
        else:
            self._text.appendPlainText(text.splitlines()[0] if text else "")
            return
        self._text.appendHtml(
            f'<span style="color:{QColor(colour).name()}">{first}</span>'
        )

    def text(self) -> str:
        """Return every line shown."""
        return self._text.toPlainText()

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme for lines to come."""
        self._theme = theme
