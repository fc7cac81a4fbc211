"""What is to be done against degeneracy, folded away behind one line."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QWidget,
)

from app.documents.degeneracy_edits import LAYERS_PREFIX
from app.theme import Theme, current_theme
from app.widgets import layers_text as text
from app.widgets.form import Choice, label_for
from app.widgets.number_edit import NumberEdit
from engine.setup import Scaling, Setup

_ORDER = "scaling.fourier_order"
_MASTER = "enable"
_STRENGTH = "regularization.strength"
_INDENT = 16
"""By which a row stands further to the right than the one it belongs to [px]."""
_LAYERS = {
    "scaling": "Scaling",
    "hierarchical": "Hierarchical solve",
    "regularization": "CV penalty",
    "monitor": "Collapse monitor",
    "shear_weighting": "Shear weighting",
}


class LayersBox(QWidget):
    """One row that tells which layers are on, and opens the rows of their options.

    Signals
    -------
    edited(str, object)
        Name of an option, such as ``"layers.monitor.enable"``, and its new value.
    refused(str)
        Why what was typed is no number.

    Parameters
    ----------
    form
        The form its rows are added to, so that they stand in line with the others.
    """

    edited = Signal(str, object)
    refused = Signal(str)

    def __init__(self, form: QFormLayout) -> None:
        super().__init__()
        self._form = form
        self._theme = current_theme()
        self._setup: Setup | None = None
        self.options: dict[str, QWidget] = {}
        """Fields by the path of the option they edit."""
        self._make_line()
        form.addRow(self)
        self._add_check(_MASTER, "Act against degeneracy", text.MASTER_HELP)
        self._add_number(_ORDER, "Fourier order", text.ORDER_HELP)
        self._add_hierarchical()
        self._add_penalty()
        self._add_monitor()
        self._add_weighting()
        self._show_rows()

    @property
    def fields(self) -> tuple[QWidget, ...]:
        """What can be edited."""
        return tuple(self.options.values())

    @property
    def summary(self) -> str:
        """Which layers are on, in a few words."""
        return self._summary.text()

    def set_setup(self, setup: Setup) -> None:
        """Show the options of a set-up."""
        self._setup = setup
        layers = setup.options.layers
        for path, field in self.options.items():
            value = attrgetter(path)(layers)
            if isinstance(field, QCheckBox):
                field.setChecked(value)
            elif isinstance(field, NumberEdit | Choice):
                field.set_value(value)
        strength = self.options[_STRENGTH]
        if isinstance(strength, NumberEdit):
            tuned = layers.regularization.auto_tune
            strength.setPlaceholderText("tuned" if tuned else "1")
        self._summary.setText(text.summary_text(layers))
        self._show_rows()

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self._summary.setStyleSheet(f"color: {theme.muted}")

    def _make_line(self) -> None:
        self.toggle = QToolButton()
        self.toggle.setText("Layers")
        self.toggle.setAccessibleName("Layers against degeneracy")
        self.toggle.setToolTip("Show what is to be done against degeneracy")
        self.toggle.setWhatsThis(text.MASTER_HELP)
        self.toggle.setCheckable(True)
        self.toggle.setAutoRaise(True)
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.toggle.toggled.connect(lambda _: self._show_rows())
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        self._summary.setAccessibleName("Layers that are on")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.toggle)
        layout.addWidget(self._summary, 1)

    def _add_hierarchical(self) -> None:
        self._add_layer("hierarchical", text.HIERARCHICAL_HELP)
        self._add_number(
            "hierarchical.max_outer_iterations", "alternations", text.ITERATIONS_HELP
        )
        self._add_number(
            "hierarchical.outer_tolerance", "tolerance", text.TOLERANCE_HELP
        )

    def _add_penalty(self) -> None:
        self._add_layer("regularization", text.PENALTY_HELP)
        self._add_choice("regularization.mode", "measure", text.MODES, text.MODE_HELP)
        self._add_number(_STRENGTH, "strength λ", text.STRENGTH_HELP)
        self._add_number("regularization.target_cv", "target CV", text.TARGET_HELP)

    def _add_monitor(self) -> None:
        self._add_layer("monitor", text.MONITOR_HELP)
        self._add_choice(
            "monitor.response", "response", text.RESPONSES, text.RESPONSE_HELP
        )
        self._add_number("monitor.ratio_threshold", "ratio below", text.RATIO_HELP)
        self._add_number("monitor.consecutive_triggers", "in a row", text.ROW_HELP)

    def _add_weighting(self) -> None:
        self._add_layer("shear_weighting", text.WEIGHTING_HELP)
        self._add_number("shear_weighting.alpha", "exponent α", text.ALPHA_HELP)
        self._add_number("shear_weighting.min_weight", "least weight", text.FLOOR_HELP)
        self._add_number(
            "shear_weighting.update_frequency", "update every", text.UPDATE_HELP
        )
        self._add_check(
            "shear_weighting.normalize", "Mean weight of 1", text.NORMALISE_HELP
        )
        self._add_check(
            "shear_weighting.polish", "End with equal weights", text.POLISH_HELP
        )

    def _add_layer(self, layer: str, tip: str) -> None:
        self._add_check(f"{layer}.enable", _LAYERS[layer], tip)

    def _add_check(self, path: str, name: str, tip: str) -> None:
        field = QCheckBox(name)
        field.clicked.connect(lambda on: self._emit(path, on))
        self._add(path, field, "", tip)

    def _add_number(self, path: str, name: str, tip: str) -> None:
        field = NumberEdit(_full_name(path, name))
        field.committed.connect(lambda value: self._emit(path, value))
        field.refused.connect(self.refused)
        self._add(path, field, name, tip)

    def _add_choice(
        self, path: str, name: str, texts: Mapping[Any, str], tip: str
    ) -> None:
        field = Choice(_full_name(path, name), texts)
        field.chosen.connect(lambda value: self._emit(path, value))
        self._add(path, field, name, tip)

    def _add(self, path: str, field: QWidget, name: str, tip: str) -> None:
        field.setToolTip(tip)
        field.setWhatsThis(tip)
        self.options[path] = field
        layer, _, option = path.partition(".")
        belongs_to_layer = bool(option) and option != _MASTER and layer != "scaling"
        margin = _INDENT * (1 + belongs_to_layer)
        if isinstance(field, QCheckBox):
            field.setStyleSheet(f"margin-left: {margin}px")
            self._form.addRow(field)
        else:
            label = label_for(name, field)
            label.setIndent(margin)
            self._form.addRow(label, field)

    def _emit(self, path: str, value: object) -> None:
        self.edited.emit(f"{LAYERS_PREFIX}{path}", value)

    def _show_rows(self) -> None:
        """Show the rows of what is on, while the box is open."""
        opened = self.toggle.isChecked()
        arrow = Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow
        self.toggle.setArrowType(arrow)
        for path, field in self.options.items():
            self._form.setRowVisible(field, opened and self._applies(path))

    def _applies(self, path: str) -> bool:
        setup = self._setup
        if path == _MASTER or setup is None:
            return True
        layers = setup.options.layers
        if path == _ORDER:
            # The mode fourier has an order whether the layers act or not.
            automatic = setup.scaling is Scaling.AUTO and layers.enable
            return automatic or setup.scaling is Scaling.FOURIER
        layer, _, name = path.partition(".")
        if not layers.enable or (layer == "shear_weighting" and not setup.spec.sheared):
            return False
        return name == _MASTER or attrgetter(layer)(layers).enable


def _full_name(path: str, name: str) -> str:
    """Return what an option is called where its layer does not stand beside it."""
    return f"{_LAYERS[path.partition('.')[0]]}: {name}"
