"""The choice of angles: a dial and the same ranges as numbers."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.documents.numbers import angle_count
from app.theme import Theme, current_theme
from app.widgets.icons import icon
from app.widgets.phi_dial import PhiDial
from app.widgets.range_table import RangeModel
from engine.setup import PhiRange

_NO_RANGES = "No range: every angle counts."


class _Table(QTableView):
    """Table of ranges that knows the key for removing one."""

    remove_pressed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_pressed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect(), centred, _NO_RANGES)

    def sizeHint(self) -> QSize:
        """Return room for three ranges."""
        row = self.verticalHeader().defaultSectionSize()
        return QSize(180, self.horizontalHeader().sizeHint().height() + 3 * row + 4)


class PhiPanel(QWidget):
    """Dial, table and count of the angles; decides nothing.

    Signals
    -------
    ranges_edited(tuple)
        Ranges (`PhiRange`) after an edit was finished.
    angle_toggled(int, bool)
        Which angle was switched, and whether it is to be used.
    use_all_requested()
    """

    ranges_edited = Signal(tuple)
    angle_toggled = Signal(int, bool)
    use_all_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._read_only = False
        self._count_total = 0
        self._dial = PhiDial()
        self._model = RangeModel(self)
        self._table = _Table()
        self._add = QToolButton()
        self._remove = QToolButton()
        self._use_all = QPushButton("Use &all")
        self._count = QLabel()
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.hide()
        self._set_up()
        self._lay_out()
        self._connect()
        self.apply_theme(current_theme())
        self._refresh()

    @property
    def dial(self) -> PhiDial:
        """The dial."""
        return self._dial

    @property
    def table(self) -> QTableView:
        """The table of ranges."""
        return self._table

    @property
    def count_text(self) -> str:
        """How many angles are selected, in words."""
        return self._count.text()

    def set_angles(
        self,
        phi: Sequence[float],
        selected: Sequence[bool],
        disabled: Sequence[bool] = (),
    ) -> None:
        """Show the angles of the data; see `PhiDial.set_angles`."""
        self._count_total = len(phi)
        self._dial.set_angles(phi, selected, disabled)
        self._refresh()

    def set_ranges(self, ranges: tuple[PhiRange, ...]) -> None:
        """Show ranges in both places; emits nothing."""
        self._message.hide()
        self._model.set_ranges(tuple(ranges))
        self._dial.set_ranges(ranges)
        self._refresh()

    def set_flow(self, *, flow: bool) -> None:
        """Draw the direction of the flow, or none."""
        self._dial.set_flow(flow=flow)

    def set_read_only(self, read_only: bool) -> None:  # noqa: FBT001
        """Refuse or accept edits."""
        self._read_only = read_only
        self._dial.set_read_only(read_only=read_only)
        self._model.set_read_only(read_only=read_only)
        self._refresh()

    def focus_dial(self) -> None:
        """Let the keyboard choose angles."""
        self._dial.setFocus()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._dial.apply_theme(theme)
        self._add.setIcon(icon("add"))
        self._remove.setIcon(icon("remove"))
        self._message.setStyleSheet(f"color: {theme.bad};")

    def _set_up(self) -> None:
        table = self._table
        table.setModel(self._model)
        table.setAccessibleName("phi ranges")
        table.verticalHeader().hide()
        row_height = self.fontMetrics().height() + 8
        table.verticalHeader().setDefaultSectionSize(row_height)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setAlternatingRowColors(True)
        for button, tip in (
            (self._add, "Add a range of ±10° around 0°"),
            (self._remove, "Remove the current range"),
        ):
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setMinimumSize(26, 26)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._use_all.setToolTip("Remove all ranges and switch every angle on")

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self._add)
        buttons.addWidget(self._remove)
        buttons.addStretch(1)
        buttons.addWidget(self._use_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.setSpacing(4)
        layout.addWidget(self._count)
        layout.addWidget(self._dial, stretch=3)
        layout.addWidget(self._table, stretch=1)
        layout.addWidget(self._message)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self._dial.ranges_previewed.connect(self._on_previewed)
        self._dial.ranges_edited.connect(self.ranges_edited)
        self._dial.angle_toggled.connect(self.angle_toggled)
        self._model.edited.connect(self._on_typed)
        self._model.rejected.connect(self._on_rejected)
        self._table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self._table.remove_pressed.connect(self._remove_range)
        self._add.clicked.connect(lambda: self._dial.add_range())
        self._remove.clicked.connect(self._remove_range)
        self._use_all.clicked.connect(self.use_all_requested)

    def _remove_range(self) -> None:
        if not self._read_only:
            self._dial.remove_current()

    def _on_previewed(self, ranges: tuple[PhiRange, ...]) -> None:
        self._message.hide()
        self._model.set_ranges(ranges)
        self._refresh()

    def _on_typed(self, ranges: tuple[PhiRange, ...]) -> None:
        self._message.hide()
        self._dial.set_ranges(ranges)
        self._refresh()
        self.ranges_edited.emit(ranges)

    def _on_rejected(self, sentence: str) -> None:
        self._message.setText(sentence)
        self._message.show()

    def _on_row_changed(self, current: QModelIndex) -> None:
        if current.isValid():
            self._dial.set_current(current.row())

    def _refresh(self) -> None:
        used = sum(self._dial.used)
        self._count.setText(f"{used} of {angle_count(self._count_total)} selected")
        rows = self._model.rowCount()
        self._add.setDisabled(self._read_only)
        self._remove.setDisabled(self._read_only or rows == 0)
        all_used = used == self._count_total and rows == 0
        self._use_all.setDisabled(self._read_only or all_used)
