"""Keeps the angle strip, the phi panel and the document together."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from app.commands.edit import ChangeSetup
from app.documents.angles import flow_information, selected_angles
from app.documents.edits import is_disabled, with_all_angles, with_angle, with_ranges
from app.documents.numbers import angle_text
from app.documents.run_document import RunDocument
from app.documents.workspace import Workspace
from app.errors import sentence_of
from app.widgets.angle_cell import AngleItem
from app.widgets.angle_strip import AngleStrip
from app.widgets.phi_panel import PhiPanel
from engine.errors import InputError
from engine.setup import PhiRange, Setup


class AnglesController(QObject):
    """Knows which angles there are, which are fitted and which one is looked at.

    Signals
    -------
    refused(str)
        Why a selection could not be made.
    """

    refused = Signal(str)

    def __init__(
        self, workspace: Workspace, strip: AngleStrip, panel: PhiPanel
    ) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._strip = strip
        self._panel = panel
        for signal in (
            workspace.current_changed,
            workspace.data_changed,
            workspace.setup_changed,
            workspace.shown_changed,
        ):
            signal.connect(self.refresh)
        workspace.angle_changed.connect(self._on_angle_changed)
        workspace.state_changed.connect(self._on_state_changed)
        strip.current_changed.connect(self._on_current_chosen)
        strip.selection_toggled.connect(self._toggle)
        panel.angle_toggled.connect(self._toggle)
        panel.ranges_edited.connect(self._on_ranges_edited)
        panel.use_all_requested.connect(self.use_all)

    def refresh(self) -> None:
        """Show the angles of the current run."""
        document = self._workspace.current
        if document is None:
            self._strip.set_items([])
            self._panel.set_ranges(())
            self._panel.set_angles((), (), ())
            return
        phi = document.data.phi.tolist()
        selected = selected_angles(phi, document.setup)
        self._strip.set_items(_items(document, phi, selected))
        self._strip.set_current(document.angle)
        disabled = [is_disabled(document.setup, angle) for angle in phi]
        self._panel.set_angles(phi, selected, disabled)
        self._panel.set_ranges(document.setup.phi.ranges)
        self._panel.set_flow(flow=document.setup.spec.sheared)
        self._on_state_changed()

    def step(self, by: int) -> None:
        """Look at a later (positive) or earlier angle."""
        document = self._workspace.current
        if document is not None:
            document.show_angle((document.angle + by) % len(document.data.phi))

    def use_all(self) -> None:
        """Fit every angle."""
        self._push(with_all_angles, "Use all angles")

    def _toggle(self, index: int, _: object = None) -> None:
        document = self._workspace.current
        if document is None:
            return
        phi = document.data.phi.tolist()
        selected = selected_angles(phi, document.setup)
        word = "Leave out" if selected[index] else "Use"
        self._push(
            lambda setup: with_angle(setup, phi, selected, index),
            f"{word} φ = {angle_text(phi[index])}",
        )

    def _on_ranges_edited(self, ranges: tuple[PhiRange, ...]) -> None:
        self._push(
            lambda setup: with_ranges(setup, ranges), "Change φ ranges", "phi ranges"
        )

    def _push(
        self, edit: Callable[[Setup], Setup], text: str, merge_key: str | None = None
    ) -> None:
        document = self._workspace.current
        if document is None or not self._workspace.editable:
            self.refresh()
            return
        try:
            changed = edit(document.setup)
        except InputError as error:
            self.refused.emit(sentence_of(error))
            self.refresh()
            return
        if changed != document.setup:
            self._workspace.push(ChangeSetup(document, changed, text, merge_key))

    def _on_current_chosen(self, index: int) -> None:
        if self._workspace.current is not None:
            self._workspace.current.show_angle(index)

    def _on_angle_changed(self) -> None:
        if self._workspace.current is not None:
            self._strip.set_current(self._workspace.current.angle)

    def _on_state_changed(self) -> None:
        self._panel.set_read_only(not self._workspace.editable)


def _items(
    document: RunDocument, phi: Sequence[float], selected: Sequence[bool]
) -> list[AngleItem]:
    setup = document.setup
    record = document.fit
    same_data = record is not None and record.data is document.data
    phi0 = 0.0
    if setup.spec.sheared:
        phi0 = setup.parameters["phi0"].value
        if record is not None and "phi0" in record.result.values:
            phi0 = record.result.values["phi0"]
    return [
        AngleItem(
            index=i,
            phi=angle,
            selected=selected[i],
            chi_squared=record.chi_squared_of(i) if record and same_data else None,
            thumbnail=document.thumbnails[i].pixels,
            levels=document.thumbnails[i].levels,
            information=flow_information(angle, setup, phi0),
        )
        for i, angle in enumerate(phi)
    ]
