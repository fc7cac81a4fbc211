"""Finds the documentation on this machine; there is no other place it is looked for."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

MISSING = (
    "The help pages are not part of this installation: install Twotime from its "
    "installer, or read the folder docs of its source."
)


def places() -> tuple[Path, ...]:
    """Return where the documentation may be, the best first."""
    resources = Path(str(files("resources")))
    source = resources.parent
    return (
        resources / "help" / "index.html",
        source / "build" / "help" / "index.html",
        source / "docs",
    )


def help_page(candidates: Sequence[Path]) -> Path | None:
    """Return the first page or folder of documentation there is."""
    return next((path for path in candidates if path.exists()), None)
