"""The parameter table: a view with the keys and editors a table of numbers needs."""

from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.documents.parameter_model import (
    HEADING_ROLE,
    TONE_ROLE,
    Column,
    ParameterModel,
)
from app.theme import Theme, current_theme
from app.widgets.selection import soften_selection

Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 24
_SAMPLES = {
    Column.NAME: "Parameter ",
    Column.VALUE: "-0.000123456 ",
    Column.FIX: "Fix ",
    Column.FITTED: "8.81(10)×10⁻⁴ ",
    Column.LOWER: "-10000 ",
    Column.UPPER: "100000 ",
    Column.UNIT: "Å²/s  ",
}
"""Widest usual text of each column."""


class _ParameterDelegate(QStyledItemDelegate):
    """Edits the exact text of a number; centres the check box."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = current_theme()

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QWidget:
        editor = QLineEdit(parent)
        editor.setFrame(False)
        editor.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        model = index.model()
        title = model.headerData(index.column(), Qt.Orientation.Horizontal)
        name = model.index(index.row(), Column.NAME).data()
        editor.setAccessibleName(f"{name} {title}")
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        if isinstance(editor, QLineEdit):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))
            editor.selectAll()

    def setModelData(
        self, editor: QWidget, model: QAbstractItemModel, index: Index
    ) -> None:
        if not isinstance(editor, QLineEdit):
            return
        if editor.text() != str(index.data(Qt.ItemDataRole.EditRole)):
            model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        if index.column() == Column.FIX and not _data(index, HEADING_ROLE):
            self._paint_check(painter, option, index)
            return
        super().paint(painter, option, index)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Take what the model has; the base class would ask for seven things in turn.

        Each time Python's lock changes hands, which takes long while a fit is traced.
        """
        if isinstance(index, QModelIndex):
            option.index = index
        text = _data(index, Qt.ItemDataRole.DisplayRole)
        if text is not None:
            option.features |= QStyleOptionViewItem.ViewItemFeature.HasDisplay
            option.text = text
        alignment = _data(index, Qt.ItemDataRole.TextAlignmentRole)
        if alignment is not None:
            option.displayAlignment = Qt.AlignmentFlag(alignment)
        if _data(index, HEADING_ROLE):
            option.font.setBold(True)
            option.palette.setColor(QPalette.ColorRole.Text, QColor(self.theme.muted))
            return
        tone = _data(index, TONE_ROLE)
        if tone:
            colour = QColor(getattr(self.theme, tone))
            option.palette.setColor(QPalette.ColorRole.Text, colour)

    def _paint_check(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        style = option.widget.style()
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        box = QStyleOptionButton()
        box.rect = check_rect(option.rect, option.widget)
        state = _data(index, Qt.ItemDataRole.CheckStateRole)
        on = state is not None and Qt.CheckState(state) == Qt.CheckState.Checked
        box.state = QStyle.StateFlag.State_On if on else QStyle.StateFlag.State_Off
        if index.model().flags(index) & Qt.ItemFlag.ItemIsUserCheckable:
            box.state |= QStyle.StateFlag.State_Enabled
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_IndicatorItemViewItemCheck,
            box,
            painter,
            option.widget,
        )


def _data(index: Index, role: int) -> Any:  # noqa: ANN401
    """Ask the model without a way through Qt."""
    return index.model().data(index, role)


def check_rect(cell: QRect, widget: QWidget) -> QRect:
    """Return where the check box of a cell is drawn."""
    style = widget.style()
    side = style.pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth, None, widget)
    rect = QRect(0, 0, side, side)
    rect.moveCenter(cell.center())
    return rect


class _ParameterView(QTableView):
    """Space and a click anywhere in the cell toggle the check box."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        model = self.model()
        if event.key() == Qt.Key.Key_Space and isinstance(model, ParameterModel):
            model.toggle_fixed(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_room()

    def share_room(self) -> None:
        """Give what other columns leave to the fitted values, and never too little."""
        header = self.horizontalHeader()
        others = header.length() - header.sectionSize(Column.FITTED)
        least = QFontMetrics(self.font()).horizontalAdvance(_SAMPLES[Column.FITTED])
        room = self.viewport().width() - others
        header.resizeSection(Column.FITTED, max(least + 14, room))

    def sizeHint(self) -> QSize:
        model = self.model()
        rows = model.rowCount() if model else 0
        height = self.horizontalHeader().height() + max(rows, 4) * _ROW_HEIGHT + 4
        return QSize(420, height)


class ParameterTable(QWidget):
    """The table with a line for refused edits under it."""

    def __init__(self, model: ParameterModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.view = _ParameterView()
        self.view.setModel(model)
        self.view.setAccessibleName("Parameters: start values, bounds, fitted values")
        self._delegate = _ParameterDelegate(self.view)
        self.view.setItemDelegate(self._delegate)
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.setContentsMargins(8, 2, 8, 6)
        self._message.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.view, 1)
        layout.addWidget(self._message)
        self._note = ""
        self._refusal = ""
        self._dress_view()
        model.modelReset.connect(self._span_headings)
        self.view.clicked.connect(self._on_clicked)

    def set_note(self, text: str) -> None:
        """Show a quiet remark under the table, unless a refusal stands there."""
        self._note = text
        if not self._refusal:
            self._show_message(text, "muted")

    def set_refusal(self, text: str) -> None:
        """Show why an edit was refused; an empty text returns to the remark."""
        self._refusal = text
        if text:
            self._show_message(text, "bad")
        else:
            self._show_message(self._note, "muted")

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._delegate.theme = theme
        soften_selection(self.view, theme)
        self.view.viewport().update()

    def message(self) -> str:
        """Return the line under the table."""
        return self._message.text()

    def _show_message(self, text: str, tone: str) -> None:
        colour = QColor(getattr(current_theme(), tone)).name()
        self._message.setStyleSheet(f"color: {colour}")
        self._message.setText(text)
        self._message.setVisible(bool(text))

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == Column.FIX:
            self.model.toggle_fixed(index.row())

    def _span_headings(self) -> None:
        self.view.clearSpans()
        for row in self.model.heading_rows():
            self.view.setSpan(row, 0, 1, len(Column))
        self.view.updateGeometry()

    def _dress_view(self) -> None:
        view = self.view
        view.setAlternatingRowColors(False)
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(28)
        width = QFontMetrics(view.font()).horizontalAdvance
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, sample in _SAMPLES.items():
            header.resizeSection(column, width(sample) + 14)
        header.setStretchLastSection(False)
