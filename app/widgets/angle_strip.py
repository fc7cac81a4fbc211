"""Small pictures of c2, one for each angle, side by side."""

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from app.documents.numbers import angle_count, angle_text
from app.theme import Theme, current_theme
from app.widgets.angle_cell import AngleCell, AngleItem
from app.widgets.colormaps import SEQUENTIAL, lookup_table, packed

__all__ = ["AngleItem", "AngleStrip"]

_AT_ONCE = 8
"""Cells made in one turn of the event loop; about as many are in view."""


class AngleStrip(QScrollArea):
    """Shows every angle, lets one be looked at and any be left out of the fit.

    Left and Right, Home and End choose the angle, Space switches its use.

    Signals
    -------
    current_changed(int)
        ``AngleItem.index`` of the angle the user chose.
    selection_toggled(int, bool)
        Its index, and whether it is to be used.
    """

    current_changed = Signal(int)
    selection_toggled = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells: list[AngleCell] = []
        self._items: list[AngleItem] = []
        self._current = 0
        self._low = False
        self._theme = current_theme()
        self._table: list[int] = []
        self._adding = QTimer(self)
        self._adding.setSingleShot(True)
        self._adding.setInterval(1)
        self._adding.timeout.connect(self._add_cells)
        self._row = QWidget()
        self._layout = QHBoxLayout(self._row)
        self._layout.setContentsMargins(4, 4, 4, 4)
        self._layout.setSpacing(4)
        self._layout.addStretch(1)
        self.setWidget(self._row)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Angles")
        self.apply_theme(self._theme)

    @property
    def current(self) -> int:
        """Index of the angle that is looked at."""
        return self._current

    def set_items(self, items: list[AngleItem]) -> None:
        """Show these angles; the one looked at stays, if it is still there."""
        while len(self._cells) > len(items):
            cell = self._cells.pop()
            self._layout.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self._items = list(items)
        levels = self._common_levels()
        for cell, item in zip(self._cells, items, strict=False):
            cell.set_item(item, levels)
        self._add_cells()
        self._describe()

    def set_current(self, index: int) -> None:
        """Outline an angle and bring it into view; emits nothing."""
        self._current = index
        self._show_current()
        self._describe()
        self._bring_into_view()

    def _bring_into_view(self) -> None:
        position = self._position()
        if position is not None and position < len(self._cells):
            # A row that was filled just now has no positions yet.
            self._layout.activate()
            self._row.resize(self._row.sizeHint().expandedTo(self.viewport().size()))
            upright = self.verticalScrollBar().value()
            self.ensureWidgetVisible(self._cells[position], 40, 0)
            # Where a cell is higher than the strip it would be centred.
            self.verticalScrollBar().setValue(upright)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self._table = packed(lookup_table(SEQUENTIAL[0], theme.nan))
        for cell in self._cells:
            cell.apply_theme(theme, self._table)

    def sizeHint(self) -> QSize:
        """Return room for one row of cells and the scroll bar."""
        bar = self.horizontalScrollBar().sizeHint().height()
        height = AngleCell.full_size(self.fontMetrics()).height() + 8 + bar
        return QSize(480, height)

    def minimumSizeHint(self) -> QSize:
        """Return room for one cell and the scroll bar; for half of it if need be."""
        height = self.sizeHint().height()
        return QSize(160, height // 2 if self._low else height)

    def set_low(self, *, low: bool) -> None:
        """Let the strip be lower than a cell: there is little room."""
        if low != self._low:
            self._low = low
            self.updateGeometry()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose an angle or switch its use."""
        position = self._position()
        if position is None:
            super().keyPressEvent(event)
            return
        last = len(self._items) - 1
        match event.key():
            case Qt.Key.Key_Left:
                self._choose(max(0, position - 1))
            case Qt.Key.Key_Right:
                self._choose(min(last, position + 1))
            case Qt.Key.Key_Home:
                self._choose(0)
            case Qt.Key.Key_End:
                self._choose(last)
            case Qt.Key.Key_Space if position < len(self._cells):
                self._cells[position].toggle()
            case _:
                super().keyPressEvent(event)

    def cell_position(self, index: int) -> QPoint:
        """Return the middle of an angle's picture, in coordinates of the viewport."""
        while len(self._cells) < len(self._items):
            self._add_cells()
        numbers = [item.index for item in self._items]
        cell = self._cells[numbers.index(index)]
        return cell.mapTo(self.viewport(), cell.picture.center())

    def _add_cells(self) -> None:
        """Add some of the cells that are missing; the others follow in their turn."""
        levels = self._common_levels()
        first = len(self._cells)
        added = self._items[first : first + _AT_ONCE]
        for item in added:
            self._add_cell()
            self._cells[-1].set_item(item, levels)
        self._show_current()
        if len(self._cells) < len(self._items):
            self._adding.start()
        elif first and added:
            self._bring_into_view()

    def _add_cell(self) -> None:
        cell = AngleCell(self._row)
        cell.apply_theme(self._theme, self._table)
        cell.clicked.connect(self._on_clicked)
        cell.use_toggled.connect(self.selection_toggled)
        self._cells.append(cell)
        self._layout.insertWidget(self._layout.count() - 1, cell)
        # Now rather than by and by: what is hidden has no place in the row.
        cell.show()

    def _on_clicked(self, index: int) -> None:
        numbers = [item.index for item in self._items]
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._choose(numbers.index(index))

    def _choose(self, position: int) -> None:
        index = self._items[position].index
        if index != self._current:
            self.set_current(index)
            self.current_changed.emit(index)

    def _position(self) -> int | None:
        numbers = [item.index for item in self._items]
        if self._current in numbers:
            return numbers.index(self._current)
        return 0 if numbers else None

    def _show_current(self) -> None:
        for cell in self._cells:
            cell.set_current(current=cell.index == self._current)

    def _common_levels(self) -> tuple[float, float]:
        """Return one range for all, so that angles can be compared."""
        ranges = [item.levels for item in self._items if item.levels is not None]
        if not ranges:
            return 0.0, 1.0
        return min(r[0] for r in ranges), max(r[1] for r in ranges)

    def _describe(self) -> None:
        used = sum(item.selected for item in self._items)
        text = f"{used} of {angle_count(len(self._items))} used"
        position = self._position()
        if position is not None:
            text += f"; looking at φ = {angle_text(self._items[position].phi)}"
        self.setAccessibleDescription(text)
