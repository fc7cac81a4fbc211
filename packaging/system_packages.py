"""From which package of this machine a bundled system library was copied."""

import filecmp
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packageurl import PackageURL

_RELEASE = Path("/etc/os-release")


@dataclass(frozen=True, slots=True)
class Owner:
    """A package of the system."""

    version: str
    purl: PackageURL


def owner_of(copy: Path) -> Owner | None:
    """Return the package a library was copied from, None where nobody knows.

    A library of the same name with other content is another one.
    """
    path = _known_libraries().get(copy.name)
    if path is None or not filecmp.cmp(path, copy, shallow=False):
        return None
    places = (path, str(Path(path).resolve()), f"/usr{path}")
    if shutil.which("dpkg-query"):
        return next(filter(None, map(_debian, places)), None)
    if shutil.which("rpm"):
        return next(filter(None, map(_fedora, places)), None)
    return None


@cache
def _known_libraries() -> dict[str, str]:
    """Return where the loader finds each library."""
    ldconfig = shutil.which("ldconfig", path="/usr/sbin:/sbin:/usr/bin:/bin")
    listed = _said(ldconfig, "-p") if ldconfig else ""
    found: dict[str, str] = {}
    for name, path in re.findall(r"^\s+(\S+) \(.*\) => (\S+)$", listed, re.MULTILINE):
        found.setdefault(name, path)
    return found


def _debian(path: str) -> Owner | None:
    package = _said("dpkg-query", "--search", path).partition(": ")[0]
    number = _said("dpkg-query", "-W", "-f", "${Version}", package) if package else ""
    return _owner("deb", package.partition(":")[0], number)


def _fedora(path: str) -> Owner | None:
    said = _said("rpm", "-qf", "--qf", "%{NAME} %{VERSION}-%{RELEASE}", path)
    name, _, number = said.partition(" ")
    return _owner("rpm", name, number) if " " not in number else None


def _owner(kind: str, name: str, number: str) -> Owner | None:
    if not name or not number:
        return None
    return Owner(number, PackageURL(kind, _distribution(), name, number))


@cache
def _distribution() -> str:
    text = _RELEASE.read_text(encoding="utf-8") if _RELEASE.is_file() else ""
    found = re.search(r'^ID="?([\w.-]+)"?$', text, re.MULTILINE)
    return found[1] if found else "linux"


def _said(*command: str) -> str:
    """Return what a program prints, nothing where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
