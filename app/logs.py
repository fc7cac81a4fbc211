"""The log: a file that survives a crash, and lines for the window's log dock."""

import faulthandler
import logging
import logging.handlers
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal

_FORMAT = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"
_LINE = "%(asctime)s  %(message)s"
_KEPT_BYTES = 1_000_000
_OURS = ("app", "engine")
"""Loggers whose remarks are of interest; of others, warnings are."""

log = logging.getLogger(__name__)


def log_file() -> Path:
    """Return where the log of the window lies."""
    folder = QStandardPaths.writableLocation(
        QStandardPaths.StandardLocation.StateLocation
    )
    return Path(folder) / "window.log"


class LogLines(QObject):
    """Log records as lines; written on any thread, read on the GUI thread.

    Signals
    -------
    added(int, str)
        Level and text of a record.
    """

    added = Signal(int, str)


class _SignalHandler(logging.Handler):
    def __init__(self, lines: LogLines) -> None:
        super().__init__(logging.INFO)
        self._lines = lines
        self.setFormatter(logging.Formatter(_LINE, datefmt="%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.added.emit(record.levelno, self.format(record))
        except RuntimeError:
            # Qt's side is already gone while the interpreter shuts down.
            return


class Logging:
    """Installed handlers of the window; `remove` takes them out again."""

    def __init__(self, *, to_file: bool) -> None:
        self.lines = LogLines()
        self._handlers: list[logging.Handler] = [_SignalHandler(self.lines)]
        self._crash_file = None
        if to_file:
            self._open_file()
        root = logging.getLogger()
        for name in _OURS:
            logging.getLogger(name).setLevel(logging.INFO)
        for handler in self._handlers:
            root.addHandler(handler)

    def remove(self) -> None:
        """Take the handlers out of the logging system and close the file."""
        root = logging.getLogger()
        for name in _OURS:
            logging.getLogger(name).setLevel(logging.NOTSET)
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        if self._crash_file is not None:
            faulthandler.disable()
            self._crash_file.close()

    def _open_file(self) -> None:
        path = log_file()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handler = logging.handlers.RotatingFileHandler(
                path, maxBytes=_KEPT_BYTES, backupCount=1, encoding="utf-8"
            )
            self._crash_file = path.with_suffix(".crash").open("w", encoding="utf-8")
        except OSError as error:
            log.warning("no log file can be written at %s: %s", path, error)
            return
        handler.setFormatter(logging.Formatter(_FORMAT))
        self._handlers.append(handler)
        faulthandler.enable(self._crash_file)
