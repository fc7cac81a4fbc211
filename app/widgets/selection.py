"""The quiet ground behind selected rows, the same in every list."""

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QAbstractItemView

from app.theme import Theme


def soften_selection(view: QAbstractItemView, theme: Theme) -> None:
    """Mark rows by the selection colour, on which text keeps its own."""
    palette = view.palette()
    for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive):
        palette.setColor(group, QPalette.ColorRole.Highlight, QColor(theme.selection))
        palette.setColor(group, QPalette.ColorRole.HighlightedText, QColor(theme.text))
    view.setPalette(palette)
