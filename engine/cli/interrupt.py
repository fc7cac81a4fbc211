"""Ctrl-C: the first one asks the engine to stop and keep its best point."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Provide the question "was Ctrl-C pressed?"; a second press aborts at once.

    Outside the main thread, where signals do not arrive, the answer is always no.
    """
    pressed = threading.Event()

    def on_interrupt(_signal: int, _frame: FrameType | None) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()
        print(
            "twotime: stopping, the best point so far is kept; "
            "Ctrl-C again to abort without a result",
            file=sys.stderr,
        )

    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
