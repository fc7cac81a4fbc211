"""A label for long rich text that is laid out no more often than it must be."""

import math

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QTextDocument, QTextOption
from PySide6.QtWidgets import QLabel

_LETTERS_CHANGE = (QEvent.Type.FontChange, QEvent.Type.StyleChange)
_COMFORTABLE = 320
"""Width the text asks for [px]."""


class TextLabel(QLabel):
    """Measures its text with a document of its own and remembers the answers.

    A layout asks for the same sizes a dozen times when anything beside it moves, and
    `QLabel` lays out the whole text several times for each of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._measured: QTextDocument | None = None
        self._sizes: dict[int, QSize] = {}

    def setText(self, text: str) -> None:  # noqa: N802
        """Show a text; the one that is shown costs nothing."""
        if text != self.text():
            self._forget()
            super().setText(text)

    def heightForWidth(self, width: int) -> int:
        """Return the height of the text at a width."""
        return self._size(width).height()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return self._size(_COMFORTABLE)

    def minimumSizeHint(self) -> QSize:
        """Return the least width at which nothing is cut off; the height follows."""
        return QSize(self._size(0).width(), self.fontMetrics().height())

    def event(self, event: QEvent) -> bool:
        """Forget the sizes when the letters change."""
        if event.type() in _LETTERS_CHANGE:
            self._forget()
        return super().event(event)

    def _size(self, width: int) -> QSize:
        """Return the size of the text wrapped at a width, wider if it must be."""
        if width not in self._sizes:
            document = self._measured or self._document()
            self._measured = document
            document.setTextWidth(width)
            size = document.size()
            self._sizes[width] = QSize(
                math.ceil(size.width()), math.ceil(size.height())
            )
        return self._sizes[width]

    def _document(self) -> QTextDocument:
        document = QTextDocument(self)
        document.setDefaultFont(self.font())
        document.setDocumentMargin(0)
        # As in a label: no word is broken.
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        document.setDefaultTextOption(option)
        document.setHtml(self.text())
        return document

    def _forget(self) -> None:
        self._sizes.clear()
        if self._measured is not None:
            self._measured.deleteLater()
            self._measured = None
