"""Packs dist/twotime into one file: `python packaging/archive.py [--gz] [--level N]`.

The archive unpacks into a folder that names the version, so that several versions stand
side by side and nothing has to be installed.
"""

import argparse
import gzip
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from compression import LEVEL, compressor
from product import BUNDLE, DIST, epoch, machine, need_bundle, neutral, system, version

_GZIP_LEVEL = 9


def main() -> int:
    """Write the archives that were asked for and print what they weigh."""
    parser = argparse.ArgumentParser(description="Pack the bundle into one file.")
    parser.add_argument("--gz", action="store_true", help="write a .tar.gz as well")
    parser.add_argument(
        "--level", type=int, default=LEVEL, help="of zstandard, 1 to 19"
    )
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--out", type=Path, default=DIST, help="folder to write into")
    options = parser.parse_args()
    need_bundle(options.bundle)
    for suffix in (".tar.zst", ".tar.gz") if options.gz else (".tar.zst",):
        started = time.perf_counter()
        path = options.out / f"{name()}{suffix}"
        pack(options.bundle, path, level=options.level)
        size, seconds = path.stat().st_size / 1e6, time.perf_counter() - started
        print(f"{path.name}: {size:.1f} MB, made in {seconds:.0f} s")
    return 0


def name() -> str:
    """Return the name of the archive without its ending."""
    return f"twotime-{version()}-{system()}-{machine()}"


def pack(bundle: Path, path: Path, *, level: int = LEVEL) -> None:
    """Write a folder as a tar archive, compressed as the ending of its name says."""
    with (
        _compressed(path, level) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        tar.add(bundle, arcname=f"twotime-{version()}", filter=neutral)


@contextmanager
def _compressed(path: Path, level: int) -> Iterator[IO[bytes]]:
    with path.open("wb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, epoch()) as stream:
                yield stream  # type: ignore[misc]
        else:
            with compressor(level).stream_writer(file, closefd=False) as stream:
                yield stream  # type: ignore[misc]


if __name__ == "__main__":
    sys.exit(main())
