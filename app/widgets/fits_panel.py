"""The fits of the current run."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.documents.list_models import TONE_ROLE, FitListModel
from app.theme import Theme, current_theme
from app.widgets.selection import soften_selection

Index = QModelIndex | QPersistentModelIndex


class _ToneDelegate(QStyledItemDelegate):
    """Colours a cell by the tone the model names."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = current_theme()

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        tone = index.data(TONE_ROLE)
        if tone:
            colour = QColor(getattr(self.theme, tone))
            option.palette.setColor(QPalette.ColorRole.Text, colour)


class FitsPanel(QWidget):
    """Lists fits; the chosen one is shown everywhere else.

    Signals
    -------
    fit_selected(int)
        Row of the chosen fit.
    adopt_requested()
    start_values_requested()
        Show the model at the start values instead of a fit.
    """

    fit_selected = Signal(int)
    adopt_requested = Signal()
    start_values_requested = Signal()

    def __init__(self, model: FitListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._setting = False
        self.view = QTableView()
        self.view.setModel(model)
        self.view.setAccessibleName("Fits of this run")
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setShowGrid(False)
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().hide()
        self.view.horizontalHeader().setHighlightSections(False)
        self.view.horizontalHeader().setSectionResizeMode(
            QHeaderView.ResizeMode.ResizeToContents
        )
        self.view.horizontalHeader().setStretchLastSection(True)
        self._delegate = _ToneDelegate(self.view)
        self.view.setItemDelegate(self._delegate)
        self.view.selectionModel().currentRowChanged.connect(self._on_current)
        self._empty = QLabel(
            "No fit yet.\nPress F5 (Fit), or change a parameter to simulate."
        )
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.view)
        self._adopt = QPushButton("&Adopt parameters")
        self._adopt.setToolTip("Take the values of this fit as start values")
        self._adopt.clicked.connect(self.adopt_requested)
        self._start = QPushButton("Show start &values")
        self._start.setToolTip(
            "Draw the model with the start values instead of the fit"
        )
        self._start.clicked.connect(self.start_values_requested)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(8, 0, 8, 8)
        buttons.addWidget(self._adopt)
        buttons.addWidget(self._start)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._stack, 1)
        layout.addLayout(buttons)
        model.modelReset.connect(self._on_reset)
        self._on_reset()

    def set_current(self, row: int) -> None:
        """Mark the fit that is shown, -1 for none."""
        self._setting = True
        if row < 0:
            self.view.clearSelection()
            self.view.setCurrentIndex(QModelIndex())
        else:
            self.view.selectRow(row)
        self._setting = False
        self._adopt.setEnabled(row >= 0)
        self._start.setEnabled(row >= 0)

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._delegate.theme = theme
        soften_selection(self.view, theme)
        self._empty.setStyleSheet(f"color: {QColor(theme.muted).name()}")
        self.view.viewport().update()

    def _on_reset(self) -> None:
        has_fits = self._model.rowCount() > 0
        self._stack.setCurrentIndex(int(has_fits))
        self._adopt.setEnabled(False)
        self._start.setEnabled(False)

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid() and not self._setting:
            self.fit_selected.emit(current.row())
