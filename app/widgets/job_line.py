"""One piece of work in the status bar: what it is, how far it is, a stop button."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QWidget,
)


class JobLine(QWidget):
    """Shows progress as text and as a bar.

    Signals
    -------
    cancel_requested()
    """

    cancel_requested = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.setAccessibleName(name)
        # A long line is cut off rather than making the window wider.
        self._text.setMinimumWidth(60)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(120, 10)
        self._bar.setAccessibleName(f"{name}: progress")
        self._stop = QToolButton()
        self._stop.setText("✕")
        self._stop.setAutoRaise(True)
        self._stop.setToolTip(f"Stop: {name.lower()}")
        self._stop.setAccessibleName(f"Stop: {name.lower()}")
        self._stop.clicked.connect(self.cancel_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self._text, self._bar, self._stop):
            layout.addWidget(widget)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown."""
        return self._text.text()

    @property
    def total(self) -> int:
        """What the bar counts to; 0 while that is not known."""
        return self._bar.maximum()

    def show_progress(self, text: str, done: int = 0, total: int = 0) -> None:
        """Show how far the work has come; a total of 0 is not known."""
        self._text.setText(text)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self.show()
