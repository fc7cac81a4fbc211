"""The course of the window: it is shown, furnished with a session, and run."""

import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer

from app.errors import install_hooks
from app.first_paint import FirstPaint
from app.logs import Logging
from app.main_window import MainWindow, remembered_window
from app.qt_application import Application, make_application
from app.settings import Settings
from app.theme import ThemeManager
from engine import __version__

if TYPE_CHECKING:
    from app.automation import Automation
    from app.controllers.session import Session

log = logging.getLogger(__name__)

QUIT_AFTER = "TWOTIME_QUIT_AFTER_MS"
"""Environment variable: close the window after so many milliseconds, for tests."""
AUTOMATE = "TWOTIME_AUTOMATE"
"""Environment variable: fit by itself, write this JSON file and quit, for tests."""
_SIGNAL_CHECK_MS = 300


def run(paths: Sequence[Path]) -> int:
    """Show the window, then open the files; return when it is closed."""
    app = make_application()
    logging_ = Logging(to_file=True)
    settings = Settings()
    theme = ThemeManager()
    theme.set_mode(settings.theme)  # type: ignore[arg-type]
    theme.apply(app)
    window = remembered_window(settings)
    seen = FirstPaint(window)
    window.show()
    seen.wait()
    if not window.isVisible():
        # Closed already.
        return 0
    session = _furnished(app, window, settings, theme)
    logging_.lines.added.connect(window.panels.log.add_line)
    remove_hooks = install_hooks(session.errors.catch)
    log.info("Twotime %s", __version__)
    automation = _automated(session, seen, opens=bool(paths))
    QTimer.singleShot(0, lambda: _start(app, session, paths))
    _quit_later(session)
    timer = _quit_on_interrupt(session)
    try:
        code = app.exec()
        # What is reported counts, whatever else has closed the window meanwhile.
        return code if automation is None else automation.exit_code or code
    finally:
        timer.stop()
        app.open_files_with(None)
        session.shut_down()
        remove_hooks()
        logging_.remove()


def _furnished(
    app: Application, window: MainWindow, settings: Settings, theme: ThemeManager
) -> "Session":
    """Return a session in a window that is seen; until then the window is busy."""
    app.setOverrideCursor(Qt.CursorShape.BusyCursor)
    try:
        # What takes its time is imported while there is something to look at.
        from app.bridge.engine import real_engine
        from app.controllers.session import Session

        return Session(real_engine(), settings, theme, window=window)
    finally:
        app.restoreOverrideCursor()


def _start(app: Application, session: "Session", paths: Sequence[Path]) -> None:
    session.start(paths)
    app.open_files_with(session.loading.open_paths)


def _automated(
    session: "Session", seen: FirstPaint, *, opens: bool
) -> "Automation | None":
    target = os.environ.get(AUTOMATE, "")
    if not target:
        return None
    from app.automation import Automation

    return Automation(session, Path(target), seen, opens=opens)


def _quit_later(session: "Session") -> None:
    text = os.environ.get(QUIT_AFTER, "")
    if text.isdigit():
        QTimer.singleShot(int(text), lambda: _close(session))


def _quit_on_interrupt(session: "Session") -> QTimer:
    """Close on Ctrl-C; Python sees signals only while it runs, so let it at times."""
    signal.signal(signal.SIGINT, lambda *_: _close(session))
    timer = QTimer()
    timer.start(_SIGNAL_CHECK_MS)
    timer.timeout.connect(lambda: None)
    return timer


def _close(session: "Session") -> None:
    session.closing.allow()
    session.window.close()
