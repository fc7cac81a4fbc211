"""What a run file asks of the layers against degeneracy, where it has to be translated.

Archived run files switch on layers that never ran, give the parameter to watch by its
number and compare its raw gradient; each is said.
"""

from typing import Any

from engine.config.fields import NLSQ
from engine.config.origin import Context
from engine.config.read_fields import Given
from engine.config.tree import Section
from engine.models.specs import ModelSpec

LEAST_SIGNAL = 1e-3
"""A smaller threshold is a gradient in the units of an archived program."""

_KEY = NLSQ + "anti_degeneracy."
_TARGET = "options.layers."
_NEVER_RAN = {
    "regularization": "penalty on unequal contrasts and offsets",
    "shear_weighting": "weighting of the angles",
}
"""Layers that the archived programs read of and did not apply."""


def settled_layers(
    root: Section, given: Given, spec: ModelSpec, context: Context
) -> dict[str, Any]:
    """Return what the run file gives, by target, as it is meant here.

    Parameters
    ----------
    given
        As `engine.config.read_fields.read_fields` returns it.
    """
    settled = dict(given)
    for layer, what in _NEVER_RAN.items():
        _leave_off(root, settled, layer, what, context)
    _leave_out_gradient(root, settled, context)
    _say_strength(root, given, context)
    _say_watched(root, given, spec, context)
    _say_all_off(root, given, context)
    return settled


def _leave_off(
    root: Section, settled: dict[str, Any], layer: str, what: str, context: Context
) -> None:
    """Leave a layer off that an archived run asked for and never had."""
    key, target = f"{_KEY}{layer}.enable", f"{_TARGET}{layer}.enable"
    if not context.origin.archived or root.source.from_option(root.at(key)):
        return
    if settled.pop(target, False):
        root.drop(key, "has no effect here: it had none in the original program either")
        context.note(
            f"{key} is true, which had no effect in the program that wrote the file; "
            f"this {what} stays off here too."
        )


def _leave_out_gradient(
    root: Section, settled: dict[str, Any], context: Context
) -> None:
    """Take the default for a threshold that is a raw gradient."""
    key = _KEY + "gradient_monitoring.watch_threshold"
    target = _TARGET + "monitor.watch_threshold"
    value = settled.get(target)
    if value is None or value >= LEAST_SIGNAL:
        return
    del settled[target]
    root.drop(key, "has no effect here: it is no signal-to-noise ratio")
    context.note(
        f"{key} is {value:g}, a gradient as archived programs compared it; here it is "
        f"a signal-to-noise ratio of {LEAST_SIGNAL:g} or above, and the default is "
        "used."
    )


def _say_strength(root: Section, given: Given, context: Context) -> None:
    """Say that a λ that is given is not tuned, where both are asked for."""
    strength = given.get(_TARGET + "regularization.strength")
    tuned = given.get(_TARGET + "regularization.auto_tune")
    keys = (_KEY + "regularization.lambda", NLSQ + "group_variance_lambda")
    typed = any(root.source.from_option(root.at(key)) for key in keys)
    if strength is None or not tuned or typed:
        return
    context.note(
        f"{_KEY}regularization gives lambda, {strength:g}, and asks to tune it too "
        "(auto_tune_lambda); the one given counts."
    )


def _say_watched(
    root: Section, given: Given, spec: ModelSpec, context: Context
) -> None:
    """Say which parameters numbers stand for, and which ones the model lacks."""
    key = _KEY + "gradient_monitoring.watch_parameters"
    names = given.get(_TARGET + "monitor.watch_parameters")
    if names is None:
        return
    own = {p.name for p in spec.parameters}
    pairs = list(zip(root.items(key) or (), names, strict=True))
    for item, name in pairs:
        if name not in own:
            root.source.unused[item.path] = f"{name} is not a parameter of {spec.name}"
    meant = [
        f"{i.value} is {name}" for i, name in pairs if not isinstance(i.value, str)
    ]
    if meant:
        context.note(
            f"{key} gives numbers of parameters, which are counted from 0: "
            f"{', '.join(meant)}."
        )


def _say_all_off(root: Section, given: Given, context: Context) -> None:
    """Say that a layer cannot be switched on by an option where all are off."""
    if given.get(_TARGET + "enable", True):
        return
    layers = ("hierarchical", "regularization", "gradient_monitoring")
    asked = [
        key
        for layer in (*layers, "shear_weighting")
        if root.source.from_option(root.at(key := f"{_KEY}{layer}.enable"))
        and root.boolean(key)
    ]
    if asked:
        context.note(
            f"{_KEY}enable is false, so that no layer acts and {asked[0]} has no "
            "effect; set it to true (--layers) as well."
        )
