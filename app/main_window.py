"""The main window: menus, toolbar, docks and centre, built from tables; no logic.

It is shown with the start page alone, which takes little to import and to make; what
shows a run is put into it while it is already seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
    QResizeEvent,
    QUndoGroup,
)
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.actions.registry import ActionRegistry
from app.actions.table import MENUS, PANELS, RECENT, THEME, THEMES, TOOLBAR, UNDO
from app.settings import Settings
from app.theme import Theme, current_theme
from app.widgets.icons import icon
from app.widgets.job_line import JobLine
from app.widgets.scrolling import Scrolling, room_for_window
from app.widgets.start_page import StartPage

if TYPE_CHECKING:
    from app.panels import Panels, Themed

Area = Qt.DockWidgetArea
DEFAULT_SIZE = (1440, 900)
MINIMUM_SIZE = (1024, 600)
_FULL_HEIGHT = 700
"""Of a window that shows the small maps as a whole [px]."""
_BOTTOM_HEIGHT = (140, 292)
"""Of the panels at the bottom at first: at least, and where there is room [px]."""
_CENTRE_HEIGHT = 533
"""What the maps and all that is not at the bottom should have before that [px]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockInfo:
    """A panel at the edge of the window."""

    key: str
    """Name of the attribute of `Panels` that holds the widget."""
    title: str
    area: Qt.DockWidgetArea
    tab_with: str = ""
    """Key of the panel it shares its place with."""


DOCKS = (
    DockInfo(key="runs", title="Runs", area=Area.LeftDockWidgetArea),
    DockInfo(key="phi_panel", title="Angles", area=Area.LeftDockWidgetArea),
    DockInfo(key="setup", title="Set-up", area=Area.RightDockWidgetArea),
    DockInfo(
        key="result",
        title="Result",
        area=Area.RightDockWidgetArea,
        tab_with="setup",
    ),
    DockInfo(
        key="degeneracy",
        title="Degeneracy",
        area=Area.RightDockWidgetArea,
        tab_with="setup",
    ),
    DockInfo(key="fits", title="Fits", area=Area.RightDockWidgetArea, tab_with="setup"),
    DockInfo(key="parameters", title="Parameters", area=Area.BottomDockWidgetArea),
    DockInfo(key="convergence", title="Convergence", area=Area.BottomDockWidgetArea),
    DockInfo(
        key="notes",
        title="Notes",
        area=Area.BottomDockWidgetArea,
        tab_with="convergence",
    ),
    DockInfo(
        key="log",
        title="Log",
        area=Area.BottomDockWidgetArea,
        tab_with="convergence",
    ),
)


def first_size(available: QSize) -> QSize:
    """Return the size of a window shown for the first time on a screen [px]."""
    return QSize(*DEFAULT_SIZE).boundedTo(room_for_window(available))


class MainWindow(QMainWindow):
    """Holds every widget; emits what happens to the window as a whole.

    Signals
    -------
    paths_dropped(tuple)
        Files and folders dropped on the window.
    """

    paths_dropped = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.undo_group = QUndoGroup(self)
        self._may_close: Callable[[], bool] = lambda: True
        self._fit_running = False
        self._furnished = False
        self.setObjectName("main_window")
        self.setWindowTitle("Twotime")
        self.setWindowIcon(icon("twotime"))
        self.setAcceptDrops(True)
        size = first_size(self.screen().availableSize())
        self.setMinimumSize(QSize(*MINIMUM_SIZE).boundedTo(size))
        self.resize(size)
        self.actions_ = ActionRegistry(icon, self)
        self.start_page = StartPage()
        self._themed: tuple[Themed, ...] = (self.start_page,)
        self._stack = QStackedWidget()
        self._stack.addWidget(Scrolling(self.start_page))
        self.setCentralWidget(self._stack)
        self._make_docks()
        self._make_undo()
        self._make_status_bar()
        self.recent_menu = QMenu("Open &recent", self)
        self._make_menus()
        self._make_toolbar()
        self.apply_theme(current_theme())
        self._default_state = self.saveState()
        self._state = self._default_state
        self._empty = False
        self.set_empty(empty=True)

    def furnish(self, panels: "Panels", may_close: Callable[[], bool]) -> None:
        """Put in what shows a run; call once.

        Parameters
        ----------
        may_close
            Asked before the window closes.
        """
        self.panels = panels
        self._may_close = may_close
        for key, dock in self._docks.items():
            dock.setWidget(panels.dock_widget(key))
        self._stack.addWidget(self._make_centre(panels))
        self._themed = (self.start_page, *panels.themed())
        self._furnished = True
        self._fit_height()

    @property
    def empty(self) -> bool:
        """Whether the start page is shown."""
        return self._empty

    def dock(self, key: str) -> QDockWidget:
        """Return a panel by its key."""
        return self._docks[key]

    def show_dock(self, key: str) -> None:
        """Bring a panel to the front."""
        dock = self._docks[key]
        dock.show()
        dock.raise_()

    def set_empty(self, *, empty: bool) -> None:
        """Show the start page alone, or the run with its panels."""
        if empty == self._empty:
            return
        if empty:
            self._state = self.saveState()
        self._empty = empty
        for dock in self._docks.values():
            dock.setVisible(not empty)
            dock.toggleViewAction().setEnabled(not empty)
        if empty:
            self._show_centre()
        else:
            self.restoreState(self._state)
            # Later: the maps would be laid out anew for every panel that comes, and
            # all of it at once would hold up the window.
            QTimer.singleShot(1, self, self._show_centre)

    def _show_centre(self) -> None:
        self._stack.setCurrentIndex(0 if self._empty else 1)

    def layout_state(self) -> QByteArray:
        """Return where the panels are, for the settings."""
        return self._state if self._empty else self.saveState()

    def set_layout_state(self, state: QByteArray | None) -> None:
        """Put the panels where they were; None is the default layout."""
        self._state = self._default_state if state is None else state
        if not self._empty:
            self.restoreState(self._state)

    def apply_theme(self, theme: Theme) -> None:
        """Hand every widget the colours of a theme."""
        for widget in self._themed:
            widget.apply_theme(theme)
        self.actions_.refresh_icons()
        self._undo.setIcon(icon("undo"))
        self._redo.setIcon(icon("redo"))
        self._mark_main_action(theme)

    def set_fit_running(self, *, running: bool) -> None:
        """Put the weight on Stop while a fit runs, on Fit otherwise."""
        self._fit_running = running
        self._mark_main_action(current_theme())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make do with less where the window is low."""
        super().resizeEvent(event)
        self._fit_height()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept local files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Pass on what was dropped."""
        urls = event.mimeData().urls()
        paths = tuple(Path(u.toLocalFile()) for u in urls if u.isLocalFile())
        if paths:
            event.acceptProposedAction()
            self.paths_dropped.emit(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close if the session agrees; it may close the window itself later."""
        if self._may_close():
            event.accept()
        else:
            event.ignore()

    def _fit_height(self) -> None:
        if self._furnished:
            self.panels.angle_strip.set_low(low=self.height() < _FULL_HEIGHT)

    def _mark_main_action(self, theme: Theme) -> None:
        name, key, colour = (
            ("stop_button", "fit.stop", theme.bad)
            if self._fit_running
            else ("fit_button", "fit.start", theme.accent)
        )
        self.toolbar.setStyleSheet(
            f"QToolButton#{name}:enabled {{"
            f"background: {colour}; color: {theme.on_accent};"
            "border-radius: 4px; padding: 4px 10px; font-weight: bold; }"
        )
        for other, symbol in (("fit.start", "fit"), ("fit.stop", "stop")):
            tint = theme.on_accent if other == key else None
            self.actions_[other].setIcon(icon(symbol, tint))

    def _make_centre(self, panels: "Panels") -> QWidget:
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(panels.c2_view)
        splitter.addWidget(panels.angle_strip)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(panels.banner)
        layout.addWidget(splitter, 1)
        return centre

    def _make_docks(self) -> None:
        for corner, area in (
            (Qt.Corner.BottomLeftCorner, Area.LeftDockWidgetArea),
            (Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea),
        ):
            self.setCorner(corner, area)
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
        )
        self._docks: dict[str, QDockWidget] = {}
        for info in DOCKS:
            dock = QDockWidget(info.title, self)
            dock.setObjectName(f"{info.key}_dock")
            self.addDockWidget(info.area, dock)
            if info.tab_with:
                self.tabifyDockWidget(self._docks[info.tab_with], dock)
            self._docks[info.key] = dock
        for info in DOCKS:
            if not info.tab_with:
                self._docks[info.key].raise_()
        self._size_docks()

    def _size_docks(self) -> None:
        docks = self._docks
        across, along = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self.resizeDocks([docks["runs"], docks["setup"]], [215, 340], across)
        self.resizeDocks(
            [docks["parameters"], docks["convergence"]], [560, 300], across
        )
        self.resizeDocks([docks["runs"], docks["phi_panel"]], [330, 460], along)
        least, most = _BOTTOM_HEIGHT
        bottom = min(most, max(least, self.height() - _CENTRE_HEIGHT))
        self.resizeDocks([docks["parameters"]], [bottom], along)

    def _make_undo(self) -> None:
        group = self.undo_group
        self._undo = group.createUndoAction(self, "&Undo")
        self._undo.setShortcut(QKeySequence(QKeySequence.StandardKey.Undo))
        self._undo.setObjectName("edit.undo")
        self._undo.setIcon(icon("undo"))
        self._redo = group.createRedoAction(self, "&Redo")
        self._redo.setShortcut(QKeySequence(QKeySequence.StandardKey.Redo))
        self._redo.setObjectName("edit.redo")
        self._redo.setIcon(icon("redo"))

    def _make_status_bar(self) -> None:
        bar = self.statusBar()
        self.loading_line = JobLine("Reading data")
        self.fit_line = JobLine("Fit")
        self.engine_label = QLabel()
        self.engine_label.setContentsMargins(8, 0, 8, 0)
        for widget in (self.loading_line, self.fit_line, self.engine_label):
            bar.addPermanentWidget(widget)

    def _make_menus(self) -> None:
        for title, entries in MENUS.items():
            menu = self.menuBar().addMenu(title)
            for entry in entries:
                self._add_entry(menu, entry)

    def _add_entry(self, menu: QMenu, entry: str | None) -> None:
        if entry is None:
            menu.addSeparator()
        elif entry == RECENT:
            menu.addMenu(self.recent_menu)
        elif entry == UNDO:
            menu.addActions([self._undo, self._redo])
        elif entry == PANELS:
            menu.addActions([d.toggleViewAction() for d in self._docks.values()])
        elif entry == THEME:
            themes = menu.addMenu("&Theme")
            themes.addActions(self._actions_of(THEMES))
        else:
            menu.addAction(self.actions_[entry])

    def _actions_of(self, keys: Sequence[str | None]) -> list[QAction]:
        return [self.actions_[key] for key in keys if key]

    def _make_toolbar(self) -> None:
        self.toolbar = QToolBar("Toolbar")
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for entry in TOOLBAR:
            if entry is None:
                self.toolbar.addSeparator()
            elif entry == UNDO:
                self.toolbar.addActions([self._undo, self._redo])
            else:
                self.toolbar.addAction(self.actions_[entry])
        for key in ("fit", "stop"):
            action = self.actions_["fit.start" if key == "fit" else "fit.stop"]
            button = self.toolbar.widgetForAction(action)
            if button is not None:
                button.setObjectName(f"{key}_button")
        for action in (self._undo, self._redo):
            # Their text says what would be undone and changes with every edit.
            button = self.toolbar.widgetForAction(action)
            if isinstance(button, QToolButton):
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.addToolBar(self.toolbar)


def remembered_window(settings: Settings) -> MainWindow:
    """Return a window where it was last, with the recent files on its start page."""
    window = MainWindow()
    geometry = settings.layout("geometry")
    if geometry is not None:
        window.restoreGeometry(geometry)
    window.start_page.set_recent(settings.recent)
    return window
