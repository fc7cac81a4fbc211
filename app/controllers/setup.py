"""Keeps the parameter table and the set-up panel together with the document."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.commands.edit import ChangeSetup
from app.controllers.loading import LoadingController, changed_request
from app.documents.degeneracy_edits import (
    LAYERS_PREFIX,
    layer_edit_title,
    with_layer_option,
)
from app.documents.edits import (
    with_convention,
    with_fitted_values,
    with_memory_limit,
    with_model,
    with_parameter,
)
from app.documents.parameter_model import ParameterModel
from app.documents.workspace import Workspace
from app.errors import sentence_of
from app.widgets.convention_dialog import ConventionDialog
from app.widgets.parameter_table import ParameterTable
from app.widgets.setup_panel import SetupPanel
from app.widgets.strategy_box import FRACTION, GIGABYTES
from engine.conventions import Convention
from engine.errors import InputError, OptionError
from engine.parameters import Parameter
from engine.setup import Setup

_PLACEHOLDERS = (
    "Start values are estimated from the data when the fit starts; type one to give "
    "them yourself."
)
_READ_ONLY = "Being fitted: the set-up cannot be changed until the fit has ended."
_TITLES = {
    "model": "Change model",
    "convention": "Change convention",
    "scaling": "Change scaling",
    "loss": "Change loss",
    "loss_scale": "Change loss scale",
    "gap": "Change gap",
    "drop_first_frame": "Drop first frame",
    "sigma": "Change noise",
    "start_given": "Estimate start values",
    "strategy": "Change strategy",
    FRACTION: "Change memory limit",
    GIGABYTES: "Change memory limit",
}
_LIMITS = {FRACTION: "fraction", GIGABYTES: "threshold_gb"}


class SetupController(QObject):
    """Turns edits into undo commands, and refuses those that cannot be.

    Signals
    -------
    refused(str)
        Why an edit was refused.
    mended()
        Why the last edit was refused is of no interest any more.
    told(str)
        A remark on an edit that was made.
    """

    refused = Signal(str)
    mended = Signal()
    told = Signal(str)

    def __init__(
        self,
        workspace: Workspace,
        model: ParameterModel,
        table: ParameterTable,
        panel: SetupPanel,
        loading: LoadingController,
    ) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._model = model
        self._table = table
        self._panel = panel
        self._loading = loading
        workspace.current_changed.connect(self._on_current_changed)
        workspace.setup_changed.connect(self.forget_refusal)
        workspace.setup_changed.connect(self.refresh)
        workspace.shown_changed.connect(model.refresh)
        workspace.data_changed.connect(self.refresh)
        workspace.state_changed.connect(self._on_state_changed)
        model.rejected.connect(self._refuse)
        panel.setup_edited.connect(self._on_setup_edited)
        panel.request_edited.connect(self._on_request_edited)
        panel.convert_requested.connect(self.show_converter)
        panel.refused.connect(self._refuse)

    def edit_parameter(self, changed: Parameter) -> None:
        """Replace a parameter; raises `InputError` when it cannot be."""
        document = self._workspace.current
        if document is None or not self._workspace.editable:
            raise OptionError(_READ_ONLY)
        setup = with_parameter(document.setup, changed)
        self.forget_refusal()
        if setup != document.setup:
            name = document.setup.spec.parameter(changed.name).symbol
            self._workspace.push(ChangeSetup(document, setup, f"Edit {name}"))

    def refresh(self) -> None:
        """Show the set-up of the current run."""
        document = self._workspace.current
        if document is not None:
            self._panel.set_setup(document.setup)
            self._panel.set_data(document.data, document.request)
        self._model.refresh()
        self._on_state_changed()

    def forget_refusal(self) -> None:
        """Say no more why an edit was refused: another one was made, or a fit goes."""
        self._table.set_refusal("")
        self.mended.emit()

    def adopt(self) -> None:
        """Take the values of the shown fit as start values."""
        document = self._workspace.current
        if document is None or document.fit is None:
            return
        result = document.fit.result
        self._push(
            lambda setup: with_fitted_values(setup, result),
            f"Adopt fit #{document.fit.number}",
        )

    def revert(self) -> None:
        """Take the set-up as the file gives it."""
        document = self._workspace.current
        if document is not None:
            original = document.origin.setup
            self._push(lambda _: original, "Revert to run file")

    def show_converter(self) -> ConventionDialog | None:
        """Show what the shear rates are in the other conventions."""
        document = self._workspace.current
        if document is None or not document.setup.spec.sheared:
            self.refused.emit("The static model has no shear rates to convert.")
            return None
        dialog = ConventionDialog(document.setup, _window_of(self._panel))
        dialog.change_requested.connect(self._on_convention_chosen)
        dialog.open()
        return dialog

    def _on_convention_chosen(self, convention: Convention, convert: bool) -> None:  # noqa: FBT001
        self._push(
            lambda setup: with_convention(setup, convention, convert=convert),
            "Convert convention" if convert else "Change convention",
        )

    def _on_setup_edited(self, field: str, value: object) -> None:
        if field == "convention":
            self.told.emit(
                "The shear rates kept their values and now mean something else; "
                "Convert… would keep c2 instead."
            )
        self._push(lambda setup: _with_field(setup, field, value), _title(field))

    def _on_request_edited(self, field: str, value: object) -> None:
        document = self._workspace.current
        if document is None or not self._workspace.editable:
            return
        changed = changed_request(document, field, value)
        if changed != document.request:
            self._loading.change_request(document, changed)

    def _push(self, edit: Callable[[Setup], Setup], text: str) -> None:
        document = self._workspace.current
        if document is None:
            return
        if not self._workspace.editable:
            self._refuse(_READ_ONLY)
            return
        try:
            changed = edit(document.setup)
        except InputError as error:
            self._refuse(sentence_of(error))
            return
        self.forget_refusal()
        if changed != document.setup:
            self._workspace.push(ChangeSetup(document, changed, text))

    def _refuse(self, sentence: str) -> None:
        self._table.set_refusal(sentence)
        self.refused.emit(sentence)
        self.refresh()

    def _on_current_changed(self) -> None:
        self._model.set_document(self._workspace.current)
        self.forget_refusal()
        self.refresh()

    def _on_state_changed(self) -> None:
        editable = self._workspace.editable
        self._model.set_read_only(read_only=not editable)
        self._panel.set_read_only(read_only=not editable)
        document = self._workspace.current
        if document is None:
            self._table.set_note("")
        elif not editable:
            self._table.set_note(_READ_ONLY)
        else:
            self._table.set_note("" if document.setup.start_given else _PLACEHOLDERS)


def _title(field: str) -> str:
    if field.startswith(LAYERS_PREFIX):
        return layer_edit_title(field.removeprefix(LAYERS_PREFIX))
    return _TITLES[field]


def _with_field(setup: Setup, field: str, value: object) -> Setup:
    if field == "model":
        return with_model(setup, str(value))
    if field.startswith(LAYERS_PREFIX):
        return with_layer_option(setup, field.removeprefix(LAYERS_PREFIX), value)
    if field == "gap" and value is not None and not float(str(value)) > 0:
        raise OptionError(f"the gap is {value:g} Å; expected a number above 0")
    if field in (FRACTION, GIGABYTES):
        limit = None if value is None else float(str(value))
        return with_memory_limit(setup, **{_LIMITS[field]: limit})
    if field == "sigma":
        return replace(setup, sigma=_sigma(value))
    return replace(setup, **{field: value})


def _sigma(value: object) -> float | Path | None:
    if value is None:
        return None
    number = float(str(value))
    if not number > 0:
        raise OptionError(f"the noise is {number:g}; expected a number above 0")
    return number


def _window_of(widget: QWidget) -> QWidget:
    return widget.window()
