"""Rows of text as columns."""

import unicodedata
from collections.abc import Iterable, Sequence


def aligned(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of text as columns; combining marks take no width."""
    table = [tuple(row) for row in rows]
    widths = [max(map(display_width, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(
            cell + " " * (width - display_width(cell))
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in table
    ]
    return "\n".join(lines)


def display_width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(not unicodedata.combining(character) for character in text)
