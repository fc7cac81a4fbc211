"""Edits of a set-up against degeneracy: a remedy, a comparison, options of the layers.

As in `app.documents.edits`: an old set-up in, a new one out, or the engine's
`InputError` with the sentence for the user.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from app.documents.edits import with_fitted_values
from engine.conventions import SHEAR_RATE_PARAMETERS, Convention, conversion
from engine.degeneracy import Remedy
from engine.errors import OptionError
from engine.layer_options import LayerOptions
from engine.result import FitResult
from engine.setup import Setup

LAYERS_PREFIX = "layers."
"""Names of edited options of the layers begin so; e.g. ``layers.monitor.enable``."""


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    """What the user calls it."""
    expected: str
    holds: Callable[[float], bool]


def _count(name: str) -> _Rule:
    return _Rule(
        name, "a whole number above 0", lambda x: x >= 1 and float(x).is_integer()
    )


def _positive(name: str) -> _Rule:
    return _Rule(name, "a number above 0", lambda x: x > 0)


def _part(name: str) -> _Rule:
    return _Rule(name, "a number above 0 and below 1", lambda x: 0 < x < 1)


_RULES = {
    "scaling.fourier_order": _count("the Fourier order"),
    "hierarchical.max_outer_iterations": _count("the number of alternations"),
    "hierarchical.outer_tolerance": _positive("the tolerance"),
    "regularization.strength": _positive("the strength λ of the penalty"),
    "regularization.target_cv": _part("the target CV"),
    "monitor.ratio_threshold": _positive("the threshold of the ratio"),
    "monitor.consecutive_triggers": _count("the number of steps in a row"),
    "shear_weighting.alpha": _positive("the exponent α of the weights"),
    "shear_weighting.min_weight": _Rule(
        "the least weight", "a number from 0 to 1", lambda x: 0 <= x <= 1
    ),
    "shear_weighting.update_frequency": _count("the number of steps between updates"),
}
_OPTIONAL = ("regularization.strength",)
"""Options an empty field leaves to the fit."""
_TITLES = {
    "scaling": "Change Fourier order",
    "hierarchical": "Change hierarchical solve",
    "regularization": "Change CV penalty",
    "monitor": "Change collapse monitor",
    "shear_weighting": "Change shear weighting",
}


def layer_edit_title(path: str) -> str:
    """Return what undo calls the edit of an option of the layers."""
    return _TITLES.get(path.partition(".")[0], "Switch the layers")


def with_layer_option(setup: Setup, path: str, value: object) -> Setup:
    """Replace one option of the layers.

    Parameters
    ----------
    path
        Name of a field of `LayerOptions`, or of a layer and its field with a dot
        between them.
    value
        None, where the field was emptied, is the default of the option.
    """
    layers = setup.options.layers
    layer, _, name = path.rpartition(".")
    if value is None and path not in _OPTIONAL:
        value = _default(layer, name)
    checked = _checked(path, value)
    if layer:
        part = replace(getattr(layers, layer), **{name: checked})
        layers = replace(layers, **{layer: part})
    else:
        layers = replace(layers, **{name: checked})
    return replace(setup, options=replace(setup.options, layers=layers))


def with_remedy(setup: Setup, result: FitResult, remedy: Remedy) -> Setup:
    """Fix a parameter as a remedy says.

    Where the other start values are placeholders, they become those of the fit: the
    next fit starts from what stands in the table.
    """
    if not setup.start_given:
        setup = _with_free_values(setup, result)
    changed = replace(
        setup.parameters[remedy.name],
        value=remedy_value(setup, result, remedy),
        fixed=True,
    )
    parameters = setup.parameters.replaced(changed)
    return replace(setup, parameters=parameters, start_given=True)


def remedy_value(setup: Setup, result: FitResult, remedy: Remedy) -> float:
    """Return the value of a remedy in the shear convention of a set-up."""
    if remedy.name not in SHEAR_RATE_PARAMETERS:
        return remedy.value
    return (
        remedy.value
        * conversion(Convention(result.convention), setup.convention).factor
    )


def with_comparison(setup: Setup, result: FitResult) -> Setup:
    """Start from a fit and compare all scaling modes; what is fixed stays as it is."""
    setup = _with_free_values(setup, result)
    layers = setup.options.layers
    layers = replace(layers, scaling=replace(layers.scaling, compare=True))
    return replace(setup, options=replace(setup.options, layers=layers))


def _with_free_values(setup: Setup, result: FitResult) -> Setup:
    adopted = with_fitted_values(setup, result)
    parameters = adopted.parameters
    for p in setup.parameters:
        if not p.free:
            parameters = parameters.replaced(p)
    return replace(adopted, parameters=parameters)


def _checked(path: str, value: Any) -> Any:  # noqa: ANN401
    rule = _RULES.get(path)
    if rule is None or value is None:
        return value
    number = float(value)
    if not (math.isfinite(number) and rule.holds(number)):
        raise OptionError(f"{rule.name} is {number:g}; expected {rule.expected}")
    whole = isinstance(_default(*path.rsplit(".", 1)), int)
    return int(number) if whole else number


def _default(layer: str, name: str) -> Any:  # noqa: ANN401
    defaults = LayerOptions()
    part = getattr(defaults, layer) if layer else defaults
    if name not in {f.name for f in fields(part)}:
        raise OptionError(f"the layers have no option {layer}.{name}")
    return getattr(part, name)
