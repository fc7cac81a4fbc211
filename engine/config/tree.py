"""Typed reading of a run file's tree, remembering which keys were looked at.

Every getter either returns a value of the promised type, or None for an absent or null
key, or raises the sentence the user reads. What was never asked for can be told
afterwards, so no key is silently dropped.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.errors import RunFileError

KeyPath = tuple[str | int, ...]
T = TypeVar("T")

_TRUE = ("true", "yes", "on")
_FALSE = ("false", "no", "off")
_SHOWN = 60


def dotted(path: KeyPath) -> str:
    """Return a path as the user writes it, e.g. ``parameter_space.bounds[0].min``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def show(value: object) -> str:
    """Return a value as it would stand in a run file, shortened."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "null" if value is None else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean X?"``, or nothing when no name is near."""
    near = difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


@dataclass(slots=True)
class Source:
    """A tree under reading: where it came from, what was asked and what was used."""

    root: Mapping[str, Any]
    where: str
    """File name that starts every message; empty when there is no file."""
    settings: frozenset[KeyPath] = frozenset()
    """Keys that came from ``--set``."""
    asked: set[KeyPath] = field(default_factory=set)
    """Every key looked for, present or not: the vocabulary."""
    used: set[KeyPath] = field(default_factory=set)
    """Keys whose value had an effect."""
    unused: dict[KeyPath, str] = field(default_factory=dict)
    """Keys present and known that have no effect in this very file, and why."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """What stands for a dotted key on the command line instead of ``--set``."""

    def from_option(self, path: KeyPath) -> bool:
        """Whether a key, or part of it, was given with ``--set``."""
        return any(path[: len(s)] == s for s in self.settings)

    def error(
        self, path: KeyPath, value: object, expected: str, todo: str = ""
    ) -> RunFileError:
        """Return the error for a value that is not what it should be."""
        key = dotted(path)
        if key in self.typed:
            start, way_out = self.typed[key], "correct it"
        elif self.from_option(path):
            start, way_out = f"--set {key}", f"give --set {key}=VALUE"
        else:
            start = f"{self.where}: {key}" if self.where else key
            way_out = "correct it in the run file"
        return RunFileError(
            f"{start} is {show(value)}; expected {expected}; {todo or way_out}"
        )


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping inside the tree; keys may be dotted to reach further down."""

    source: Source
    path: KeyPath
    node: Mapping[str, Any]

    @staticmethod
    def whole(source: Source) -> "Section":
        """Return the root section."""
        return Section(source, (), source.root)

    def at(self, key: str) -> KeyPath:
        """Return the full path of a key of this section."""
        return (*self.path, *key.split("."))

    def present(self, key: str) -> bool:
        """Whether the key is there, be it null."""
        parent, last = self._locate(key)
        return last in parent

    def first(self, *keys: str) -> str:
        """Return the first key that is present, or `keys[0]`.

        The others, when present too, are recorded as overridden.
        """
        there = [key for key in keys if self.present(key)]
        for other in there[1:]:
            self.drop(other, f"overridden by {dotted(self.at(there[0]))}")
        return there[0] if there else keys[0]

    def drop(self, key: str, reason: str) -> None:
        """Record that a known key has no effect here, if it is present."""
        if self.present(key):
            self.source.unused[self.at(key)] = reason

    def error(self, key: str, expected: str, todo: str = "") -> RunFileError:
        """Return the error for the value of a key."""
        parent, last = self._locate(key)
        return self.source.error(self.at(key), parent.get(last), expected, todo)

    def raw(self, key: str) -> object:
        """Return the value as parsed, None when absent, and count it as used."""
        parent, last = self._locate(key)
        if last not in parent:
            return None
        self.source.used.add(self.at(key))
        return parent[last]

    def section(self, key: str) -> "Section":
        """Return a subsection; an absent or null one is empty."""
        parent, last = self._locate(key)
        node = parent.get(last)
        if node is None:
            node = {}
        if not isinstance(node, Mapping):
            raise self.error(key, "a section of its own (key: value lines)")
        return Section(self.source, self.at(key), node)

    def items(self, key: str) -> "list[Item] | None":
        """Return the elements of a list, each with its path; None when absent."""
        parent, last = self._locate(key)
        node = parent.get(last)
        if node is None:
            return None
        if not isinstance(node, list):
            raise self.error(key, "a list")
        self.source.used.add(self.at(key))
        return [
            Item(self.source, (*self.at(key), index), value)
            for index, value in enumerate(node)
        ]

    def number(
        self, key: str, expected: str = "a number", *, above: float | None = None
    ) -> float | None:
        """Return a finite number."""
        value = self.raw(key)
        if value is None:
            return None
        return self._item(key, value).number(expected, above=above)

    def positive(self, key: str, meaning: str) -> float | None:
        """Return a finite number above zero; `meaning` says what and in which unit."""
        return self.number(key, f"a number above 0, {meaning}", above=0.0)

    def bound(self, key: str) -> float | None:
        """Return a number that may be infinite."""
        value = self.raw(key)
        if value is None:
            return None
        return self._item(key, value).number("a number", infinite=True)

    def integer(self, key: str, expected: str = "a whole number") -> int | None:
        """Return a whole number."""
        value = self.raw(key)
        return None if value is None else self._item(key, value).integer(expected)

    def boolean(self, key: str) -> bool | None:
        """Return a truth value; the words true and false are understood as text too."""
        value = self.raw(key)
        word = value.strip().lower() if isinstance(value, str) else value
        if word is None or isinstance(word, bool):
            return word
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise self.error(key, "true or false")

    def text(self, key: str, expected: str = "text") -> str | None:
        """Return a non-empty text."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, expected)
        return value.strip()

    def choice(self, key: str, names: Mapping[str, T]) -> T | None:
        """Return what one of some names stands for."""
        value = self.raw(key)
        if value is None:
            return None
        word = value.strip() if isinstance(value, str) else show(value)
        if word not in names:
            raise self.error(
                key, "one of " + ", ".join(names) + did_you_mean(word, names)
            )
        return names[word]

    def numbers(self, key: str, expected: str) -> tuple[float, ...] | None:
        """Return a list of finite numbers; a single number counts as a list of one."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, list):
            return (self._item(key, value).number(expected),)
        items = self.items(key) or []
        return tuple(item.number("a number") for item in items)

    def texts(self, key: str, expected: str) -> tuple[str, ...] | None:
        """Return a list of texts."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.error(key, expected)
        return tuple(value)

    def _item(self, key: str, value: object) -> "Item":
        return Item(self.source, self.at(key), value)

    def _locate(self, key: str) -> tuple[Mapping[str, Any], str]:
        """Return the mapping that would hold the key, and its last part."""
        node: Mapping[str, Any] = self.node
        *parents, last = key.split(".")
        path = self.path
        for part in parents:
            path = (*path, part)
            below = node.get(part)
            if below is not None and not isinstance(below, Mapping):
                raise self.source.error(
                    path, below, "a section of its own (key: value lines)"
                )
            node = below or {}
        self.source.asked.add((*path, last))
        return node, last


@dataclass(frozen=True, slots=True)
class Item:
    """One value with its place in the tree."""

    source: Source
    path: KeyPath
    value: object

    def error(self, expected: str, todo: str = "") -> RunFileError:
        """Return the error for this value."""
        return self.source.error(self.path, self.value, expected, todo)

    def number(
        self,
        expected: str = "a number",
        *,
        above: float | None = None,
        infinite: bool = False,
    ) -> float:
        """Return the value as a number, of text too (YAML 1.1 reads 1e-8 as text)."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self.error(expected)
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise self.error(expected) from None
        if math.isnan(number) or (math.isinf(number) and not infinite):
            raise self.error(expected + ", finite")
        if above is not None and not number > above:
            raise self.error(expected)
        return number

    def integer(self, expected: str = "a whole number") -> int:
        """Return the value as a whole number; 100.0 is one."""
        number = self.number(expected)
        if number != int(number):
            raise self.error(expected)
        return int(number)

    def pair(self, expected: str) -> "tuple[Item, Item]":
        """Return the two elements of a list of two."""
        if not isinstance(self.value, list) or len(self.value) != 2:
            raise self.error(expected)
        low, high = (
            Item(self.source, (*self.path, index), value)
            for index, value in enumerate(self.value)
        )
        return low, high

    def section(self, expected: str) -> Section:
        """Return the value as a section."""
        if not isinstance(self.value, Mapping):
            raise self.error(expected)
        return Section(self.source, self.path, self.value)
