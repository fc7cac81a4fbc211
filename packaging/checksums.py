"""Writes dist/SHA256SUMS over what is published; `sha256sum --check` reads it."""

import argparse
import hashlib
import sys
from pathlib import Path

from product import DIST

NAME = "SHA256SUMS"


def main() -> int:
    """Write the sums and print them."""
    parser = argparse.ArgumentParser(description="Write SHA256SUMS of a folder.")
    parser.add_argument("folder", type=Path, nargs="?", default=DIST)
    folder = parser.parse_args().folder
    lines = sums(folder)
    if not lines:
        print(f"{folder}: nothing to publish there", file=sys.stderr)
        return 1
    text = "".join(f"{line}\n" for line in lines)
    (folder / NAME).write_text(text, encoding="utf-8", newline="\n")
    print(text, end="")
    return 0


def sums(folder: Path) -> list[str]:
    """Return one line per file, as sha256sum writes them, by name."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name != NAME)
    return [f"{digest(path)}  {path.name}" for path in files]


def digest(path: Path) -> str:
    """Return the SHA-256 sum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
