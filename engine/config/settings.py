"""Settings of the command line (``--set dotted.key=value``) put into a tree."""

import copy
from collections.abc import Mapping
from typing import Any

from engine.config.tree import KeyPath
from engine.config.yaml_text import parse_yaml
from engine.errors import OptionError


def apply_settings(
    tree: Mapping[str, Any], settings: Mapping[str, str]
) -> tuple[dict[str, Any], frozenset[KeyPath]]:
    """Return a copy of the tree with the settings in it, and which keys they were.

    Raises
    ------
    OptionError
        On a key that cannot be one.
    RunFileError
        On a value that is not YAML.
    """
    changed = copy.deepcopy(dict(tree))
    for key, text in settings.items():
        parts = key.split(".")
        if not all(parts):
            raise OptionError(
                f"--set {key}={text}: the key is not a dotted one; expected, say, "
                "--set analyzer_parameters.dt=0.1"
            )
        value = parse_yaml(text, f"--set {key}={text}")
        _put(changed, key, value, refuse=True)
    return changed, frozenset(tuple(key.split(".")) for key in settings)


def put(tree: dict[str, Any], key: str, value: object) -> None:
    """Set a dotted key, making the sections on the way."""
    _put(tree, key, value, refuse=False)


def _put(tree: dict[str, Any], key: str, value: object, *, refuse: bool) -> None:
    *parents, last = key.split(".")
    node = tree
    for depth, part in enumerate(parents, start=1):
        below = node.get(part)
        if not isinstance(below, dict):
            if refuse and below is not None:
                above = ".".join(parents[:depth])
                raise OptionError(
                    f"--set {key}: {above} is a value, not a section, in the run file; "
                    f"set {above} itself"
                )
            below = node[part] = {}
        node = below
    node[last] = value
