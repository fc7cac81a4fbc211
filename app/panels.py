"""Every widget that shows a run: made once the window is seen, put into it at once.

Apart from the window because of what they import: plots, tables, the set-up of a fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtWidgets import QWidget

from app.documents.list_models import FitListModel, RunListModel
from app.documents.parameter_model import ParameterModel
from app.theme import Theme
from app.widgets.angle_strip import AngleStrip
from app.widgets.banner import Banner
from app.widgets.c2_view import C2View
from app.widgets.convergence_view import ConvergenceView
from app.widgets.degeneracy_panel import DegeneracyPanel
from app.widgets.fits_panel import FitsPanel
from app.widgets.log_panel import LogPanel
from app.widgets.notes_panel import NotesPanel
from app.widgets.parameter_table import ParameterTable
from app.widgets.phi_panel import PhiPanel
from app.widgets.result_panel import ResultPanel
from app.widgets.runs_panel import RunsPanel
from app.widgets.scrolling import Scrolling
from app.widgets.setup_panel import SetupPanel

_HIGH = ("phi_panel",)
"""What needs more height than a small screen may have, and does not scroll itself."""


class Themed(Protocol):
    """What is drawn in the colours of the theme."""

    def apply_theme(self, theme: Theme, /) -> None:
        """Use the colours of a theme."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelModels:
    """The Qt models the panels show."""

    runs: RunListModel
    fits: FitListModel
    parameters: ParameterModel


class Panels:
    """The widgets of the docks, by the keys of the docks, and those of the centre."""

    def __init__(self, models: PanelModels) -> None:
        self.runs = RunsPanel(models.runs)
        self.phi_panel = PhiPanel()
        self.c2_view = C2View()
        self.angle_strip = AngleStrip()
        self.parameters = ParameterTable(models.parameters)
        self.setup = SetupPanel()
        self.result = ResultPanel()
        self.degeneracy = DegeneracyPanel()
        self.fits = FitsPanel(models.fits)
        self.convergence = ConvergenceView()
        self.notes = NotesPanel()
        self.log = LogPanel()
        self.banner = Banner()

    def themed(self) -> Iterator[Themed]:
        """Yield everything that has to know the theme."""
        yield from vars(self).values()

    def dock_widget(self, key: str) -> QWidget:
        """Return what belongs into a dock; call once for each."""
        widget = getattr(self, key)
        return Scrolling(widget) if key in _HIGH else widget
