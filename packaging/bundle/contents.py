"""What goes into the bundle of all that PyInstaller finds, and which modules that are.

Works on the lists of PyInstaller, whose entries are (place, source, kind): what is left
out here is in no folder, application or list of licences.
"""

import posixpath
import re
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath

Entry = tuple[str, str, str]
UNUSED = (
    # Lossy compressions and those no detector writes; they weigh 130 MB.
    r"hdf5plugin/plugins/(lib)?h5(sz|sz3|sperr|fcidecomp|htj2k)\.",
    r"PySide6/(Qt/)?(translations|qml)/",
    r"plugins/imageformats/(lib)?q(pdf|tiff|webp)\b",
    r"plugins/platforms/(lib)?q(linuxfb|vnc|vkkhrdisplay|eglfs|minimalegl)\b",
    r"plugins/(egldeviceintegrations|networkinformation|tls)/",
    # Touch screens of machines without a window system.
    r"plugins/generic/",
    # The dialogs of GTK, with all that they would bring.
    r"plugins/platformthemes/libqgtk3\b",
    r"^lib(gtk-3|gdk-3|atk-1\.0|atk-bridge-2\.0|atspi|epoxy)\.so",
    r"^lib(gdk_pixbuf-2\.0|cairo-gobject)\.so",
)
"""Patterns of places, with `/` on every system."""
_LIBRARY = re.compile(r"^(PySide6/Qt/lib/)?lib[^/]*\.so[.\d]*$")
# A name ends with a zero byte.
_NAME = re.compile(rb"lib[\w+.-]{1,60}\.so[.\d]*(?=\0)")


def without_unused(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that are of use."""
    unused = re.compile("|".join(UNUSED))
    return [entry for entry in entries if not unused.search(_place(entry))]


def without_orphans(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries without Linux libraries that no file among them names.

    They were asked for by what was left out. A name in a text counts as well, since
    libraries are loaded by name at run time too.
    """
    kept = list(entries)
    named = {e[0]: _names_in(Path(e[1])) for e in kept if _is_file(e)}
    while orphans := {e[0] for e in kept if _is_orphan(e, named)}:
        kept = [e for e in kept if e[0] not in orphans]
        named = {place: names for place, names in named.items() if place not in orphans}
    places = {_place(e) for e in kept}
    return [e for e in kept if e[2] != "SYMLINK" or _goal(e) in places]


def modules_of(pure: Iterable[Entry], binaries: Iterable[Entry]) -> set[str]:
    """Return the top-level modules among Python modules and libraries."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    found = {name.partition(".")[0] for name, _, _ in pure}
    for entry in binaries:
        first = PurePath(_place(entry)).parts[0]
        found.add(first.removesuffix(suffix).partition(".")[0])
    return found


def _place(entry: Entry) -> str:
    return entry[0].replace("\\", "/")


def _is_file(entry: Entry) -> bool:
    return entry[2] in ("BINARY", "EXTENSION")


def _names_in(path: Path) -> set[str]:
    """Return the names of libraries that a file holds."""
    return {name.decode("ascii") for name in _NAME.findall(path.read_bytes())}


def _is_orphan(entry: Entry, named: Mapping[str, set[str]]) -> bool:
    """Return whether an entry is a library whose name no other file holds."""
    name = PurePath(entry[0]).name
    if not (_is_file(entry) and _LIBRARY.match(entry[0])) or name.startswith(
        "libpython"
    ):
        # The executable, which is not among the entries, loads libpython.
        return False
    return not any(name in names for place, names in named.items() if place != entry[0])


def _goal(link: Entry) -> str:
    """Return the place a link leads to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(_place(link)), link[1]))
