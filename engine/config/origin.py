"""Who wrote a run file, and what follows from that."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.config.tree import Section
from engine.conventions import Convention


class Origin(StrEnum):
    """Who wrote the run file."""

    NEW = "new"
    """A data file alone, or a run file that says nothing about a model or a fit."""
    TWOTIME = "twotime"
    """Says ``twotime.format_version``."""
    HOMODYNE2 = "homodyne2"
    """homodyne 2.x or xpcsjax: any other run file."""
    LEGACY = "legacy"
    """homodyne-analysis: has ``analyzer_parameters.temporal``."""

    @property
    def archived(self) -> bool:
        """Whether an earlier program wrote it, whose defaults then apply."""
        return self in (Origin.HOMODYNE2, Origin.LEGACY)

    @property
    def program(self) -> str:
        """The name of that program."""
        return {
            Origin.NEW: "Twotime",
            Origin.TWOTIME: "Twotime",
            Origin.HOMODYNE2: "homodyne 2.x or xpcsjax",
            Origin.LEGACY: "homodyne-analysis",
        }[self]

    @property
    def convention(self) -> Convention:
        """The shear convention where the file names none."""
        return {
            Origin.HOMODYNE2: Convention.HOMODYNE2,
            Origin.LEGACY: Convention.LEGACY,
        }.get(self, Convention.LITERATURE)


@dataclass(frozen=True, slots=True)
class Context:
    """What every part of the reading needs to know."""

    origin: Origin
    folder: Path
    """Absolute folder that relative paths start from."""
    notes: list[str]
    """Plain sentences on what was assumed or translated; appended to."""

    def note(self, sentence: str) -> None:
        """Record a sentence for the user."""
        self.notes.append(sentence)


FORMAT_VERSION = 1

_OF_A_FIT = (
    "metadata",
    "analysis_mode",
    "mode",
    "analysis_settings",
    "initial_parameters",
    "parameter_space",
    "optimization",
    "optimization_config",
    "data_file",
)


def origin_of(root: Section) -> Origin:
    """Tell who wrote a run file.

    ``twotime.format_version`` decides. Without it, a file that says something about a
    model or a fit, or names both frames as the archived programs require, is an
    archived run; one that only says where data are and what they are is a new one.

    Raises
    ------
    RunFileError
        For a format version this program does not know.
    """
    if root.present("twotime.format_version"):
        version = root.integer("twotime.format_version")
        if version != FORMAT_VERSION:
            raise root.error(
                "twotime.format_version",
                f"{FORMAT_VERSION}",
                "open the file with the version of Twotime that wrote it",
            )
        return Origin.TWOTIME
    analyzer = root.section("analyzer_parameters")
    if analyzer.present("temporal"):
        return Origin.LEGACY
    frames = analyzer.present("start_frame") and analyzer.present("end_frame")
    if frames or any(root.present(key) for key in _OF_A_FIT):
        return Origin.HOMODYNE2
    return Origin.NEW
