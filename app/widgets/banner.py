"""A line above the maps that says what has just happened and offers what to do."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.theme import Theme, current_theme

_GLYPHS = {"good": "✓", "warn": "⚠", "bad": "✕", "accent": "ℹ"}


class Banner(QFrame):
    """Shows one message with buttons; never blocks anything.

    Signals
    -------
    action_requested(str)
        Key of the button that was pressed.
    """

    action_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._tone = "accent"
        self.subject: object = None
        """What the message is about, if anything."""
        self._glyph = QLabel()
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setAccessibleName("Message")
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(6)
        close = QToolButton()
        close.setText("✕")
        close.setAutoRaise(True)
        close.setToolTip("Hide this message")
        close.setAccessibleName("Hide this message")
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 5, 6, 5)
        layout.setSpacing(10)
        layout.addWidget(self._glyph)
        layout.addWidget(self._text, 1)
        layout.addLayout(self._buttons)
        layout.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """The message shown now."""
        return self._text.text()

    def show_message(
        self,
        text: str,
        tone: str,
        actions: tuple[tuple[str, str], ...] = (),
        subject: object = None,
    ) -> None:
        """Show a message.

        Parameters
        ----------
        tone
            good, warn, bad or accent.
        actions
            (key, text) of each button.
        subject
            What the message is about.
        """
        self.subject = subject
        self._tone = tone
        self._glyph.setText(_GLYPHS[tone])
        self._text.setText(text)
        self._clear_buttons()
        for key, label in actions:
            button = QPushButton(label)
            button.clicked.connect(lambda _=False, k=key: self.action_requested.emit(k))
            self._buttons.addWidget(button)
        self.apply_theme(current_theme())
        self.show()

    def focus_first_button(self) -> None:
        """Let the keyboard answer the question just shown."""
        item = self._buttons.itemAt(0)
        if item is not None and (button := item.widget()) is not None:
            button.setFocus()

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        colour = QColor(getattr(theme, self._tone))
        ground = QColor(colour)
        ground.setAlpha(30)
        self.setStyleSheet(
            "#banner {"
            f"background: {ground.name(QColor.NameFormat.HexArgb)};"
            f"border-left: 4px solid {colour.name()};"
            "}"
        )
        self._glyph.setStyleSheet(f"color: {colour.name()}; font-weight: bold")

    def _clear_buttons(self) -> None:
        while self._buttons.count():
            item = self._buttons.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.deleteLater()
