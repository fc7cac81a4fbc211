"""The open runs and what the current one is."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QFormLayout,
    QLabel,
    QLineEdit,
    QListView,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.documents.list_models import GLYPH_ROLE, SUBTITLE_ROLE, TONE_ROLE
from app.theme import Theme, current_theme
from app.widgets.selection import soften_selection

Index = QModelIndex | QPersistentModelIndex
_NO_MATCH = "No run matches."


class _RunDelegate(QStyledItemDelegate):
    """Two lines per run, with the mark of its fit at the right."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = current_theme()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, 2 * option.fontMetrics.height() + 14)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        self.initStyleOption(option, index)
        option.text = ""
        style = option.widget.style()
        style.drawControl(
            QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget
        )
        colour = QColor(self.theme.text)
        area = option.rect.adjusted(10, 6, -8, -6)
        glyph = str(index.data(GLYPH_ROLE) or "")
        painter.save()
        painter.setPen(colour)
        if glyph:
            tone = str(index.data(TONE_ROLE))
            painter.setPen(QColor(getattr(self.theme, tone)))
            painter.drawText(area, Qt.AlignmentFlag.AlignRight, glyph)
            area.adjust(0, 0, -20, 0)
        self._draw_lines(painter, option, area, index, colour)
        painter.restore()

    def _draw_lines(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        index: Index,
        colour: QColor,
    ) -> None:
        font = QFont(option.font)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(colour)
        title = elided_title(str(index.data()), font, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignTop, title)
        painter.setFont(option.font)
        painter.setPen(QColor(self.theme.muted))
        line = option.fontMetrics.elidedText(
            str(index.data(SUBTITLE_ROLE)), Qt.TextElideMode.ElideRight, area.width()
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignBottom, line)


def elided_title(text: str, font: QFont, width: int) -> str:
    """Return what fits into a width [px]; names often differ at their ends alone."""
    return QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, width)


class _RunView(QListView):
    """A list that says so when no run matches the search."""

    def empty_text(self) -> str:
        """Return what stands in the place of runs."""
        return "" if self.model().rowCount() else _NO_MATCH

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        text = self.empty_text()
        if text:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect(), centred, text)


class RunsPanel(QWidget):
    """Lists the open runs; under the list, what the current one is.

    Signals
    -------
    run_selected(int)
        Row of the run in the source model.
    """

    run_selected = Signal(int)

    def __init__(
        self, model: QAbstractItemModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(model)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search runs")
        self._search.setAccessibleName("Search runs")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._proxy.setFilterFixedString)
        self.view = _RunView()
        self.view.setModel(self._proxy)
        self.view.setAccessibleName("Open runs")
        self.view.setFrameShape(QListView.Shape.NoFrame)
        self._delegate = _RunDelegate(self.view)
        self.view.setItemDelegate(self._delegate)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        facts = QWidget()
        self._details = QFormLayout(facts)
        self._details.setContentsMargins(10, 6, 10, 8)
        self._details.setVerticalSpacing(3)
        self._details.setHorizontalSpacing(10)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        search = QVBoxLayout()
        search.setContentsMargins(6, 6, 6, 2)
        search.addWidget(self._search)
        layout.addLayout(search)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(facts)
        layout.addWidget(self.view, 2)
        layout.addWidget(area, 3)

    def set_current(self, row: int) -> None:
        """Mark a run as the current one."""
        source = self._proxy.sourceModel()
        index = self._proxy.mapFromSource(source.index(row, 0))
        self.view.setCurrentIndex(index)

    def set_details(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show facts about the current run as (label, text)."""
        while self._details.rowCount():
            self._details.removeRow(0)
        theme = current_theme()
        for label, text in rows:
            value = QLabel(text)
            value.setWordWrap(True)
            value.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            name = QLabel(label)
            name.setStyleSheet(f"color: {QColor(theme.muted).name()}")
            self._details.addRow(name, value)

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._delegate.theme = theme
        soften_selection(self.view, theme)
        self.view.viewport().update()
        for row in range(self._details.rowCount()):
            item = self._details.itemAt(row, QFormLayout.ItemRole.LabelRole)
            label = item.widget() if item is not None else None
            if label is not None:
                label.setStyleSheet(f"color: {QColor(theme.muted).name()}")

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid():
            self.run_selected.emit(self._proxy.mapToSource(current).row())
