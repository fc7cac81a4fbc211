"""Parts of forms that stay usable in a narrow panel."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget


class Choice(QComboBox):
    """One of several values, which come back as they were put in.

    Qt would make plain text of a member of an enumeration whose values are text, so the
    values are kept here. It does not ask for the width of its longest text.

    Signals
    -------
    chosen(object)
        The value the user has just chosen.

    Parameters
    ----------
    name
        What it is called for those who cannot see it.
    texts
        What is shown for each value.
    """

    chosen = Signal(object)

    def __init__(self, name: str, texts: Mapping[Any, str]) -> None:
        super().__init__()
        self._values: list[Any] = []
        self.setAccessibleName(name)
        self.setMinimumContentsLength(7)
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_texts(texts)
        self.activated.connect(lambda _: self.chosen.emit(self.value))

    @property
    def value(self) -> Any:  # noqa: ANN401
        """The value shown; None without any."""
        row = self.currentIndex()
        return self._values[row] if row >= 0 else None

    @property
    def values(self) -> tuple[Any, ...]:
        """Every value, in the order shown."""
        return tuple(self._values)

    def set_value(self, value: object) -> None:
        """Show a value; nothing where it is not offered."""
        known = value in self._values
        self.setCurrentIndex(self._values.index(value) if known else -1)

    def offer(self, value: object, text: str) -> None:
        """Offer one value more, unless it is there already."""
        if value not in self._values:
            self._values.append(value)
            self.addItem(text)

    def set_texts(self, texts: Mapping[Any, str]) -> None:
        """Offer other values."""
        self.clear()
        self._values.clear()
        for value, text in texts.items():
            self.offer(value, text)


class Paragraph(QLabel):
    """Rich text over several lines, which insists on the height it needs.

    In a scroll area the height is asked for before it is known whether a scroll bar
    takes part of the width.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setAccessibleName(name)

    def show_text(self, text: str) -> None:
        """Show a text."""
        self.setText(text)
        self._insist()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for the height that goes with the new width."""
        super().resizeEvent(event)
        self._insist()

    def _insist(self) -> None:
        self.setMinimumHeight(max(0, self.heightForWidth(self.width())))


def beside(*widgets: QWidget) -> QWidget:
    """Return widgets side by side: the first grows, labels and buttons do not."""
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for i, widget in enumerate(widgets):
        grows = i == 0 or not isinstance(widget, QLabel | QPushButton)
        layout.addWidget(widget, int(grows))
    return holder


def label_for(text: str, buddy: QWidget) -> QLabel:
    """Return a label whose key leads to another widget."""
    made = QLabel(text)
    made.setBuddy(buddy)
    return made
