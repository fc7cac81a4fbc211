"""Entry point of ``twotime``: headless commands without Qt, else the window."""

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import PurePath

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
    if _mistyped(first):
        return _say_unknown(first)
    from app.main import run_window

    return run_window(arguments)


def _mistyped(word: str) -> bool:
    """Whether a first argument is rather a command than a file to open."""
    name = PurePath(word)
    return (
        bool(word) and name.name == word and not (name.suffix or os.path.exists(word))
    )


def _say_unknown(command: str) -> int:
    """Say that there is no such command, and return the exit code of wrong input."""
    from engine.cli.codes import WRONG_INPUT
    from engine.cli.parser import COMMANDS

    close = get_close_matches(command.lower(), COMMANDS, 1)
    advice = f"expected a file that exists, or one of {', '.join(COMMANDS)}"
    if close:
        advice = f"did you mean {close[0]}?"
    print(f"twotime: unknown command {command!r}; {advice}", file=sys.stderr)
    return WRONG_INPUT


if __name__ == "__main__":
    sys.exit(main())
