"""Freezes the program into dist/twotime: `make bundle`.

What is made on the way: icons, the help pages, the licences of all parts. What is
trimmed after it: debug symbols of a few libraries that survive it, lossy compressions,
and parts of Qt the program never loads. Prints what everything weighs.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from icons import make_icons
from licences import write_licences

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
_UNUSED = (
    # Lossy compressions and those no detector writes; they weigh 130 MB.
    *(f"**/hdf5plugin/plugins/*h5{name}.*" for name in ("sz", "sz3", "sperr")),
    *(f"**/hdf5plugin/plugins/*h5{name}.*" for name in ("fcidecomp", "htj2k")),
    "**/PySide6/Qt/translations",
    "**/PySide6/Qt/qml",
    "**/plugins/imageformats/libqpdf*",
    "**/plugins/imageformats/libqtiff*",
    "**/plugins/imageformats/libqwebp*",
    "**/plugins/platforms/libqlinuxfb*",
    "**/plugins/platforms/libqvnc*",
    "**/plugins/platforms/libqvkkhrdisplay*",
    "**/plugins/platforms/libqeglfs*",
    "**/plugins/platforms/libqminimalegl*",
    "**/plugins/egldeviceintegrations",
    "**/plugins/networkinformation",
    "**/plugins/tls",
    # The dialogs of GTK, with all that they would bring.
    "**/plugins/platformthemes/libqgtk3*",
    *(f"lib/lib{name}.so*" for name in ("gtk-3", "gdk-3", "atk-1.0", "epoxy")),
    "lib/libatk-bridge-2.0.so*",
    *(f"lib/lib{name}.so*" for name in ("gdk_pixbuf-2.0", "cairo-gobject")),
)


def main() -> int:
    """Build the bundle and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep-symbols", action="store_true", help="do not strip XLA")
    options = parser.parse_args()
    make_icons(ROOT / "resources" / "icons" / "twotime.svg", BUILD / "icons")
    parts = write_licences(_fresh(BUILD / "licences"))
    print(f"licences of {len(parts)} parts")
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
    for pattern in _UNUSED:
        for path in BUNDLE.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if _LINUX and not options.keep_symbols:
        _strip()
    _print_sizes()
    return 0


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _run(command: list[str]) -> None:
    print("$", " ".join(Path(part).name if "/" in part else part for part in command))
    subprocess.run(command, check=True, cwd=ROOT)


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
