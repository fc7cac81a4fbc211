"""Scripts of packaging/, and a bundle that weighs nothing."""

import importlib
import sys

import pytest

from tests.project.places import PACKAGING


@pytest.fixture
def script(monkeypatch):
    """Return the loader of packaging scripts, which import each other by name."""
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    def load(name):
        path = PACKAGING / name
        for folder in (PACKAGING, path.parent):
            sys.path.insert(0, str(folder))
        return importlib.import_module(path.stem)

    return load


@pytest.fixture
def bundle(tmp_path):
    """A bundle that weighs nothing: a program, a library, a link to it, a text."""
    if sys.platform == "win32":
        pytest.skip("packages for Linux are not made on Windows")
    folder = tmp_path / "twotime"
    inside = folder / "lib" / "PySide6"
    inside.mkdir(parents=True)
    for name in ("twotime", "twotime-window"):
        (folder / name).write_bytes(b"\x7fELF\0GLIBC_2.17\0GLIBC_2.35\0libGL.so.1\0")
        (folder / name).chmod(0o755)
    (inside / "libQt6Gui.so.6").write_bytes(b"\x7fELF\0libEGL.so.1\0libX11.so.6\0")
    (folder / "lib" / "libX11.so.6").write_bytes(b"\x7fELF")
    (folder / "lib" / "libQt6Gui.so.6").symlink_to("PySide6/libQt6Gui.so.6")
    (folder / "lib" / "größe.txt").write_text("β\n", "utf-8")
    return folder
