"""The licences of everything in the bundle, for the About box and the law."""

import json
import sys
import sysconfig
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.about.parts import INDEX, Part, installed_parts

_TEXTS = Path(__file__).with_name("licence_texts")
"""Of the licences that libraries name without bringing their text."""


def parts() -> tuple[Part, ...]:
    """Return what is in the bundle: the libraries, and Python itself."""
    return (*installed_parts(), _python())


def write_licences(folder: Path) -> list[dict[str, str]]:
    """Write every licence text and an index; return the index."""
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    for part in sorted(parts(), key=lambda p: p.name.lower()):
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


def _python() -> Part:
    """Return the interpreter, whose licence lies at one of two places."""
    version = ".".join(str(n) for n in sys.version_info[:3])
    library = Path(sysconfig.get_path("stdlib"))
    texts = (library / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt")
    found = tuple(path for path in texts if path.is_file())[:1]
    return Part(name="Python", version=version, licence="PSF-2.0", files=found)


def _text_of(part: Part) -> str:
    """Return the licence of a part, with the texts it names where it brings none."""
    if part.files:
        return part.text
    named = (p for p in sorted(_TEXTS.glob("*.txt")) if p.stem in part.licence)
    texts = [path.read_text("utf-8") for path in named]
    return "\n\n".join((part.licence, *texts))
