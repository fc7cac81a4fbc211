"""What goes into the frozen program, whose it is, and how it is tried out."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from tests.project.places import PACKAGING

QT = "PySide6/Qt/lib"


@pytest.mark.parametrize(
    ("place", "stays"),
    [
        ("hdf5plugin/plugins/libh5sz3.so", False),
        ("hdf5plugin\\plugins\\h5sperr.dll", False),
        ("hdf5plugin/plugins/libh5bshuf.so", True),
        ("PySide6/Qt/plugins/imageformats/libqwebp.so", False),
        ("PySide6\\plugins\\imageformats\\qwebp.dll", False),
        ("PySide6/Qt/plugins/imageformats/libqsvg.so", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqminimal.so", True),
        ("PySide6/Qt/plugins/platforms/libqminimalegl.so", False),
        ("PySide6\\translations\\qt_de.qm", False),
        ("libgtk-3.so.0", False),
        ("libglib-2.0.so.0", True),
    ],
)
def test_what_nobody_uses_is_left_out_on_every_system(script, place, stays):
    entry = (place, "/anywhere", "BINARY")
    kept = script("bundle/contents.py").without_unused([entry])
    assert (kept == [entry]) is stays


def entries(folder, contents):
    """Return entries of PyInstaller for files that hold some names."""
    made = []
    for number, (place, names) in enumerate(contents.items()):
        source = folder / f"{number}"
        source.write_bytes(b"\x7fELF" + b"".join(b"\0" + n + b"\0" for n in names))
        made.append((place, str(source), "BINARY"))
    return made


def test_libraries_that_nothing_names_go_with_what_they_need(script, tmp_path):
    files = entries(
        tmp_path,
        {
            "PySide6/QtGui.abi3.so": [b"libQt6Gui.so.6", b"libz.so.1"],
            f"{QT}/libQt6Gui.so.6": [b"libQt6Gui.so.6"],
            f"{QT}/libQt6Network.so.6": [b"libQt6Network.so.6", b"libkrb5.so.3"],
            "libkrb5.so.3": [b"libkrb5.so.3", b"libcom_err.so.2", b"libz.so.1"],
            "libcom_err.so.2": [],
            "libz.so.1": [b"libz.so.1"],
            "libpython3.11.so.1.0": [],
            "numpy.libs/libblas.so": [],
        },
    )
    links = [
        ("libQt6Gui.so.6", f"{QT}/libQt6Gui.so.6", "SYMLINK"),
        ("libQt6Network.so.6", f"{QT}/libQt6Network.so.6", "SYMLINK"),
    ]
    kept = script("bundle/contents.py").without_orphans([*files, *links])
    assert [place for place, _, _ in kept] == [
        "PySide6/QtGui.abi3.so",
        f"{QT}/libQt6Gui.so.6",
        "libz.so.1",
        "libpython3.11.so.1.0",
        "numpy.libs/libblas.so",
        "libQt6Gui.so.6",
    ]


def test_modules_are_those_of_the_archive_and_of_the_libraries(script):
    pure = [("yaml.nodes", "", "PYMODULE"), ("engine", "", "PYMODULE")]
    suffix = EXTENSION_SUFFIXES[0]
    binaries = [("numpy/_core/a.so", "", "EXTENSION"), (f"b{suffix}", "", "EXTENSION")]
    found = script("bundle/contents.py").modules_of(pure, binaries)
    assert found == {"yaml", "engine", "numpy", "b"}


def test_licences_are_those_of_what_is_inside(script, tmp_path):
    licences = script("bundle/licences.py")
    licences.write_licences(tmp_path, {"numpy", "yaml", "hdf5plugin", "engine", "json"})
    listed = {e["name"]: e for e in json.loads((tmp_path / "index.json").read_text())}
    assert set(listed) == {"numpy", "PyYAML", "hdf5plugin", "Python", "PyInstaller"}
    text = (tmp_path / listed["hdf5plugin"]["text"]).read_text("utf-8")
    # Of the plugin itself, and of two of the libraries it holds.
    for holder in ("European Synchrotron", "Julian R Seward", "Yann Collet"):
        assert holder in text
    assert listed["hdf5plugin"]["licence"].startswith("MIT AND ")


def test_a_part_that_nothing_asks_for_stops_the_build(script, tmp_path):
    licences = script("bundle/licences.py")
    with pytest.raises(ValueError, match=r"pytest.*twotime\.spec"):
        licences.write_licences(tmp_path, {"numpy", "pytest"})


COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: somebody
License: LGPL-2.1+

Files: debian/*
License: GPL-2+
 On Debian systems see /usr/share/common-licenses/LGPL-2.1.
"""


def test_a_package_of_the_system_has_the_licence_of_most_files(
    script, tmp_path, monkeypatch
):
    packages = script("system_packages.py")
    monkeypatch.setattr(packages, "_DOCUMENTS", tmp_path)
    stated = tmp_path / "libone" / "copyright"
    stated.parent.mkdir()
    stated.write_text(COPYRIGHT)
    owner = packages._owner("deb", "libone", "1.0")
    named, files = packages.licence_of(owner)
    assert named == "LGPL-2.1+"
    assert files[0] == stated
    common = Path("/usr/share/common-licenses/LGPL-2.1")
    assert set(files[1:]) == {path for path in [common] if path.is_file()}
    stated.write_text("Copyright somebody, do what you like")
    assert packages.licence_of(owner) == ("see its text", (stated,))


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("1.2.3", (1, 2, 3, 0)), ("0.1.0.dev4", (0, 1, 0, 0)), ("2.0rc1", (2, 0, 0, 0))],
)
def test_windows_shows_the_version(script, version, numbers):
    text = script("windows/version_info.py").version_info(version)

    def fields(*arguments, **named):
        return arguments, named

    names = re.findall(r"[A-Z]\w+(?=\()", text)
    (_, said) = eval(text, dict.fromkeys(names, fields))
    assert said["ffi"][1]["filevers"] == said["ffi"][1]["prodvers"] == numbers
    ([tables], _), _ = said["kids"]
    ((_, strings), _) = tables[0]
    assert dict(pair for pair, _ in strings)["ProductVersion"] == version


def test_an_application_of_macos_is_tried_where_its_programs_are(script, tmp_path):
    folder = tmp_path / "Twotime.app" / "Contents" / "MacOS"
    folder.mkdir(parents=True)
    (folder / "twotime").touch()
    script("product.py").need_bundle(tmp_path / "Twotime.app")
    here = script("bundle/alone.py").Alone(tmp_path / "Twotime.app", tmp_path)
    assert Path(here.command("twotime")[0]).parent == folder


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Xvfb is for Linux")
@pytest.mark.parametrize(("option", "status"), [((), 0), (("--need-window",), 1)])
def test_a_window_that_was_not_tried_can_be_a_failure(
    script, tmp_path, monkeypatch, capsys, option, status
):
    smoke = script("bundle/smoke_test.py")
    (tmp_path / "twotime").touch()
    monkeypatch.setattr(smoke, "CHECKS", (smoke.windows,))
    monkeypatch.setenv("PATH", "")
    command = ["smoke_test.py", "--bundle", str(tmp_path), *option]
    monkeypatch.setattr(sys, "argv", command)
    assert smoke.main() == status
    assert "apt-get install xvfb" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux needs it")
def test_missing_programs_are_named(tmp_path):
    tools = ["bash", "uname", "sort", "id"]
    for name in tools:
        (tmp_path / name).symlink_to(shutil.which(name))
    done = subprocess.run(
        ["bash", str(PACKAGING / "bundle" / "tools.sh"), "Xvfb", "strip"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "binutils xvfb" in done.stderr
