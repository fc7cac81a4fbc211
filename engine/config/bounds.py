"""Bounds of a run file: its own, and those that applied where it has none."""

from collections.abc import Mapping

from engine.config.origin import Context, Origin
from engine.config.tree import Section, did_you_mean
from engine.models.specs import (
    CONTRAST_BOUNDS,
    MODELS,
    OFFSET_BOUNDS,
    ModelSpec,
    parameter_name,
)

Bounds = tuple[float, float]

SCALING_BOUNDS: Mapping[str, Bounds] = {
    "contrast": CONTRAST_BOUNDS,
    "offset": OFFSET_BOUNDS,
}
KNOWN_NAMES = tuple(
    dict.fromkeys(p.name for model in MODELS.values() for p in model.parameters)
)

_REGISTRY_HOMODYNE2: Mapping[str, Bounds] = {
    "D0": (100.0, 1e5),
    "alpha": (-2.0, 2.0),
    "D_offset": (-1e5, 1e5),
    "gamma_dot_t0": (1e-6, 0.5),
    "beta": (-2.0, 2.0),
    "gamma_dot_t_offset": (-0.1, 0.1),
    "phi0": (-10.0, 10.0),
}
_REGISTRY_LEGACY: Mapping[str, Bounds] = {
    "D0": (1.0, 1e6),
    "alpha": (-2.0, 2.0),
    "D_offset": (-100.0, 100.0),
    "gamma_dot_t0": (1e-6, 1.0),
    "beta": (-2.0, 2.0),
    "gamma_dot_t_offset": (-0.01, 0.01),
    "phi0": (-10.0, 10.0),
}


def default_bounds(spec: ModelSpec, origin: Origin) -> dict[str, Bounds]:
    """Return the bounds that hold where the run file gives none.

    Archived runs keep the registry of the program that wrote them.
    """
    own = {p.name: (p.lower, p.upper) for p in spec.parameters}
    archived = {
        Origin.HOMODYNE2: _REGISTRY_HOMODYNE2,
        Origin.LEGACY: _REGISTRY_LEGACY,
    }.get(origin, {})
    return {name: archived.get(name, bounds) for name, bounds in own.items()} | dict(
        SCALING_BOUNDS
    )


def read_bounds(root: Section, spec: ModelSpec, context: Context) -> dict[str, Bounds]:
    """Return lower and upper bound of every parameter, contrast and offset.

    Raises
    ------
    RunFileError
        On an entry without a name, a name given twice, or bounds that cross.
    """
    bounds = default_bounds(spec, context.origin)
    known = (*KNOWN_NAMES, *SCALING_BOUNDS)
    given: set[str] = set()
    for item in root.section("parameter_space").items("bounds") or []:
        entry = item.section("a section with name, min and max")
        written = entry.text("name", "the name of a parameter")
        if written is None:
            raise item.error("a section with name, min and max")
        name = parameter_name(written)
        if name in given:
            raise entry.error("name", f"each parameter once, but {name} is here twice")
        given.add(name)
        if name not in bounds:
            source, path = entry.source, entry.path
            source.unused[path] = (
                f"{name} is not a parameter of the model {spec.name}"
                if name in known
                else f"{name} is not a parameter known to Twotime, kept"
                + did_you_mean(name, known)
            )
            continue
        bounds[name] = _limits(entry, bounds[name])
    return bounds


def _limits(entry: Section, default: Bounds) -> Bounds:
    lower, upper = entry.bound("min"), entry.bound("max")
    low = default[0] if lower is None else lower
    high = default[1] if upper is None else upper
    if not low < high:
        raise entry.error(
            "min",
            f"a number below max, which is {high:g}",
            "change one of them, or hold the parameter with "
            "initial_parameters.fixed_parameters",
        )
    return low, high
