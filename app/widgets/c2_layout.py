"""Where the maps go: the arrangement that gives the largest squares.

Pure geometry. A map needs room for its axes around a square; the maps of data and model
share one colour bar, the residual has its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect

from app.widgets.c2_panel import BOTTOM, LEFT, LEFT_BARE, RIGHT, TITLE_HEIGHT, TOP

DATA, MODEL, RESIDUAL = "data", "model", "residual"
LEVELS, RESIDUAL_LEVELS = "levels", "residual levels"
_BARS = (LEVELS, RESIDUAL_LEVELS)
_MARGIN = 6
_ROW_COST = 0.9
_AROUND = TITLE_HEIGHT + TOP + BOTTOM

_ARRANGEMENTS: dict[tuple[str, ...], tuple[tuple[tuple[str, ...], ...], ...]] = {
    (DATA, MODEL, RESIDUAL): (
        ((DATA, MODEL, LEVELS, RESIDUAL, RESIDUAL_LEVELS),),
        ((DATA, MODEL, LEVELS), (RESIDUAL, RESIDUAL_LEVELS)),
        ((DATA, LEVELS), (MODEL,), (RESIDUAL, RESIDUAL_LEVELS)),
    ),
    (DATA,): (((DATA, LEVELS),),),
    (MODEL,): (((MODEL, LEVELS),),),
    (RESIDUAL,): (((RESIDUAL, RESIDUAL_LEVELS),),),
}


@dataclass(frozen=True, slots=True)
class Placement:
    """Rectangles of the parts, and which maps show numbers on the vertical axis."""

    side: int
    """Of the square maps [px]."""
    parts: dict[str, QRect]
    numbered: frozenset[str]


def arrange(shown: Sequence[str], width: int, height: int, bar_width: int) -> Placement:
    """Return the arrangement of some maps in which they are largest."""
    options = _ARRANGEMENTS[tuple(shown)]
    # Side by side is easier to compare, so more rows must be worth it.
    rows = max(
        options,
        key=lambda rows: _side(rows, width, height, bar_width) * _ROW_COST ** len(rows),
    )
    side = max(40, _side(rows, width, height, bar_width))
    total = max(_row_width(row, side, bar_width) for row in rows)
    left = max(_MARGIN, (width - total) // 2)
    top = max(0, (height - len(rows) * (side + _AROUND)) // 2)
    parts: dict[str, QRect] = {}
    for number, row in enumerate(rows):
        y = top + number * (side + _AROUND)
        parts |= _place_row(row, left, y, side, bar_width)
    numbered = frozenset(row[0] for row in rows)
    return Placement(side=side, parts=parts, numbered=numbered)


def _fixed_width(row: Sequence[str], bar_width: int) -> int:
    maps = _count_maps(row)
    bars = len(row) - maps
    return LEFT + (maps - 1) * LEFT_BARE + maps * RIGHT + bars * bar_width


def _side(rows: Sequence[Sequence[str]], width: int, height: int, bar: int) -> int:
    across = min(
        (width - 2 * _MARGIN - _fixed_width(row, bar))
        // sum(part not in _BARS for part in row)
        for row in rows
    )
    return min(across, height // len(rows) - _AROUND)


def _row_width(row: Sequence[str], side: int, bar_width: int) -> int:
    return _fixed_width(row, bar_width) + _count_maps(row) * side


def _count_maps(row: Sequence[str]) -> int:
    return sum(part not in _BARS for part in row)


def _place_row(
    row: Sequence[str], x: int, y: int, side: int, bar_width: int
) -> dict[str, QRect]:
    parts = {}
    for part in row:
        if part in _BARS:
            # The bar stands beside the square; its own margins overlap the title.
            parts[part] = QRect(x, y + TITLE_HEIGHT, bar_width, side + 2 * TOP)
            x += bar_width
            continue
        wide = (LEFT if part == row[0] else LEFT_BARE) + side + RIGHT
        parts[part] = QRect(x, y, wide, side + _AROUND)
        x += wide
    return parts
