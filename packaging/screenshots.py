"""Draws the pictures of the window in the documentation: the real window, a real fit.

Run from the top folder: ``python packaging/screenshots.py [FOLDER]``; no display is
needed. The picture of the help site needs that site (``make docs``) and Chromium;
without them the old one stays.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# A screen of its own, as large as a desk has: panels are laid out for what there is.
os.environ["QT_QPA_PLATFORM"] = (
    f"offscreen:configfile={Path(__file__).with_name('screen.json')}"
)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from help_pictures import draw_help, draw_site
from picture_tools import Pace, pause, save_with_dialog, wait
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QFontDatabase, QImage
from PySide6.QtWidgets import QWidget

from app.controllers.session import Session
from app.documents.run_document import shown_fit
from app.main_window import DEFAULT_SIZE, MINIMUM_SIZE
from app.qt_application import make_application
from app.settings import Settings
from app.theme import ThemeManager
from engine.errors import DataError
from engine.setup import PhiRange, Strategy

_STEP_S = 0.5
"""How long a step takes here, so that there is something to see during the fit."""
_STEPS_SHOWN = 5
_PANEL_WIDTH = 420
"""Of a panel that is looked at by itself [px]."""
_REPORT_WIDTH = 1200
"""Of the picture of ``fit.png`` [px]."""


def main(folder: Path) -> int:
    """Draw every picture into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    app = make_application()
    if not QFontDatabase.families():
        sys.stderr.write("screenshots: no font is installed; install fonts-dejavu\n")
        return 2
    theme = ThemeManager()
    theme.set_mode("light")
    theme.apply(app)
    with tempfile.TemporaryDirectory() as scratch:
        for mode in ("light", "dark"):
            settings = Settings(Path(scratch) / f"{mode}.ini")
            theme.set_mode(mode)
            engine = Pace()
            checkpoints = Path(scratch) / "checkpoints"
            session = Session(engine.functions(), settings, theme, checkpoints)
            try:
                _draw_all(session, engine, folder, mode)
            finally:
                session.closing.allow()
                session.window.close()
                session.shut_down()
    return 0


def _draw_all(session: Session, engine: Pace, folder: Path, mode: str) -> None:
    window = session.window
    window.resize(*DEFAULT_SIZE)
    window.show()
    session.start([])
    pause()

    def shoot(name: str, what: QWidget = window) -> None:
        what.grab().save(str(folder / f"{name}-{mode}.png"))

    shoot("start")
    wait(session.maps.drawn, session.files.open_example)
    pause()
    shoot("loaded")
    _draw_ranges(session, lambda: shoot("ranges", window.dock("phi_panel")))
    _draw_strategy(session, lambda: shoot("strategy"))
    _fit_slowly(session, engine, lambda: shoot("fitting"))
    wait(session.fitting.ended, session.start_fit)
    pause()
    shoot("window")
    _draw_report(session, folder)
    for key in ("result", "degeneracy"):
        _draw_panel(session, key, lambda name=key: shoot(name, window.dock(name)))
    _draw_dialogs(session, folder, mode)
    draw_help(session, folder, mode)
    draw_site(folder, mode)
    window.resize(*MINIMUM_SIZE)
    pause()
    if window.size() != QSize(*MINIMUM_SIZE):
        sys.stderr.write(f"screenshots: the window cannot be {MINIMUM_SIZE}\n")


def _draw_strategy(session: Session, look: Callable[[], None]) -> None:
    """Look at what is said about another strategy than the automatic one."""
    box = session.window.panels.setup.strategy
    box.details.setChecked(True)
    wait(
        session.planning.shown,
        lambda: box.edited.emit("strategy", Strategy.STREAMING),
    )
    pause()
    look()
    box.details.setChecked(False)
    session.workspace.undo_group.undo()
    pause()


def _draw_ranges(session: Session, look: Callable[[], None]) -> None:
    """Look at a choice of angles, and take it back."""
    panel = session.window.panels.phi_panel
    panel.ranges_edited.emit((PhiRange(-35.0, 35.0), PhiRange(80.0, 100.0)))
    pause()
    look()
    session.workspace.undo_group.undo()
    pause()


def _draw_panel(session: Session, key: str, look: Callable[[], None]) -> None:
    """Look at a panel at the right, as wide as a user would make it."""
    window = session.window
    dock = window.dock(key)
    window.show_dock(key)
    before = dock.width()
    window.resizeDocks([dock], [_PANEL_WIDTH], Qt.Orientation.Horizontal)
    pause()
    look()
    window.resizeDocks([dock], [before], Qt.Orientation.Horizontal)
    window.show_dock("result")
    pause()


def _draw_report(session: Session, folder: Path) -> None:
    """Write the result folder and show its figure, smaller."""
    document = session.workspace.current
    if document is None:
        return
    record = shown_fit(document)
    with tempfile.TemporaryDirectory() as scratch:
        written = session.engine.write_result_folder(
            Path(scratch) / "couette_result",
            data=record.data,
            run_file=record.run_file,
            result=record.result,
            log=record.log,
        )
        figure = QImage(str(written / "fit.png"))
    smooth = Qt.TransformationMode.SmoothTransformation
    figure.scaledToWidth(_REPORT_WIDTH, smooth).save(str(folder / "report.png"))


def _fit_slowly(session: Session, engine: Pace, look: Callable[[], None]) -> None:
    """Look at a fit that takes its time, and forget it by opening the run again."""
    engine.step_s = _STEP_S
    poll = QTimer()

    def check() -> None:
        if len(session.fitting.trace) >= _STEPS_SHOWN:
            poll.stop()
            look()

    poll.timeout.connect(check)
    poll.start(50)
    wait(session.fitting.ended, session.start_fit)
    poll.stop()
    engine.step_s = 0.0
    for document in session.workspace.documents:
        session.workspace.close(document)
    wait(session.maps.drawn, session.files.open_example)


def _draw_dialogs(session: Session, folder: Path, mode: str) -> None:
    dialog = session.setup.show_converter()
    if dialog is not None:
        pause()
        save_with_dialog(session.window, dialog, folder / f"convention-{mode}.png")
        dialog.close()
    error = DataError(
        "run12.hdf: multi-tau g2 only, no two-time data here: g2 at 61 delays for "
        "27 q; two-time maps are needed to fit"
    )
    session.errors.show_error(error, "run12.hdf cannot be opened")
    pause()
    (box,) = session.errors.dialogs
    save_with_dialog(session.window, box, folder / f"error-{mode}.png")
    box.close()


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images")
    sys.exit(main(target))
