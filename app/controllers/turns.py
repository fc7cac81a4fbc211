"""Doing several things without holding up the window in between."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_APART_MS = 1
"""Without any time in between Qt goes on before it looks at timers and input."""


def in_turns(parent: QObject, *steps: Callable[[], None]) -> None:
    """Do each step in a turn of the event loop of its own.

    What a step changes is laid out and painted before the next one, and the user's
    input is seen; a step must find out for itself whether it is still wanted.

    Parameters
    ----------
    parent
        Nothing more is done once it is gone.
    """
    if not steps:
        return

    def do_first() -> None:
        steps[0]()
        in_turns(parent, *steps[1:])

    QTimer.singleShot(_APART_MS, parent, do_first)
