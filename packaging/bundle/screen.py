"""A screen for windows to be tried on, where the machine has none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Without -noreset the server starts anew when its last client goes, and refuses windows
# meanwhile.
_XVFB = [
    "-displayfd",
    "1",
    "-screen",
    "0",
    "1600x1000x24",
    "-nolisten",
    "tcp",
    "-noreset",
]


@contextmanager
def screen() -> Iterator[dict[str, str] | None]:
    """Yield the variables that lead to a screen, or None where there can be none.

    On Linux always a screen of its own: windows that pop up on a desktop are in the
    way, and measure differently.
    """
    if not sys.platform.startswith("linux"):
        yield {}
        return
    server = shutil.which("Xvfb")
    if server is None:
        yield None
        return
    process = subprocess.Popen(
        [server, *_XVFB],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"PATH": os.environ.get("PATH", "")},
    )
    try:
        number = process.stdout.readline().strip() if process.stdout else ""
        yield {"DISPLAY": f":{number}"} if number else None
    finally:
        process.terminate()
        process.wait(timeout=10)
