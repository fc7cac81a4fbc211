"""Whether a window can be opened at all, found out before Qt would abort.

Qt ends the process when its platform plugin cannot be loaded or no display answers; a
sentence that names what is missing is of more use. Knows Linux only: elsewhere there is
always a display, or Qt says so itself.
"""

import ctypes
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

_OWN = ("libQt6", "libq", "libpyside6", "libshiboken6")
"""How libraries begin that come with the program and in no package."""
_X11_PLUGIN = "Qt/plugins/platforms/libqxcb.so"
_PACKAGES = {
    "libxcb-cursor": "libxcb-cursor0",
    "libxkbcommon-x11": "libxkbcommon-x11-0",
    "libxkbcommon": "libxkbcommon0",
    "libxcb-icccm": "libxcb-icccm4",
    "libxcb-image": "libxcb-image0",
    "libxcb-keysyms": "libxcb-keysyms1",
    "libxcb-render-util": "libxcb-render-util0",
    "libxcb-util": "libxcb-util1",
    "libxcb-shape": "libxcb-shape0",
    "libxcb-xkb": "libxcb-xkb1",
    "libwayland-client": "libwayland-client0",
    "libEGL": "libegl1",
    "libGL": "libgl1",
    "libfontconfig": "libfontconfig1",
    "libdbus-1": "libdbus-1-3",
    "libglib-2": "libglib2.0-0",
}
"""Debian and Ubuntu names of the packages the libraries come in."""


def why_no_window() -> str:
    """Return why no window can be opened, in one sentence; empty if one can."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    asked = platform.startswith("wayland")
    if not sys.platform.startswith("linux") or (platform and not asked):
        return _missing_library()
    wayland = os.environ.get("WAYLAND_DISPLAY", "wayland-0" if asked else "")
    dead = _wayland_problem(wayland) if wayland else ""
    if wayland and not dead:
        return _missing_library()
    display = os.environ.get("DISPLAY")
    if asked or (dead and not display):
        return dead
    if not display:
        return (
            "no display is set (DISPLAY and WAYLAND_DISPLAY are empty), so no window "
            "can be opened; use `twotime fit RUN` here, or connect with `ssh -X`"
        )
    return _missing_library() or _plugin_problem() or _display_problem(display)


def _missing_library() -> str:
    """Return what keeps Qt itself from being loaded."""
    try:
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        return _sentence(str(error))
    return ""


def _plugin_problem() -> str:
    """Return what keeps the X11 plugin of Qt from being loaded."""
    plugin = _x11_plugin()
    if plugin is None:
        return ""
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return _sentence(str(error))
    return ""


def _x11_plugin() -> Path | None:
    """Return the X11 plugin of Qt, that of the frozen program included."""
    folders = []
    spec = find_spec("PySide6")
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent)
    bundle = getattr(sys, "_MEIPASS", "")
    if bundle:
        folders.append(Path(bundle) / "PySide6")
    plugins = (folder / _X11_PLUGIN for folder in folders)
    return next((plugin for plugin in plugins if plugin.is_file()), None)


def _wayland_problem(name: str) -> str:
    """Return whether the Wayland display refuses to answer."""
    try:
        wayland = ctypes.CDLL("libwayland-client.so.0")
    except OSError as error:
        return _sentence(str(error))
    wayland.wl_display_connect.restype = ctypes.c_void_p
    wayland.wl_display_connect.argtypes = [ctypes.c_char_p]
    wayland.wl_display_disconnect.argtypes = [ctypes.c_void_p]
    opened = wayland.wl_display_connect(name.encode())
    if opened:
        wayland.wl_display_disconnect(opened)
        return ""
    return (
        f"the Wayland display {name} does not answer, so no window can be opened; "
        "check WAYLAND_DISPLAY and XDG_RUNTIME_DIR, or use `twotime fit RUN` here"
    )


def _display_problem(display: str) -> str:
    """Return whether the X server refuses to answer."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        return _sentence(str(error))
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    if refused:
        return (
            f"the display {display} does not answer, so no window can be opened; check "
            "DISPLAY, or use `twotime fit RUN` here"
        )
    return ""


def _sentence(message: str) -> str:
    found = re.search(r"(lib[\w+.-]+?)\.so", message)
    if found is None or found.group(1).startswith(_OWN):
        frozen = getattr(sys, "frozen", False)
        what = "Twotime" if frozen else "PySide6-Essentials"
        return f"Qt cannot be loaded ({message}); install {what} again"
    library = found.group(1)
    package = next((_PACKAGES[k] for k in _PACKAGES if library.startswith(k)), library)
    return (
        f"the library {library} that the window needs is missing; install it (Debian, "
        f"Ubuntu: sudo apt install {package}), or use `twotime fit RUN` here"
    )
