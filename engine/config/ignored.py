"""Which keys of a run file had no effect, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.config.fields import NOT_YET
from engine.config.known_keys import REMARK, inert_patterns
from engine.config.tree import KeyPath, Source, did_you_mean, dotted

UNKNOWN = "not known to Twotime, kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredKey:
    """A key of the run file without effect; it is kept when the file is written."""

    path: str
    """Dotted; ``[]`` stands for every element of a list."""
    value: Any
    reason: str

    @property
    def is_remark(self) -> bool:
        """Whether it is text for people, which nobody expects to have an effect."""
        return self.reason == REMARK

    @property
    def comes_later(self) -> bool:
        """Whether a later version of the program will heed it."""
        return self.reason.startswith(NOT_YET)


def ignored_keys(source: Source) -> tuple[IgnoredKey, ...]:
    """Return what nobody used of a tree that has been read.

    Keys that start with an underscore are remarks by the archived programs' habit and
    are not listed. A key repeated in the elements of a list is listed once.
    """
    found: dict[tuple[str, str], IgnoredKey] = {}
    for path, value, reason in _Walk(source).below((), source.root):
        name = dotted(path) if isinstance(path[-1], int) else _pattern(path)
        key = IgnoredKey(path=name, value=value, reason=reason)
        found.setdefault((name, reason), key)
    return tuple(found.values())


class _Walk:
    """Visits a tree after it has been read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._inert = inert_patterns()
        self._asked = {_pattern(path) for path in source.asked}
        inert = {pattern.removesuffix(".*") for pattern in self._inert}
        self._vocabulary = self._asked | inert
        self._sections = {
            ancestor for word in self._vocabulary for ancestor in _ancestors(word)
        }
        self._used_above = {
            path[:depth] for path in source.used for depth in range(len(path))
        }

    def below(self, path: KeyPath, node: object) -> Iterator[tuple[KeyPath, Any, str]]:
        """Yield (path, value, reason) of everything without effect."""
        if isinstance(node, list):
            for index, value in enumerate(node):
                here = (*path, index)
                if here in self._source.unused:
                    yield here, value, self._source.unused[here]
                else:
                    yield from self.below(here, value)
        if not isinstance(node, Mapping):
            return
        for key, value in node.items():
            here = (*path, key)
            if not key.startswith("_"):
                yield from self._judge(here, value)

    def _judge(
        self, here: KeyPath, value: object
    ) -> Iterator[tuple[KeyPath, Any, str]]:
        pattern = _pattern(here)
        used = here in self._source.used
        reason = self._source.unused.get(here) or self._reason(pattern)
        if reason is not None and here not in self._used_above:
            yield here, value, reason
        elif isinstance(value, Mapping | list) and (used or pattern in self._sections):
            yield from self.below(here, value)
        elif not (used or (value in (None, {}) and pattern in self._asked)):
            yield here, value, UNKNOWN + self._suggestion(pattern)

    def _reason(self, pattern: str) -> str | None:
        if pattern in self._inert:
            return self._inert[pattern]
        above = [f"{section}.*" for section in (*_ancestors(pattern), pattern)]
        return next((self._inert[a] for a in above if a in self._inert), None)

    def _suggestion(self, pattern: str) -> str:
        """Return the nearest name of the same section, or the same name elsewhere."""
        parent, _, last = pattern.rpartition(".")
        siblings = {
            word.rpartition(".")[2]
            for word in self._vocabulary | self._sections
            if word.rpartition(".")[0] == parent
        }
        near = did_you_mean(last, siblings)
        if near:
            return near
        elsewhere = sorted(
            word for word in self._vocabulary if word.rpartition(".")[2] == last
        )
        return f"; did you mean {elsewhere[0]}?" if elsewhere else ""


# The same few hundred words come back for every run file that is opened.
@lru_cache(4096)
def _pattern(path: KeyPath) -> str:
    return dotted(tuple("[]" if isinstance(p, int) else p for p in path)).replace(
        ".[]", "[]"
    )


@lru_cache(4096)
def _ancestors(word: str) -> tuple[str, ...]:
    """Return the sections, and the lists, a dotted word lies in."""
    parts = word.split(".")
    above = [".".join(parts[:depth]) for depth in range(1, len(parts))]
    return tuple(dict.fromkeys(above + [name.removesuffix("[]") for name in above]))
