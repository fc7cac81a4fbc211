"""The moment a window is seen for the first time."""

import time

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

_LIMIT_MS = 500
"""A window that is minimised or on another desk may never be painted."""


class FirstPaint(QObject):
    """Notes when a window is painted first; make it before the window is shown.

    Signals
    -------
    painted()
        Once.
    """

    painted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._at: float | None = None
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note the time of the paint event."""
        if event.type() is QEvent.Type.Paint:
            self._at = time.perf_counter()
            watched.removeEventFilter(self)
            self.painted.emit()
        return False

    @property
    def ago_s(self) -> float | None:
        """How long ago that was [s]; None before."""
        return None if self._at is None else time.perf_counter() - self._at

    def wait(self) -> None:
        """Return once the window is painted, or soon."""
        if self._at is None:
            loop = QEventLoop()
            # Queued: the event is filtered before anything is painted.
            self.painted.connect(loop.quit, Qt.ConnectionType.QueuedConnection)
            QTimer.singleShot(_LIMIT_MS, loop, loop.quit)
            loop.exec()
        # What was painted is on its way to the screen only now.
        QApplication.processEvents()
