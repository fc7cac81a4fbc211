"""How much memory a fit may use, where its data will live, and why."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import Theme, current_theme
from app.widgets.form import Choice, Paragraph, beside, label_for
from app.widgets.number_edit import NumberEdit
from app.widgets.plan_text import (
    HELP,
    NAMES,
    estimates_html,
    plan_html,
    remedy_of,
    remedy_text,
)
from engine.routing.plan import Plan
from engine.setup import Setup

FRACTION, GIGABYTES = "memory_fraction", "memory_threshold_gb"
_UNITS = {FRACTION: "of RAM", GIGABYTES: "GB"}
_MEMORY_HELP = (
    "Limit of the memory a fit may use: a fraction of the memory of this computer, "
    "from 0.1 to 0.9, or so many GB. Empty: 0.75 of the memory, unless the "
    "environment says otherwise."
)


class StrategyBox(QWidget):
    """Two rows of a form, and below them what will be done with them.

    Signals
    -------
    edited(str, object)
        ``"strategy"`` and a `Strategy`; or `FRACTION` or `GIGABYTES` and the limit, a
        float or None for the default.
    fewer_angles_requested()
    refused(str)
        Why what was typed is no number.

    Parameters
    ----------
    form
        The form its rows are added to, so that they stand in line with the others.
    """

    edited = Signal(str, object)
    fewer_angles_requested = Signal()
    refused = Signal(str)

    def __init__(self, form: QFormLayout) -> None:
        super().__init__()
        self._theme = current_theme()
        self._plan: Plan | None = None
        self._problem = ""
        self._out_of_core = True
        self._read_only = False
        self._add_choice(form)
        self._add_limit(form)
        self._make_readout()
        form.addRow(self)
        self.set_plan(None)

    @property
    def fields(self) -> tuple[QWidget, ...]:
        """What can be edited."""
        return self.choice, self.limit, self.unit, self.remedy, self.fewer

    @property
    def text(self) -> str:
        """What is said about the fit to come, as rich text."""
        return self._readout.text()

    def set_setup(self, setup: Setup) -> None:
        """Show the strategy and the limit of a set-up."""
        memory = setup.options.memory
        self.choice.set_value(setup.strategy)
        self.choice.setToolTip(HELP[setup.strategy])
        if memory.threshold_gb is not None:
            self.unit.set_value(GIGABYTES)
            self.limit.set_value(memory.threshold_gb)
        else:
            # Without a limit the unit stays as it was chosen, for what is typed next.
            if memory.fraction is not None:
                self.unit.set_value(FRACTION)
            self.limit.set_value(memory.fraction)
        self._out_of_core = setup.options.chunks.out_of_core

    def set_plan(self, plan: Plan | None, problem: str = "") -> None:
        """Show what the fit will need.

        Parameters
        ----------
        plan
            None while it is not known.
        problem
            Why there is none.
        """
        self._plan, self._problem = plan, problem
        self._show()

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self._show()

    def _add_choice(self, form: QFormLayout) -> None:
        self.choice = Choice("Strategy", NAMES)
        for i, strategy in enumerate(self.choice.values):
            self.choice.setItemData(i, HELP[strategy], Qt.ItemDataRole.ToolTipRole)
        self.choice.setWhatsThis(
            "".join(f"<p><b>{NAMES[s]}</b><br>{HELP[s]}</p>" for s in NAMES)
        )
        self.choice.chosen.connect(lambda chosen: self.edited.emit("strategy", chosen))
        form.addRow(label_for("Strateg&y", self.choice), self.choice)

    def _add_limit(self, form: QFormLayout) -> None:
        self.limit = NumberEdit("Limit of memory")
        self.limit.setPlaceholderText("default")
        self.limit.committed.connect(
            lambda value: self.edited.emit(self.unit.value, value)
        )
        self.limit.refused.connect(self.refused)
        self.unit = Choice("Unit of the limit of memory", _UNITS)
        self.unit.setMinimumContentsLength(6)
        self.unit.chosen.connect(self._on_unit_chosen)
        for field in (self.limit, self.unit):
            field.setToolTip(_MEMORY_HELP)
            field.setWhatsThis(_MEMORY_HELP)
        row = beside(self.limit, self.unit)
        form.addRow(label_for("Mem&ory", self.limit), row)

    def _make_readout(self) -> None:
        self._readout = Paragraph("Memory the fit will need")
        self.remedy = QPushButton()
        self.remedy.clicked.connect(self._on_remedy)
        self.fewer = QPushButton("Select fewer angles")
        self.fewer.setToolTip("Go to the Angles panel")
        self.fewer.clicked.connect(self.fewer_angles_requested)
        self.details = QToolButton()
        self.details.setText("All strategies")
        self.details.setToolTip("What the fit would need with each strategy")
        self.details.setCheckable(True)
        self.details.setAutoRaise(True)
        self.details.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.details.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.details.toggled.connect(lambda _: self._show())
        self._table = QLabel()
        self._table.setTextFormat(Qt.TextFormat.RichText)
        self._table.setAccessibleName("Memory each strategy would need")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._readout)
        layout.addWidget(self.remedy)
        layout.addWidget(self.fewer)
        layout.addWidget(self.details, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._table)

    def _show(self) -> None:
        plan = self._plan
        self._readout.show_text(plan_html(plan, self._problem, self._theme))
        remedy = remedy_of(plan, out_of_core=self._out_of_core) if plan else None
        self.remedy.setVisible(remedy is not None)
        if plan is not None and remedy is not None:
            self.remedy.setText(remedy_text(plan, remedy))
            self.remedy.setToolTip(HELP[remedy])
        self.fewer.setVisible(plan is not None and not plan.fits)
        self.details.setVisible(plan is not None)
        opened = self.details.isChecked()
        arrow = Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow
        self.details.setArrowType(arrow)
        self._table.setVisible(plan is not None and opened)
        if plan is not None:
            table = estimates_html(plan, self._theme)
            self._table.setText(table)
            self._readout.setToolTip(table)

    def _on_unit_chosen(self, unit: str) -> None:
        """Take a number in the old unit away: in the new one it means another limit."""
        if self.limit.value is not None:
            self.edited.emit(unit, None)
        self.limit.setFocus()

    def _on_remedy(self) -> None:
        plan = self._plan
        remedy = remedy_of(plan, out_of_core=self._out_of_core) if plan else None
        if remedy is not None:
            self.edited.emit("strategy", remedy)
