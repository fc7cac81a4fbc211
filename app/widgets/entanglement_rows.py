"""What the data leave open, row by row, with a button where something mends it."""

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.documents.fit_record import FitRecord
from app.theme import Theme, current_theme
from app.widgets.remedy_text import remedy_effect, remedy_tip, remedy_title
from app.widgets.rich_text import tinted
from app.widgets.text_label import TextLabel
from app.wording import parameter_sentence
from engine.degeneracy import Entanglement, Remedy

_NOTHING = "The data tell every free parameter apart from the others."


class EntanglementRows(QWidget):
    """One row for each entanglement of a fit.

    Signals
    -------
    fix_requested(Remedy)
    """

    fix_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current_theme()
        self._record: FitRecord | None = None
        self._reasons: Mapping[str, str] = {}
        self.buttons: dict[str, QPushButton] = {}
        """By name of the parameter that would be fixed."""
        self._rows: list[QWidget] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(10)

    def set_record(self, record: FitRecord | None) -> None:
        """Show the entanglements of a fit."""
        if record is not self._record:
            self._record = record
            self._rebuild()

    def set_reasons(self, reasons: Mapping[str, str]) -> None:
        """Say why a parameter cannot be fixed now, by name; empty where it can."""
        self._reasons = reasons
        for name, button in self.buttons.items():
            reason = reasons.get(name, "")
            button.setEnabled(not reason)
            tip = str(button.property("tip"))
            button.setToolTip(f"{tip}\nNot now: {reason}" if reason else tip)

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self._rebuild()

    def _rebuild(self) -> None:
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._rows.clear()
        self.buttons.clear()
        if self._record is None:
            return
        found = self._record.result.degeneracy.entanglements
        if not found:
            mark = tinted("✓", self._theme.good)
            self._add(self._text(f"{mark} {_NOTHING}"))
        for entanglement in found:
            self._add(self._row(entanglement, self._record))
        self.set_reasons(self._reasons)

    def _add(self, row: QWidget) -> None:
        self._rows.append(row)
        self._layout.addWidget(row)

    def _row(self, entanglement: Entanglement, record: FitRecord) -> QWidget:
        row = QWidget()
        layout = QVBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        said = parameter_sentence(entanglement.sentence, record.symbols)
        layout.addWidget(self._text(f"{tinted('⚠', self._theme.warn)} {escape(said)}"))
        remedy = entanglement.remedy
        # Two findings may have the same remedy: it is offered once.
        if remedy is not None and remedy.name not in self.buttons:
            layout.addLayout(self._remedy(remedy, record))
        return row

    def _remedy(self, remedy: Remedy, record: FitRecord) -> QHBoxLayout:
        parameters = record.result.parameters
        units = {p.name: p.unit for p in parameters}
        errors = {p.name: p.stderr for p in parameters}
        symbols = record.symbols
        symbol = symbols.get(remedy.name, remedy.name)
        button = QPushButton(remedy_title(remedy, symbol, units.get(remedy.name, "")))
        tip = remedy_tip(remedy, errors, symbols, units)
        button.setProperty("tip", tip)
        button.setAccessibleDescription(tip)
        button.clicked.connect(lambda: self.fix_requested.emit(remedy))
        self.buttons[remedy.name] = button
        effect = remedy_effect(remedy, errors, symbols)
        holder = QHBoxLayout()
        holder.setSpacing(8)
        holder.addWidget(button)
        remark = self._text(tinted(escape(effect), self._theme.muted))
        holder.addWidget(remark, 1, Qt.AlignmentFlag.AlignVCenter)
        return holder

    def _text(self, text: str) -> TextLabel:
        made = TextLabel()
        made.setTextFormat(Qt.TextFormat.RichText)
        made.setWordWrap(True)
        made.setText(text)
        return made
