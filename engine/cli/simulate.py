"""``twotime simulate``: a synthetic run with known parameters, in a real layout."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.options import number, split_assignment
from engine.conventions import Convention
from engine.errors import OptionError
from engine.simulate import SimulationRequest, write_simulation
from engine.units import format_number, with_unit

_FIELDS = {
    "model": "model",
    "layout": "layout",
    "frames": "n_frames",
    "dt": "dt",
    "q": "q",
    "gap": "gap",
    "seed": "seed",
    "phi": "phi",
    "noise": "noise",
    "speckles": "speckles",
}
_PER_ANGLE = ("contrast", "offset")


def run(options: argparse.Namespace) -> int:
    """Write a synthetic run and say what its parameters are.

    Raises
    ------
    InputError
        With the sentence for the user; nothing was written.
    """
    request = SimulationRequest(**fields_of(options))
    written = write_simulation(Path(options.file), request, overwrite=options.overwrite)
    spec = request.spec
    shear = f", shear convention {request.convention}" if spec.sheared else ""
    print(f"{spec.title}{shear}, seed {request.seed}")
    for name, value in request.truth.items():
        unit = spec.parameter(name).unit
        print(f"  {name:<18} {with_unit(format_number(value, 12), unit)}")
    for path in written:
        print(f"written: {path}")
    return 0


def fields_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the options say of a simulation; the rest keeps its default.

    Raises
    ------
    OptionError
        On an assignment that is not one.
    """
    given = {
        field: getattr(options, option)
        for option, field in _FIELDS.items()
        if getattr(options, option) is not None
    }
    if options.convention is not None:
        given["convention"] = Convention(options.convention)
    values: dict[str, float] = {}
    for text in options.param:
        name, value = split_assignment("--param", text, "NAME=VALUE")
        if name in _PER_ANGLE:
            given[name] = _numbers(name, value)
        else:
            values[name] = number("--param", name, value)
    return {**given, "values": values}


def _numbers(name: str, text: str) -> tuple[float, ...]:
    parts = text.split(",")
    if not all(part.strip() for part in parts):
        raise OptionError(
            f"--param {name}: {text!r} is not a list of numbers; expected one, or one "
            "per angle separated by commas"
        )
    return tuple(number("--param", name, part) for part in parts)
