"""The Qt application around one session."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtGui import QFont, QFontInfo
from PySide6.QtWidgets import QApplication

from app.bridge.engine import real_engine
from app.bridge.pace import favour_window
from app.controllers.session import Session
from app.errors import install_hooks
from app.logs import Logging
from app.settings import Settings
from app.theme import ThemeManager
from engine import __version__

if TYPE_CHECKING:
    from app.automation import Automation

log = logging.getLogger(__name__)

QUIT_AFTER = "TWOTIME_QUIT_AFTER_MS"
"""Environment variable: close the window after so many milliseconds, for tests."""
AUTOMATE = "TWOTIME_AUTOMATE"
"""Environment variable: fit by itself, write this JSON file and quit, for tests."""
_SIGNAL_CHECK_MS = 300


def make_application() -> QApplication:
    """Return the application, named so that settings and logs find their places."""
    QCoreApplication.setOrganizationName("twotime")
    QCoreApplication.setOrganizationDomain("twotime.org")
    QCoreApplication.setApplicationName("twotime")
    QCoreApplication.setApplicationVersion(__version__)
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(sys.argv[:1])
    favour_window()
    _mend_font(app)
    app.setApplicationDisplayName("Twotime")
    app.setDesktopFileName("twotime")
    return app


def run(paths: Sequence[Path]) -> int:
    """Show the window, then open the files; return when it is closed."""
    app = make_application()
    logging_ = Logging(to_file=True)
    settings = Settings()
    theme = ThemeManager()
    theme.set_mode(settings.theme)  # type: ignore[arg-type]
    theme.apply(app)
    session = Session(real_engine(), settings, theme)
    logging_.lines.added.connect(session.window.log.add_line)
    remove_hooks = install_hooks(session.errors.catch)
    log.info("Twotime %s", __version__)
    automation = _automated(session, opens=bool(paths))
    session.window.show()
    QTimer.singleShot(0, lambda: session.start(paths))
    _quit_later(session)
    timer = _quit_on_interrupt(session)
    try:
        code = app.exec()
        # What is reported counts, whatever else has closed the window meanwhile.
        return code if automation is None else automation.exit_code or code
    finally:
        timer.stop()
        session.shut_down()
        remove_hooks()
        logging_.remove()


def _mend_font(app: QApplication) -> None:
    """Keep the dot of γ̇ on its letter.

    DejaVu Sans, the usual font on Linux, has mark positions for Greek letters that put
    the dot a line higher, where it is cut off; without them it stands right.
    """
    font = app.font()
    if QFontInfo(font).family() == "DejaVu Sans":
        font.setFeature(QFont.Tag("mark"), 0)
        app.setFont(font)


def _automated(session: Session, *, opens: bool) -> "Automation | None":
    target = os.environ.get(AUTOMATE, "")
    if not target:
        return None
    from app.automation import Automation

    return Automation(session, Path(target), opens=opens)


def _quit_later(session: Session) -> None:
    text = os.environ.get(QUIT_AFTER, "")
    if text.isdigit():
        QTimer.singleShot(int(text), lambda: _close(session))


def _quit_on_interrupt(session: Session) -> QTimer:
    """Close on Ctrl-C; Python sees signals only while it runs, so let it at times."""
    signal.signal(signal.SIGINT, lambda *_: _close(session))
    timer = QTimer()
    timer.start(_SIGNAL_CHECK_MS)
    timer.timeout.connect(lambda: None)
    return timer


def _close(session: Session) -> None:
    session.closing.allow()
    session.window.close()
