"""Keeps the window's thread ahead of those that compute.

Three things make a window stand still although its own thread has little to do: threads
that use every core, threads that hold Python's lock, and the garbage collector, which
holds that lock while it walks through every object there is.
"""

import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_SWITCH_S = 0.001
"""How long a thread may hold Python's lock while another one waits for it."""
_STEP_BACK = 10
"""Added to the niceness of a thread that computes."""
_MOST_NICE = 19


def favour_window() -> None:
    """Hand Python's lock over soon; call once, before there are threads."""
    sys.setswitchinterval(_SWITCH_S)


def step_back() -> None:
    """Let the calling thread, and those it starts, give way to the window's.

    On Linux niceness belongs to a thread and is inherited. Elsewhere it belongs to the
    process, and the system itself favours the window in front.
    """
    if not sys.platform.startswith("linux"):
        return
    thread = threading.get_native_id()
    before = os.getpriority(os.PRIO_PROCESS, thread)
    nice = min(before + _STEP_BACK, _MOST_NICE)
    os.setpriority(os.PRIO_PROCESS, thread, nice)


@contextmanager
def importing() -> Iterator[None]:
    """Import a large library without the garbage collector.

    What is there afterwards stays: the collector need not walk through it ever again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        _freeze()
        if was_on:
            gc.enable()


@cache
def _freeze() -> None:
    """Take everything out of the collector's sight, once.

    Later on there would be garbage among it that is never collected.
    """
    gc.freeze()
