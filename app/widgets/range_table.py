"""Ranges of azimuth as numbers."""

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.documents.numbers import exact_text, parse_number
from engine.errors import InputError
from engine.setup import PhiRange

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
_FIELDS = ("minimum", "maximum")
_TITLES = ("From [°]", "To [°]")


class RangeModel(QAbstractTableModel):
    """One row for each range; an edit is handed out and comes back by `set_ranges`.

    Signals
    -------
    edited(tuple)
        All ranges with the one number changed as it was typed.
    rejected(str)
        Why an edit was refused.
    """

    edited = Signal(tuple)
    rejected = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ranges: tuple[PhiRange, ...] = ()
        self._read_only = False

    def set_ranges(self, ranges: tuple[PhiRange, ...]) -> None:
        """Show ranges; the current cell stays where rows stay."""
        if len(ranges) != len(self._ranges):
            self.beginResetModel()
            self._ranges = ranges
            self.endResetModel()
        elif ranges:
            self._ranges = ranges
            self.dataChanged.emit(self.index(0, 0), self.index(len(ranges) - 1, 1))

    def set_read_only(self, *, read_only: bool) -> None:
        """Refuse or accept edits."""
        self._read_only = read_only

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of ranges."""
        return 0 if parent.isValid() else len(self._ranges)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return two: minimum and maximum."""
        return 0 if parent.isValid() else len(_FIELDS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:  # noqa: ANN401
        """Return the title of a column."""
        horizontal = orientation == Qt.Orientation.Horizontal
        if horizontal and role == Role.DisplayRole and 0 <= section < len(_TITLES):
            return _TITLES[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with a cell."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags if self._read_only else flags | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:  # noqa: ANN401
        """Return a number as exact text."""
        if not index.isValid() or not 0 <= index.row() < len(self._ranges):
            return None
        if role == Role.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        value = getattr(self._ranges[index.row()], _FIELDS[index.column()])
        if role == Role.EditRole:
            return exact_text(value)
        if role == Role.DisplayRole:
            return exact_text(value).replace("-", "−")
        return None

    def setData(
        self,
        index: Index,
        value: Any,  # noqa: ANN401
        role: int = Role.EditRole,
    ) -> bool:
        """Hand out the edit; refuse what is not a range."""
        if role != Role.EditRole or not index.isValid() or self._read_only:
            return False
        row = self._ranges[index.row()]
        ends = [row.minimum, row.maximum]
        try:
            ends[index.column()] = parse_number(str(value))
            changed = PhiRange(*ends)
        except InputError as error:
            self.rejected.emit(str(error))
            return False
        if changed == row:
            return False
        ranges = list(self._ranges)
        ranges[index.row()] = changed
        self.set_ranges(tuple(ranges))
        self.edited.emit(self._ranges)
        return True
