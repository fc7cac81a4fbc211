"""The state of one open run: what is read, how it is fitted, what came out.

Request, set-up and fits are written by undo commands only; which angle and which fit
is looked at is a matter of the view and written directly.
"""

from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from app.bridge.loading import LoadedRun, Thumbnail
from app.documents.fit_record import FitRecord
from engine.config.run_file import RunFile
from engine.data.run import RunData
from engine.result import State
from engine.setup import DataRequest, Setup

_SAVED_RUN = "run.yaml"
"""Every result folder has one."""


class RunState(StrEnum):
    """What goes on with a run; the value is what the user reads."""

    READY = "ready"
    LOADING = "reading data"
    FITTING = "fitting"


class RunDocument(QObject):
    """An open run.

    Signals
    -------
    setup_changed()
    request_changed()
        Other matrices are wanted than those held; the loading controller answers.
    data_changed()
    angle_changed(int)
        Index of the angle looked at.
    fits_changed()
    shown_changed()
        Another fit, or the start values, are looked at.
    state_changed()
    """

    setup_changed = Signal()
    request_changed = Signal()
    data_changed = Signal()
    angle_changed = Signal(int)
    fits_changed = Signal()
    shown_changed = Signal()
    state_changed = Signal()

    def __init__(self, loaded: LoadedRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.origin: RunFile = loaded.run_file
        """As read from disk; nothing here changes it."""
        self.request: DataRequest = loaded.run_file.request
        self.setup: Setup = loaded.run_file.setup
        self.data: RunData = loaded.data
        self.thumbnails: tuple[Thumbnail, ...] = loaded.thumbnails
        self.fits: tuple[FitRecord, ...] = ()
        self.fit: FitRecord | None = None
        """The fit whose numbers are shown, if any."""
        self.showing_fit = False
        """Whether the maps show the fit rather than the start values."""
        self.angle = 0
        self.state = RunState.READY
        self.saved: dict[int, Path] = {}
        """Where the fits that were saved lie, by number."""

    @property
    def name(self) -> str:
        """What the run is called on screen."""
        return self.path.stem

    @property
    def title(self) -> str:
        """What tells the run from others: of a saved result, the name of its folder."""
        path = self.path.absolute()
        return path.parent.name if path.name == _SAVED_RUN else path.stem

    @property
    def place(self) -> str:
        """Name of the folder that holds what `title` names."""
        path = self.path.absolute()
        return (path.parent if path.name == _SAVED_RUN else path).parent.name

    @property
    def path(self) -> Path:
        """The file the user opened."""
        return self.origin.path or self.origin.request.file

    @property
    def unsaved(self) -> tuple[FitRecord, ...]:
        """Fits that exist nowhere but here, those stopped by hand included."""
        return tuple(
            f
            for f in self.fits
            if f.number not in self.saved and f.state is not State.FAILED
        )

    @property
    def next_number(self) -> int:
        """Number of the next fit."""
        return len(self.fits) + 1

    def apply_setup(self, setup: Setup) -> None:
        """Replace the set-up; called by undo commands."""
        self.setup = setup
        if self.showing_fit:
            self.showing_fit = False
            self.shown_changed.emit()
        self.setup_changed.emit()

    def apply_request(self, request: DataRequest) -> None:
        """Want other matrices; called by undo commands."""
        self.request = request
        self.request_changed.emit()

    def apply_data(self, loaded: LoadedRun) -> None:
        """Take matrices that were read for the present request."""
        self.data = loaded.data
        self.thumbnails = loaded.thumbnails
        self.angle = min(self.angle, len(loaded.data.phi) - 1)
        self.showing_fit = False
        self.data_changed.emit()

    def add_fit(self, record: FitRecord) -> None:
        """Keep a finished fit; it is never removed or changed."""
        self.fits = (*self.fits, record)
        self.fits_changed.emit()

    def show_fit(self, record: FitRecord | None, *, on_maps: bool = True) -> None:
        """Look at a fit; None looks at the start values alone."""
        self.fit = record
        self.showing_fit = on_maps and record is not None
        self.shown_changed.emit()

    def show_start(self) -> None:
        """Look at the model with the start values; the fit's numbers stay in sight."""
        self.showing_fit = False
        self.shown_changed.emit()

    def show_angle(self, index: int) -> None:
        """Look at another angle."""
        if index != self.angle and 0 <= index < len(self.data.phi):
            self.angle = index
            self.angle_changed.emit(index)

    def set_state(self, state: RunState) -> None:
        """Say what goes on."""
        if state is not self.state:
            self.state = state
            self.state_changed.emit()

    def mark_saved(self, record: FitRecord, folder: Path) -> None:
        """Remember where a fit was saved; no other one is there any more."""
        self.forget_saved(folder)
        self.saved[record.number] = folder
        self.fits_changed.emit()

    def forget_saved(self, folder: Path) -> None:
        """Count no fit as saved in a folder: something else was written to it."""
        kept = {n: other for n, other in self.saved.items() if other != folder}
        if kept != self.saved:
            self.saved = kept
            self.fits_changed.emit()


def shown_fit(document: RunDocument) -> FitRecord:
    """Return the fit that is shown, else the last one; there is at least one."""
    return document.fit or document.fits[-1]
