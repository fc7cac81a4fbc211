"""Writes dist/<artefact>.cdx.json: what an artefact is made of, as CycloneDX.

What counts is what lies in the frozen program, not what was asked for: Python packages
by the modules in it, libraries by their files, with the package of the system they were
copied from.
"""

# The classes of cyclonedx are made by decorators that pyright does not see through.
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false

import argparse
import json
import platform
import sys
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from PyInstaller.archive.readers import CArchiveReader

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.append(str(Path(__file__).with_name("bundle")))

from checksums import digest
from licences import STARTER_LICENCE  # pyright: ignore[reportMissingImports]
from product import BUNDLE, DIST, artefacts, epoch, need_bundle, version
from system_packages import owner_of

from app.about.parts import INDEX, licence_of

_SYSTEMS = ("deb", "rpm")
_COVERED = {"Qt"}
"""Parts whose licence is among those of another part, PySide6."""
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "pkg:generic/twotime")
_LIBRARY = (".so", ".dll", ".dylib")
_LICENCES = LicenseFactory()


def main() -> int:
    """Write one file per artefact, or of the bundle where there is none yet."""
    parser = argparse.ArgumentParser(description="List what the artefacts are made of.")
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--dist", type=Path, default=DIST, help="folder of artefacts")
    options = parser.parse_args()
    need_bundle(options.bundle)
    parts = [*python_parts(modules_of(options.bundle)), *runtime_parts()]
    parts += libraries(options.bundle)
    for complaint in (said := complaints(options.bundle, parts)):
        print(f"sbom: {complaint}", file=sys.stderr)
    for artefact in artefacts(options.dist):
        target = artefact.with_name(f"{artefact.name}.cdx.json")
        target.write_text(document(artefact, parts), encoding="utf-8")
        print(f"{target.name}: {len(parts)} parts")
    return 1 if said else 0


def modules_of(bundle: Path) -> set[str]:
    """Return the top-level modules in a bundle, those in its archive included."""
    executable = next(p for p in bundle.glob("twotime*") if p.stem == "twotime")
    archive = CArchiveReader(str(executable))
    inside = archive.open_embedded_archive("PYZ.pyz").toc
    loose = {path.name.partition(".")[0] for path in (bundle / "lib").iterdir()}
    return {name.partition(".")[0] for name in inside} | loose


def python_parts(modules: Iterable[str]) -> list[Component]:
    """Return the Python packages that some modules come from, by name."""
    owners = packages_distributions()
    names = {name for module in modules for name in owners.get(module, ())}
    parts = []
    for name in sorted(names - {"twotime"}, key=str.lower):
        here = distribution(name)
        parts.append(
            Component(
                name=here.metadata["Name"],
                version=here.version,
                type=ComponentType.LIBRARY,
                licenses=[_LICENCES.make_from_string(licence_of(here))],
                purl=PackageURL(
                    "pypi", None, name.lower().replace("_", "-"), here.version
                ),
                bom_ref=f"pypi:{name}",
            )
        )
    return parts


def licences_in(bundle: Path) -> dict[str, str]:
    """Return the licence of every part whose text a bundle brings, by its name."""
    index = bundle / "lib" / "resources" / "licences" / INDEX
    listed = json.loads(index.read_text("utf-8")) if index.is_file() else []
    return {entry["name"]: entry["licence"] for entry in listed}


def complaints(bundle: Path, parts: Iterable[Component]) -> list[str]:
    """Return in what the licence texts of a bundle differ from what is in it."""
    brought = set(licences_in(bundle))
    named = {
        p.purl.name if p.purl.type in _SYSTEMS else p.name for p in parts if p.purl
    }
    missing = sorted(named - brought - _COVERED)
    left = sorted(brought - named)
    return [f"no licence text of {name} in the bundle" for name in missing] + [
        f"a licence text of {name} in the bundle, which has no {name}" for name in left
    ]


def runtime_parts() -> list[Component]:
    """Return Python, Qt and what starts the program; no module stands for them."""
    stated = (
        ("Python", platform.python_version(), "PSF-2.0"),
        ("Qt", distribution("PySide6-Essentials").version, "LGPL-3.0-only"),
        ("PyInstaller", distribution("pyinstaller").version, STARTER_LICENCE),
    )
    return [
        Component(
            name=name,
            version=number,
            type=ComponentType.FRAMEWORK,
            licenses=[_LICENCES.make_from_string(licence)],
            purl=PackageURL("generic", None, name.lower(), number),
            bom_ref=f"generic:{name}",
        )
        for name, number, licence in stated
    ]


def libraries(bundle: Path) -> Iterator[Component]:
    """Yield the libraries beside the Python packages, by name."""
    lib, stated = bundle / "lib", licences_in(bundle)
    folders = [lib, *sorted(lib.glob("*.libs"))]
    files = (p for folder in folders for p in sorted(folder.iterdir()))
    for path in files:
        named = any(ending in path.name for ending in _LIBRARY)
        if named and path.is_file() and not path.is_symlink():
            ours = path.name.startswith("libpython")
            owner = None if ours else owner_of(path)
            licence = stated.get(owner.name) if owner else None
            yield Component(
                name=path.name,
                version=owner.version if owner else None,
                type=ComponentType.LIBRARY,
                licenses=[_LICENCES.make_from_string(licence)] if licence else [],
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest(path))],
                purl=owner.purl if owner else None,
                properties=[Property(name="twotime:file", value=_place(path, bundle))],
                bom_ref=f"file:{_place(path, bundle)}",
            )


def document(artefact: Path, parts: Iterable[Component]) -> str:
    """Return the list of one artefact as JSON, the same text for the same artefact."""
    checksum = digest(artefact)
    whole = Component(
        name="twotime",
        version=version(),
        type=ComponentType.APPLICATION,
        licenses=[_LICENCES.make_from_string("MIT")],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)],
        properties=[Property(name="twotime:artefact", value=artefact.name)],
        bom_ref="twotime",
    )
    bom = Bom(components=parts, serial_number=uuid.uuid5(_NAMESPACE, checksum))
    bom.metadata.timestamp = datetime.fromtimestamp(epoch(), UTC)
    bom.metadata.component = whole
    bom.register_dependency(whole, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=1)


def _place(path: Path, bundle: Path) -> str:
    return path.relative_to(bundle).as_posix()


if __name__ == "__main__":
    sys.exit(main())
