"""What the shear rates become in the other conventions."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from engine.conventions import (
    SHEAR_RATE_PARAMETERS,
    Convention,
    conversion,
)
from engine.setup import Setup
from engine.units import format_number

_INTRO = (
    "Three conventions of the shear factor in c2 are in circulation; with "
    "A = ½ q L cos(φ₀ − φ) Γ they differ in power and argument. homodyne2 and legacy "
    "are the same function with the shear rate scaled by π, so that conversion is "
    "exact. literature agrees with the others for small strain only."
)


class ConventionDialog(QDialog):
    """Lists the start values in every convention and offers to change over.

    Signals
    -------
    change_requested(Convention, bool)
        The convention chosen, and whether the shear rates are to be converted.
    """

    change_requested = Signal(object, bool)

    def __init__(self, setup: Setup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shear convention")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._setup = setup
        self._buttons = QButtonGroup(self)
        intro = QLabel(_INTRO)
        intro.setWordWrap(True)
        intro.setMinimumWidth(560)
        self.convert = QCheckBox(
            "&Convert the shear rates and their bounds, so that c2 stays as it is"
        )
        self.convert.setChecked(True)
        box = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        box.button(QDialogButtonBox.StandardButton.Ok).setText("&Use this convention")
        box.accepted.connect(self._accept)
        box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(14)
        layout.addWidget(intro)
        layout.addLayout(self._grid())
        layout.addWidget(self.convert)
        layout.addWidget(box)

    def choose(self, convention: Convention) -> None:
        """Mark a convention."""
        self._buttons.button(list(Convention).index(convention)).setChecked(True)

    @property
    def chosen(self) -> Convention:
        """The marked convention."""
        return list(Convention)[self._buttons.checkedId()]

    def _accept(self) -> None:
        self.change_requested.emit(self.chosen, self.convert.isChecked())
        self.accept()

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(22)
        grid.setVerticalSpacing(8)
        names = [n for n in SHEAR_RATE_PARAMETERS if n in self._setup.parameters.names]
        spec = self._setup.spec
        titles = [
            "Convention",
            "Factor in c2",
            *(f"{spec.parameter(n).symbol} / {spec.parameter(n).unit}" for n in names),
            "Conversion",
        ]
        for column, title in enumerate(titles):
            grid.addWidget(QLabel(f"<b>{title}</b>"), 0, column)
        for row, convention in enumerate(Convention):
            self._add_row(grid, row, convention, names)
        return grid

    def _add_row(
        self, grid: QGridLayout, row: int, convention: Convention, names: list[str]
    ) -> None:
        present = self._setup.convention
        change = conversion(present, convention)
        button = QRadioButton(convention.value)
        button.setChecked(convention is present)
        self._buttons.addButton(button, row)
        remark = "now in force" if convention is present else change.remark
        values = [
            format_number(self._setup.parameters[n].value * change.factor)
            for n in names
        ]
        texts = [convention.formula, *values, remark]
        grid.addWidget(button, row + 1, 0)
        for column, text in enumerate(texts, start=1):
            label = QLabel(text)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(label, row + 1, column)
