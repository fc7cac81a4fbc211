"""From the options of ``twotime fit`` to settings of the run file and to the setup.

An option that has a key in the run file becomes a setting of that key, so that the run
file's own validation speaks for both; parameters are edited where they are records.
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace

from engine.data.phi import parse_ranges
from engine.errors import OptionError
from engine.models.specs import parameter_name
from engine.parameters import Parameter, ParameterSet
from engine.setup import PhiSelection, Setup

FIRST_FRAME = "analyzer_parameters.start_frame"
LAST_FRAME = "analyzer_parameters.end_frame"
_LAYERS = "optimization.nlsq.anti_degeneracy."
_KEYS = {
    "q": "analyzer_parameters.scattering.wavevector_q",
    "model": "analysis_mode",
    "convention": "analyzer_parameters.shear_convention",
    "scaling": _LAYERS + "per_angle_mode",
    "strategy": "performance.strategy_override",
    "loss": "optimization.nlsq.loss",
    "layers": _LAYERS + "enable",
    "hierarchical": _LAYERS + "hierarchical.enable",
    "regularization": _LAYERS + "regularization.enable",
    "monitor": _LAYERS + "gradient_monitoring.enable",
    "shear_weighting": _LAYERS + "shear_weighting.enable",
    "fourier_order": _LAYERS + "fourier_order",
    "compare_scaling": _LAYERS + "compare_scaling",
}
_DETAILS = {
    "regularization": _LAYERS + "regularization.lambda",
    "monitor": _LAYERS + "gradient_monitoring.response",
}
"""Where the value of a switch goes that may have one and is then on."""


def settings_of(options: argparse.Namespace) -> dict[str, str]:
    """Return dotted keys of the run file and their values as text.

    Raises
    ------
    OptionError
        On a --set without a key or value.
    """
    settings: dict[str, str] = {}
    for text in options.settings:
        key, value = split_assignment("--set", text, "KEY=VALUE")
        settings[key] = value
    # An option of its own is the more explicit of the two.
    for name in _KEYS:
        settings |= _entries(name, getattr(options, name))
    if options.frames is not None:
        first, last = options.frames
        settings[FIRST_FRAME], settings[LAST_FRAME] = str(first), str(last)
    return settings


def typed_of(options: argparse.Namespace) -> dict[str, str]:
    """Return what was typed for the settings that were not given with --set."""
    typed: dict[str, str] = {}
    for name in _KEYS:
        option = f"--{name.replace('_', '-')}"
        typed |= dict.fromkeys(_entries(name, getattr(options, name)), option)
    if options.frames is not None:
        typed[FIRST_FRAME] = "the first frame of --frames"
        typed[LAST_FRAME] = "the last frame of --frames"
    return typed


def edited_setup(setup: Setup, options: argparse.Namespace) -> Setup:
    """Return the setup with the angle and parameter options applied.

    Raises
    ------
    InputError
        With the sentence for the user.
    """
    if options.phi is not None:
        setup = replace(setup, phi=PhiSelection(ranges=parse_ranges(options.phi)))
    edited = _edited(setup.parameters, options)
    # Starts typed here are the ones used, not placeholders to be estimated.
    given = setup.start_given or bool(options.start)
    return replace(setup, parameters=edited, start_given=given)


def split_assignment(option: str, text: str, expected: str) -> tuple[str, str]:
    """Return both sides of ``name=value``.

    Raises
    ------
    OptionError
        When one of them is missing.
    """
    name, sign, value = text.partition("=")
    if not (name.strip() and sign and value.strip()):
        raise OptionError(f"{option} {text!r}: expected {expected}")
    return name.strip(), value.strip()


def number(option: str, name: str, text: str) -> float:
    """Return a finite number.

    Raises
    ------
    OptionError
        When it is not one.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise OptionError(f"{option} {name}: {text!r} is not a number; expected one")
    return value


def _entries(name: str, value: object) -> dict[str, str]:
    """Return what an option sets; a switch with a value of its own sets both."""
    key = _KEYS[name]
    if value is None:
        return {}
    if isinstance(value, bool):
        return {key: "true" if value else "false"}
    if name in _DETAILS:
        return {key: "true", _DETAILS[name]: str(value)}
    return {key: str(value)}


def _edited(parameters: ParameterSet, options: argparse.Namespace) -> ParameterSet:
    """Apply bounds, starts, fixes and releases; nonsense in between is allowed."""
    changes: dict[str, dict[str, object]] = {}

    def change(name: str, **fields: object) -> None:
        known = parameters[parameter_name(name)].name
        changes.setdefault(known, {}).update(fields)

    for text in options.bounds:
        name, value = split_assignment("--bounds", text, "NAME=LO:HI")
        low, high = _interval(name, value)
        change(name, lower=low, upper=high)
    for text in options.start:
        name, value = split_assignment("--start", text, "NAME=VALUE")
        change(name, value=number("--start", name, value))
    for text in options.fix:
        name, sign, value = text.partition("=")
        change(name.strip(), fixed=True, tie=None)
        if sign:
            change(name.strip(), value=number("--fix", name, value))
    for name in options.free:
        change(name.strip(), fixed=False, tie=None)
    _refuse_contradictions(options.fix, options.free)
    return ParameterSet(
        tuple(_replaced(p, changes.get(p.name, {})) for p in parameters)
    )


def _replaced(parameter: Parameter, fields: dict[str, object]) -> Parameter:
    return replace(parameter, **fields) if fields else parameter  # type: ignore[arg-type]


def _refuse_contradictions(fixed: Sequence[str], freed: Sequence[str]) -> None:
    names = {parameter_name(text.partition("=")[0].strip()) for text in fixed}
    both = names & {parameter_name(text.strip()) for text in freed}
    if both:
        raise OptionError(
            f"{min(both)} is given to both --fix and --free; expected one of them"
        )


def _interval(name: str, text: str) -> tuple[float, float]:
    ends = text.split(":")
    if len(ends) != 2:
        raise OptionError(
            f"--bounds {name}: {text!r} is not an interval; expected LO:HI, e.g. "
            f"--bounds {name}=0:100"
        )
    low, high = (end.strip() for end in ends)
    return (
        -math.inf if low in {"", "-inf"} else number("--bounds", name, low),
        math.inf if high in {"", "inf"} else number("--bounds", name, high),
    )
