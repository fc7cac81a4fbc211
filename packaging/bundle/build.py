"""Freezes the program into dist/twotime: `make bundle`.

What is made before it: icons and the help pages; the spec file says what goes in and
writes the licences of all of it. What is trimmed after it: debug symbols of a few
libraries that survive it. Prints what everything weighs.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from icons import make_icons

ROOT = Path(__file__).resolve().parents[2]
BUILD, DIST = ROOT / "build", ROOT / "dist"
BUNDLE = DIST / "twotime"
_STRIPPED = (
    "**/libjax_common.so",
    "**/hdf5plugin/plugins/*.so",
    "**/libpython3*.so*",
    "**/kiwisolver/*.so",
)
_LINUX = sys.platform.startswith("linux")


def main() -> int:
    """Build the bundle and return the exit status."""
    parser = argparse.ArgumentParser(description="Freeze the program.")
    parser.add_argument("--keep-symbols", action="store_true", help="do not strip XLA")
    options = parser.parse_args()
    make_icons(ROOT / "resources" / "icons" / "twotime.svg", BUILD / "icons")
    shutil.rmtree(BUILD / "licences", ignore_errors=True)
    _run([sys.executable, "-m", "mkdocs", "build", "--strict"])
    _run(
        [
            *[sys.executable, "-m", "PyInstaller", "--noconfirm"],
            *[
                "--log-level",
                "WARN",
                "--distpath",
                str(DIST),
                "--workpath",
                str(BUILD / "pyinstaller"),
            ],
            str(Path(__file__).with_name("twotime.spec")),
        ]
    )
    if _LINUX and not options.keep_symbols:
        _strip()
    _print_sizes()
    return 0


def _run(command: list[str]) -> None:
    print("$", " ".join(Path(part).name if "/" in part else part for part in command))
    quiet = {"NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **quiet})


def _strip() -> None:
    """Take the symbols out of the libraries that are mostly symbols and survive it."""
    tool = shutil.which("strip")
    if tool is None:
        print("strip was not found: the bundle keeps about 100 MB of symbols")
        return
    for pattern in _STRIPPED:
        for library in BUNDLE.glob(pattern):
            subprocess.run([tool, "--strip-unneeded", str(library)], check=True)


def size(path: Path) -> int:
    """Return the size of a file, or of all files in a folder [bytes]."""
    if path.is_file():
        return path.stat().st_size
    return sum(
        f.stat().st_size for f in path.rglob("*") if f.is_file() and not f.is_symlink()
    )


def _print_sizes() -> None:
    total = size(BUNDLE)
    print(f"{BUNDLE.relative_to(ROOT)}: {total / 1e6:.0f} MB, of it")
    heaviest = sorted((BUNDLE / "lib").iterdir(), key=size, reverse=True)[:8]
    for path in heaviest:
        print(f"  {size(path) / 1e6:6.0f} MB  {path.name}")


if __name__ == "__main__":
    sys.exit(main())
