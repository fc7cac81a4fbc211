"""The program, the libraries it is made of, and their licences.

An installed program brings the texts along; elsewhere they are looked up among the
installed libraries, which is also how the texts of the installed program are collected.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path

from engine import __version__

ROOTS = (
    "numpy",
    "jax",
    "jaxlib",
    "h5py",
    "hdf5plugin",
    "pyyaml",
    "platformdirs",
    "matplotlib",
    "PySide6-Essentials",
    "pyqtgraph",
)
"""What the program asks for itself; what they ask for follows."""
INDEX = "index.json"
_NAMES = ("licen", "copying", "notice", "authors")
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A library and what it may be used for."""

    name: str
    version: str
    licence: str
    """In a few words."""
    files: tuple[Path, ...] = ()
    """That hold the text of the licence."""

    @property
    def text(self) -> str:
        """The text of the licence; its name where the library brings none."""
        texts = (_text_of(path) for path in self.files)
        return "\n\n".join(text for text in texts if text) or self.licence


def program_parts() -> tuple[Part, ...]:
    """Return the program itself, then the parts of it by name."""
    resources = Path(str(files("resources")))
    own = Part(
        name="Twotime",
        version=__version__,
        licence="MIT",
        files=(resources / "licence.txt",),
    )
    return (own, *(bundled_parts(resources / "licences") or installed_parts()))


def bundled_parts(folder: Path) -> tuple[Part, ...]:
    """Return the parts that an installed program lists; none without a usable list."""
    try:
        entries = json.loads((folder / INDEX).read_text("utf-8"))
        return tuple(
            Part(
                name=entry["name"],
                version=entry["version"],
                licence=entry["licence"],
                files=(folder / entry["text"],),
            )
            for entry in entries
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def installed_parts(roots: Sequence[str] = ROOTS) -> tuple[Part, ...]:
    """Return libraries and what they ask for in turn, as installed here, by name."""
    found: dict[str, Distribution] = {}
    waiting = list(roots)
    while waiting:
        name = _canonical(waiting.pop())
        if name in found:
            continue
        try:
            here = distribution(name)
        except PackageNotFoundError:
            continue
        found[name] = here
        waiting.extend(_needed_by(here))
    return tuple(_part_of(found[name]) for name in sorted(found))


def licence_of(one: Distribution) -> str:
    """Return the licence a distribution declares, in a few words."""
    meta = one.metadata
    fields = (meta.get_all(f) or [""] for f in ("License-Expression", "License"))
    declared = next((texts[0].strip() for texts in fields if texts[0]), "")
    # Some put the whole text where the name belongs.
    if declared and "\n" not in declared and len(declared) < _LONGEST_NAME:
        return declared
    classes = [c for c in meta.get_all("Classifier") or () if c.startswith("License")]
    names = (c.rpartition(":: ")[2] for c in classes)
    return ", ".join(names) or "see its text"


def _needed_by(one: Distribution) -> list[str]:
    # Comes with matplotlib; an installed program never gets here.
    from packaging.requirements import Requirement

    needed = [Requirement(text) for text in one.requires or ()]
    return [
        r.name for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})
    ]


def _part_of(one: Distribution) -> Part:
    paths = (Path(str(file.locate())) for file in one.files or ())
    return Part(
        name=one.metadata["Name"],
        version=one.version,
        licence=licence_of(one),
        files=tuple(p for p in paths if _is_licence(p) and p.is_file()),
    )


def _is_licence(path: Path) -> bool:
    places = path.parts
    info = next((k for k, p in enumerate(places) if p.endswith(".dist-info")), None)
    if info is None:
        return False
    named = any(part in path.name.lower() for part in _NAMES)
    return named or places[info + 1] == "licenses"


def _canonical(name: str) -> str:
    """Return the one way of writing the name of a distribution."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""
