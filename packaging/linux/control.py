"""What a Debian package says about itself: fields, sums, copyright, changelog."""

import gzip
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from depends import RECOMMENDS, depends

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from product import (  # pyright: ignore[reportMissingImports]
    ROOT,
    homepage,
    maintainer,
    version,
)

_DESCRIPTION = """Fit two-time correlation data of X-ray photon correlation spectroscopy
 Twotime fits the two-time correlation c2(phi, t1, t2) with models of diffusion, and of
 diffusion under laminar shear flow, in a window or on the command line.
 .
 Python, Qt and all libraries for computing are in the package."""


def control(bundle: Path, small: Mapping[str, bytes], architecture: str) -> bytes:
    """Return the control file."""
    fields = {
        "Package": "twotime",
        "Version": debian_version(version()),
        "Architecture": architecture,
        "Maintainer": maintainer(),
        "Installed-Size": str(installed_size(bundle, small)),
        "Depends": ", ".join(depends(bundle)),
        "Recommends": ", ".join(RECOMMENDS),
        "Section": "science",
        "Priority": "optional",
        "Homepage": homepage(),
        "Description": _DESCRIPTION,
    }
    lines = (f"{name}: {value}\n" for name, value in fields.items() if value)
    return "".join(lines).encode()


def debian_version(text: str) -> str:
    """Return a Python version as Debian orders it: what precedes a release has a ~."""
    return re.sub(r"\.?(dev|a|b|rc)(\d+)", r"~\1\2", text)


def installed_size(bundle: Path, small: Mapping[str, bytes]) -> int:
    """Return the space needed [KiB], as dpkg counts it: each file rounded up."""
    sizes = [path.stat().st_size for path in regular_files(bundle)]
    sizes += [len(content) for content in small.values()]
    folders = sum(1 for path in bundle.rglob("*") if path.is_dir())
    return sum((size + 1023) // 1024 for size in sizes) + folders


def regular_files(bundle: Path) -> Iterator[Path]:
    """Yield the files of a bundle by name, without links."""
    for path in sorted(bundle.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def md5sums(bundle: Path, place: str, small: Mapping[str, bytes]) -> bytes:
    """Return the sums `dpkg --verify` compares with."""
    sums = {name: hashlib.md5(content).hexdigest() for name, content in small.items()}
    for path in regular_files(bundle):
        name = f"{place}/{path.relative_to(bundle).as_posix()}"
        with path.open("rb") as file:
            sums[name] = hashlib.file_digest(file, "md5").hexdigest()
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()


def doc_files(folder: str, licences: Path) -> dict[str, bytes]:
    """Return the changelog and the licence texts of all parts.

    Raises
    ------
    FileNotFoundError
        When the licence texts were not made yet.
    """
    changes = (ROOT / "CHANGELOG.md").read_bytes()
    found = {f"{folder}/changelog.gz": gzip.compress(changes, 9, mtime=0)}
    for part in parts(licences):
        text = licences / part["text"]
        found[f"{folder}/licences/{text.name}"] = text.read_bytes()
    return found


def parts(licences: Path) -> list[dict[str, str]]:
    """Return name, version, licence and text of every part in the bundle.

    Raises
    ------
    FileNotFoundError
        When the licence texts were not made yet.
    """
    index = licences / "index.json"
    if not index.is_file():
        raise FileNotFoundError(f"{index}: no such file; run `make bundle` first")
    return json.loads(index.read_text(encoding="utf-8"))


def copyright_file(licences: Path) -> bytes:
    """Return the copyright file: our licence in full, those of the parts by name."""
    ours = (ROOT / "LICENSE").read_text(encoding="utf-8")
    lines = [
        "Twotime",
        "",
        ours,
        "The package holds parts made by others, under licences of their own. Their",
        "texts are in /usr/share/doc/twotime/licences.",
        "",
        *(f"{p['name']} {p['version']}: {p['licence']}" for p in parts(licences)),
    ]
    return ("\n".join(lines) + "\n").encode()
