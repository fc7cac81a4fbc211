"""Makes dist/twotime_<version>_<architecture>.deb from the frozen program.

Written without dpkg, so that it is made wherever the bundle is, and byte for byte the
same from the same source. It has no maintainer scripts: the caches of menus, file types
and icons are renewed by the triggers of the packages that own them.
"""

import argparse
import io
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from control import control, copyright_file, doc_files, md5sums
from desktop import ICONS, files

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from compression import (  # pyright: ignore[reportMissingImports]
    LEVEL,
    compressor,
)
from product import (  # pyright: ignore[reportMissingImports]
    BUILD,
    BUNDLE,
    DIST,
    add_folders,
    epoch,
    machine,
    need_bundle,
    neutral,
    version,
)

INSTALLED = "usr/lib/twotime"
LINKS = {
    "usr/bin/twotime": "../lib/twotime/twotime",
    "usr/bin/twotime-window": "../lib/twotime/twotime-window",
}
_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
_MAGIC = b"!<arch>\n"


def main() -> int:
    """Build the package and print what it weighs."""
    parser = argparse.ArgumentParser(description="Make the Debian package.")
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--out", type=Path, default=DIST, help="folder to write into")
    parser.add_argument(
        "--level", type=int, default=LEVEL, help="of zstandard, 1 to 19"
    )
    options = parser.parse_args()
    need_bundle(options.bundle)
    path = build(options.bundle, options.out, level=options.level)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


def build(
    bundle: Path,
    out: Path,
    *,
    level: int = LEVEL,
    icons: Path = ICONS,
    licences: Path = BUILD / "licences",
) -> Path:
    """Write the package into a folder and return its path.

    Raises
    ------
    FileNotFoundError
        When icons or licence texts were not made yet.
    """
    architecture = _ARCHITECTURES.get(machine(), machine())
    small = {**files("usr", icons), **doc_files("usr/share/doc/twotime", licences)}
    small["usr/share/doc/twotime/copyright"] = copyright_file(licences)
    about = {
        "control": control(bundle, small, architecture),
        "md5sums": md5sums(bundle, INSTALLED, small),
    }
    path = out / f"twotime_{version()}_{architecture}.deb"
    with tempfile.TemporaryFile() as data:
        _write_tar(data, small, level, bundle)
        with path.open("wb") as package:
            package.write(_MAGIC)
            _add(package, "debian-binary", io.BytesIO(b"2.0\n"))
            packed = io.BytesIO()
            _write_tar(packed, about, level)
            _add(package, "control.tar.zst", packed)
            _add(package, "data.tar.zst", data)
    return path


def _write_tar(
    target: IO[bytes],
    small: Mapping[str, bytes],
    level: int,
    bundle: Path | None = None,
) -> None:
    """Write small files, and with a bundle the bundle and its links, compressed."""
    with (
        compressor(level).stream_writer(target, closefd=False) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as tar,
    ):
        links = LINKS if bundle else {}
        inside = [INSTALLED] if bundle else []
        add_folders(tar, _parents([*small, *links, *inside]))
        for name, content in sorted(small.items()):
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            tar.addfile(neutral(member), io.BytesIO(content))
        for name, goal in links.items():
            member = tarfile.TarInfo(f"./{name}")
            member.type, member.linkname = tarfile.SYMTYPE, goal
            tar.addfile(neutral(member))
        if bundle:
            tar.add(bundle, arcname=f"./{INSTALLED}", filter=neutral)


def _parents(names: list[str]) -> list[str]:
    """Return the folders above some files, those further up first."""
    above = {f"./{p.as_posix()}/" for n in names for p in Path(n).parents if p.name}
    return ["./", *sorted(above)]


def _add(package: IO[bytes], name: str, content: IO[bytes]) -> None:
    """Append one member to an ar archive."""
    size = content.seek(0, io.SEEK_END)
    content.seek(0)
    header = f"{name:<16}{epoch():<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n"
    package.write(header.encode("ascii"))
    while block := content.read(1 << 20):
        package.write(block)
    package.write(b"\n" * (size % 2))


if __name__ == "__main__":
    sys.exit(main())
