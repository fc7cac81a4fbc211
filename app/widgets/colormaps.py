"""Look-up tables for maps: 255 colours and one for pixels without a value.

Sequential maps are for c2, diverging ones for residuals. All are perceptually uniform
except where the name says otherwise.
"""

from functools import cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

SEQUENTIAL = ("viridis", "cividis", "CET-CBL2", "greys")
"""For c2; the first is the default, the second and third suit colour-blind eyes."""
DIVERGING = ("CET-D1A", "CET-CBD1")
"""For residuals; the second suits colour-blind eyes."""
NAN_INDEX = 255
"""Entry of the table that stands for a pixel without a value."""


def lookup_table(name: str, nan_colour: str) -> NDArray[np.uint8]:
    """Return a table of 256 RGBA rows.

    Parameters
    ----------
    name : str
        One of `SEQUENTIAL` or `DIVERGING`.
    nan_colour : str
        Colour of the last entry, such as ``Theme.nan``.
    """
    table = _ramp(name).copy()
    nan = QColor(nan_colour)
    table[NAN_INDEX] = nan.red(), nan.green(), nan.blue(), 255
    return table


def packed(table: NDArray[np.uint8]) -> list[int]:
    """Return the rows of a table as ``0xAARRGGBB``, as Qt takes them."""
    red, green, blue, alpha = table.astype(np.uint32).T
    return (alpha << 24 | red << 16 | green << 8 | blue).tolist()


@cache
def _ramp(name: str) -> NDArray[np.uint8]:
    table = np.full((NAN_INDEX + 1, 4), 255, dtype=np.uint8)
    if name == "greys":
        table[:NAN_INDEX, :3] = np.arange(NAN_INDEX)[:, None]
        return table
    if name not in SEQUENTIAL + DIVERGING:
        known = ", ".join(SEQUENTIAL + DIVERGING)
        raise KeyError(f"no colour map named {name!r}; there are {known}")
    colours = pg.colormap.get(name)
    if colours is None:
        raise KeyError(f"pyqtgraph has no colour map named {name!r}")
    stops = np.linspace(0.0, 1.0, NAN_INDEX)
    table[:NAN_INDEX] = np.asarray(colours.map(stops, mode=colours.BYTE))
    return table
