"""Opens the window; Qt is imported only after it is known that there is a display."""

import sys
from collections.abc import Sequence
from pathlib import Path

from app.display import why_no_window

EXIT_NO_DISPLAY = 2


def run_window(files: Sequence[str | Path] = ()) -> int:
    """Open the window with some runs in it and return the exit code.

    Parameters
    ----------
    files
        Run files, data files or folders; none shows the start page.
    """
    reason = why_no_window()
    if reason:
        sys.stderr.write(f"twotime: {reason}\n")
        return EXIT_NO_DISPLAY
    from app.application import run

    return run([Path(f) for f in files])
