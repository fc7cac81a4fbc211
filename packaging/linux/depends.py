"""What a Linux system has to bring for the bundle to run, as Debian names it.

The bundle carries most libraries. The others are found by looking: libraries of the
table in packaging/system_libs.sh that a file names and the bundle lacks, and the newest
glibc that any of its files asks for.
"""

import re
from collections.abc import Iterator
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "system_libs.sh"
OLDEST_GLIBC = 34
"""Qt needs 2.34; the second number."""
_LEFT_OUT = {
    # PyInstaller leaves these to the system, since drivers of the system use them too.
    "libxcb.so.1": "libxcb1",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
_DATA = ("xkb-data", "fontconfig-config")
"""Files that bundled libraries read: keyboard layouts and where fonts lie."""
RECOMMENDS = (
    "desktop-file-utils",
    "fonts-dejavu-core | fonts-liberation | fonts-freefont-ttf",
    "hicolor-icon-theme",
    "shared-mime-info",
)
_ELF = b"\x7fELF"
# A name ends with a zero byte; what stands before it may be the end of another one.
_NAME = re.compile(rb"(?:lib[\w+.-]{1,40}\.so\.\d+|GLIBC_2\.\d+)(?=\0)")


def depends(bundle: Path) -> list[str]:
    """Return the packages a bundle needs, by name."""
    here = {path.name for path in shared_objects(bundle)}
    table = library_packages() | _LEFT_OUT
    asked = asked_for(bundle)
    needed = {table[name] for name in asked & table.keys() if name not in here}
    return [f"libc6 (>= 2.{newest_glibc(asked)})", *sorted({*needed, *_DATA})]


def library_packages() -> dict[str, str]:
    """Return the Debian package of each library Qt loads."""
    rows = re.findall(r"^(lib\S+\.so\.\d+)\s+(\S+)\s+\S+$", TABLE.read_text(), re.M)
    return dict(rows)


def shared_objects(bundle: Path) -> Iterator[Path]:
    """Yield what can be loaded or run, links included."""
    for path in bundle.rglob("*"):
        if ".so" in path.name or (path.parent == bundle and path.is_file()):
            yield path


def asked_for(bundle: Path) -> set[str]:
    """Return the names of libraries and of versions of glibc that any file holds."""
    found: set[bytes] = set()
    for path in shared_objects(bundle):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if content.startswith(_ELF):
                found.update(_NAME.findall(content))
    return {name.decode("ascii") for name in found}


def newest_glibc(asked: set[str]) -> int:
    """Return the second number of the newest glibc asked for, at least Qt's."""
    versions = (re.fullmatch(r"GLIBC_2\.(\d+)", name) for name in asked)
    return max(OLDEST_GLIBC, *(int(found[1]) for found in versions if found), 0)
