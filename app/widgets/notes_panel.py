"""What was assumed, translated or left unused when the current run was opened."""

from html import escape

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from app.theme import Theme, current_theme

Notes = tuple[tuple[str, str], ...]
"""(kind, sentence); the kind is warning, note or unused."""

_MARKS = {"warning": ("⚠", "warn"), "note": ("•", "muted"), "unused": ("○", "muted")}


class NotesPanel(QWidget):
    """Lists sentences, warnings first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current_theme()
        self._notes: Notes = ()
        self._text = QTextBrowser()
        self._text.setAccessibleName("Notes on the current run")
        self._text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self._text.setPlaceholderText("Nothing had to be assumed for this run.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(self._text)

    def set_notes(self, notes: Notes) -> None:
        """Show the notes of a run."""
        self._notes = notes
        order = list(_MARKS)
        lines = []
        for kind, sentence in sorted(notes, key=lambda n: order.index(n[0])):
            mark, tone = _MARKS[kind]
            colour = QColor(getattr(self._theme, tone)).name()
            lines.append(
                f'<p style="margin:2px 0"><span style="color:{colour}">{mark}</span> '
                f"{escape(sentence)}</p>"
            )
        self._text.setHtml("".join(lines))

    def text(self) -> str:
        """Return the notes as plain text."""
        return self._text.toPlainText()

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.set_notes(self._notes)
