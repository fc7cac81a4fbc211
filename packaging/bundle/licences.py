"""The licences of everything in the bundle, for the About box and the law."""

import json
import re
import sys
import sysconfig
from collections.abc import Collection, Iterable
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import system_packages  # pyright: ignore[reportMissingImports]

from app.about.parts import INDEX, Part, installed_parts

_TEXTS = Path(__file__).with_name("licence_texts")
"""Of the licences that libraries name without bringing their text."""
_OWN = {"twotime"}
STARTER_LICENCE = "GPL-2.0-or-later WITH Bootloader-exception"


def write_licences(
    folder: Path,
    modules: Collection[str] | None = None,
    libraries: Iterable[Path] = (),
) -> list[dict[str, str]]:
    """Write every licence text and an index; return the index.

    Parameters
    ----------
    folder
        To write into.
    modules
        Top-level modules of the bundle; without them all libraries count that are
        installed for the program.
    libraries
        Files in the bundle that may come from packages of the system.

    Raises
    ------
    ValueError
        When a module comes from a package that nothing of the program asks for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    parts = (*python_parts(modules), *system_parts(libraries))
    for part in sorted(parts, key=lambda p: p.name.lower()):
        file = f"{part.name}.txt"
        (folder / file).write_text(_text_of(part), "utf-8")
        index.append(
            {
                "name": part.name,
                "version": part.version,
                "licence": part.licence,
                "text": file,
            }
        )
    (folder / INDEX).write_text(json.dumps(index, indent=1), "utf-8")
    return index


def python_parts(modules: Collection[str] | None = None) -> tuple[Part, ...]:
    """Return Python itself and the libraries that some modules come from."""
    known = {_canonical(part.name): _described(part) for part in installed_parts()}
    if modules is None:
        return (*known.values(), _python())
    owners = packages_distributions()
    found = {_canonical(name) for m in modules for name in owners.get(m, ())} - _OWN
    if foreign := found - known.keys():
        raise ValueError(
            f"in the bundle, but asked for by nothing of ours: {sorted(foreign)};"
            " exclude them in packaging/bundle/twotime.spec"
        )
    return (*(known[name] for name in sorted(found)), _python(), _starter())


def system_parts(libraries: Iterable[Path]) -> tuple[Part, ...]:
    """Return the packages of the system that some files come from, each once."""
    owners = {package.name: package for package in map(_owner, libraries) if package}
    parts = []
    for name, package in owners.items():
        licence, files = system_packages.licence_of(package)
        part = Part(name=name, version=package.version, licence=licence, files=files)
        parts.append(part)
    return tuple(parts)


def _owner(library: Path) -> system_packages.Owner | None:
    # Python is a part of its own, wherever it comes from.
    known = Path(sys.prefix) in library.parents or library.name.startswith("libpython")
    return None if known else system_packages.package_of(library)


def _described(part: Part) -> Part:
    """Return a part with the licence it does not state itself."""
    if part.name != "hdf5plugin":
        return part
    licence = (
        "MIT AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND Zlib AND bzip2-1.0.6"
    )
    files = (*part.files, _TEXTS / "hdf5plugin.txt")
    return Part(name=part.name, version=part.version, licence=licence, files=files)


def _python() -> Part:
    """Return the interpreter, whose licence lies at one of several places."""
    version = ".".join(str(n) for n in sys.version_info[:3])
    library = Path(sysconfig.get_path("stdlib"))
    texts = (library / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt")
    found = tuple(path for path in texts if path.is_file())[:1]
    return Part(name="Python", version=version, licence="PSF-2.0", files=found)


def _starter() -> Part:
    """Return what starts the program, which PyInstaller puts into it."""
    here = distribution("pyinstaller")
    paths = (Path(str(file.locate())) for file in here.files or ())
    files = tuple(path for path in paths if path.name == "COPYING.txt")
    return Part(
        name="PyInstaller", version=here.version, licence=STARTER_LICENCE, files=files
    )


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _text_of(part: Part) -> str:
    """Return the licence of a part, with the texts it names where it brings none."""
    if part.files:
        return part.text
    named = (p for p in sorted(_TEXTS.glob("*.txt")) if p.stem in part.licence)
    texts = [path.read_text("utf-8") for path in named]
    return "\n\n".join((part.licence, *texts))
