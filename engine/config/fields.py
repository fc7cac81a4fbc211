"""How the table of run-file keys is written: one `Field` a row.

A field has a key in a section of the run file and often a flat name directly under
``optimization.nlsq``, which is what the original's option was called in its code. Both
are read; the one in its section wins.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.config.kinds import Kind

NOT_YET = "not yet active"
"""Begins the reason of a key whose part of the program is still to come."""
NLSQ = "optimization.nlsq."


@dataclass(frozen=True, slots=True)
class To:
    """The value ends in the set-up."""

    target: str
    """Attribute of `engine.setup.Setup`, dotted."""
    meaning: str
    """For the documentation."""


@dataclass(frozen=True, slots=True)
class NoEffect:
    """The value is checked and does nothing, for a reason."""

    why: str


@dataclass(frozen=True, slots=True)
class NotYet:
    """The value is checked and does nothing in this version."""

    what: str


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One row of the table."""

    path: str
    """Dotted; relative to its section until `section` makes it whole."""
    kind: Kind
    default: object
    """Of Twotime where the value has an effect, else of the original program."""
    use: To | NoEffect | NotYet
    flat: str = ""
    """Flat name, dotted like `path`; empty when there is none."""
    also: tuple[str, ...] = ()
    """Older places, dotted; they count where neither of the others is there."""
    null_counts: bool = False
    """Whether null is a value of its own rather than "not given"."""

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every key it may stand at, the ones that win first."""
        return (self.path, *((self.flat,) if self.flat else ()), *self.also)

    @property
    def reason(self) -> str | None:
        """Why the value has no effect; None when it has one."""
        if isinstance(self.use, To):
            return None
        if isinstance(self.use, NoEffect):
            return f"has no effect here: {self.use.why}"
        return f"{NOT_YET}: {self.use.what}"


def section(prefix: str, flat: str | None, rows: Iterable[Field]) -> tuple[Field, ...]:
    """Return rows with whole paths.

    Parameters
    ----------
    prefix
        Dotted path of the section, with the dot at its end.
    flat
        What the flat names of this section begin with, for rows that do not name
        theirs; None when the section has none.
    """

    def whole(row: Field) -> Field:
        name = row.flat or ("" if flat is None else flat + row.path)
        return replace(row, path=prefix + row.path, flat=name and NLSQ + name)

    return tuple(whole(row) for row in rows)
