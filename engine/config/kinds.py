"""Kinds of values: what may stand at a key, in words, and how it is read and written.

Reading returns None for an absent or null key and raises the sentence for the user,
with the dotted path, for a value that cannot be. Writing is the inverse.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.config.bounds import KNOWN_NAMES, SCALING_BOUNDS
from engine.config.paths import absolute
from engine.config.tree import Item, Section, did_you_mean
from engine.models.specs import parameter_name

SIZE = "a number above 0"


class Kind(Protocol):
    """What may stand at a key."""

    @property
    def expected(self) -> str:
        """In words, for messages and documentation."""
        ...

    def read(self, section: Section, key: str) -> object:
        """Return the value, None when absent or null."""
        ...

    def write(self, value: object) -> object:
        """Return plain data that is read as the same value."""
        ...


@dataclass(frozen=True, slots=True)
class YesNo:
    """A truth value; as text too."""

    expected: str = "true or false"

    def read(self, section: Section, key: str) -> bool | None:
        """See `Kind`."""
        return section.boolean(key)

    def write(self, value: object) -> object:
        """See `Kind`."""
        return value


@dataclass(frozen=True, slots=True)
class Switch:
    """A truth value of which only true says something."""

    on: object
    expected: str = "true or false"

    def read(self, section: Section, key: str) -> object:
        """Return `on` for true, None for false."""
        return self.on if section.boolean(key) else None

    def write(self, value: object) -> bool:
        """See `Kind`."""
        return value == self.on


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A finite number, as text too (YAML 1.1 reads 1e-8 as text)."""

    whole: bool = False
    meaning: str = ""
    """Of what, in which unit, where the key does not tell."""
    above: float = -math.inf
    at_least: float = -math.inf
    below: float = math.inf
    at_most: float = math.inf

    @property
    def expected(self) -> str:
        """See `Kind`."""
        name = "a whole number" if self.whole else "a number"
        meaning = f", {self.meaning}" if self.meaning else ""
        return f"{name} {self._range}".strip() + meaning

    @property
    def _range(self) -> str:
        if self.at_least > -math.inf and self.at_most < math.inf:
            return f"from {self.at_least:g} to {self.at_most:g}"
        limits = (
            (f"above {self.above:g}", self.above > -math.inf),
            (f"{self.at_least:g} or above", self.at_least > -math.inf),
            (f"below {self.below:g}", self.below < math.inf),
            (f"at most {self.at_most:g}", self.at_most < math.inf),
        )
        return " and ".join(text for text, holds in limits if holds)

    def read(self, section: Section, key: str) -> float | None:
        """See `Kind`."""
        read = section.integer if self.whole else section.number
        value = read(key, self.expected)
        if value is not None and not (
            self.above < value < self.below and self.at_least <= value <= self.at_most
        ):
            raise section.error(key, self.expected)
        return value

    def write(self, value: object) -> object:
        """See `Kind`."""
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some names."""

    names: Mapping[str, object]
    """What each name stands for; the first of several is written."""
    unnamed: object = None
    """The value that is written as null."""

    @property
    def expected(self) -> str:
        """See `Kind`."""
        return "one of " + ", ".join(self.names)

    def read(self, section: Section, key: str) -> object:
        """See `Kind`."""
        return section.choice(key, self.names)

    def write(self, value: object) -> object:
        """See `Kind`."""
        if value == self.unnamed:
            return None
        name = next(n for n, meant in self.names.items() if meant == value)
        return int(name) if name.isdigit() else name


def choice(*names: str) -> Choice:
    """Return the choice among names that stand for themselves."""
    return Choice({name: name for name in names})


@dataclass(frozen=True, slots=True)
class Text:
    """Any text."""

    expected: str = "text"

    def read(self, section: Section, key: str) -> str | None:
        """See `Kind`."""
        return section.text(key, self.expected)

    def write(self, value: object) -> object:
        """See `Kind`."""
        return value


@dataclass(frozen=True, slots=True)
class Folder:
    """The path of a folder, which need not exist; relative to the run file's."""

    expected: str = "the path of a folder"

    def read(self, section: Section, key: str) -> Path | None:
        """See `Kind`; the path stays as written."""
        text = section.text(key, self.expected)
        if text is not None and "\0" in text:
            raise section.error(key, self.expected)
        return None if text is None else Path(text)

    def write(self, value: object) -> str | None:
        """See `Kind`."""
        return str(absolute(value)) if isinstance(value, Path) else None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list whose elements only the original program understood."""

    expected: str = "a list"

    def read(self, section: Section, key: str) -> list[object] | None:
        """See `Kind`."""
        items = section.items(key)
        return None if items is None else [item.value for item in items]

    def write(self, value: object) -> object:
        """See `Kind`."""
        return value


@dataclass(frozen=True, slots=True)
class Sizes:
    """Typical sizes of the parameters: of the Jacobian, one for all, or one each."""

    expected: str = "jac, a number above 0, a list of them, or null"

    def read(
        self, section: Section, key: str
    ) -> str | float | tuple[float, ...] | None:
        """See `Kind`."""
        value = section.raw(key)
        if value is None or value == "jac":
            return value  # type: ignore[return-value]
        if not isinstance(value, list):
            return section.number(key, self.expected, above=0.0)
        if not value:
            raise section.error(key, self.expected)
        return tuple(item.number(SIZE, above=0.0) for item in section.items(key) or ())

    def write(self, value: object) -> object:
        """See `Kind`."""
        return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class SizesByName:
    """Typical sizes by name of the parameter; the names the original had, too."""

    expected: str = "a section {name of a parameter: number above 0}"

    def read(self, section: Section, key: str) -> dict[str, float] | None:
        """See `Kind`."""
        value = section.raw(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise section.error(key, self.expected)
        known = (*KNOWN_NAMES, *SCALING_BOUNDS)
        entries = section.section(key)
        sizes: dict[str, float] = {}
        for written, value in entries.node.items():
            path = (*entries.path, written)
            item = Item(section.source, path, value)
            name = parameter_name(written)
            if name not in known or name in sizes:
                raise item.error(
                    f"names among {', '.join(known)}, each once"
                    + did_you_mean(name, known)
                )
            section.source.asked.add(path)
            section.source.used.add(path)
            sizes[name] = item.number(SIZE, above=0.0)
        return sizes

    def write(self, value: object) -> object:
        """See `Kind`."""
        return dict(value) if isinstance(value, Mapping) else value


YES_NO = YesNo()
POSITIVE = Number(above=0.0)
NOT_NEGATIVE = Number(at_least=0.0)
COUNT = Number(whole=True, above=0.0)
COUNT_OR_0 = Number(whole=True, at_least=0.0)
INSIDE_1 = Number(above=0.0, below=1.0)
UP_TO_1 = Number(above=0.0, at_most=1.0)
SHARE = Number(at_least=0.0, at_most=1.0)
ANY_NUMBER = Number()
WHOLE = Number(whole=True)
