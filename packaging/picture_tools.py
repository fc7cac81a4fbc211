"""What the scripts that draw pictures of the window share: waiting, pacing, dialogs."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QWidget

from app.bridge.engine import Engine, real_engine
from engine.data.run import RunData
from engine.events import Event
from engine.result import FitResult
from engine.setup import Setup

_TIMEOUT_MS = 120_000
_PAUSE_MS = 500


class Pace:
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


def save_with_dialog(window: QWidget, dialog: QWidget, path: Path) -> None:
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


def pause(milliseconds: int = _PAUSE_MS) -> None:
    """Let the window work for a moment."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait(signal: object, start: Callable[[], object]) -> None:
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


def wait_until(ready: Callable[[], bool]) -> None:
    """Wait until something is so."""
    waited = 0
    while not ready():
        pause()
        waited += _PAUSE_MS
        if waited > _TIMEOUT_MS:
            _give_up()


def _give_up() -> None:
    app = QApplication.instance()
    sys.stderr.write("screenshots: no answer within two minutes\n")
    if isinstance(app, QCoreApplication):
        app.exit(1)
    raise SystemExit(1)
