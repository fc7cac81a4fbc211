"""From which package of this machine a bundled library comes, and its licence."""

import filecmp
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packageurl import PackageURL

_RELEASE = Path("/etc/os-release")
_DOCUMENTS = Path("/usr/share/doc")
_COMMON = Path("/usr/share/common-licenses")
_SHARED = re.compile(rf"{_COMMON}/(L?GPL(?:-[\d.]*\d)?|Apache-2\.0)")
# The paragraph on all files that no other speaks of.
_WHOLE = re.compile(r"^Files: \*\n(?:.+\n)*?License: *(\S.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Owner:
    """A package of the system."""

    version: str
    purl: PackageURL

    @property
    def name(self) -> str:
        """What the system calls it."""
        return self.purl.name


def owner_of(copy: Path) -> Owner | None:
    """Return the package a library was copied from, None where nobody knows.

    A library of the same name with other content is another one.
    """
    path = _known_libraries().get(copy.name)
    if path is None or not filecmp.cmp(path, copy, shallow=False):
        return None
    return package_of(path)


def package_of(path: str | Path) -> Owner | None:
    """Return the package that installed a file here, None where nobody knows."""
    # A library may lie in /lib for the package and in /usr/lib for the loader.
    named = (str(path), str(Path(path).resolve()))
    places = [*named, f"/usr{path}", *(place.removeprefix("/usr") for place in named)]
    if shutil.which("dpkg-query"):
        return next(filter(None, map(_debian, places)), None)
    if shutil.which("rpm"):
        return next(filter(None, map(_fedora, places)), None)
    return None


def licence_of(package: Owner) -> tuple[str, tuple[Path, ...]]:
    """Return the licence of a package in a few words, and the files with its text."""
    if package.purl.type == "rpm":
        named = _said("rpm", "-q", "--qf", "%{LICENSE}", package.name)
        files = tuple(map(Path, _said("rpm", "-qL", package.name).splitlines()))
    else:
        stated = _DOCUMENTS / package.name / "copyright"
        text = stated.read_text("utf-8") if stated.is_file() else ""
        named = next(iter(_WHOLE.findall(text)), "")
        files = (
            stated,
            *(_COMMON / name for name in sorted(set(_SHARED.findall(text)))),
        )
    return named or "see its text", tuple(path for path in files if path.is_file())


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
