"""About the program: its versions, its folders, and what it is made of."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.about.parts import Part
from app.widgets.scrolling import fitting_size
from app.widgets.text_dialog import TextDialog

_SIZE = (640, 640)
_ICON = 64
_ABOUT = (
    "Fits X-ray photon correlation spectroscopy two-time correlation data. MIT licence."
)


class AboutDialog(QDialog):
    """Shows what the program is and runs on.

    Parameters
    ----------
    versions
        By what they are versions of; that of the program comes first.
    folders
        Where the program keeps things, by what they are.

    Signals
    -------
    copy_requested()
        The versions are wanted in the clipboard.
    folder_requested(Path)
        A folder is to be shown.
    """

    copy_requested = Signal()
    folder_requested = Signal(object)

    def __init__(
        self,
        versions: Mapping[str, str],
        folders: Mapping[str, Path],
        parts: Sequence[Part],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Twotime")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._folders = folders
        self._parts = parts
        self._make_tree()
        self._make_buttons()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(14)
        layout.addLayout(self._head(next(iter(versions.values()), "")))
        layout.addLayout(self._grid(versions))
        title = QLabel("Twotime and the libraries it is &made with")
        title.setBuddy(self.tree)
        layout.addWidget(title)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self._box)
        self.resize(fitting_size(self, _SIZE))
        self.tree.setFocus()

    def show_licence(self) -> TextDialog | None:
        """Show the licence of the program or library that is chosen."""
        row = self.tree.indexOfTopLevelItem(self.tree.currentItem())
        if row < 0:
            return None
        part = self._parts[row]
        dialog = TextDialog(f"Licence of {part.name}", part.text, self)
        dialog.open()
        return dialog

    def _make_tree(self) -> None:
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Twotime, its libraries, and their licences")
        self.tree.setHeaderLabels(["Name", "Version", "Licence"])
        self.tree.setRootIsDecorated(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setStyleSheet("QTreeView::item { padding: 3px 2px }")
        for part in self._parts:
            item = QTreeWidgetItem([part.name, part.version, part.licence])
            item.setToolTip(2, part.licence)
            self.tree.addTopLevelItem(item)
        for column in (0, 1):
            self.tree.resizeColumnToContents(column)
        self.tree.setCurrentIndex(self.tree.model().index(0, 0))
        # A double click or Enter.
        self.tree.itemActivated.connect(lambda *_: self.show_licence())

    def _make_buttons(self) -> None:
        self._box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.copy = QPushButton("&Copy versions")
        self.copy.setToolTip("Copy the versions, for a report of what goes wrong")
        self.copy.clicked.connect(self.copy_requested)
        self.licence = QPushButton("Show &licence")
        self.licence.setToolTip("Show the licence of Twotime or of the chosen library")
        self.licence.clicked.connect(self.show_licence)
        for button in (self.copy, self.licence):
            button.setAutoDefault(False)
            self._box.addButton(button, role)
        self._box.rejected.connect(self.reject)

    def _head(self, version: str) -> QHBoxLayout:
        picture = QLabel()
        owner = self.parentWidget()
        if owner is not None:
            picture.setPixmap(owner.windowIcon().pixmap(_ICON, _ICON))
        text = QLabel(
            f'<p style="font-size: x-large"><b>Twotime {escape(version)}</b></p>'
            f"<p>{_ABOUT}</p>"
        )
        text.setWordWrap(True)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(picture)
        head.addWidget(text, 1)
        return head

    def _grid(self, versions: Mapping[str, str]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        rows = [(name, escape(text)) for name, text in list(versions.items())[1:]]
        for name, folder in self._folders.items():
            shown = escape(str(folder))
            if folder.is_dir():
                shown = f'<a href="{escape(name)}">{shown}</a>'
            rows.append((name, shown))
        for row, (name, text) in enumerate(rows):
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextBrowserInteraction
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            label.setAccessibleName(name)
            label.setWordWrap(True)
            label.linkActivated.connect(self._on_link)
            grid.addWidget(QLabel(name), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label, row, 1)
        return grid

    def _on_link(self, name: str) -> None:
        self.folder_requested.emit(self._folders[name])
