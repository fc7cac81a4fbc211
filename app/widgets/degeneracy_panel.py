"""What the shown fit tells of degeneracy: what the data leave open, what was done."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.documents.fit_record import FitRecord
from app.theme import Theme, current_theme
from app.widgets.comparison_text import comparison_html
from app.widgets.degeneracy_text import (
    coupling_html,
    headline_html,
    layers_html,
    scores_html,
)
from app.widgets.entanglement_rows import EntanglementRows
from app.widgets.information_view import InformationView
from app.widgets.rich_text import tinted
from app.widgets.text_label import TextLabel
from engine.degeneracy import Degeneracy

_EMPTY = (
    "No fit yet. Press F5 (Fit); what the data leave open, and what was done about it, "
    "will stand here."
)
_SILENT = "This fit tells nothing about degeneracy."
_COMPARE = (
    "Fits every scaling mode in full, beginning at the values shown, and tells which "
    "one the data ask for. The set-up stays as it is."
)


class DegeneracyPanel(QScrollArea):
    """Shows one fit, or says that there is none.

    Signals
    -------
    fix_requested(Remedy)
        Fix a parameter another one imitates.
    compare_requested()
        Fit every scaling mode.
    """

    fix_requested = Signal(object)
    compare_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Degeneracy of the fit")
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._theme = current_theme()
        self._record: FitRecord | None = None
        self._filled = False
        self._filling = QTimer(self)
        self._filling.setSingleShot(True)
        self._filling.setInterval(1)
        self._filling.timeout.connect(self._fill)
        self._headline = _text("Scaling mode and why")
        self.rows = EntanglementRows()
        self.rows.fix_requested.connect(self.fix_requested)
        self.information = InformationView()
        self._coupling = _text("How much the scaling absorbs")
        self._layers = _text("What each layer did")
        self._comparison = _text("Scaling modes compared")
        self._why_compare = _text("What a comparison does")
        self.compare = QPushButton("Compare scaling modes")
        self.compare.clicked.connect(self.compare_requested)
        self._scores = _text("Score tests of the scaling")
        self._make_body()
        self.set_compare_reason("")
        self._fill()

    def set_record(self, record: FitRecord | None) -> None:
        """Show a fit; None shows the empty state.

        Laying it out takes a while: it waits for its turn, or until it is seen.
        """
        self._record = record
        self._filled = False
        if self.isVisible():
            self._filling.start()

    def set_compare_reason(self, reason: str) -> None:
        """Say why no comparison can be made now; empty if one can."""
        self.compare.setEnabled(not reason)
        self.compare.setToolTip(
            f"{_COMPARE}\nNot now: {reason}" if reason else _COMPARE
        )

    def text(self) -> str:
        """Return the rich text shown, apart from the rows and the chart."""
        self._fill()
        labels = (
            self._headline,
            self._coupling,
            self._layers,
            self._comparison,
            self._scores,
        )
        return "".join(label.text() for label in labels if not label.isHidden())

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.rows.apply_theme(theme)
        self.information.apply_theme(theme)
        self.set_record(self._record)

    def showEvent(self, event: QShowEvent) -> None:
        """Show what has come meanwhile."""
        self._fill()
        super().showEvent(event)

    def _make_body(self) -> None:
        body = QWidget()
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(10, 10, 8, 12)
        self._layout.setSpacing(0)
        self._layout.addWidget(self._headline)
        self._sections = {
            "rows": self._section("What the data leave open", self.rows),
            "information": self._section(
                "Which angles carry the information", self.information
            ),
            "coupling": self._section("How much the scaling absorbs", self._coupling),
            "layers": self._section("Layers", self._layers),
            "comparison": self._section(
                "Scaling modes compared",
                self._comparison,
                self._why_compare,
                self.compare,
            ),
            "scores": self._section("Score tests", self._scores),
        }
        self._layout.addStretch(1)
        self.setWidget(body)

    def _section(self, title: str, *content: QWidget) -> QWidget:
        section = QWidget()
        layout = QVBoxLayout(section)
        layout.setContentsMargins(0, 16, 0, 0)
        layout.setSpacing(6)
        heading = QLabel(f"<b>{title}</b>")
        heading.setWordWrap(True)
        layout.addWidget(heading)
        for widget in content:
            as_wide = not isinstance(widget, QPushButton)
            layout.addWidget(
                widget,
                0,
                Qt.AlignmentFlag(0) if as_wide else Qt.AlignmentFlag.AlignLeft,
            )
        self._layout.addWidget(section)
        return section

    def _fill(self) -> None:
        self._filling.stop()
        if self._filled:
            return
        self._filled = True
        record = self._record
        found = record.result.degeneracy if record is not None else None
        self.rows.set_record(record)
        if record is None or found is None or not found.chosen:
            said = _EMPTY if record is None else _SILENT
            self._headline.setText(f"<p>{tinted(said, self._theme.muted)}</p>")
            for section in self._sections.values():
                section.hide()
            # The comparison may tell what this fit does not.
            self._sections["comparison"].setVisible(record is not None)
            self._show_comparison("")
            return
        self._show(record, found)

    def _show(self, record: FitRecord, found: Degeneracy) -> None:
        symbols, theme = record.symbols, self._theme
        units = {p.name: p.unit for p in record.result.parameters}
        phi = record.result.scaling.phi
        coupling = coupling_html(found, symbols, theme)
        layers = layers_html(found, symbols, theme)
        scores = scores_html(found.tests, symbols, theme)
        self._headline.setText(headline_html(found, symbols, theme))
        self.information.set_information(phi, found.information, symbols)
        self._coupling.setText(coupling)
        self._layers.setText(layers)
        self._scores.setText(scores)
        self._show_comparison(comparison_html(found.comparison, symbols, units, theme))
        for key, there in (
            ("rows", True),
            ("information", bool(found.information)),
            ("coupling", bool(coupling)),
            ("layers", bool(layers)),
            ("comparison", True),
            ("scores", bool(scores)),
        ):
            self._sections[key].setVisible(there)

    def _show_comparison(self, table: str) -> None:
        self._comparison.setText(table)
        self._comparison.setVisible(bool(table))
        self._why_compare.setVisible(not table)
        self._why_compare.setText(tinted(_COMPARE, self._theme.muted))
        self.compare.setVisible(not table)


def _text(name: str) -> TextLabel:
    """Return a label for rich text that can be selected."""
    label = TextLabel()
    label.setAccessibleName(name)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
