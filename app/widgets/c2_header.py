"""The lines above and below the maps: title and tools, read-out and badge."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.theme import Theme
from app.widgets.icons import icon

CHOICES = ("all", "data", "model", "residual")


class ElidedLabel(QLabel):
    """A label that shortens its text instead of asking for room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_full_text(self, text: str) -> None:
        """Show as much of a text as there is room for."""
        self._full = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._elide()

    @property
    def full_text(self) -> str:
        """The text without omission."""
        return self._full

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten anew."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        mode = Qt.TextElideMode.ElideRight
        metrics = QFontMetrics(self.font())
        self.setText(metrics.elidedText(self._full, mode, self.width()))


class C2Header(QWidget):
    """Title, choice of maps, lock of levels, crop and reset.

    Signals
    -------
    panels_chosen(str)
        One of `CHOICES`.
    lock_toggled(bool)
    crop_toggled(bool)
    reset_requested()
    """

    panels_chosen = Signal(str)
    lock_toggled = Signal(bool)
    crop_toggled = Signal(bool)
    reset_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self._choice = QButtonGroup(self)
        self._choice_buttons = {name: self._choice_button(name) for name in CHOICES}
        self._lock = self._button("Lock levels", checkable=True)
        self._crop = self._button("Choose a window of time", checkable=True)
        self._reset = self._button("Show everything")
        self._lay_out()
        self._lock.toggled.connect(self._on_lock)
        self._crop.toggled.connect(self.crop_toggled)
        self._reset.clicked.connect(self.reset_requested)
        self.set_choice("all")

    def set_choice(self, choice: str) -> None:
        """Show which maps are chosen; emits nothing."""
        self._choice_buttons[choice].setChecked(True)

    def set_locked(self, *, locked: bool) -> None:
        """Show whether levels are locked."""
        self._lock.setChecked(locked)

    def set_crop(self, *, visible: bool) -> None:
        """Show whether the crop square is on."""
        self._crop.setChecked(visible)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icons and colour the title."""
        self.title.setStyleSheet(f"color: {theme.text};")
        self._crop.setIcon(icon("crop"))
        self._reset.setIcon(icon("reset_view"))
        self._tint_lock()

    def _on_lock(self, locked: bool) -> None:  # noqa: FBT001
        self._tint_lock()
        self.lock_toggled.emit(locked)

    def _tint_lock(self) -> None:
        self._lock.setIcon(icon("lock" if self._lock.isChecked() else "unlock"))

    def _button(self, tip: str, *, checkable: bool = False) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setCheckable(checkable)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setIconSize(QSize(18, 18))
        button.setMinimumSize(26, 26)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _choice_button(self, name: str) -> QToolButton:
        button = self._button(f"Show {name}", checkable=True)
        button.setText(name.capitalize())
        self._choice.addButton(button)
        button.clicked.connect(lambda: self.panels_chosen.emit(name))
        return button

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 4, 2)
        layout.setSpacing(2)
        layout.addWidget(self.title, stretch=1)
        for button in self._choice_buttons.values():
            layout.addWidget(button)
        layout.addSpacing(6)
        for button in (self._lock, self._crop, self._reset):
            layout.addWidget(button)


class C2Footer(QWidget):
    """What is under the cursor, and whether the display is reduced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._readout = ElidedLabel()
        self._badge = QLabel()
        self._badge.setToolTip(
            "Several frames are drawn as one by their mean; zoom in to see each. "
            "The fit and the read-out use every pixel."
        )
        self.setFixedHeight(self.fontMetrics().height() + 10)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.addWidget(self._readout, stretch=1)
        layout.addWidget(self._badge)
        self.set_badge("")

    @property
    def readout(self) -> str:
        """What is under the cursor."""
        return self._readout.full_text

    @property
    def badge(self) -> str:
        """The note about the display; empty for none."""
        return self._badge.text()

    def set_readout(self, text: str) -> None:
        """Show what is under the cursor."""
        self._readout.set_full_text(text)

    def set_badge(self, text: str) -> None:
        """Show a note about the display; empty hides it."""
        self._badge.setText(text)
        self._badge.setVisible(bool(text))

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._readout.setStyleSheet(f"color: {theme.text};")
        self._badge.setStyleSheet(
            f"color: {theme.warn}; border: 1px solid {theme.warn};"
            " border-radius: 6px; padding: 0 6px;"
        )
