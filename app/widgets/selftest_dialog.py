"""What works on this machine, line by line, while it is tried."""

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QProgressBar,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app.theme import current_theme
from app.widgets.rich_text import cells, table, tinted
from app.widgets.scrolling import fitting_size

_SIZE = (700, 420)
_INTRO = (
    "A small simulated run with a known answer is written, read, fitted and saved. You "
    "can go on working meanwhile; while a fit runs, this takes longer."
)
_FAILED = "FAILED"


class SelfTestDialog(QDialog):
    """Shows lines as they come; closing it asks whoever tests to stop.

    Signals
    -------
    stop_requested()
    copy_requested()
    save_requested()
    """

    stop_requested = Signal()
    copy_requested = Signal()
    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Check my installation")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        intro = QLabel(_INTRO)
        intro.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName("Checking")
        self._lines: list[str] = []
        self._report = QTextBrowser()
        self._report.setAccessibleName("Report")
        self._verdict = QLabel("Checking…")
        self._verdict.setAccessibleName("Verdict")
        self._verdict.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        for widget in (intro, self._bar):
            layout.addWidget(widget)
        layout.addWidget(self._report, 1)
        layout.addWidget(self._verdict)
        layout.addWidget(self._buttons())
        self.resize(fitting_size(self, _SIZE))

    @property
    def running(self) -> bool:
        """Whether more lines may come."""
        return self.stop.isEnabled()

    @property
    def text(self) -> str:
        """The lines shown, as they were given."""
        return "\n".join(self._lines)

    @property
    def verdict(self) -> str:
        """What has come out, in a sentence."""
        return self._verdict.text()

    def add_line(self, text: str) -> None:
        """Append a line; the word of one that failed is coloured."""
        self._lines.append(text)
        self._report.setHtml(table([_row(line) for line in self._lines]))
        self._report.moveCursor(QTextCursor.MoveOperation.End)
        self._report.ensureCursorVisible()

    def end(self, verdict: str, *, good: bool | None = None) -> None:
        """Say what has come out; nothing more is shown then.

        Parameters
        ----------
        good
            Whether everything works; None where that is not known.
        """
        theme = current_theme()
        colour = {True: theme.good, False: theme.bad, None: theme.text}[good]
        self._verdict.setText(verdict)
        self._verdict.setStyleSheet(f"color: {colour}; font-weight: bold")
        self._bar.setRange(0, 1)
        self._bar.setValue(1)
        self.stop.setEnabled(False)

    def _buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.stop = QPushButton("S&top")
        self.copy = QPushButton("&Copy report")
        self.save = QPushButton("&Save report…")
        for button, signal in (
            (self.stop, self.stop_requested),
            (self.copy, self.copy_requested),
            (self.save, self.save_requested),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(signal)
            box.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        box.rejected.connect(self.reject)
        return box


def _row(line: str) -> str:
    """Return a line in columns: its mark, what was tried, what came out."""
    theme = current_theme()
    colour = theme.bad if line.startswith(_FAILED) else theme.good
    mark, _, rest = line.partition(" ")
    name, _, detail = rest.strip().partition(": ")
    return cells(
        f"<b>{tinted(escape(mark), colour)}</b>",
        f"<nobr>{escape(name)}</nobr>",
        escape(detail),
    )
