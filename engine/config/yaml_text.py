"""YAML and JSON text to plain trees and back.

Differences from PyYAML's YAML 1.1, all of them traps of archived run files: ``1e-8`` is
a number, ``10:30`` and dates stay text, keys are always text (``on:`` is not ``True``),
and a key given twice is an error instead of a silent overwrite.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from engine.errors import RunFileError

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)$")
_FLOAT = re.compile(
    r"""[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$
    |[-+]?[0-9]+[eE][-+]?[0-9]+$
    |[-+]?\.(?:inf|Inf|INF)$
    |\.(?:nan|NaN|NAN)$""",
    re.VERBOSE,
)
_TAG = "tag:yaml.org,2002:"
_NUMERIC_TAGS = tuple(_TAG + kind for kind in ("int", "float", "timestamp"))
_MAX_DEPTH = 64

SECTION_ORDER = (
    "twotime",
    "metadata",
    "analysis_mode",
    "experimental_data",
    "analyzer_parameters",
    "phi_filtering",
    "masks",
    "noise",
    "initial_parameters",
    "parameter_space",
    "optimization",
    "performance",
)


class _Loader(yaml.SafeLoader):
    """SafeLoader with text keys, no duplicates and numbers as people write them."""

    def compose_mapping_node(self, anchor: object) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)  # type: ignore[arg-type]
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _TAG + "merge":
                continue
            key.tag = _TAG + "str"
            line = key.start_mark.line + 1
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value!r} is given twice in one section, "
                    f"first on line {seen[key.value]}",
                    problem_mark=key.start_mark,
                )
            seen[key.value] = line
        return node


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in entries if tag not in _NUMERIC_TAGS]
    for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_TAG + "int", _INT, list("-+0123456789"))
_Loader.add_implicit_resolver(_TAG + "float", _FLOAT, list("-+0123456789."))


_ONE_LINE = 64


class _Dumper(yaml.SafeDumper):
    """SafeDumper without anchors, quoting what either kind of reader would mistake.

    Lists of values and short sections stand on one line, longer ones in a block.
    """

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True

    def serialize(self, node: yaml.Node) -> None:
        _set_style(node)
        if isinstance(node, yaml.CollectionNode):
            node.flow_style = False
        super().serialize(node)


def _set_style(node: yaml.Node) -> bool:
    """Put a node on one line if it is short; return whether it is."""
    if not isinstance(node, yaml.CollectionNode):
        return True
    is_map = isinstance(node, yaml.MappingNode)
    parts = [value for _, value in node.value] if is_map else list(node.value)
    # Every part gets its style, so this must not stop at the first long one.
    flat = {_set_style(part) for part in parts} <= {True}
    values_only = not is_map and all(isinstance(p, yaml.ScalarNode) for p in parts)
    node.flow_style = flat and (values_only or _length(node) <= _ONE_LINE)
    return node.flow_style


def _length(node: yaml.Node) -> int:
    if isinstance(node, yaml.ScalarNode):
        return len(node.value) + 2
    if isinstance(node, yaml.MappingNode):
        return sum(_length(k) + _length(v) for k, v in node.value)
    return sum(map(_length, node.value))


_Dumper.add_implicit_resolver(_TAG + "float", _FLOAT, list("-+0123456789."))


def parse_yaml(text: str, where: str) -> object:
    """Return the tree of a YAML text.

    Raises
    ------
    RunFileError
        Naming `where`, line and column.
    """
    try:
        return plain(yaml.load(text, _Loader), where)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = error.problem or error.context or "not valid"
        raise RunFileError(
            f"{where}: {place}{problem}; correct the YAML there"
        ) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise RunFileError(
            f"{where}: line {line}: the character {error.character!r} is not allowed "
            "in YAML; remove it"
        ) from error
    except (ValueError, RecursionError) as error:
        raise RunFileError(
            f"{where}: cannot be read as YAML ({error}); correct the file"
        ) from error


def parse_json(text: str, where: str) -> object:
    """Return the tree of a JSON text.

    Raises
    ------
    RunFileError
        Naming `where`, line and column.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        tree = dict(pairs)
        if len(tree) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise RunFileError(
                f"{where}: the key {twice!r} is given twice in one object; remove one"
            )
        return tree

    try:
        return plain(json.loads(text, object_pairs_hook=unique), where)
    except json.JSONDecodeError as error:
        raise RunFileError(
            f"{where}: line {error.lineno}, column {error.colno}: {error.msg}; "
            "correct the JSON there"
        ) from error
    except (ValueError, RecursionError) as error:
        raise RunFileError(
            f"{where}: cannot be read as JSON ({error}); correct the file"
        ) from error


def plain(node: object, where: str, depth: int = 0) -> object:
    """Return a copy of a tree made of dict, list and scalars only."""
    if depth > _MAX_DEPTH:
        raise RunFileError(
            f"{where}: nested more than {_MAX_DEPTH} levels deep, or a section that "
            "contains itself; correct the file"
        )
    if isinstance(node, Mapping):
        return {str(k): plain(v, where, depth + 1) for k, v in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, str | bytes):
        return [plain(v, where, depth + 1) for v in node]
    return node


def read_tree(path: Path) -> dict[str, Any]:
    """Return the tree of a YAML or JSON file.

    Raises
    ------
    RunFileError
        When the file cannot be read, parsed, or is not a mapping of sections.
    """
    where = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RunFileError(
            f"{where}: byte {error.start} is not UTF-8 text; expected a YAML or JSON "
            "run file, or an HDF5, .npy or .npz data file"
        ) from error
    except OSError as error:
        raise RunFileError(
            f"{where}: cannot be read ({error.strerror}); check the path"
        ) from error
    parse = parse_json if path.suffix.lower() == ".json" else parse_yaml
    tree = parse(text, where)
    if not isinstance(tree, dict):
        found = "empty" if tree is None else f"a {_kind(tree)}"
        raise RunFileError(
            f"{where}: the file is {found}; expected sections such as "
            "experimental_data: and analyzer_parameters:"
        )
    return tree


def dump_tree(tree: Mapping[str, Any]) -> str:
    """Return a tree as YAML text: known sections first, floats exact."""
    order = {name: index for index, name in enumerate(SECTION_ORDER)}
    keys = sorted(tree, key=lambda name: order.get(name, len(order)))
    return yaml.dump(
        plain({key: tree[key] for key in keys}, "run file"),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=88,
    )


def _kind(node: object) -> str:
    return "list" if isinstance(node, list) else "single value"
