"""The moment a window is seen for the first time."""

import time

from PySide6.QtCore import QDeadlineTimer, QEvent, QEventLoop, QObject
from PySide6.QtWidgets import QApplication, QWidget

_LIMIT_MS = 500
"""A window that is minimised or on another desk may never be painted."""


class FirstPaint(QObject):
    """Notes when a window is painted first; make it before the window is shown."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._at: float | None = None
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note the time of the paint event."""
        if event.type() is QEvent.Type.Paint:
            self._at = time.perf_counter()
            watched.removeEventFilter(self)
        return False

    @property
    def ago_s(self) -> float | None:
        """How long ago that was [s]; None before."""
        return None if self._at is None else time.perf_counter() - self._at

    def wait(self) -> None:
        """Return once the window is painted, or soon."""
        deadline = QDeadlineTimer(_LIMIT_MS)
        while self._at is None and not deadline.hasExpired():
            QApplication.processEvents(
                QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20
            )
        # What was painted is on its way to the screen only now.
        QApplication.processEvents()
