"""The libraries of the program and their licences."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from app.about.parts import (
    ROOTS,
    bundled_parts,
    installed_parts,
    licence_of,
    program_parts,
)
from engine import __version__

ROOT = Path(__file__).resolve().parents[3]
COLLECTOR = ROOT / "packaging" / "bundle" / "licences.py"


def test_the_roots_are_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[<>=]", text)[0] for text in project["dependencies"]}
    assert set(ROOTS) == names


def test_every_installed_part_has_version_and_text():
    parts = {part.name: part for part in installed_parts()}
    assert parts["numpy"].version == version("numpy")
    assert "NumPy Developers" in parts["numpy"].text
    assert "BSD" in parts["numpy"].licence
    assert parts["matplotlib"].licence.startswith("Python Software Foundation")
    # Asked for by jaxlib and by PySide6, not by the program.
    assert {"ml_dtypes", "shiboken6"} <= set(parts)
    assert all(part.version and part.licence and part.text for part in parts.values())
    assert all("\n" not in part.licence for part in parts.values())


def test_the_program_itself_comes_first():
    own = program_parts()[0]
    assert (own.name, own.version, own.licence) == ("Twotime", __version__, "MIT")
    assert own.text == (ROOT / "LICENSE").read_text("utf-8").strip()
    # In every form of the program, and not among the texts of its libraries.
    assert own.files[0].parent == ROOT / "resources"


def test_the_development_tools_are_no_parts():
    names = {part.name.lower() for part in installed_parts()}
    assert not names & {"pytest", "ruff", "pyright", "pyinstaller"}


def test_what_is_not_installed_is_left_out():
    assert installed_parts(["no-such-library-at-all"]) == ()
    assert len(installed_parts(["PyYAML", "pyyaml", "PYYAML"])) == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"License-Expression": "MIT"}, "MIT"),
        ({"License": "BSD 3-Clause"}, "BSD 3-Clause"),
        ({"License": "Permission is granted\nto everybody"}, "see its text"),
        ({"License": "word " * 30}, "see its text"),
        (
            {"License": "a\nb", "Classifier": "License :: OSI Approved :: MIT License"},
            "MIT License",
        ),
        ({}, "see its text"),
    ],
)
def test_the_licence_is_told_in_a_few_words(fields, expected):
    class One:
        class metadata:  # noqa: N801
            @staticmethod
            def get_all(name):
                return [fields[name]] if name in fields else None

    assert licence_of(One) == expected


def write_index(folder, text):
    (folder / "index.json").write_text(text, "utf-8")
    return folder


def test_an_installed_program_brings_its_own_list(tmp_path):
    entry = {"name": "a", "version": "1", "licence": "MIT", "text": "a.txt"}
    (tmp_path / "a.txt").write_text("Permission is granted", "utf-8")
    (part,) = bundled_parts(write_index(tmp_path, json.dumps([entry])))
    assert (part.name, part.version, part.licence) == ("a", "1", "MIT")
    assert part.text == "Permission is granted"
    (tmp_path / "a.txt").unlink()
    assert part.text == "MIT"


@pytest.mark.parametrize("text", ["", "[1]", '[{"name": "a"}]', "{", "3"])
def test_a_list_that_cannot_be_used_counts_as_none(tmp_path, text):
    assert bundled_parts(tmp_path) == ()
    assert bundled_parts(write_index(tmp_path, text)) == ()


@pytest.mark.slow
def test_what_the_bundle_collects_is_what_the_window_reads(tmp_path):
    code = (
        "import pathlib, sys, licences\n"
        "licences.write_licences(pathlib.Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=COLLECTOR.parent, check=True
    )
    parts = {part.name: part for part in bundled_parts(tmp_path)}
    installed = {part.name: part for part in installed_parts()}
    assert set(parts) == {*installed, "Python"}
    assert all(parts[name].version == installed[name].version for name in installed)
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in parts["Python"].text
    # The wheels of Qt name their licence without bringing it.
    for name in ("PySide6_Essentials", "shiboken6"):
        assert "GNU LESSER GENERAL PUBLIC LICENSE" in parts[name].text
        assert "GNU GENERAL PUBLIC LICENSE" in parts[name].text
