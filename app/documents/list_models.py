"""The open runs and the fits of one run as lists."""

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.documents.fit_record import FitRecord
from app.documents.numbers import angle_count, chi_squared_text
from app.documents.run_document import RunDocument, RunState
from app.wording import for_window

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole

TONE_ROLE = int(Role.UserRole) + 2
"""Which colour of the theme goes with a row; empty for the usual one."""
SUBTITLE_ROLE = int(Role.UserRole) + 3
"""The smaller second line of a run."""
GLYPH_ROLE = int(Role.UserRole) + 4
"""A mark of the state that does not depend on colour."""


class RunListModel(QAbstractListModel):
    """The open runs, in the order they were opened."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents: list[RunDocument] = []

    @property
    def documents(self) -> tuple[RunDocument, ...]:
        """The open runs."""
        return tuple(self._documents)

    def add(self, document: RunDocument) -> int:
        """Append a run and return its row."""
        row = len(self._documents)
        self.beginInsertRows(QModelIndex(), row, row)
        self._documents.append(document)
        self.endInsertRows()
        self._tell_apart()
        for changed in (
            document.state_changed,
            document.fits_changed,
            document.shown_changed,
            document.data_changed,
        ):
            changed.connect(lambda d=document: self._on_changed(d))
        return row

    def remove(self, document: RunDocument) -> None:
        """Take a run out of the list."""
        row = self._documents.index(document)
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._documents[row]
        self.endRemoveRows()
        self._tell_apart()

    def document(self, row: int) -> RunDocument | None:
        """Return the run of a row."""
        return self._documents[row] if 0 <= row < len(self._documents) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of runs."""
        return 0 if parent.isValid() else len(self._documents)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:  # noqa: ANN401
        """Return what a row shows."""
        document = self.document(index.row()) if index.isValid() else None
        if document is None:
            return None
        if role == Role.DisplayRole:
            return document.title
        if role == Role.ToolTipRole:
            return str(document.path)
        if role == SUBTITLE_ROLE:
            return self._subtitle(document)
        if role == GLYPH_ROLE:
            return document.fit.glyph if document.fit else ""
        if role == TONE_ROLE:
            return document.fit.tone if document.fit else ""
        if role == Role.AccessibleTextRole:
            return f"{document.title}, {self._subtitle(document)}"
        return None

    def _subtitle(self, document: RunDocument) -> str:
        """Return the second line; that of runs called the same says where they are."""
        line = run_subtitle(document)
        same = [d for d in self._documents if d.title == document.title]
        return line if len(same) == 1 else f"{document.place} · {line}"

    def _tell_apart(self) -> None:
        """Have every row drawn anew: others may be called the same now."""
        if self._documents:
            last = self.index(len(self._documents) - 1)
            self.dataChanged.emit(self.index(0), last)

    def _on_changed(self, document: RunDocument) -> None:
        if document in self._documents:
            index = self.index(self._documents.index(document))
            self.dataChanged.emit(index, index)


def run_subtitle(document: RunDocument) -> str:
    """Return one line about a run: what goes on, or what it is."""
    if document.state is not RunState.READY:
        return f"{document.state.value}…"
    data = document.data
    angles = angle_count(len(data.phi))
    return f"q {data.q:.4g} Å⁻¹ · {angles} · {data.n_frames} frames"


_FIT_TITLES = ("Fit", "Ended", "χ²ᵣ", "Set-up", "Saved")
_FIXED_NAMED = 2


class FitListModel(QAbstractTableModel):
    """The fits of the current run, the newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document: RunDocument | None = None
        self._fits: tuple[FitRecord, ...] = ()

    def set_document(self, document: RunDocument | None) -> None:
        """Show the fits of another run."""
        self._document = document
        self.refresh()

    def refresh(self) -> None:
        """Read the fits of the document again."""
        self.beginResetModel()
        self._fits = tuple(reversed(self._document.fits)) if self._document else ()
        self.endResetModel()

    def record(self, row: int) -> FitRecord | None:
        """Return the fit of a row."""
        return self._fits[row] if 0 <= row < len(self._fits) else None

    def row_of(self, record: FitRecord | None) -> int:
        """Return the row of a fit, -1 if it is not there."""
        return self._fits.index(record) if record in self._fits else -1

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of fits."""
        return 0 if parent.isValid() else len(self._fits)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(_FIT_TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:  # noqa: ANN401
        """Return the title of a column."""
        known = 0 <= section < len(_FIT_TITLES)
        if orientation == Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return _FIT_TITLES[section] if known else None
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:  # noqa: ANN401
        """Return what a cell shows."""
        record = self.record(index.row()) if index.isValid() else None
        if record is None:
            return None
        if role == Role.DisplayRole:
            return self._texts(record)[index.column()]
        if role == Role.ToolTipRole:
            return "\n".join(
                (for_window(record.result.status.message), *_facts(record))
            )
        if role == TONE_ROLE and index.column() <= 1:
            return record.tone
        return None

    def _texts(self, record: FitRecord) -> tuple[str, ...]:
        saved = self._document is not None and record.number in self._document.saved
        return (
            f"{record.glyph} #{record.number}",
            record.state_words,
            chi_squared_text(record.reduced_chi_squared),
            fit_setup_text(record),
            "yes" if saved else "",
        )


def fit_setup_text(record: FitRecord) -> str:
    """Return in a few words what a fit was told: its model, and what it held."""
    fixed = _fixed(record)
    model = record.result.model.replace("_", " ")
    if not fixed:
        return model
    named = ", ".join(fixed) if len(fixed) <= _FIXED_NAMED else str(len(fixed))
    return f"{model}, {named} fixed"


def _facts(record: FitRecord) -> tuple[str, ...]:
    """Return more of what a fit was told, line by line."""
    result = record.result
    return (
        f"fixed: {', '.join(_fixed(record)) or 'nothing'}",
        f"scaling: {result.scaling.mode}",
        f"{angle_count(len(result.input.phi))}, frames "
        f"{result.input.frames[0]}–{result.input.frames[1]}",
    )


def _fixed(record: FitRecord) -> list[str]:
    return [p.symbol for p in record.result.parameters if p.fixed]
