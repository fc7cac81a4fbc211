"""Writing the table of fields, so that reading gives the same set-up again.

A key that is there is brought up to date wherever it stands; of the others, those that
belong to the fit itself are always written and the rest where they differ from their
defaults.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from engine.config.fields import Field, To
from engine.config.read_fields import implied_retries
from engine.config.table import FIELDS
from engine.setup import Setup

_RETRIES = "options.retries.max_retries"


def field_entries(tree: Mapping[str, Any], setup: Setup) -> dict[str, object]:
    """Return plain values by dotted key.

    Parameters
    ----------
    tree
        The run file as it is.
    """
    entries: dict[str, object] = {}
    for target, rows in _by_target().items():
        value = attrgetter(target)(setup)
        there = [
            (row, key) for row in rows for key in row.spellings if is_there(tree, key)
        ]
        for row, key in there:
            entries[key] = row.kind.write(value)
        needed = not there and value != _absent(rows[0], setup)
        if needed or not target.startswith("options."):
            entries[rows[0].path] = rows[0].kind.write(value)
    return entries


def is_there(tree: Mapping[str, Any], key: str) -> bool:
    """Whether a dotted key is in a tree, be it null."""
    *parents, last = key.split(".")
    node: object = tree
    for part in parents:
        node = node.get(part) if isinstance(node, Mapping) else None
    return isinstance(node, Mapping) and last in node


def _by_target() -> dict[str, list[Field]]:
    rows: dict[str, list[Field]] = {}
    for field in FIELDS:
        if isinstance(field.use, To):
            rows.setdefault(field.use.target, []).append(field)
    return rows


def _absent(field: Field, setup: Setup) -> object:
    """Return the value that reading gives where no key is there."""
    if isinstance(field.use, To) and field.use.target == _RETRIES:
        return implied_retries(setup.options.recovery.max_attempts)
    return field.default
