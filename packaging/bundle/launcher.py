"""Entry script of the frozen program, of its console and its window executable."""

import multiprocessing

# First of all: a worker of a pool starts this executable again.
multiprocessing.freeze_support()

import os  # noqa: E402
import sys  # noqa: E402


def _give_streams() -> None:
    """Give a program without a console somewhere to write to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def run() -> int:
    """Run the command that was asked for, or the window."""
    _give_streams()
    from app.__main__ import main

    return main()


if __name__ == "__main__":
    sys.exit(run())
