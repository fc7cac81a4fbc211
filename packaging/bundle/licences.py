"""The licences of everything in the bundle, for the About box and the law."""

import json
from importlib.metadata import Distribution, distribution
from pathlib import Path

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
_NAMES = ("licen", "copying", "notice", "authors")


def distributions() -> list[Distribution]:
    """Return the distributions in the bundle, by name."""
    from packaging.requirements import Requirement

    found: dict[str, Distribution] = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name.lower() in found:
            continue
        try:
            here = distribution(name)
        except ModuleNotFoundError:
            continue
        found[name.lower()] = here
        for text in here.requires or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed.name)
    return [found[name] for name in sorted(found)]


def licence_of(one: Distribution) -> str:
    """Return the licence a distribution declares, in a few words."""
    meta = one.metadata
    declared = meta.get("License-Expression") or meta.get("License") or ""
    first = declared.strip().splitlines()[0] if declared.strip() else ""
    if first and len(first) < 60:
        return first
    classes = [c for c in meta.get_all("Classifier") or () if c.startswith("License")]
    return ", ".join(c.rpartition(":: ")[2] for c in classes) or "see its text"


def write_licences(folder: Path) -> list[dict[str, str]]:
    """Write every licence text and an index; return the index."""
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    for one in distributions():
        name = one.metadata["Name"]
        texts = [
            path.read_text("utf-8", errors="replace")
            for path in (Path(str(f.locate())) for f in one.files or ())
            if path.is_file() and _is_licence(path)
        ]
        file = f"{name}.txt"
        (folder / file).write_text("\n\n".join(texts) or licence_of(one), "utf-8")
        index.append(
            {
                "name": name,
                "version": one.version,
                "licence": licence_of(one),
                "text": file,
            }
        )
    (folder / "index.json").write_text(json.dumps(index, indent=1), "utf-8")
    return index


def _is_licence(path: Path) -> bool:
    named = any(part in path.name.lower() for part in _NAMES)
    inside = any(p.endswith(".dist-info") for p in path.parts)
    return named and inside and path.suffix in {"", ".txt", ".md", ".rst"}
