"""What the window shows while no run is open."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import Theme

_SHOWN_RECENT = 5


class StartPage(QWidget):
    """Says what can be dropped here, and offers the ways in.

    Signals
    -------
    open_requested()
    folder_requested()
    example_requested()
    recent_requested(Path)
    """

    open_requested = Signal()
    folder_requested = Signal()
    example_requested = Signal()
    recent_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card = QFrame()
        self._card.setObjectName("card")
        self._card.setFixedWidth(640)
        body = QVBoxLayout(self._card)
        body.setContentsMargins(44, 36, 44, 36)
        body.setSpacing(14)
        self._title = QLabel("Drop XPCS result files or a folder here")
        font = self._title.font()
        font.setPointSizeF(font.pointSizeF() * 1.7)
        font.setBold(True)
        self._title.setFont(font)
        self._text = QLabel(
            "APS 8-ID (HDF5), NeXus NXxpcs, NPZ and NPY arrays, and the YAML or JSON "
            "run files of homodyne and xpcsjax. Two-time maps are fitted by a static "
            "or a laminar-flow model; the files are never written to."
        )
        self._text.setWordWrap(True)
        body.addWidget(self._title)
        body.addWidget(self._text)
        body.addSpacing(6)
        body.addLayout(self._buttons())
        self._recent_box = QVBoxLayout()
        self._recent_box.setSpacing(2)
        body.addLayout(self._recent_box)
        self._recent_title = QLabel("Recent")
        self._recent_box.addWidget(self._recent_title)
        self._recent_buttons: list[QPushButton] = []
        outer = QVBoxLayout(self)
        # A row of its own, not an alignment: only so does wrapped text get its height.
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._card)
        row.addStretch(1)
        outer.addStretch(2)
        outer.addLayout(row)
        outer.addStretch(3)
        self.set_recent(())

    def set_recent(self, paths: Sequence[Path]) -> None:
        """List files opened lately."""
        for button in self._recent_buttons:
            self._recent_box.removeWidget(button)
            button.deleteLater()
        self._recent_buttons = []
        for path in paths[:_SHOWN_RECENT]:
            button = QPushButton(f"{path.name}   —   {path.parent}")
            button.setFlat(True)
            button.setToolTip(str(path))
            button.setStyleSheet("text-align: left; padding: 4px 6px")
            button.clicked.connect(
                lambda _=False, p=path: self.recent_requested.emit(p)
            )
            self._recent_box.addWidget(button)
            self._recent_buttons.append(button)
        self._recent_title.setVisible(bool(self._recent_buttons))

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._card.setStyleSheet(
            "#card {"
            f"background: {QColor(theme.panel).name()};"
            f"border: 2px dashed {QColor(theme.grid).name()};"
            "border-radius: 14px; }"
        )
        for label in (self._text, self._recent_title):
            label.setStyleSheet(f"color: {QColor(theme.muted).name()}")

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        for text, signal in (
            ("&Open…", self.open_requested),
            ("Open &folder…", self.folder_requested),
            ("Open &example run", self.example_requested),
        ):
            button = QPushButton(text)
            button.setMinimumHeight(34)
            button.clicked.connect(signal)
            row.addWidget(button)
            if signal is self.open_requested:
                button.setDefault(True)
        row.addStretch(1)
        return row
