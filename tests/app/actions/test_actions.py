from collections import Counter

import pytest
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import QWidget

from app.actions.registry import ActionRegistry
from app.actions.table import (
    ACTIONS,
    MENUS,
    PANELS,
    RECENT,
    THEME,
    THEMES,
    TOOLBAR,
    UNDO,
)

FILLED = {RECENT, UNDO, PANELS, THEME}


@pytest.fixture
def owner(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


@pytest.fixture
def registry(owner):
    return ActionRegistry(lambda _: QIcon(), owner)


def entries():
    for table in (*MENUS.values(), TOOLBAR, THEMES):
        yield from (e for e in table if e is not None and e not in FILLED)


@pytest.mark.parametrize("info", ACTIONS, ids=lambda i: i.key)
def test_every_action_can_be_made(registry, info):
    action = registry[info.key]
    assert action.text() == info.text
    assert info.tip in action.toolTip()
    assert info.tip[0].isupper()
    assert not info.tip.endswith(".")


def test_every_entry_of_a_menu_is_an_action_and_every_action_is_in_a_menu():
    keys = {info.key for info in ACTIONS}
    assert set(entries()) == keys


def test_keys_are_unique():
    assert max(Counter(info.key for info in ACTIONS).values()) == 1


def test_a_misspelt_key_is_helped(registry):
    with pytest.raises(KeyError, match=r"did you mean 'fit\.start'"):
        _ = registry["fit.strt"]


def test_a_disabled_action_says_why(registry):
    registry.set_reason("file.save", "there is no fit yet")
    assert not registry["file.save"].isEnabled()
    assert "there is no fit yet" in registry["file.save"].toolTip()
    assert "there is no fit yet" in registry["file.save"].statusTip()
    registry.set_reason("file.save", "")
    assert registry["file.save"].isEnabled()
    assert "Not now" not in registry["file.save"].toolTip()


def test_no_sequence_of_the_window_is_registered_twice(session):
    sequences = Counter(
        sequence.toString(QKeySequence.SequenceFormat.PortableText)
        for action in session.window.findChildren(QAction)
        for sequence in action.shortcuts()
    )
    twice = {s: n for s, n in sequences.items() if n > 1}
    assert not twice
    assert sequences["F5"] == 1


def test_every_action_of_the_window_does_something(session):
    silent = [
        info.key
        for info in ACTIONS
        if session.window.actions_[info.key].receivers("2triggered(bool)") == 0
        and session.window.actions_[info.key].receivers("2toggled(bool)") == 0
    ]
    assert not silent


def test_menu_mnemonics_do_not_clash(session):
    for action in session.window.menuBar().actions():
        menu = action.menu()
        letters = Counter(
            text[text.index("&") + 1].lower()
            for entry in menu.actions()
            if "&" in (text := entry.text())
        )
        assert not {k for k, n in letters.items() if n > 1}, action.text()
