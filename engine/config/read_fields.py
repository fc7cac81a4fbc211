"""Reading the table of fields: every key checked, one value for each target.

What a key says is checked wherever it stands, also where another key wins or nothing
comes of it; what has no effect is recorded with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.config.bounds import SCALING_BOUNDS
from engine.config.fields import NLSQ, Field, To
from engine.config.origin import Context
from engine.config.paths import absolute, expand
from engine.config.table import FIELDS
from engine.config.tree import Section, show
from engine.models.specs import ModelSpec, parameter_name
from engine.options import Options
from engine.setup import Tolerances

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_R = TypeVar("_R", bound="DataclassInstance")

Given = Mapping[str, Any]
"""Value by target (`engine.config.fields.To`); only what the run file gives."""

_ATTEMPTS = "options.recovery.max_attempts"
_RETRIES = "options.retries.max_retries"
_VERBOSE = NLSQ + "verbose"
_SIZES = NLSQ + "x_scale_map"


@dataclass(frozen=True, slots=True)
class _Found:
    """A value at a key."""

    field: Field
    key: str
    value: object
    written: object


def read_fields(root: Section, context: Context) -> dict[str, Any]:
    """Return what the run file gives, by target.

    Raises
    ------
    RunFileError
        On the first value that cannot be, with the dotted key.
    """
    _leave_out_old_verbose(root)
    given: dict[str, list[_Found]] = {}
    for field in FIELDS:
        goal = field.use.target if isinstance(field.use, To) else field.path
        for key in field.spellings:
            found = _at(root, field, key)
            if found is not None:
                given.setdefault(goal, []).append(found)
    return {
        goal: _located(winner.value, context)
        for goal, all_found in given.items()
        if (winner := _winner(root, all_found, context)).field.reason is None
    }


def options_of(given: Given) -> Options:
    """Return the options: what is given, defaults for the rest."""
    options = _changed(Options(), given, "options")
    if _RETRIES in given:
        return options
    retries = implied_retries(options.recovery.max_attempts)
    return replace(options, retries=replace(options.retries, max_retries=retries))


def implied_retries(max_attempts: int) -> int:
    """Return the number of retries where none is given."""
    return min(Options().retries.max_retries, max_attempts)


def tolerances_of(given: Given) -> Tolerances:
    """Return when the solver stops; what is not given keeps its default."""
    return _changed(Tolerances(), given, "tolerances")


def say_unused_sizes(root: Section, spec: ModelSpec) -> None:
    """Record the typical sizes that belong to no parameter of the model."""
    names = {p.name for p in spec.parameters}
    sizes = root.section(_SIZES)
    for written in sizes.node:
        name = parameter_name(written)
        if name in SCALING_BOUNDS:
            sizes.drop(written, f"has no effect here: {name} is solved for exactly")
        elif name not in names:
            sizes.drop(written, f"{name} is not a parameter of {spec.name}")


def _at(root: Section, field: Field, key: str) -> _Found | None:
    """Return the checked value at a key; None where there is none."""
    if not root.present(key) or root.at(key) in root.source.unused:
        return None
    value = field.kind.read(root, key)
    if value is None and not field.null_counts:
        return None
    return _Found(field, key, value, root.raw(key))


def _winner(root: Section, found: list[_Found], context: Context) -> _Found:
    """Return the value that counts, record the others and what has no effect."""

    def from_option(one: _Found) -> bool:
        return root.source.from_option(root.at(one.key))

    winner = next((one for one in found if from_option(one)), found[0])
    for other in found:
        if other is winner:
            continue
        root.drop(other.key, f"overridden by {winner.key}")
        both = {winner.key, other.key}
        same = {winner.field.path, winner.field.flat}
        if both == same and other.value != winner.value and not from_option(winner):
            context.note(
                f"{other.key} is {show(other.written)}, but {winner.key} is "
                f"{show(winner.written)}; the latter counts."
            )
    if winner.field.reason is not None:
        root.drop(winner.key, winner.field.reason)
    return winner


def _leave_out_old_verbose(root: Section) -> None:
    """Record the truth value that templates write where the flat name is a level."""
    value = root.raw(_VERBOSE) if root.present(_VERBOSE) else None
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, bool) or word in ("true", "false"):
        root.drop(
            _VERBOSE,
            "has no effect here: as true or false it had none in the original program "
            f"either; {NLSQ}progress.verbose is the level 0, 1 or 2",
        )


def _located(value: object, context: Context) -> object:
    """Return a path as an absolute one; anything else as it is."""
    if isinstance(value, Path):
        return absolute(context.folder / expand(str(value)))
    return value


def _changed(record: _R, given: Given, prefix: str) -> _R:
    """Return a record, and the records in it, with what is given below a prefix."""
    changes: dict[str, Any] = {}
    for part in fields(record):
        target = f"{prefix}.{part.name}"
        value = getattr(record, part.name)
        if target in given:
            changes[part.name] = given[target]
        elif is_dataclass(value) and not isinstance(value, type):
            changes[part.name] = _changed(value, given, target)
    return replace(record, **changes)
