"""The shown fit in numbers: how it ended, what it gave, how far it may be trusted."""

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.documents.fit_record import FitRecord
from app.theme import Theme, current_theme
from app.widgets.correlation_view import CorrelationView
from app.widgets.course_text import ATTEMPT_LINK
from app.widgets.result_text import result_html
from app.widgets.rich_text import tinted
from app.widgets.text_label import TextLabel


class ResultPanel(QScrollArea):
    """Shows one fit, or says that there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Result of the fit")
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._theme = current_theme()
        self._record: FitRecord | None = None
        self._opened: frozenset[int] = frozenset()
        self._filled = False
        self._filling = QTimer(self)
        self._filling.setSingleShot(True)
        self._filling.setInterval(1)
        self._filling.timeout.connect(self._fill)
        self._text = TextLabel()
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._text.linkActivated.connect(self._on_link)
        self._heading = QLabel("<b>Correlations of the parameters</b>")
        self._correlation = CorrelationView()
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(10, 10, 6, 10)
        layout.addWidget(self._text)
        layout.addSpacing(4)
        layout.addWidget(self._heading)
        layout.addWidget(self._correlation)
        layout.addStretch(1)
        self.setWidget(body)
        self._fill()

    def set_record(self, record: FitRecord | None) -> None:
        """Show a fit; None shows the empty state.

        Laying out the text takes a while: it waits for its turn, or until it is seen.
        """
        if record is not self._record:
            self._opened = frozenset()
        self._record = record
        self._filled = False
        if self.isVisible():
            self._filling.start()

    def text(self) -> str:
        """Return the rich text shown."""
        self._fill()
        return self._text.text()

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self._correlation.apply_theme(theme)
        self.set_record(self._record)

    def showEvent(self, event: QShowEvent) -> None:
        """Show what has come meanwhile."""
        self._fill()
        super().showEvent(event)

    def _fill(self) -> None:
        self._filling.stop()
        if self._filled:
            return
        self._filled = True
        record = self._record
        has = record is not None
        self._heading.setVisible(has)
        self._correlation.setVisible(has)
        if record is None:
            empty = (
                "No fit yet. Press F5 (Fit); the values, their errors and what to "
                "think of them will stand here."
            )
            self._text.setText(f"<p>{tinted(empty, self._theme.muted)}</p>")
            return
        self._text.setText(result_html(record, self._theme, self._opened))
        self._show_correlation(record)

    def _show_correlation(self, record: FitRecord) -> None:
        result = record.result
        # What the data do not determine has no correlation either.
        without = {p.name for p in result.parameters if p.stderr is None}
        symbols = {p.name: p.symbol for p in result.parameters}
        # The scaling coefficients follow; with many angles they would fill the panel.
        names = [symbols[n] for n in result.covariance_names if n in symbols]
        count = len(names)
        matrix = np.array(result.correlation[:count, :count], dtype=float)
        loose = [
            i for i, n in enumerate(result.covariance_names[:count]) if n in without
        ]
        matrix[loose, :] = matrix[:, loose] = np.nan
        self._correlation.set_matrix(names, matrix)

    def _on_link(self, target: str) -> None:
        """Open or close an attempt."""
        if self._record is None or not target.startswith(ATTEMPT_LINK):
            return
        index = int(target.removeprefix(ATTEMPT_LINK))
        self._opened ^= {index}
        self._text.setText(result_html(self._record, self._theme, self._opened))
