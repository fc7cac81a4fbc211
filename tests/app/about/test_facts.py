"""Versions and folders of the About box."""

import platform
import re
from importlib.metadata import version

from app.about import facts
from app.logs import log_file
from app.settings import settings_file
from engine import __version__


def test_versions_are_those_of_the_libraries():
    told = facts.versions()
    assert next(iter(told.items())) == ("Twotime", __version__)
    assert told["Python"] == platform.python_version()
    assert told["JAX"] == version("jax")
    assert told["NumPy"] == version("numpy")
    assert version("PySide6-Essentials") in told["Qt"]
    assert re.fullmatch(r"[0-9a-f]{40}", told.get("Commit", "0" * 40))


def test_what_is_not_known_is_left_out(monkeypatch):
    real = facts.software()
    monkeypatch.setattr(facts, "software", lambda: {**real, "commit": None})
    assert "Commit" not in facts.versions()
    assert "None" not in facts.versions_text()


def test_versions_are_one_a_line():
    lines = facts.versions_text().splitlines()
    assert lines[0] == f"Twotime: {__version__}"
    assert len(lines) == len(facts.versions())


def test_folders_are_those_that_are_written_to():
    told = facts.folders()
    assert told["Settings"] / settings_file().name == settings_file()
    assert told["Log"] / log_file().name == log_file()
    assert "twotime" in str(told["Cache"])
