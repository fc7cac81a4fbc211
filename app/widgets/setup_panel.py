"""How the current run is read and fitted, apart from its parameters and angles."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.theme import Theme
from app.widgets.form import Choice, beside, label_for
from app.widgets.layers_box import LayersBox
from app.widgets.number_edit import NumberEdit
from app.widgets.strategy_box import StrategyBox
from engine.conventions import Convention
from engine.data.run import RunData
from engine.models.specs import MODELS
from engine.setup import DataRequest, Loss, Scaling, Setup

_SCALING_TEXT = {
    Scaling.AUTO: "automatic (checked)",
    Scaling.INDIVIDUAL: "individual (one pair per angle)",
    Scaling.AVERAGED: "averaged (one pair for all)",
    Scaling.CONSTANT: "constant (one pair per angle, frozen)",
    Scaling.FOURIER: "Fourier (smooth in φ)",
    Scaling.FIXED_CONSTANT: "fixed (values of the run file)",
}
_NEEDS_VALUES = Scaling.FIXED_CONSTANT
"""Offered only where the run file gives contrast and offset."""
_LOSS_TEXT = {
    Loss.LINEAR: "linear (least squares)",
    Loss.SOFT_L1: "soft L1",
    Loss.HUBER: "Huber",
    Loss.CAUCHY: "Cauchy",
    Loss.ARCTAN: "arctan",
}
_CONVENTION_TEXT = {c: f"{c.value}:  {c.formula}" for c in Convention}


class SetupPanel(QWidget):
    """Fields for model, convention, data window and options.

    Signals
    -------
    setup_edited(str, object)
        Name of a field of `Setup` and its new value.
    request_edited(str, object)
        Name of a field of `DataRequest` and its new value.
    convert_requested()
    fewer_angles_requested()
        The fit would need less memory with fewer angles.
    refused(str)
        Why what was typed is no number.
    """

    setup_edited = Signal(str, object)
    request_edited = Signal(str, object)
    convert_requested = Signal()
    fewer_angles_requested = Signal()
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._units: list[QLabel] = []
        self._fields: list[QWidget] = []
        body = QWidget()
        self._form = QFormLayout(body)
        self._form.setContentsMargins(10, 10, 10, 10)
        self._form.setVerticalSpacing(7)
        self._form.setHorizontalSpacing(8)
        self._form.setFieldGrowthPolicy(
            QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow
        )
        self._add_model()
        self._add_data()
        self._add_options()
        self._add_strategy()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def set_setup(self, setup: Setup) -> None:
        """Show a set-up."""
        sheared = setup.spec.sheared
        self.model.set_value(setup.model)
        self.convention.set_value(setup.convention)
        self._show_scaling(setup)
        self.loss.set_value(setup.loss)
        self.loss_scale.set_value(setup.loss_scale)
        robust = setup.loss is not Loss.LINEAR
        self._form.setRowVisible(self._loss_scale_row, robust)
        self._form.setRowVisible(self.convention, sheared)
        self._form.setRowVisible(self._convert, sheared)
        self._form.setRowVisible(self._gap_row, sheared)
        self.gap.set_value(setup.gap)
        self.layers.set_setup(setup)
        self.strategy.set_setup(setup)
        self.drop_first.setChecked(setup.drop_first_frame)
        self.estimate_start.setChecked(not setup.start_given)
        file = setup.sigma if isinstance(setup.sigma, Path) else None
        self.sigma.set_value(None if isinstance(setup.sigma, Path) else setup.sigma)
        self.sigma.setPlaceholderText(
            f"from {file.name}" if file else "estimated from the data"
        )

    def set_data(self, data: RunData, request: DataRequest) -> None:
        """Show what was read."""
        self.first_frame.set_value(data.first_frame)
        self.last_frame.set_value(data.last_frame)
        length = data.n_frames * data.dt
        self._window_text.setText(
            f"{data.n_frames} of {data.n_frames_file} frames, {length:.4g} s"
        )
        self.dt.set_value(data.dt)
        self.dt.setToolTip(f"Time between frames, from the {data.dt_source}")
        self._set_rings(data.q_list, data.q)

    def set_read_only(self, *, read_only: bool) -> None:
        """Refuse or accept edits."""
        for field in self._fields:
            field.setEnabled(not read_only)

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        colour = QColor(theme.muted).name()
        for label in (*self._units, self._window_text):
            label.setStyleSheet(f"color: {colour}")
        self.layers.apply_theme(theme)
        self.strategy.apply_theme(theme)

    def _add_model(self) -> None:
        self.model = self._combo("Model", {m.name: m.title for m in MODELS.values()})
        self._emit_choice(self.model, "model")
        self._form.addRow("&Model", self.model)
        self.convention = self._combo("Shear convention", _CONVENTION_TEXT)
        self._emit_choice(self.convention, "convention")
        convert = QPushButton("&Convert…")
        convert.setToolTip("See what the shear rates become in the other conventions")
        convert.clicked.connect(self.convert_requested)
        self._fields.append(convert)
        self._convert = beside(convert, QWidget())
        self._form.addRow("Con&vention", self.convention)
        self._form.addRow("", self._convert)
        self.scaling = self._combo("Contrast and offset", {})
        self._emit_choice(self.scaling, "scaling")
        self._form.addRow("&Scaling", self.scaling)
        self.layers = LayersBox(self._form)
        self.layers.edited.connect(self.setup_edited)
        self.layers.refused.connect(self.refused)
        self._fields.extend(self.layers.fields)
        self.estimate_start = self._check(
            "Estimate start values",
            "Ignore the start values of the table and find them from the data",
        )
        self.estimate_start.clicked.connect(
            lambda on: self.setup_edited.emit("start_given", not on)
        )
        self._form.addRow("", self.estimate_start)

    def _add_data(self) -> None:
        self.first_frame = self._number("First frame")
        self.last_frame = self._number("Last frame")
        for field, name in (
            (self.first_frame, "first_frame"),
            (self.last_frame, "last_frame"),
        ):
            field.committed.connect(
                lambda value, n=name: self.request_edited.emit(n, value)
            )
        frames = beside(self.first_frame, QLabel("to"), self.last_frame)
        self._form.addRow(label_for("F&rames", self.first_frame), frames)
        self._window_text = QLabel()
        self._form.addRow("", self._window_text)
        self.q = self._combo("Wavevector", {})
        self.q.chosen.connect(lambda q: self.request_edited.emit("q", q))
        self._form.addRow(label_for("&q", self.q), self._with_unit(self.q, "Å⁻¹"))
        self.dt = self._number("Time between frames in seconds")
        self.dt.committed.connect(lambda v: self.request_edited.emit("dt", v))
        self._form.addRow(label_for("&dt", self.dt), self._with_unit(self.dt, "s"))
        self.gap = self._number("Gap between stator and rotor in ångström")
        self.gap.committed.connect(lambda v: self.setup_edited.emit("gap", v))
        self.gap.setToolTip("Gap between stator and rotor; 1 µm is 10000 Å")
        self._gap_row = self._with_unit(self.gap, "Å")
        self._form.addRow(label_for("&Gap", self.gap), self._gap_row)

    def _add_options(self) -> None:
        self.drop_first = self._check(
            "Drop the first frame",
            "Leave the first frame of the window out, so that time starts at dt",
        )
        self.drop_first.clicked.connect(
            lambda on: self.setup_edited.emit("drop_first_frame", on)
        )
        self._form.addRow("", self.drop_first)
        self.sigma = self._number("Noise of one pixel")
        self.sigma.setToolTip(
            "Standard deviation of one pixel; empty estimates it from the data"
        )
        self.sigma.committed.connect(lambda v: self.setup_edited.emit("sigma", v))
        self._form.addRow("&Noise σ", self.sigma)
        self.loss = self._combo("Loss function", _LOSS_TEXT)
        self._emit_choice(self.loss, "loss")
        self._form.addRow("&Loss", self.loss)
        self.loss_scale = self._number("Where the loss sets in, in units of sigma")
        self.loss_scale.committed.connect(
            lambda v: self.setup_edited.emit("loss_scale", v)
        )
        self._loss_scale_row = self._with_unit(self.loss_scale, "σ")
        self._form.addRow(label_for("from", self.loss_scale), self._loss_scale_row)

    def _add_strategy(self) -> None:
        self.strategy = StrategyBox(self._form)
        self.strategy.edited.connect(self.setup_edited)
        self.strategy.fewer_angles_requested.connect(self.fewer_angles_requested)
        self.strategy.refused.connect(self.refused)
        self._fields.extend(self.strategy.fields)

    def _show_scaling(self, setup: Setup) -> None:
        given = setup.contrast_start is not None and setup.offset_start is not None
        offered = tuple(s for s in Scaling if s is not _NEEDS_VALUES or given)
        if setup.scaling not in offered:
            offered = (*offered, setup.scaling)
        if offered != self.scaling.values:
            self.scaling.set_texts({s: _SCALING_TEXT[s] for s in offered})
        self.scaling.set_value(setup.scaling)

    def _set_rings(self, rings: Sequence[float], q: float) -> None:
        self.q.set_texts({ring: f"{ring:.6g}" for ring in rings or (q,)})
        self.q.set_value(min(self.q.values, key=lambda ring: abs(ring - q)))
        self.q.setToolTip(
            f"The file offers {self.q.count()} rings"
            if len(rings) > 1
            else "The only ring of the file"
        )

    def _combo(self, name: str, texts: Mapping[Any, str]) -> Choice:
        combo = Choice(name, texts)
        self._fields.append(combo)
        return combo

    def _emit_choice(self, combo: Choice, field: str) -> None:
        combo.chosen.connect(lambda value: self.setup_edited.emit(field, value))

    def _number(self, name: str) -> NumberEdit:
        field = NumberEdit(name)
        field.refused.connect(self.refused)
        self._fields.append(field)
        return field

    def _check(self, text: str, tip: str) -> QCheckBox:
        check = QCheckBox(text)
        check.setToolTip(tip)
        self._fields.append(check)
        return check

    def _with_unit(self, field: QWidget, unit: str) -> QWidget:
        label = QLabel(unit)
        self._units.append(label)
        return beside(field, label)
