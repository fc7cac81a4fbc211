"""Opens files and folders with the programs of the desktop; never a network address."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

_SEARCH = "LD_LIBRARY_PATH"


def open_on_desktop(path: Path) -> bool:
    """Open a file or a folder; return whether a program for it was found."""
    with _environment_of_others():
        return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.absolute())))


@contextmanager
def _environment_of_others() -> Iterator[None]:
    """Take back what the frozen program changed in its environment, for a moment.

    Its own libraries come first there; a browser started with them would not run.
    """
    if not getattr(sys, "frozen", False) or _SEARCH not in os.environ:
        yield
        return
    ours = os.environ.pop(_SEARCH)
    before = os.environ.get(f"{_SEARCH}_ORIG")
    if before is not None:
        os.environ[_SEARCH] = before
    try:
        yield
    finally:
        os.environ[_SEARCH] = ours
