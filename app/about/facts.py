"""Versions and folders, for the About box and for reports of what goes wrong."""

from pathlib import Path

import PySide6
from PySide6.QtCore import qVersion

from app.documents.checkpoints import checkpoint_folder
from app.logs import log_file
from app.settings import settings_file
from engine.machine import software


def versions() -> dict[str, str]:
    """Return what the program runs on; the commit of a source checkout alone."""
    about = software()
    named = {
        "Twotime": about["version"],
        "Commit": about["commit"],
        "Python": about["python"],
        "Qt": f"{qVersion()}, PySide6 {PySide6.__version__}",
        "JAX": about["jax"],
        "NumPy": about["numpy"],
        "System": about["platform"],
    }
    return {name: text for name, text in named.items() if text}


def versions_text() -> str:
    """Return the versions as lines, for a report."""
    return "\n".join(f"{name}: {text}" for name, text in versions().items())


def folders() -> dict[str, Path]:
    """Return where the program keeps things of its own."""
    return {
        "Settings": settings_file().parent,
        "Log": log_file().parent,
        "Cache": checkpoint_folder().parent,
    }
