"""Archives, checksums and lists of parts."""

import hashlib
import io
import json
import os
import re
import tarfile

import pytest
import zstandard

import engine
from tests.project.places import ROOT

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
LOCKED = set(re.findall(r"^([\w.-]+)==([\w.]+)", LOCK, re.M))
"""Names and versions; some packages have several, for several Pythons."""


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
