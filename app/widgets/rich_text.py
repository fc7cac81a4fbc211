"""The few forms of rich text the panels are written in."""

from collections.abc import Sequence


def title(text: str) -> str:
    """Return a heading with room above it."""
    # After some tables Qt swallows the margin of a paragraph; an empty one it keeps.
    gap = '<p style="font-size:5pt; margin:0">&nbsp;</p>'
    return f'{gap}<p style="margin:4px 0 2px 0"><b>{text}</b></p>'


def table(rows: Sequence[str]) -> str:
    """Return a table of rows made by `cells`."""
    return f'<table cellspacing="0" cellpadding="0">{"".join(rows)}</table>'


def cells(*texts: str) -> str:
    """Return a row of a table; the texts are rich text."""
    inner = "".join(f'<td style="padding:1px 9px 1px 0">{t}</td>' for t in texts)
    return f"<tr>{inner}</tr>"


def tinted(text: str, colour: str) -> str:
    """Return rich text in a colour of the theme."""
    return f'<span style="color:{colour}">{text}</span>'
