"""Start values, fixed and tied parameters of a run file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from engine.config.bounds import KNOWN_NAMES, SCALING_BOUNDS, Bounds
from engine.config.origin import Context
from engine.config.tree import Section, did_you_mean
from engine.errors import ParameterError
from engine.models.specs import ModelSpec, parameter_name
from engine.parameters import Parameter, ParameterSet, ParameterSpec, Tie

_NOT_HELD = (
    "{keys}: honoured here; the original program did not hold these parameters "
    "fixed, so its values come from a fit with all of them free."
)


@dataclass(frozen=True, slots=True)
class Starts:
    """What `initial_parameters` amounts to."""

    parameters: ParameterSet
    given: bool
    """False when the start values are placeholders."""
    contrast: tuple[float, ...] | None
    offset: tuple[float, ...] | None


def read_starts(
    root: Section, spec: ModelSpec, bounds: Mapping[str, Bounds], context: Context
) -> Starts:
    """Read `initial_parameters`.

    Raises
    ------
    RunFileError
        On unknown names, wrong counts, values that are not numbers, impossible ties.
    """
    initial = root.section("initial_parameters")
    values = _values(initial, spec)
    held = _held(initial, spec, context)
    ties = _ties(initial, spec)
    missing = [p.name for p in spec.parameters if p.name not in values | held]
    estimate = initial.boolean("estimate_start")
    given = bool(set(values) & {p.name for p in spec.parameters}) and not estimate
    items = []
    for p in spec.parameters:
        low, high = bounds[p.name]
        fixed = p.name in held
        start = values.get(p.name, _placeholder(p, low, high))
        held_at = held.get(p.name)
        value = start if held_at is None else held_at
        if not fixed and p.name not in ties:
            value = _clipped(p.name, value, (low, high), context)
        items.append(
            Parameter(
                name=p.name,
                unit=p.unit,
                value=value,
                lower=low,
                upper=high,
                fixed=fixed,
                tie=ties.get(p.name),
            )
        )
    if given and missing:
        context.note(
            f"No start value is given for {', '.join(missing)}; the default is used."
        )
    return Starts(
        parameters=_tied_set(initial, tuple(items)),
        given=given,
        contrast=_scaling(initial, "contrast", values),
        offset=_scaling(initial, "offset", values),
    )


def shear_named(root: Section) -> bool | None:
    """Whether the listed parameter names include shear; None without names."""
    names = root.section("initial_parameters").texts("parameter_names", _A_NAME_LIST)
    if not names:
        return None
    return any(parameter_name(name) == "gamma_dot_t0" for name in names)


_A_NAME_LIST = "a list of parameter names"


def _values(initial: Section, spec: ModelSpec) -> dict[str, float]:
    """Return the given start values by name; names of other models too."""
    own = tuple(p.name for p in spec.parameters)
    written = initial.texts("parameter_names", _A_NAME_LIST)
    names = tuple(parameter_name(n) for n in written) if written else own
    known = (*KNOWN_NAMES, *SCALING_BOUNDS)
    for name in names:
        if name not in known or names.count(name) > 1:
            raise initial.error(
                "parameter_names",
                f"names among {', '.join(known)}, each once; {name!r} is not"
                + did_you_mean(name, known),
            )
    items = initial.items("values")
    if items is None:
        return {}
    if len(items) != len(names):
        raise initial.error(
            "values",
            f"{len(names)} numbers, one for each of {', '.join(names)}, and there are "
            f"{len(items)}",
        )
    return {
        name: item.number("a number or null")
        for name, item in zip(names, items, strict=True)
        if item.value is not None
    }


def _held(
    initial: Section, spec: ModelSpec, context: Context
) -> dict[str, float | None]:
    """Return the parameters held fixed, with the value where one is given."""
    own = tuple(p.name for p in spec.parameters)
    held: dict[str, float | None] = {}
    fixed = initial.section("fixed_parameters")
    for written in fixed.node:
        value = fixed.number(written, "a number to hold the parameter at, or null")
        name = parameter_name(written)
        if name in own:
            held[name] = value
        else:
            _refuse_unknown(fixed, written, own)
            fixed.drop(written, f"{name} is not a fixable parameter of {spec.name}")
    keys = ["fixed_parameters"] if held else []
    active = initial.texts("active_parameters", _A_NAME_LIST)
    if active:
        names = {parameter_name(a) for a in active}
        for name in sorted(names):
            if name not in (*KNOWN_NAMES, *SCALING_BOUNDS):
                raise initial.error(
                    "active_parameters",
                    f"names among {', '.join(own)}" + did_you_mean(name, own),
                )
        left_out = [name for name in own if name not in names and name not in held]
        held |= dict.fromkeys(left_out)
        keys += ["active_parameters"] if left_out else []
    if keys and context.origin.archived:
        text = " and ".join(f"initial_parameters.{key}" for key in keys)
        context.note(_NOT_HELD.format(keys=text))
    return held


def _refuse_unknown(section: Section, written: str, own: tuple[str, ...]) -> None:
    if parameter_name(written) in (*KNOWN_NAMES, *SCALING_BOUNDS):
        return
    raise section.error(
        written, f"a name among {', '.join(own)}" + did_you_mean(written, own)
    )


def _ties(initial: Section, spec: ModelSpec) -> dict[str, Tie]:
    own = tuple(p.name for p in spec.parameters)
    ties: dict[str, Tie] = {}
    section = initial.section("ties")
    for written in section.node:
        name = parameter_name(written)
        if name not in own:
            _refuse_unknown(section, written, own)
            section.drop(written, f"{name} is not a parameter of {spec.name}")
            continue
        if section.raw(written) is None:
            continue
        tie = section.section(written)
        to = tie.text("to", "the name of another parameter")
        if to is None:
            raise section.error(written, "a section with the key to")
        factor = tie.number("factor", "a number")
        ties[name] = Tie(
            to=parameter_name(to), factor=1.0 if factor is None else factor
        )
    return ties


def _tied_set(initial: Section, items: tuple[Parameter, ...]) -> ParameterSet:
    try:
        return ParameterSet(items)
    except ParameterError as error:
        raise initial.error("ties", f"ties that can be followed ({error})") from error


def _placeholder(p: ParameterSpec, low: float, high: float) -> float:
    """Return the default, or the middle of bounds that exclude it."""
    if low <= p.default <= high:
        return p.default
    if math.isinf(low) or math.isinf(high):
        return high if math.isinf(low) else low
    if p.logarithmic and low > 0:
        return math.sqrt(low * high)
    return 0.5 * (low + high)


def _clipped(name: str, value: float, bounds: Bounds, context: Context) -> float:
    low, high = bounds
    inside = min(max(value, low), high)
    if inside != value:
        context.note(
            f"The start value {value:g} of {name} lies outside its bounds "
            f"[{low:g}, {high:g}]; {inside:g} is used."
        )
    return inside


def _scaling(
    initial: Section, name: str, values: Mapping[str, float]
) -> tuple[float, ...] | None:
    """Return the starting contrast or offset: per angle, or one for all."""
    per_angle = initial.section("per_angle_scaling").numbers(
        name, "a list of numbers, one per selected angle, or a single number"
    )
    if per_angle:
        return per_angle
    return (values[name],) if name in values else None


def within(
    name: str, starts: tuple[float, ...] | None, bounds: Bounds, context: Context
) -> tuple[float, ...] | None:
    """Return starting contrasts or offsets moved into their bounds, and say so."""
    if starts is None:
        return None
    return tuple(_clipped(name, value, bounds, context) for value in starts)
