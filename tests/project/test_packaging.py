"""What is put around the frozen program: packages, archives, lists, workflows."""

import configparser
import hashlib
import importlib
import io
import json
import os
import plistlib
import re
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml
import zstandard

import engine
from engine.sample import sample_run

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
LINUX = PACKAGING / "linux"
MIME = "application/x-twotime-session"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
LOCKED = set(re.findall(r"^([\w.-]+)==([\w.]+)", LOCK, re.M))
"""Names and versions; some packages have several, for several Pythons."""


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


@pytest.mark.parametrize("ending", [".tar.zst", ".tar.gz"])
def test_archive_unpacks_to_the_bundle(script, bundle, tmp_path, ending):
    path = tmp_path / f"packed{ending}"
    script("archive.py").pack(bundle, path, level=1)
    packed = path.read_bytes()
    if ending == ".tar.zst":
        packed = zstandard.ZstdDecompressor().stream_reader(packed).read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    (top,) = (tmp_path / "out").iterdir()
    assert top.name == f"twotime-{engine.__version__}"
    assert os.access(top / "twotime", os.X_OK)
    assert os.readlink(top / "lib" / "libQt6Gui.so.6") == "PySide6/libQt6Gui.so.6"
    assert (top / "lib" / "größe.txt").read_text("utf-8") == "β\n"


def test_unpacking_needs_no_more_memory_than_programs_allow(script, tmp_path):
    # What zstd, tar and dpkg refuse without an option: more than 2^27 bytes.
    stream = tmp_path / "stream.zst"
    with stream.open("wb") as file:
        writer = (
            script("compression.py").compressor(9).stream_writer(file, closefd=False)
        )
        with writer as packer:
            packer.write(b"abc" * 1000)
    parameters = zstandard.get_frame_parameters(stream.read_bytes())
    assert parameters.window_size == 1 << 27


def test_checksums_are_those_of_the_files(script, tmp_path):
    (tmp_path / "b.deb").write_bytes(b"two")
    (tmp_path / "a.deb").write_bytes(b"one")
    (tmp_path / "SHA256SUMS").write_text("old")
    expected = [
        f"{hashlib.sha256(content).hexdigest()}  {name}"
        for name, content in (("a.deb", b"one"), ("b.deb", b"two"))
    ]
    assert script("checksums.py").sums(tmp_path) == expected


def test_parts_are_the_locked_ones(script, tmp_path):
    sbom = script("sbom.py")
    parts = sbom.python_parts({"numpy", "jax", "PIL", "yaml", "PySide6", "engine"})
    artefact = tmp_path / "twotime.deb"
    artefact.write_bytes(b"packed")
    listed = json.loads(sbom.document(artefact, parts))
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    names = {part["name"].lower().replace("_", "-") for part in listed["components"]}
    assert names == {"numpy", "jax", "pillow", "pyyaml", "pyside6-essentials"}
    for part in listed["components"]:
        name = part["name"].lower().replace("_", "-")
        assert (name, part["version"]) in LOCKED
        assert part["purl"] == f"pkg:pypi/{name}@{part['version']}"
        assert part["licenses"]
    whole = listed["metadata"]["component"]
    assert whole["version"] == engine.__version__
    assert whole["hashes"][0]["content"] == hashlib.sha256(b"packed").hexdigest()
    assert sbom.document(artefact, parts) == sbom.document(artefact, parts)


def test_a_library_of_other_content_has_no_owner(script, tmp_path):
    packages = script("system_packages.py")
    known = packages._known_libraries()
    if "libz.so.1" not in known:
        pytest.skip("the loader of this system knows no libz.so.1")
    other = tmp_path / "libz.so.1"
    other.write_bytes(b"\x7fELF of somebody else")
    assert packages.owner_of(other) is None


def test_truth_of_the_sample_is_read(script):
    truth = script("bundle/smoke_checks.py").truth_of(sample_run())
    stated = yaml.safe_load(sample_run().read_text("utf-8"))["simulation"]["truth"]
    assert truth == stated


def test_a_wrong_parameter_is_noticed(script):
    checks = script("bundle/smoke_checks.py")
    truth = checks.truth_of(sample_run())
    near = {n: {"value": v + 0.001, "stderr": 0.002} for n, v in truth.items()}
    assert checks.verdict({"parameters": near}, sample_run())[0]
    far = near | {"beta": {"value": truth["beta"] + 1.0, "stderr": 0.1}}
    assert checks.verdict({"parameters": far}, sample_run()) == (
        False,
        "7 parameters, beta misses by 10.0 σ",
    )
    missing = {name: one for name, one in near.items() if name != "phi0"}
    assert not checks.verdict({"parameters": missing}, sample_run())[0]


def test_slow_and_wrong_are_told_apart(script):
    row = script("bundle/smoke_checks.py").Row
    assert str(row("a", True, seconds=3.0, limit=2.0)).startswith("slow")
    assert str(row("a", True, seconds=1.0, limit=2.0)).startswith("ok")
    assert str(row("a", False, seconds=1.0, limit=2.0)).startswith("WRONG")
    assert str(row("a", None)).startswith("skipped")


def test_macos_takes_over_no_foreign_files(script):
    info = script("macos/info.py").info_plist("1.2.3")
    assert plistlib.loads(plistlib.dumps(info)) == info
    assert info["CFBundleShortVersionString"] == "1.2.3"
    ours, foreign = info["CFBundleDocumentTypes"]
    assert ours["LSHandlerRank"] == "Owner"
    assert foreign["LSHandlerRank"] == "Alternate"
    (declared,) = info["UTExportedTypeDeclarations"]
    assert ours["LSItemContentTypes"] == [declared["UTTypeIdentifier"]]
    endings = declared["UTTypeTagSpecification"]["public.filename-extension"]
    assert endings == ["twotime"]


def test_entitlements_let_xla_compile():
    content = (PACKAGING / "bundle" / "entitlements.plist").read_bytes()
    granted = plistlib.loads(content)
    assert granted["com.apple.security.cs.allow-jit"] is True
    assert len(granted) == 3


def test_installer_names_files_that_exist():
    text = (PACKAGING / "windows" / "twotime.iss").read_text("utf-8")
    named = re.findall(r"\{#Root\}\\([^\"\s*;]+)", text)
    made = ("build", "dist")
    kept = [name.replace("\\", "/") for name in named if not name.startswith(made)]
    assert kept
    assert [name for name in kept if not (ROOT / name).is_file()] == []


def test_uninstaller_removes_the_cache_and_asks_for_the_rest():
    text = (PACKAGING / "windows" / "twotime.iss").read_text("utf-8")
    removed = text.split("[UninstallDelete]")[1].split("\n[")[0]
    entries = re.findall(r'Type: (\w+); Name: "([^"]+)"', removed)
    own = "{localappdata}\\twotime"
    assert entries == [("filesandordirs", rf"{own}\Cache"), ("dirifempty", own)]
    code = text.split("[Code]")[1]
    assert "UninstallSilent" in code.split("DelTree")[0]
    assert text.isascii()


def test_installer_takes_over_no_foreign_files():
    text = (PACKAGING / "windows" / "twotime.iss").read_text("utf-8")
    registry = text.split("[Registry]")[1].split("\n[")[0]
    keys = re.findall(r'Subkey: "Software\\Classes\\([^"\\]+)', registry)
    assert set(keys) == {".twotime", "Twotime.Session"}
    assert "PrivilegesRequired=lowest" in text


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_steps_call_scripts_that_exist(path):
    workflow = yaml.safe_load(path.read_text("utf-8"))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    steps = [s for job in workflow["jobs"].values() for s in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands
    for command in commands:
        words = command.split()
        for word in words:
            if word.startswith("packaging/"):
                assert (ROOT / word).is_file(), word
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile, re.M), command
        elif command != "dnf install -y -q git":
            # Scripts come with the checkout, git comes before it.
            assert any(word.startswith("packaging/") for word in words), command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_actions_are_pinned_by_commit(path):
    text = path.read_text("utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert [u for u in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", u)] == []


def test_scripts_can_be_run():
    scripts = sorted(PACKAGING.rglob("*.sh"))
    assert len(scripts) > 5
    assert [p.name for p in scripts if not os.access(p, os.X_OK)] == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_tag_has_to_name_the_version():
    def exit_code(tag):
        named = {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": tag}
        command = ["bash", str(PACKAGING / "check_tag.sh")]
        environment = {**os.environ, **named}
        done = subprocess.run(
            command, env=environment, capture_output=True, check=False
        )
        return done.returncode

    assert exit_code(f"v{engine.__version__}") == 0
    assert exit_code("v99") == 1
