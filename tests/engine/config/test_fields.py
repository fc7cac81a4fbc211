"""Every row of the table: read at each of its keys, checked, and never dropped."""

from collections import Counter
from dataclasses import fields, is_dataclass
from operator import attrgetter
from pathlib import Path

import pytest

from engine.config import kinds
from engine.config.fields import To
from engine.config.name_kinds import ParameterNames
from engine.config.run_file import run_file_from_tree
from engine.config.settings import put
from engine.config.table import FIELDS
from engine.errors import RunFileError
from tests.engine.config.helpers import ignored

KEYS = [(field, key) for field in FIELDS for key in field.spellings]
TWICE = {"options.chunks.streaming_points", "strategy"}
"""Targets two rows of the table lead to; the first one wins."""


def understood(values, settings=None):
    tree = {
        "twotime": {"format_version": 1},
        "experimental_data": {"file_path": "a.h5"},
    }
    for key, value in values.items():
        put(tree, key, value)
    return run_file_from_tree(tree, path=None, settings=settings or {})


def reached(run, field):
    return attrgetter(field.use.target)(run.setup)


def example(field):
    """A value as it stands in a file, and what it shall become: not the default."""
    kind = field.kind
    if isinstance(kind, kinds.YesNo):
        return not field.default, not field.default
    if isinstance(kind, kinds.Switch):
        return True, kind.on
    if isinstance(kind, kinds.Choice):
        names = {n: v for n, v in kind.names.items() if v != field.default}
        name = list(names)[-1]
        return (int(name) if name.isdigit() else name), names[name]
    if isinstance(kind, kinds.Number):
        value = next(
            n
            for n in ((1, 2, 5) if kind.whole else (0.5, 0.25, 1.5))
            if kind.at_least <= n <= kind.at_most and n != field.default
        )
        return value, value
    return {
        kinds.Text: ("anything", "anything"),
        kinds.Folder: ("there", Path.cwd() / "there"),
        kinds.Listing: ([1, 2], [1, 2]),
        kinds.Sizes: ([1, "2e-3"], (1.0, 2e-3)),
        kinds.SizesByName: ({"gamma_dot_0": "1e-8"}, {"gamma_dot_t0": 1e-8}),
        ParameterNames: (["phi_0", "D0"], ("phi0", "D0")),
    }[type(kind)]


def impossible(field):
    """Values that cannot be."""
    kind = field.kind
    if isinstance(kind, kinds.Number):
        beyond = [
            kind.above,
            kind.below,
            kind.at_least - 1e-3,
            kind.at_most + 1e-3,
            0.5 if kind.whole else float("nan"),
        ]
        return ["many", True, [1], *(x for x in beyond if abs(x) != float("inf"))]
    if isinstance(kind, kinds.Text):
        return [1, [], " "]
    if isinstance(kind, kinds.Folder):
        return [1, "a\0b"]
    if isinstance(kind, kinds.Sizes):
        return ["jak", 0, -1.0, [], [1, 0], ["x"], True, {}]
    if isinstance(kind, kinds.SizesByName):
        return [1, [1], {"D0": 0}, {"D0": "x"}, {"d": 1}, {"D0": 1, "d0": 2}]
    if isinstance(kind, kinds.Listing):
        return [1, "x", {}]
    if isinstance(kind, ParameterNames):
        return [1, "D0", {}, ["D"], ["contrast"], [7], [-1], [True], ["D0", "d0"]]
    return ["perhaps", 3, [], 0.5, ""]


@pytest.mark.parametrize("field", FIELDS, ids=lambda f: f.path)
def test_default(field):
    run = understood({"analysis_mode": "static"})
    if isinstance(field.use, To) and field.default is not None:
        assert reached(run, field) == field.default
    assert run.ignored == ()
    # Null is as good as nothing, unless it is a value.
    if not field.null_counts:
        assert understood({field.path: None}).setup == understood({}).setup


@pytest.mark.parametrize(("field", "key"), KEYS, ids=[key for _, key in KEYS])
def test_valid_value_arrives_or_is_said_to_have_no_effect(field, key):
    written, meant = example(field)
    run = understood({key: written})
    assert run.notes == ()
    if isinstance(field.use, To):
        assert reached(run, field) == meant
        assert reached(understood({}), field) != meant
        assert key not in ignored(run)
    else:
        assert ignored(run)[key] == field.reason
        assert run.setup == understood({}).setup


@pytest.mark.parametrize(("field", "key"), KEYS, ids=[key for _, key in KEYS])
def test_impossible_value_is_an_error_with_the_path(field, key):
    for value in impossible(field):
        with pytest.raises(RunFileError) as error:
            understood({key: value})
        message = str(error.value)
        assert message.startswith(key), (value, message)
        assert "; expected " in message
        if not isinstance(value, dict):
            assert field.kind.expected in message or isinstance(value, list)


@pytest.mark.parametrize(("field", "key"), KEYS, ids=[key for _, key in KEYS])
def test_value_as_text_and_from_the_command_line(field, key):
    written, _ = example(field)
    if isinstance(written, bool):
        text = "true" if written else "false"
    elif isinstance(written, int | float):
        text = f"{written:e}"
    else:
        return
    if not isinstance(field.kind, kinds.Choice):
        assert understood({key: text}).setup == understood({key: written}).setup
    from_option = understood({}, {key: str(written).lower()})
    assert from_option.setup == understood({key: written}).setup
    with pytest.raises(RunFileError, match=f"^--set {key} is"):
        understood({}, {key: "[[]]"})


BOTH = [f for f in FIELDS if f.flat and f.flat != f.path]


@pytest.mark.parametrize("field", BOTH, ids=lambda f: f.path)
def test_nested_wins_over_flat_and_a_conflict_is_a_note(field):
    written, meant = example(field)
    default = field.kind.write(field.default)
    agreed = understood({field.path: written, field.flat: written})
    assert agreed.notes == ()
    assert ignored(agreed)[field.flat] == f"overridden by {field.path}"
    other = default if default is not None else 7 if field.kind is kinds.COUNT else None
    if other is None:
        return
    run = understood({field.path: written, field.flat: other})
    (note,) = run.notes
    assert field.path in note
    assert field.flat in note
    if isinstance(field.use, To):
        assert reached(run, field) == meant


@pytest.mark.parametrize("field", BOTH, ids=lambda f: f.path)
def test_the_command_line_wins_over_the_file_under_either_name(field):
    written, _ = example(field)
    text = str(written).lower() if isinstance(written, bool) else str(written)
    default = field.kind.write(field.default)
    run = understood({field.path: default}, {field.flat: text})
    assert run.setup == understood({field.path: written}).setup
    assert run.notes == ()


def test_no_key_stands_twice_in_the_table():
    twice = [key for key, n in Counter(key for _, key in KEYS).items() if n > 1]
    assert twice == []


def test_no_value_is_overwritten_by_another_row():
    targets = Counter(f.use.target for f in FIELDS if isinstance(f.use, To))
    assert {target for target, n in targets.items() if n > 1} == TWICE


def leaves(record, prefix):
    """The targets of a record and the records in it."""
    for part in fields(record):
        value, target = getattr(record, part.name), f"{prefix}.{part.name}"
        yield from leaves(value, target) if is_dataclass(value) else [target]


def test_every_option_can_be_given():
    setup = understood({}).setup
    given = {f.use.target for f in FIELDS if isinstance(f.use, To)}
    assert set(leaves(setup.options, "options")) <= given
