"""Draws the pictures of the window in the documentation: the real window, a real fit.

Run from the top folder: ``python packaging/screenshots.py [FOLDER]``; without a display
set ``QT_QPA_PLATFORM=offscreen``.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QCoreApplication, QEventLoop, QSize, Qt, QTimer
from PySide6.QtGui import QFontDatabase, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from app.bridge.engine import Engine, real_engine
from app.controllers.session import Session
from app.main_window import DEFAULT_SIZE, MINIMUM_SIZE
from app.qt_application import make_application
from app.settings import Settings
from app.theme import ThemeManager
from engine.data.run import RunData
from engine.errors import DataError
from engine.events import Event
from engine.result import FitResult
from engine.setup import Setup, Strategy

_TIMEOUT_MS = 120_000
_PAUSE_MS = 500
_STEP_S = 0.5
"""How long a step takes here, so that there is something to see during the fit."""
_STEPS_SHOWN = 5
_PANEL_WIDTH = 420
"""Of the panel of degeneracy, where it is looked at [px]."""


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
            engine = _Pace()
            checkpoints = Path(scratch) / "checkpoints"
            session = Session(engine.functions(), settings, theme, checkpoints)
            try:
                _draw_all(session, engine, folder, mode)
            finally:
                session.closing.allow()
                session.window.close()
                session.shut_down()
    return 0


def _draw_all(session: Session, engine: "_Pace", folder: Path, mode: str) -> None:
    window = session.window
    window.resize(*DEFAULT_SIZE)
    window.show()
    session.start([])
    _pause()

    def shoot(name: str) -> None:
        window.grab().save(str(folder / f"{name}-{mode}.png"))

    shoot("start")
    _wait(session.maps.drawn, session.files.open_example)
    _pause()
    shoot("loaded")
    _draw_strategy(session, lambda: shoot("strategy"))
    _fit_slowly(session, engine, lambda: shoot("fitting"))
    _wait(session.fitting.ended, session.start_fit)
    _pause()
    shoot("window")
    _draw_degeneracy(session, lambda: shoot("degeneracy"))
    _draw_dialogs(session, folder, mode)
    window.resize(*MINIMUM_SIZE)
    _pause()
    if window.size() != QSize(*MINIMUM_SIZE):
        sys.stderr.write(f"screenshots: the window cannot be {MINIMUM_SIZE}\n")


def _draw_strategy(session: Session, look: Callable[[], None]) -> None:
    """Look at what is said about another strategy than the automatic one."""
    box = session.window.panels.setup.strategy
    box.details.setChecked(True)
    _wait(
        session.planning.shown,
        lambda: box.edited.emit("strategy", Strategy.STREAMING),
    )
    _pause()
    look()
    box.details.setChecked(False)
    session.workspace.undo_group.undo()
    _pause()


def _draw_degeneracy(session: Session, look: Callable[[], None]) -> None:
    """Look at what the fit leaves open, in a panel as wide as a user would make it."""
    window = session.window
    window.actions_["window.degeneracy"].trigger()
    dock = window.dock("degeneracy")
    before = dock.width()
    window.resizeDocks([dock], [_PANEL_WIDTH], Qt.Orientation.Horizontal)
    _pause()
    look()
    window.resizeDocks([dock], [before], Qt.Orientation.Horizontal)
    window.show_dock("result")
    _pause()


def _fit_slowly(session: Session, engine: "_Pace", look: Callable[[], None]) -> None:
    """Look at a fit that takes its time, and forget it by opening the run again."""
    engine.step_s = _STEP_S
    poll = QTimer()

    def check() -> None:
        if len(session.fitting.trace) >= _STEPS_SHOWN:
            poll.stop()
            look()

    poll.timeout.connect(check)
    poll.start(50)
    _wait(session.fitting.ended, session.start_fit)
    poll.stop()
    engine.step_s = 0.0
    for document in session.workspace.documents:
        session.workspace.close(document)
    _wait(session.maps.drawn, session.files.open_example)


def _draw_dialogs(session: Session, folder: Path, mode: str) -> None:
    dialog = session.setup.show_converter()
    if dialog is not None:
        _pause()
        _save_with_dialog(session.window, dialog, folder / f"convention-{mode}.png")
        dialog.close()
    error = DataError(
        "run12.hdf: multi-tau g2 only, no two-time data here: g2 at 61 delays for "
        "27 q; two-time maps are needed to fit"
    )
    session.errors.show_error(error, "run12.hdf cannot be opened")
    _pause()
    (box,) = session.errors.dialogs
    _save_with_dialog(session.window, box, folder / f"error-{mode}.png")
    box.close()


class _Pace:
    """The real engine, slowed on request so that every step can be looked at."""

    def __init__(self) -> None:
        self.step_s = 0.0
        self._real = real_engine()

    def functions(self) -> Engine:
        """Return the engine with its own fit in place of the real one."""
        return replace(self._real, fit=self._fit)

    def _fit(self, data: RunData, setup: Setup, **how: Any) -> FitResult:  # noqa: ANN401
        watcher = how.pop("on_event")

        def watch(event: Event) -> None:
            watcher(event)
            time.sleep(self.step_s)

        return self._real.fit(data, setup, on_event=watch, **how)


def _save_with_dialog(window: QWidget, dialog: QWidget, path: Path) -> None:
    """Draw a dialog over its window, where a desktop would put it."""
    picture = window.grab()
    inner = dialog.grab()
    painter = QPainter(picture)
    x = (window.width() - dialog.width()) // 2
    y = (window.height() - dialog.height()) // 3
    painter.fillRect(x - 1, y - 1, dialog.width() + 2, dialog.height() + 2, "#808080")
    painter.drawPixmap(x, y, inner)
    painter.end()
    picture.save(str(path))


def _pause(milliseconds: int = _PAUSE_MS) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _wait(signal: object, start: Callable[[], object]) -> None:
    """Do something and wait until it is answered."""
    loop = QEventLoop()
    signal.connect(lambda *_: loop.quit())  # type: ignore[attr-defined]
    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(lambda: _give_up())
    timer.start(_TIMEOUT_MS)
    start()
    loop.exec()
    timer.stop()


def _give_up() -> None:
    app = QApplication.instance()
    sys.stderr.write("screenshots: no answer within two minutes\n")
    if isinstance(app, QCoreApplication):
        app.exit(1)
    raise SystemExit(1)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images")
    sys.exit(main(target))
