"""What every packaging script has to know: version, places, system, tar."""

import os
import platform
import re
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BUILD, DIST = ROOT / "build", ROOT / "dist"
BUNDLE = DIST / "twotime"
ARTEFACTS = (".deb", ".AppImage", ".tar.zst", ".tar.gz", ".exe", ".dmg")
"""How the names of what people download end."""
_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_MACHINES = {"amd64": "x86_64", "aarch64": "arm64"}
_FIRST_OF_1980 = 315532800
_NOBODY = "Twotime developers <nobody@twotime.invalid>"


def version() -> str:
    """Return the version of the program, from the one place that states it.

    Raises
    ------
    ValueError
        When engine/__init__.py states none.
    """
    text = (ROOT / "engine" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise ValueError("engine/__init__.py states no __version__; add it")
    return found.group(1)


def homepage() -> str:
    """Return the address of the project's page, nothing where pyproject names none."""
    return _project().get("urls", {}).get("Homepage", "")


def maintainer() -> str:
    """Return who answers for the packages, as `Name <address>`.

    ``TWOTIME_MAINTAINER`` where it is set, else the first author of pyproject with an
    address, else a name with an address that can reach nobody.
    """
    authors = (a for a in _project().get("authors", ()) if {"name", "email"} <= set(a))
    named = (f"{author['name']} <{author['email']}>" for author in authors)
    return os.environ.get("TWOTIME_MAINTAINER") or next(named, _NOBODY)


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def machine() -> str:
    """Return the processor as file names state it, `x86_64` or `arm64`."""
    name = platform.machine().lower()
    return _MACHINES.get(name, name)


def system() -> str:
    """Return the system as file names state it."""
    return _SYSTEMS.get(sys.platform, sys.platform)


def epoch() -> int:
    """Return the time that is put into archives [s since 1970].

    ``SOURCE_DATE_EPOCH`` where it is set, else the time of the commit: the same source
    makes the same archive.
    """
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    if stated.isdigit():
        return int(stated)
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return _FIRST_OF_1980
    return int(said.stdout)


def artefacts(folder: Path) -> list[Path]:
    """Return what people download, by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name.endswith(ARTEFACTS)
    )


def programs(bundle: Path) -> Path:
    """Return the folder of the executables in a bundle or an application of macOS."""
    return bundle / "Contents" / "MacOS" if bundle.suffix == ".app" else bundle


def need_bundle(bundle: Path) -> None:
    """End the program with a sentence where there is no bundle to pack."""
    names = ("twotime", "twotime.exe")
    if not any((programs(bundle) / name).is_file() for name in names):
        raise SystemExit(f"{bundle}: no frozen program there; run `make bundle` first")


def neutral(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return a member that tells nothing of the machine it was packed on."""
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mtime = epoch()
    runs = member.isdir() or bool(member.mode & 0o100)
    member.mode = 0o755 if runs or member.issym() else 0o644
    return member


def add_folders(archive: tarfile.TarFile, folders: Iterable[str]) -> None:
    """Add folders that have no counterpart on disk, each once."""
    for name in dict.fromkeys(folders):
        member = tarfile.TarInfo(name)
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(neutral(member))
