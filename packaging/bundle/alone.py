"""Runs the bundle with nothing but itself: empty environment, fresh home, no Python.

Where it may (root on Linux), each command runs in a mount namespace in which every
Python of the machine, the sources and libraries that the bundle brings are hidden, and
in a network namespace without a network. Elsewhere it says that nothing was hidden.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from product import programs  # pyright: ignore[reportMissingImports]

HOME_NAME = "Zoë Müller β"
"""Spaces and letters that ASCII does not have."""
_LINUX = sys.platform.startswith("linux")
_KEPT_ON_WINDOWS = ("SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "WINDIR", "PATHEXT")
_SYSTEM_LIBRARIES = "/usr/lib/*-linux-gnu", "/usr/lib64"
# Drivers of the system need many of its libraries; these are Qt's alone.
_HIDDEN_LIBRARIES = ("libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-util.so.1")
_HIDE = """
for path; do
    shift
    [ "$path" != -- ] || break
    if [ -d "$path" ]; then mount -t tmpfs tmpfs "$path"
    else mount --bind /dev/null "$path"; fi
done
exec "$@"
"""


@dataclass(frozen=True)
class Alone:
    """A bundle, and what surrounds its programs when they run."""

    bundle: Path
    home: Path
    prefix: tuple[str, ...] = ()
    """What a command has to be started with for things to be hidden."""
    remark: str = ""
    """What is not as it should be."""
    variables: Mapping[str, str] = field(default_factory=dict)

    def command(self, program: str, *arguments: object) -> list[str]:
        """Return the command line of one of the programs of the bundle."""
        ending = ".exe" if sys.platform == "win32" else ""
        path = programs(self.bundle) / f"{program}{ending}"
        return [*self.prefix, str(path), *map(str, arguments)]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a command: next to nothing."""
        return {**_bare(self.home), **self.variables, **more}

    def run(
        self, program: str, *arguments: object, timeout: float = 180, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the programs to its end."""
        return subprocess.run(
            self.command(program, *arguments),
            env=self.environment(**more),
            cwd=self.home,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )


@contextmanager
def alone(bundle: Path, root: Path, variables: Mapping[str, str]) -> Iterator[Alone]:
    """Make a home and find out what can be hidden; the home goes at the end."""
    with tempfile.TemporaryDirectory(
        prefix="twotime-", ignore_cleanup_errors=True
    ) as folder:
        home = Path(folder) / HOME_NAME
        home.mkdir()
        prefix, remark = _hiding(bundle, root)
        try:
            yield Alone(bundle.resolve(), home, prefix, remark, variables)
        finally:
            # What a check made read-only could not be removed.
            for path in home.rglob("*"):
                path.chmod(0o700)


def _bare(home: Path) -> dict[str, str]:
    if sys.platform == "win32":
        kept = {name: os.environ.get(name, "") for name in _KEPT_ON_WINDOWS}
        local = str(home / "AppData" / "Local")
        homes = dict.fromkeys(("LOCALAPPDATA", "APPDATA"), local)
        temporary = dict.fromkeys(("TEMP", "TMP"), tempfile.gettempdir())
        path = {"PATH": rf"{kept['SYSTEMROOT']}\System32"}
        return {**kept, **homes, **temporary, **path, "USERPROFILE": str(home)}
    return {"HOME": str(home), "PATH": "/usr/bin:/bin"}


def _hiding(bundle: Path, root: Path) -> tuple[tuple[str, ...], str]:
    """Return what hides everything else, or nothing and why."""
    unshare = shutil.which("unshare")
    if not _LINUX or unshare is None or os.geteuid() != 0:
        return (), "Python of this machine is not hidden: that takes root on Linux"
    hidden = [str(path) for path in hidden_paths(bundle, root)]
    inside = (unshare, "--mount", "--net", "/bin/sh", "-ec", _HIDE, "sh")
    prefix = (*inside, *hidden, "--")
    tried = subprocess.run([*prefix, "/bin/true"], capture_output=True, check=False)
    if tried.returncode:
        return (), "Python of this machine is not hidden: no namespace may be made here"
    return prefix, ""


def hidden_paths(bundle: Path, root: Path) -> list[Path]:
    """Return what a command must not see: Python, our sources, libraries it brings."""
    library = Path(sysconfig.get_path("stdlib")).resolve()
    folders = {library, *map(Path, (root / n for n in (".venv", "app", "engine")))}
    folders |= {*Path("/usr/lib").glob("python3*"), root / "resources"}
    folders |= {*Path("/usr/local/lib").glob("python3*")}
    files = {Path(sys.executable).resolve()}
    for place in ("/usr/bin", "/usr/local/bin"):
        files |= {p.resolve() for p in Path(place).glob("python3*") if p.is_file()}
    for place in _SYSTEM_LIBRARIES:
        for found in Path("/").glob(place.lstrip("/")):
            brought = (n for n in _HIDDEN_LIBRARIES if (bundle / "lib" / n).exists())
            files |= {(found / n).resolve() for n in brought if (found / n).exists()}
    return sorted(path for path in folders | files if path.exists())
