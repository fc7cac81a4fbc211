"""Entry point of ``twotime``: headless commands without Qt, else the window."""

import sys
from collections.abc import Sequence

HEADLESS = (
    "fit",
    "inspect",
    "simulate",
    "selftest",
    "batch",
    "report",
    "--version",
    "--help",
    "-h",
)
"""First arguments that never open a window."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a headless command or the window, and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    first = arguments[0] if arguments else ""
    if first in HEADLESS or first.startswith("-"):
        from engine.cli.main import main as run_command

        return run_command(arguments)
    from app.main import run_window

    return run_window(arguments)


if __name__ == "__main__":
    sys.exit(main())
