"""The Debian package and what desktops are told of the program."""

import configparser
import hashlib
import io
import json
import re
import tarfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import zstandard

import engine
from tests.project.places import LINUX, ROOT

MIME = "application/x-twotime-session"


@pytest.fixture
def deb(script, bundle, tmp_path):
    return script("linux/build_deb.py").build(
        bundle, tmp_path, level=1, **surroundings(tmp_path)
    )


def surroundings(tmp_path):
    """Return places with icons and licences as `make bundle` leaves them."""
    icons, licences = tmp_path / "icons", tmp_path / "licences"
    icons.mkdir()
    licences.mkdir()
    for size in (16, 24, 32, 48, 64, 128, 256, 512, 1024):
        (icons / f"twotime-{size}.png").write_bytes(b"png")
    (licences / "numpy.txt").write_text("the text")
    index = [{"name": "numpy", "version": "2", "licence": "BSD", "text": "numpy.txt"}]
    (licences / "index.json").write_text(json.dumps(index))
    return {"icons": icons, "licences": licences}


def ar_members(path):
    """Read an ar archive as its manual page describes it."""
    content = path.read_bytes()
    assert content.startswith(b"!<arch>\n")
    found, place = {}, 8
    while place < len(content):
        header = content[place : place + 60]
        assert header.endswith(b"`\n")
        size = int(header[48:58])
        found[header[:16].decode().strip()] = content[place + 60 : place + 60 + size]
        place += 60 + size + size % 2
    return found


def untar(packed):
    plain = zstandard.ZstdDecompressor().stream_reader(packed).read()
    return tarfile.open(fileobj=io.BytesIO(plain))


def content_of(tar, name):
    file = tar.extractfile(name)
    assert file is not None
    return file.read()


def control_of(path):
    tar = untar(ar_members(path)["control.tar.zst"])
    text = content_of(tar, "./control").decode()
    return dict(re.findall(r"^([\w-]+): (.*)$", text, re.M))


def desktop_entry():
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(LINUX / "twotime.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


def test_menu_entry_belongs_to_the_window():
    entry = desktop_entry()
    assert entry["Exec"].split() == ["twotime-window", "%F"]
    source = (ROOT / "app" / "qt_application.py").read_text("utf-8")
    assert f'setDesktopFileName("{entry["Icon"]}")' in source
    assert f'setApplicationName("{entry["StartupWMClass"]}")' in source
    assert entry["MimeType"] == f"{MIME};"
    assert {"Science", "Physics"} <= set(entry["Categories"].split(";"))


def test_file_type_is_ours_alone():
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    (kind,) = ET.parse(LINUX / "twotime.xml").getroot()
    assert kind.get("type") == MIME
    assert [g.get("pattern") for g in kind.findall(f"{space}glob")] == ["*.twotime"]


def test_software_centres_see_this_version(script):
    root = ET.fromstring(script("linux/desktop.py").metainfo())
    assert root.findtext("id") == "org.twotime.Twotime"
    assert root.findtext("launchable") == "twotime.desktop"
    assert root.findtext("provides/mediatype") == MIME
    assert root.findtext("project_license") == "MIT"
    (release,) = root.findall("releases/release")
    assert release.attrib == {"version": engine.__version__, "date": "2023-11-14"}


def test_package_says_what_it_is(deb):
    control = control_of(deb)
    assert deb.name == f"twotime_{control['Version']}_{control['Architecture']}.deb"
    assert control["Package"] == "twotime"
    assert control["Version"] == engine.__version__
    assert control["Section"] == "science"
    assert 0 < int(control["Installed-Size"]) < 500


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        ({}, ("", "Twotime developers <nobody@twotime.invalid>")),
        (
            {"authors": [{"name": "A"}]},
            ("", "Twotime developers <nobody@twotime.invalid>"),
        ),
        (
            {
                "authors": [{"name": "A"}, {"name": "B", "email": "b@c.invalid"}],
                "urls": {"Homepage": "https://c.invalid"},
            },
            ("https://c.invalid", "B <b@c.invalid>"),
        ),
    ],
)
def test_addresses_are_those_of_the_project(script, monkeypatch, project, expected):
    product = script("product.py")
    monkeypatch.delenv("TWOTIME_MAINTAINER", raising=False)
    monkeypatch.setattr(product, "_project", lambda: project)
    assert (product.homepage(), product.maintainer()) == expected
    root = ET.fromstring(script("linux/desktop.py").metainfo())
    assert (root.findtext("url") or "") == expected[0]
    monkeypatch.setenv("TWOTIME_MAINTAINER", "D <d@e.invalid>")
    assert product.maintainer() == "D <d@e.invalid>"


def test_package_depends_on_what_the_bundle_lacks(deb):
    depends = control_of(deb)["Depends"].split(", ")
    assert {"libc6 (>= 2.35)", "libgl1", "libegl1"} <= set(depends)
    assert not {"libx11-6", "libxcb-cursor0"} & set(depends)


def test_package_holds_program_links_and_menu_entry(deb):
    members = {m.name: m for m in untar(ar_members(deb)["data.tar.zst"])}
    assert members["./usr/bin/twotime"].linkname == "../lib/twotime/twotime"
    assert members["./usr/lib/twotime/lib/libQt6Gui.so.6"].issym()
    assert members["./usr/lib/twotime/twotime"].mode == 0o755
    assert members["./usr/lib/twotime/lib/größe.txt"].mode == 0o644
    share = "./usr/share"
    assert f"{share}/applications/twotime.desktop" in members
    assert f"{share}/mime/packages/twotime.xml" in members
    assert f"{share}/icons/hicolor/512x512/apps/twotime.png" in members
    assert f"{share}/icons/hicolor/scalable/apps/twotime.svg" in members
    assert f"{share}/doc/twotime/licences/numpy.txt" in members
    assert {m.uid for m in members.values()} == {0}
    assert {m.mtime for m in members.values()} == {1_700_000_000}
    folders = {name for name, m in members.items() if m.isdir()}
    above = {str(Path(n).parent) for n in members if n.count("/") > 1}
    assert {f"./{folder}" for folder in above} <= folders


def test_package_has_the_sums_of_its_files(deb):
    parts = ar_members(deb)
    data = untar(parts["data.tar.zst"])
    control = untar(parts["control.tar.zst"])
    assert {m.name for m in control if m.isfile()} == {"./control", "./md5sums"}
    text = content_of(control, "./md5sums").decode()
    stated = {
        name: digest for digest, name in (x.split("  ") for x in text.splitlines())
    }
    files = [m for m in data if m.isfile()]
    assert len(files) == len(stated)
    for member in files:
        content = content_of(data, member)
        assert stated[member.name[2:]] == hashlib.md5(content).hexdigest()


def test_package_is_the_same_twice(script, bundle, deb, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    places = {"icons": tmp_path / "icons", "licences": tmp_path / "licences"}
    second = script("linux/build_deb.py").build(bundle, again, level=1, **places)
    assert second.read_bytes() == deb.read_bytes()


@pytest.mark.parametrize(
    ("python", "debian"),
    [("1.2.0", "1.2.0"), ("1.2.0.dev3", "1.2.0~dev3"), ("1.2.0rc1", "1.2.0~rc1")],
)
def test_what_precedes_a_release_sorts_before_it(script, python, debian):
    assert script("linux/control.py").debian_version(python) == debian


def test_missing_icons_are_named(script, bundle, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"twotime-16\.png.*make bundle"):
        script("linux/desktop.py").files("usr", tmp_path)
