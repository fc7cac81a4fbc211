"""A label for long rich text that is laid out no more often than it must be."""

import math

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QPainter,
    QPaintEvent,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QLabel

_LETTERS_CHANGE = (QEvent.Type.FontChange, QEvent.Type.StyleChange)
_TOUCHES = (
    QEvent.Type.FocusIn,
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
)
_COMFORTABLE = 320
"""Width the text asks for [px]."""


class TextLabel(QLabel):
    """Measures and draws its text with a document of its own.

    A layout asks for the same sizes a dozen times when anything beside it moves, and
    `QLabel` lays out the whole text several times for each of them, and again to draw
    it. Only where something may be selected does it have to draw the text itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self._measured: QTextDocument | None = None
        self._sizes: dict[int, QSize] = {}
        self._touched = False

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

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text."""
        if self._touched:
            super().paintEvent(event)
            return
        document = self._laid_out(self.width())
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = self.palette()
        context.clip = event.rect().toRectF()
        document.documentLayout().draw(painter, context)

    def event(self, event: QEvent) -> bool:
        """Leave it to the base class where the user selects or goes through links."""
        if event.type() in _LETTERS_CHANGE:
            self._forget()
        elif event.type() in _TOUCHES and not self._touched:
            self._touched = True
            # Has the base class lay out the text: there are no links in it before.
            super().heightForWidth(self.width())
        return super().event(event)

    def _size(self, width: int) -> QSize:
        """Return the size of the text wrapped at a width, wider if it must be."""
        if width not in self._sizes:
            size = self._laid_out(width).size()
            self._sizes[width] = QSize(
                math.ceil(size.width()), math.ceil(size.height())
            )
        return self._sizes[width]

    def _laid_out(self, width: int) -> QTextDocument:
        document = self._measured or self._document()
        self._measured = document
        if document.textWidth() != width:
            document.setTextWidth(width)
        return document

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
        self._touched = False
        if self._measured is not None:
            self._measured.deleteLater()
            self._measured = None
