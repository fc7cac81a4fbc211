"""How Twotime shows on a Linux desktop: files below a prefix such as ``usr``.

`python packaging/linux/desktop.py FOLDER` writes them into a folder.
"""

import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from product import (  # pyright: ignore[reportMissingImports]
    BUILD,
    ROOT,
    epoch,
    homepage,
    version,
)

HERE = Path(__file__).resolve().parent
APP_ID = "org.twotime.Twotime"
MIME_TYPE = "application/x-twotime-session"
DRAWING = ROOT / "resources" / "icons" / "twotime.svg"
ICONS = BUILD / "icons"
_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
"""Sizes the hicolor theme knows [px]."""


def files(prefix: str, icons: Path = ICONS) -> dict[str, bytes]:
    """Return the content of every file of the desktop by its path.

    Raises
    ------
    FileNotFoundError
        When the icons were not made yet.
    """
    share = f"{prefix}/share"
    found = {
        f"{share}/applications/twotime.desktop": read("twotime.desktop"),
        f"{share}/mime/packages/twotime.xml": read("twotime.xml"),
        f"{share}/metainfo/{APP_ID}.metainfo.xml": metainfo(),
        f"{share}/icons/hicolor/scalable/apps/twotime.svg": DRAWING.read_bytes(),
    }
    for size in _SIZES:
        icon = icons / f"twotime-{size}.png"
        if not icon.is_file():
            raise FileNotFoundError(f"{icon}: no such icon; run `make bundle` first")
        place = f"{share}/icons/hicolor/{size}x{size}/apps/twotime.png"
        found[place] = icon.read_bytes()
    return found


def read(name: str) -> bytes:
    """Return the content of a file of this folder."""
    return (HERE / name).read_bytes()


def metainfo() -> bytes:
    """Return what software centres show, with the release of this version."""
    root = ET.fromstring(read(f"{APP_ID}.metainfo.xml"))
    if address := homepage():
        ET.SubElement(root, "url", {"type": "homepage"}).text = address
    day = datetime.fromtimestamp(epoch(), UTC).date().isoformat()
    releases = ET.SubElement(root, "releases")
    ET.SubElement(releases, "release", {"version": version(), "date": day})
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def main() -> int:
    """Write every file below the folder that the command line names."""
    for name, content in files("usr").items():
        path = Path(sys.argv[1]) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
