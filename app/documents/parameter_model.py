"""The parameters of the current run as a table.

It has no rules of its own: an edit builds the parameter, and if that refuses, its
sentence is shown and the table stays as it was. Numbers are kept as float64 and shown
by their shortest exact text, so nothing rounded is ever written back.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.documents.numbers import exact_text, parse_number, short_text
from app.documents.run_document import RunDocument
from engine.conventions import SHEAR_RATE_PARAMETERS
from engine.errors import InputError
from engine.models.specs import model_spec
from engine.parameters import Parameter, ParameterSpec
from engine.result import FittedParameter
from engine.units import format_value

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

HEADING_ROLE = int(Role.UserRole) + 1
"""True for a row that is a heading."""
TONE_ROLE = int(Role.UserRole) + 2
"""Which colour of the theme goes with a cell; empty for the usual one."""

_GROUP_TITLES = {"diffusion": "Diffusion", "shear": "Shear", "scaling": "Scaling"}


class Column(IntEnum):
    """Columns of the table; what is looked at most comes first."""

    NAME = 0
    VALUE = 1
    FIX = 2
    FITTED = 3
    UNIT = 4
    LOWER = 5
    UPPER = 6


_TITLES = {
    Column.NAME: "Parameter",
    Column.VALUE: "Start",
    Column.FIX: "Fix",
    Column.LOWER: "Min",
    Column.UPPER: "Max",
    Column.FITTED: "Fitted ±",
    Column.UNIT: "Unit",
}
_FIELDS = {Column.VALUE: "value", Column.LOWER: "lower", Column.UPPER: "upper"}


@dataclass(frozen=True, slots=True)
class _Row:
    heading: str = ""
    spec: ParameterSpec | None = None


class ParameterModel(QAbstractTableModel):
    """Rows are parameters under a heading for each group.

    Signals
    -------
    rejected(str)
        Why an edit was refused.
    """

    rejected = Signal(str)

    def __init__(
        self, edit: Callable[[Parameter], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._edit = edit
        self._document: RunDocument | None = None
        self._rows: tuple[_Row, ...] = ()
        self._fitted: dict[str, FittedParameter] = {}
        self._read_only = False

    def set_document(self, document: RunDocument | None) -> None:
        """Show the parameters of another run."""
        self._document = document
        self.refresh()

    def set_read_only(self, *, read_only: bool) -> None:
        """Refuse or accept edits."""
        if read_only != self._read_only:
            self._read_only = read_only
            self.refresh()

    def refresh(self) -> None:
        """Show the document as it is now; rows are rebuilt only if they changed."""
        rows = self._build_rows()
        fit = self._document.fit if self._document else None
        fitted = {p.name: p for p in fit.result.parameters} if fit else {}
        if rows != self._rows:
            self.beginResetModel()
            self._rows, self._fitted = rows, fitted
            self.endResetModel()
            return
        self._fitted = fitted
        if rows:
            last = self.index(len(rows) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        self.headerDataChanged.emit(
            Qt.Orientation.Horizontal, Column.FITTED, Column.FITTED
        )

    def heading_rows(self) -> tuple[int, ...]:
        """Return the rows that are headings."""
        return tuple(i for i, row in enumerate(self._rows) if row.spec is None)

    def parameter(self, row: int) -> Parameter | None:
        """Return the parameter of a row, None for a heading."""
        if self._document is None or not 0 <= row < len(self._rows):
            return None
        spec = self._rows[row].spec
        return None if spec is None else self._document.setup.parameters[spec.name]

    def toggle_fixed(self, row: int) -> None:
        """Fix a parameter, or let the fit change it again."""
        p = self.parameter(row)
        if p is None or self._read_only:
            return
        self._try(lambda: replace(p, fixed=not p.fixed))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:  # noqa: ANN401
        """Return the title of a column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        column = Column(section)
        if role == Role.DisplayRole:
            if column is Column.FITTED and self._document and self._document.fit:
                return f"Fit #{self._document.fit.number} ±"
            return _TITLES[column]
        if role == Role.ToolTipRole and column is Column.FIX:
            return "Space fixes or frees the parameter of the current row"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with a cell."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        p = self.parameter(index.row())
        if p is None:
            return Qt.ItemFlag.ItemIsEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self._read_only:
            return flags
        if index.column() == Column.FIX:
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        if index.column() in _FIELDS:
            return flags | Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:  # noqa: ANN401
        """Return what a cell shows."""
        if not index.isValid() or not 0 <= index.row() < len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == HEADING_ROLE:
            return row.spec is None
        if row.spec is None:
            shows = role == Role.DisplayRole and index.column() == 0
            return row.heading if shows else None
        return self._cell(row.spec, Column(index.column()), role)

    def setData(
        self,
        index: Index,
        value: Any,  # noqa: ANN401
        role: int = Role.EditRole,
    ) -> bool:
        """Validate an edit by building the parameter; refuse it if that fails."""
        p = self.parameter(index.row()) if index.isValid() else None
        if p is None or self._read_only:
            return False
        column = Column(index.column())
        if column is Column.FIX and role == Role.CheckStateRole:
            checked = Qt.CheckState(value) == Qt.CheckState.Checked
            return self._try(lambda: replace(p, fixed=checked))
        if column not in _FIELDS or role != Role.EditRole:
            return False
        field = _FIELDS[column]
        return self._try(lambda: replace(p, **{field: parse_number(str(value))}))

    def _try(self, build: Callable[[], Parameter]) -> bool:
        try:
            self._edit(build())
        except InputError as error:
            self.rejected.emit(str(error))
            return False
        return True

    def _build_rows(self) -> tuple[_Row, ...]:
        if self._document is None:
            return ()
        setup = self._document.setup
        rows: list[_Row] = []
        group = ""
        for spec in model_spec(setup.model).parameters:
            if spec.group != group:
                group = spec.group
                title = _GROUP_TITLES.get(group, group.capitalize())
                if group == "shear":
                    convention = setup.convention
                    title += f" — {convention.value} convention, {convention.formula}"
                rows.append(_Row(heading=title))
            rows.append(_Row(spec=spec))
        return tuple(rows)

    def _cell(self, spec: ParameterSpec, column: Column, role: int) -> Any:  # noqa: ANN401
        p = self._document.setup.parameters[spec.name] if self._document else None
        if p is None:
            return None
        if role == Role.DisplayRole:
            return self._text(spec, p, column)
        if role == Role.EditRole and column in _FIELDS:
            return exact_text(getattr(p, _FIELDS[column]))
        if role == Role.CheckStateRole and column is Column.FIX:
            return Qt.CheckState.Checked if p.fixed else Qt.CheckState.Unchecked
        if role == Role.ToolTipRole:
            return self._tip(spec, p, column)
        if role == Role.TextAlignmentRole and column not in (Column.NAME, Column.UNIT):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == TONE_ROLE:
            return self._tone(spec, p, column)
        return None

    def _text(self, spec: ParameterSpec, p: Parameter, column: Column) -> str:
        if column is Column.NAME:
            return spec.symbol
        if column is Column.UNIT:
            return p.unit
        if column is Column.FITTED:
            return self._fitted_text(spec.name)
        if column is Column.FIX:
            return ""
        if column is Column.VALUE and p.tie is not None:
            return f"= {short_text(p.tie.factor)} × {p.tie.to}"
        return short_text(getattr(p, _FIELDS[column]))

    def _fitted_text(self, name: str) -> str:
        text = fitted_text(self._fitted.get(name))
        document = self._document
        if not text or name not in SHEAR_RATE_PARAMETERS or document is None:
            return text
        fit = document.fit
        # The heading names the convention of the set-up; that of the fit may differ.
        other = fit is not None and fit.result.convention != document.setup.convention
        return f"{text} {fit.result.convention}" if fit and other else text

    def _tone(self, spec: ParameterSpec, p: Parameter, column: Column) -> str:
        fitted = self._fitted.get(spec.name)
        if column is Column.FITTED and fitted is not None and fitted.at_bound:
            return "warn"
        if column in (Column.LOWER, Column.UPPER, Column.UNIT):
            return "muted"
        placeholder = (
            self._document is not None and not self._document.setup.start_given
        )
        if column is Column.VALUE and placeholder and p.free:
            return "muted"
        return ""

    def _tip(self, spec: ParameterSpec, p: Parameter, column: Column) -> str:
        if column in _FIELDS:
            return f"{spec.name} = {exact_text(getattr(p, _FIELDS[column]))} {p.unit}"
        fitted = self._fitted.get(spec.name)
        if column is Column.FITTED and fitted is not None:
            error = "none" if fitted.stderr is None else exact_text(fitted.stderr)
            return (
                f"{spec.name} = {exact_text(fitted.value)} {fitted.unit}\n"
                f"standard error {error}\nstarted from {exact_text(fitted.start)}"
            )
        return f"{spec.name}: {spec.help}"


def fitted_text(p: FittedParameter | None) -> str:
    """Return a fitted value with its error, or why it has none."""
    if p is None:
        return ""
    if p.at_bound:
        side = "lower" if abs(p.value - p.lower) <= abs(p.upper - p.value) else "upper"
        return f"{format_value(p.value, None)} (at {side} bound)"
    if p.fixed:
        return f"{format_value(p.value, None)} (fixed)"
    if p.stderr is None:
        return f"{format_value(p.value, None)} ± n/a"
    return format_value(p.value, p.stderr)
