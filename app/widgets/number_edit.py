"""A field for one number: what is typed is what is used."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.documents.numbers import exact_text, parse_number
from engine.errors import ParameterError


class NumberEdit(QLineEdit):
    """A line edit that holds a float, or nothing.

    Signals
    -------
    committed(object)
        The number (or None for an empty field), when it changed.
    refused(str)
        Why the text is no number; the field shows the old number again.
    """

    committed = Signal(object)
    refused = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._value: float | None = None
        self.editingFinished.connect(self._commit)

    @property
    def value(self) -> float | None:
        """The number held now."""
        return self._value

    def set_value(self, value: float | None) -> None:
        """Show a number, or nothing."""
        self._value = value
        self._show()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the text, so that typing replaces it."""
        super().focusInEvent(event)
        self.selectAll()

    def _show(self) -> None:
        self.setText("" if self._value is None else exact_text(self._value))

    def _commit(self) -> None:
        text = self.text().strip()
        try:
            value = parse_number(text) if text else None
        except ParameterError as error:
            self._show()
            self.refused.emit(str(error))
            return
        if value != self._value:
            self._value = value
            self.committed.emit(value)
