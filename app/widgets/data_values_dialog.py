"""Asks for what a data file does not tell."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.widgets.number_edit import NumberEdit

GIVEN_KEYS = {
    "dt": "analyzer_parameters.dt",
    "q": "analyzer_parameters.scattering.wavevector_q",
    "gap": "analyzer_parameters.geometry.stator_rotor_gap",
    "phi": "experimental_data.phi_angles",
    "dataset": "experimental_data.dataset",
}
"""What can be given, and its key in a run file."""


class DataValuesDialog(QDialog):
    """Fields for dt, q, gap, angles and the name of an array; all may stay empty.

    Signals
    -------
    values_given(dict)
        Dotted keys of the run file and their values as text.
    """

    values_given = Signal(object)

    def __init__(
        self, path: Path, sentence: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Values for {path.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dt = NumberEdit("Time between frames in seconds")
        self.q = NumberEdit("Wavevector in inverse ångström")
        self.gap = NumberEdit("Gap between stator and rotor in ångström")
        self.phi = QLineEdit()
        self.phi.setPlaceholderText("one per matrix, such as 0, 45, 90")
        self.phi.setAccessibleName("Angles in degrees")
        self.dataset = QLineEdit()
        self.dataset.setPlaceholderText("only for an .npz with several arrays")
        self.dataset.setAccessibleName("Name of the array")
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(14)
        form.addRow("&Time between frames / s", self.dt)
        form.addRow("&Wavevector q / Å⁻¹", self.q)
        form.addRow("Angles &φ / °", self.phi)
        form.addRow("&Gap / Å", self.gap)
        form.addRow("&Array", self.dataset)
        reason = QLabel(sentence)
        reason.setWordWrap(True)
        reason.setMinimumWidth(460)
        box = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open
            | QDialogButtonBox.StandardButton.Cancel
        )
        box.accepted.connect(self._accept)
        box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(14)
        layout.addWidget(reason)
        layout.addLayout(form)
        layout.addWidget(box)

    def _accept(self) -> None:
        given: dict[str, str] = {}
        for name in ("dt", "q", "gap"):
            value = getattr(self, name).value
            if value is not None:
                given[GIVEN_KEYS[name]] = repr(value)
        if self.phi.text().strip():
            given[GIVEN_KEYS["phi"]] = f"[{self.phi.text().strip().strip('[]')}]"
        if self.dataset.text().strip():
            given[GIVEN_KEYS["dataset"]] = self.dataset.text().strip()
        self.values_given.emit(given)
        self.accept()
