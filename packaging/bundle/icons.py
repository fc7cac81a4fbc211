"""Icons of the program in the formats of every system, from the one drawing."""

import sys
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 24, 32, 48, 64, 128, 256, 512, 1024)


def make_icons(drawing: Path, folder: Path) -> list[Path]:
    """Write PNG files of every size, an ICO and an ICNS file; return their paths.

    Raises
    ------
    ValueError
        When the drawing is no SVG file.
    """
    application = QGuiApplication.instance() or QGuiApplication(
        [sys.argv[0], "-platform", "offscreen"]
    )
    renderer = QSvgRenderer(str(drawing))
    if not renderer.isValid():
        raise ValueError(f"{drawing} is no drawing that can be read")
    folder.mkdir(parents=True, exist_ok=True)
    made = [_png(renderer, size, folder) for size in SIZES]
    largest = Image.open(made[-1])
    ico, icns = folder / f"{drawing.stem}.ico", folder / f"{drawing.stem}.icns"
    largest.save(ico, sizes=[(size, size) for size in SIZES if size <= 256])
    largest.save(icns)
    del application
    return [*made, ico, icns]


def _png(renderer: QSvgRenderer, size: int, folder: Path) -> Path:
    image = QImage(QSize(size, size), QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    path = folder / f"twotime-{size}.png"
    image.save(str(path))
    return path
