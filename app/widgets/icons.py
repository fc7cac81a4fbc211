"""The icons of the window, drawn in the colour of its text.

The SVG files draw with ``currentColor``; here it is replaced by the palette's colour,
so an icon fits both schemes. After a change of scheme, ask for the icon again.
"""

from functools import cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

_SIZES = (16, 24, 32, 48, 64)
_APPLICATION = "twotime"


def icon(name: str, colour: str | None = None) -> QIcon:
    """Return an icon by the name of its file.

    Parameters
    ----------
    name : str
        Such as ``open``; `icon_names` lists them.
    colour : str or None
        A token of the theme; None for the colour of the text on buttons.
    """
    palette = QGuiApplication.palette()
    role = QPalette.ColorRole.ButtonText
    normal = QColor(colour) if colour else palette.color(role)
    disabled = palette.color(QPalette.ColorGroup.Disabled, role)
    return _tinted(
        name,
        normal.name(QColor.NameFormat.HexArgb),
        disabled.name(QColor.NameFormat.HexArgb),
    )


def icon_names() -> tuple[str, ...]:
    """Return the names of all icons."""
    folder = files("resources").joinpath("icons")
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(n.removesuffix(".svg") for n in names if n.endswith(".svg")))


@cache
def _tinted(name: str, normal: str, disabled: str) -> QIcon:
    source = files("resources").joinpath("icons", f"{name}.svg")
    try:
        text = source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeyError(
            f"no icon named {name!r}; there are {', '.join(icon_names())}"
        ) from None
    made = QIcon()
    modes = {QIcon.Mode.Normal: normal, QIcon.Mode.Disabled: disabled}
    if name == _APPLICATION:
        sizes, modes = (*_SIZES, 128, 256), {QIcon.Mode.Normal: normal}
    else:
        sizes = _SIZES
    for mode, name_of_colour in modes.items():
        colour = QColor(name_of_colour)
        drawn = text.replace("currentColor", colour.name())
        renderer = QSvgRenderer(QByteArray(drawn.encode()))
        for size in sizes:
            made.addPixmap(_render(renderer, colour.alphaF(), size), mode)
    return made


def _render(renderer: QSvgRenderer, opacity: float, size: int) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(opacity)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
