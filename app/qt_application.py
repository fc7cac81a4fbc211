"""The application object of Qt: named, with its font mended, open to the desktop."""

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QFileOpenEvent, QFont, QFontInfo
from PySide6.QtWidgets import QApplication

from app.bridge.pace import favour_window
from engine import __version__


class Application(QApplication):
    """Takes the files that macOS asks a running program to open."""

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self._waiting: list[Path] = []
        self._open: Callable[[list[Path]], object] | None = None

    def open_files_with(self, do: Callable[[list[Path]], object] | None) -> None:
        """Open files by a function from now on, those asked for before as well.

        None keeps what is asked for until there is a function again.
        """
        self._open = do
        self._open_waiting()

    def event(self, event: QEvent) -> bool:
        """Note a file the desktop wants opened."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self._waiting.append(Path(event.file()))
            self._open_waiting()
            return True
        return super().event(event)

    def _open_waiting(self) -> None:
        if self._open is not None and self._waiting:
            files, self._waiting = self._waiting, []
            self._open(files)


def make_application() -> Application:
    """Return the application, named so that settings and logs find their places."""
    QCoreApplication.setOrganizationName("twotime")
    QCoreApplication.setOrganizationDomain("twotime.org")
    QCoreApplication.setApplicationName("twotime")
    QCoreApplication.setApplicationVersion(__version__)
    existing = QApplication.instance()
    if isinstance(existing, Application):
        return existing
    app = Application(sys.argv[:1])
    favour_window()
    _mend_font(app)
    app.setApplicationDisplayName("Twotime")
    app.setDesktopFileName("twotime")
    return app


def _mend_font(app: QApplication) -> None:
    """Keep the dot of γ̇ on its letter.

    DejaVu Sans, the usual font on Linux, has mark positions for Greek letters that put
    the dot a line higher, where it is cut off; without them it stands right.
    """
    font = app.font()
    if QFontInfo(font).family() == "DejaVu Sans":
        font.setFeature(QFont.Tag("mark"), 0)
        app.setFont(font)
