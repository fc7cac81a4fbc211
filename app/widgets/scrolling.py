"""Room for more than a small screen has."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

_TITLE_BAR = 32
"""Height of what the desktop puts on top of a window, about [px]."""

_NARROW = 240
"""What is wider scrolls sideways rather than taking the width from others [px]."""


class Scrolling(QScrollArea):
    """Holds a widget that keeps its least size; scrolls where there is less room."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(widget)
        self._held = widget

    def sizeHint(self) -> QSize:
        """Return the size the widget likes."""
        return self._held.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the least width of the widget, if small, and what height will do."""
        width = self._held.minimumSizeHint().width()
        return QSize(min(width, _NARROW), super().minimumSizeHint().height())


def room_for_window(available: QSize) -> QSize:
    """Return how large a window may be, without its title bar [px].

    Parameters
    ----------
    available
        What a screen has besides the bars of the desktop.
    """
    return available - QSize(0, _TITLE_BAR)


def fitting_size(window: QWidget, wanted: tuple[int, int]) -> QSize:
    """Return the size wanted for a window, or what its screen has room for [px]."""
    return QSize(*wanted).boundedTo(room_for_window(window.screen().availableSize()))
