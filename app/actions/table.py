"""Every action, menu and toolbar of the window, as tables.

A new menu entry is one record here and one slot in a controller. `None` separates.
"""

from dataclasses import dataclass

from PySide6.QtGui import QKeySequence

Key = QKeySequence.StandardKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionInfo:
    """What an action is called and how it is reached."""

    key: str
    """Name under which slots are connected, e.g. ``"fit.start"``."""
    text: str
    tip: str
    shortcut: QKeySequence.StandardKey | str | None = None
    icon: str = ""
    checkable: bool = False
    group: str = ""
    """Checkable actions of the same group exclude each other."""


ACTIONS = (
    ActionInfo(
        key="file.open",
        text="&Open…",
        tip="Open run files or data files",
        shortcut=Key.Open,
        icon="open",
    ),
    ActionInfo(
        key="file.open_folder",
        text="Open &folder…",
        tip="Open every run of a folder",
        shortcut="Ctrl+Shift+O",
    ),
    ActionInfo(
        key="file.open_example",
        text="Open e&xample run",
        tip="Open the simulated run that comes with the program",
    ),
    ActionInfo(
        key="file.save",
        text="&Save result",
        tip="Save the shown fit in a new folder beside its run",
        shortcut=Key.Save,
        icon="save",
    ),
    ActionInfo(
        key="file.export",
        text="&Export result folder…",
        tip="Save the shown fit in a folder of your choice",
        shortcut="Ctrl+E",
        icon="export",
    ),
    ActionInfo(
        key="file.close_run",
        text="&Close run",
        tip="Take the current run out of the window",
        shortcut="Ctrl+W",
    ),
    ActionInfo(
        key="file.quit",
        text="&Quit",
        tip="Close the window",
        shortcut="Ctrl+Q",
    ),
    ActionInfo(
        key="setup.toggle_all_angles",
        text="Use &all angles",
        tip="Drop the φ ranges and fit every angle",
    ),
    ActionInfo(
        key="setup.convert",
        text="&Convert shear convention…",
        tip="See what the shear rates become in the other conventions",
    ),
    ActionInfo(
        key="setup.adopt",
        text="A&dopt fitted values",
        tip="Take the values of the shown fit as start values",
        shortcut="Ctrl+R",
        icon="check",
    ),
    ActionInfo(
        key="setup.revert",
        text="&Revert to run-file values",
        tip="Take the set-up as the file gives it",
        shortcut="Ctrl+D",
    ),
    ActionInfo(
        key="setup.next_angle",
        text="&Next angle",
        tip="Look at the next angle",
        shortcut="]",
    ),
    ActionInfo(
        key="setup.previous_angle",
        text="&Previous angle",
        tip="Look at the previous angle",
        shortcut="[",
    ),
    ActionInfo(
        key="fit.start",
        text="&Fit",
        tip="Fit the current run",
        shortcut="F5",
        icon="fit",
    ),
    ActionInfo(
        key="fit.stop",
        text="&Stop",
        tip="Stop the fit and keep its best point so far",
        shortcut="Esc",
        icon="stop",
    ),
    ActionInfo(
        key="fit.continue",
        text="&Continue from here",
        tip="Adopt the values of the shown fit and fit again",
        shortcut="Shift+F5",
    ),
    ActionInfo(
        key="fit.compare",
        text="Compare scaling &modes",
        tip="Fit again from the shown values, with every scaling mode in turn",
    ),
    ActionInfo(
        key="fit.simulate",
        text="S&imulate",
        tip="Draw the model with the start values",
        shortcut="F6",
        icon="simulate",
    ),
    ActionInfo(
        key="view.reset",
        text="&Auto range",
        tip="Show whole maps with automatic levels",
        shortcut="A",
    ),
    ActionInfo(
        key="view.lock_levels",
        text="&Lock levels",
        tip="Keep the colour levels when angle or fit change",
        shortcut="L",
        checkable=True,
    ),
    ActionInfo(
        key="view.cycle",
        text="&Data, model, residual",
        tip="Show one map large after the other, then all three",
        shortcut="D",
    ),
    ActionInfo(
        key="view.next_run",
        text="Ne&xt run",
        tip="Go to the next open run",
        shortcut=".",
    ),
    ActionInfo(
        key="view.previous_run",
        text="Pre&vious run",
        tip="Go to the previous open run",
        shortcut=",",
    ),
    ActionInfo(
        key="view.theme_system",
        text="&System",
        tip="Light or dark as the desktop is",
        checkable=True,
        group="theme",
    ),
    ActionInfo(
        key="view.theme_light",
        text="&Light",
        tip="Dark text on a light ground",
        checkable=True,
        group="theme",
    ),
    ActionInfo(
        key="view.theme_dark",
        text="&Dark",
        tip="Light text on a dark ground",
        checkable=True,
        group="theme",
    ),
    ActionInfo(
        key="view.full_screen",
        text="F&ull screen",
        tip="Use the whole screen, or go back to a window",
        shortcut="F11",
        checkable=True,
    ),
    ActionInfo(
        key="window.degeneracy",
        text="&Degeneracy",
        tip="Show what the data leave open and what was done about it",
        shortcut="Ctrl+G",
    ),
    ActionInfo(
        key="window.log",
        text="&Log",
        tip="Show the log",
        shortcut="Ctrl+L",
    ),
    ActionInfo(
        key="window.reset",
        text="&Reset layout",
        tip="Put every panel back to its place",
    ),
    ActionInfo(
        key="help.documentation",
        text="&Documentation",
        tip="Read the documentation that comes with the program",
        shortcut="Shift+F1",
    ),
    ActionInfo(
        key="help.keys",
        text="&Keyboard",
        tip="List the keys of the window",
        shortcut="F1",
    ),
    ActionInfo(
        key="help.selftest",
        text="&Check my installation…",
        tip="Fit a small simulated run and see what works on this machine",
    ),
    ActionInfo(
        key="help.about",
        text="&About Twotime",
        tip="Versions, folders, and the licences of the libraries",
    ),
)

RECENT = "@recent"
UNDO = "@undo"
PANELS = "@panels"
THEME = "@theme"
"""Entries that are filled in by the window."""

Entries = tuple[str | None, ...]

MENUS: dict[str, Entries] = {
    "&File": (
        "file.open",
        "file.open_folder",
        RECENT,
        "file.open_example",
        None,
        "file.save",
        "file.export",
        None,
        "file.close_run",
        "file.quit",
    ),
    "&Edit": (UNDO,),
    "&Set-up": (
        "setup.toggle_all_angles",
        "setup.previous_angle",
        "setup.next_angle",
        None,
        "setup.convert",
        None,
        "setup.adopt",
        "setup.revert",
    ),
    "F&it": (
        "fit.start",
        "fit.stop",
        "fit.continue",
        "fit.compare",
        None,
        "fit.simulate",
    ),
    "&View": (
        "view.reset",
        "view.lock_levels",
        "view.cycle",
        None,
        "view.previous_run",
        "view.next_run",
        None,
        THEME,
        "view.full_screen",
    ),
    "&Window": (PANELS, None, "window.degeneracy", "window.log", "window.reset"),
    "&Help": (
        "help.documentation",
        "help.keys",
        None,
        "help.selftest",
        None,
        "help.about",
    ),
}

TOOLBAR: Entries = (
    "file.open",
    None,
    "fit.start",
    "fit.stop",
    "fit.simulate",
    None,
    UNDO,
    None,
    "file.save",
    "file.export",
)

THEMES: Entries = ("view.theme_system", "view.theme_light", "view.theme_dark")
