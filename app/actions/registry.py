"""Makes the QActions of the table and keeps why one cannot be used."""

import difflib
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QIcon, QKeySequence

from app.actions.table import ACTIONS, ActionInfo


class ActionRegistry(QObject):
    """The actions of one window, by key.

    Parameters
    ----------
    icon
        Makes an icon from its name.
    """

    def __init__(self, icon: Callable[[str], QIcon], parent: QObject) -> None:
        super().__init__(parent)
        self._icon = icon
        self._infos = {info.key: info for info in ACTIONS}
        self._groups: dict[str, QActionGroup] = {}
        self._actions = {info.key: self._make(info) for info in ACTIONS}

    def __getitem__(self, key: str) -> QAction:
        if key not in self._actions:
            near = difflib.get_close_matches(key, self._actions, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise KeyError(f"no action {key!r}{hint}")
        return self._actions[key]

    @property
    def infos(self) -> tuple[ActionInfo, ...]:
        """The records of every action."""
        return tuple(self._infos.values())

    def connect_slot(self, key: str, slot: Callable[[], object]) -> None:
        """Call `slot` without arguments when the action is triggered."""
        self[key].triggered.connect(lambda _checked=False: slot())

    def set_reason(self, key: str, reason: str) -> None:
        """Disable an action and say why; an empty reason enables it."""
        action = self[key]
        info = self._infos[key]
        action.setEnabled(not reason)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        tip = f"{info.tip} ({keys})" if keys else info.tip
        action.setToolTip(f"{tip}\nNot now: {reason}" if reason else tip)
        action.setStatusTip(f"Not now: {reason}" if reason else info.tip)

    def refresh_icons(self) -> None:
        """Tint the icons anew after a change of theme."""
        for key, info in self._infos.items():
            if info.icon:
                self._actions[key].setIcon(self._icon(info.icon))

    def _make(self, info: ActionInfo) -> QAction:
        action = QAction(info.text, self)
        action.setObjectName(info.key)
        action.setCheckable(info.checkable)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if info.shortcut is not None:
            action.setShortcut(QKeySequence(info.shortcut))
        if info.icon:
            action.setIcon(self._icon(info.icon))
        if info.group:
            group = self._groups.setdefault(info.group, QActionGroup(self))
            group.addAction(action)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{info.tip} ({keys})" if keys else info.tip)
        action.setStatusTip(info.tip)
        return action
