"""Edits of a set-up as pure functions: an old set-up in, a new one out.

They raise the engine's `InputError` where the result could not be; the caller shows the
sentence and keeps the old set-up.
"""

from collections.abc import Sequence
from dataclasses import replace

from engine.conventions import SHEAR_RATE_PARAMETERS, Convention, conversion
from engine.data.phi import SAME_ANGLE, distance
from engine.models.specs import model_spec
from engine.options import MemoryOptions
from engine.parameters import Parameter, ParameterSet
from engine.result import FitResult
from engine.setup import PhiRange, PhiSelection, Setup


def with_parameter(setup: Setup, changed: Parameter) -> Setup:
    """Replace one parameter; a typed start value is one the fit must start from."""
    before = setup.parameters[changed.name]
    given = setup.start_given or changed.value != before.value
    return replace(
        setup, parameters=setup.parameters.replaced(changed), start_given=given
    )


def with_model(setup: Setup, name: str) -> Setup:
    """Change the model; parameters both models have keep value, bounds and fixing."""
    spec = model_spec(name)
    known = {p.name: p for p in setup.parameters}
    chosen = tuple(known.get(p.name, p) for p in spec.default_parameters())
    names = {p.name for p in chosen}
    untied = tuple(
        replace(p, tie=None) if p.tie is not None and p.tie.to not in names else p
        for p in chosen
    )
    return replace(setup, model=spec.name, parameters=ParameterSet(untied))


def with_convention(setup: Setup, target: Convention, *, convert: bool) -> Setup:
    """Change the shear convention; `convert` also rescales the shear rates."""
    parameters = setup.parameters
    if convert:
        factor = conversion(setup.convention, target).factor
        for name in SHEAR_RATE_PARAMETERS:
            if name in parameters.names:
                p = parameters[name]
                parameters = parameters.replaced(
                    replace(
                        p,
                        value=p.value * factor,
                        lower=p.lower * factor,
                        upper=p.upper * factor,
                    )
                )
    return replace(setup, convention=target, parameters=parameters)


def with_fitted_values(setup: Setup, result: FitResult) -> Setup:
    """Take the values of a fit as start values; bounds and fixing stay."""
    values = {
        name: value
        for name, value in result.values.items()
        if name in setup.parameters.names
    }
    factor = conversion(Convention(result.convention), setup.convention).factor
    for name in SHEAR_RATE_PARAMETERS:
        if name in values and factor != 1.0:
            values[name] *= factor
    return replace(
        setup, parameters=setup.parameters.with_values(values), start_given=True
    )


def with_memory_limit(
    setup: Setup, *, fraction: float | None = None, threshold_gb: float | None = None
) -> Setup:
    """Limit the memory of a fit; without a number, to the default.

    Parameters
    ----------
    fraction
        Of the machine's memory.
    threshold_gb
        Absolute limit [GB].
    """
    memory = MemoryOptions(fraction=fraction, threshold_gb=threshold_gb)
    return replace(setup, options=replace(setup.options, memory=memory))


def with_ranges(setup: Setup, ranges: Sequence[PhiRange]) -> Setup:
    """Replace the phi ranges; angles switched off one by one stay off."""
    return replace(setup, phi=replace(setup.phi, ranges=tuple(ranges)))


def with_all_angles(setup: Setup) -> Setup:
    """Select every angle."""
    return replace(setup, phi=PhiSelection())


def with_angle(
    setup: Setup, phi: Sequence[float], selected: Sequence[bool], index: int
) -> Setup:
    """Switch one angle on or off.

    An angle outside the ranges is switched on by a range of its own, because the
    disabled list can only take angles away.

    Parameters
    ----------
    phi, selected
        Every angle of the run [deg] and whether it is fitted now.
    index
        The angle whose state changes.
    """
    angle = float(phi[index])
    others = tuple(a for a in setup.phi.disabled if not _same(a, angle))
    if selected[index]:
        return replace(setup, phi=replace(setup.phi, disabled=(*others, angle)))
    if len(others) < len(setup.phi.disabled):
        return replace(setup, phi=replace(setup.phi, disabled=others))
    own = PhiRange(angle, angle)
    return replace(setup, phi=replace(setup.phi, ranges=(*setup.phi.ranges, own)))


def is_disabled(setup: Setup, angle: float) -> bool:
    """Whether an angle was switched off one by one."""
    return any(_same(a, angle) for a in setup.phi.disabled)


def _same(one: float, other: float) -> bool:
    return bool(distance(one, other) <= SAME_ANGLE)
