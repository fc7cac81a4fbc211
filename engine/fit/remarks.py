"""What is said of a fit's parameters, angles and rates: sentences from evidence."""

from collections.abc import Iterable, Sequence

import numpy as np

from engine.conventions import SHEAR_RATE_PARAMETERS
from engine.degeneracy import PENALISED, SHEAR_SEEN_ABOVE
from engine.fit.evidence import GOOD_BELOW, Evidence
from engine.result import FittedParameter
from engine.setup import Scaling
from engine.units import format_number, with_unit

CORRELATION_NAMED = 0.98
"""Correlation of two physical parameters from which the pair is named."""
CORRELATION_TIED = 0.9999
"""Correlation from which the data determine only a combination of the two."""
CONDITION_LIMIT = 1e10
"""Condition of the column-scaled normal matrix above which a direction is lost."""
_NOISE_SHARED_ABOVE = 2.0
"""Ratio of both errors from which it is worth a word."""
_PREFACTORS = ("D0", SHEAR_RATE_PARAMETERS[0])
_OUTLYING_ANGLE = 2.0
_MAX_PAIRS = 3
_MAX_ANGLES = 4


def undetermined(evidence: Evidence) -> Iterable[str]:
    """Tell of parameters the data do not determine."""
    together = {name for group in evidence.cancelling for name in group}
    for prefactor, exponent, constant in evidence.cancelling:
        yield (
            f"{prefactor} and {constant} nearly cancel: the data determine the level "
            f"and the slope of the rate, but not {prefactor}, {exponent} and "
            f"{constant} by themselves; fix {constant}, at 0 say."
        )
    idle = tuple(
        n
        for n in evidence.undetermined
        if f"{n} has no influence on the fit." in evidence.combinations
        and n not in together
    )
    if len(idle) > 1:
        yield f"{_listed(idle)} have no influence on the fit; fix them."
        together.update(idle)
    names = tuple(n for n in evidence.undetermined if n not in together)
    if len(names) == 1:
        yield f"{names[0]} is not determined by the data; fix it."
    elif names:
        left_open = " ".join(evidence.combinations)
        yield (
            f"{_listed(names)} are not determined separately by the data, only a "
            f"combination of them; fix one of them. {left_open}".strip()
        )


def nothing_determined(evidence: Evidence) -> Iterable[str]:
    """Tell of a fit without a single number that can be quoted."""
    if evidence.nothing_determined:
        yield (
            "No free parameter has an error: each is at a bound or not determined by "
            "the data, so none of the values can be quoted."
        )


def loose(evidence: Evidence) -> Iterable[str]:
    """Tell of a rate whose error is as large as itself."""
    for p in evidence.parameters:
        if p.name in _PREFACTORS and p.stderr is not None and p.stderr >= abs(p.value):
            yield (
                f"{p.name} is not larger than its standard error: the data hardly "
                "determine it; fix one of the parameters of the same rate."
            )


def shared_noise(evidence: Evidence) -> Iterable[str]:
    """Tell of errors that are too small because pixels share their noise."""
    ratios = {
        p.name: p.stderr_robust / p.stderr
        for p in evidence.parameters
        if p.stderr and p.stderr_robust is not None and not p.fixed
    }
    if not ratios or max(ratios.values()) < _NOISE_SHARED_ABOVE:
        return
    worst = sorted(ratios, key=lambda name: -ratios[name])[:_MAX_PAIRS]
    named = _listed([f"{name} {ratios[name]:.2g} times" for name in worst])
    yield (
        "Pixels share their noise: with that allowed for, standard errors are larger, "
        f"of {named} (stderr_robust)."
    )


def nothing_free(evidence: Evidence) -> Iterable[str]:
    """Tell of a fit of contrast and offset alone."""
    if evidence.nothing_free:
        yield "Every physical parameter was held fixed: only contrast and offset moved."


def no_diffusion(evidence: Evidence) -> Iterable[str]:
    """Tell of a D(t) that is zero throughout, where nothing tells it how to grow."""
    if evidence.diffusion_lost:
        yield (
            "D(t) is clipped at zero in every frame: no diffusion was fitted; start "
            "from other values, those estimated from the data for one, or fix D0, "
            "alpha and D_offset if none is expected."
        )


def no_shear(evidence: Evidence) -> Iterable[str]:
    """Tell of flow that noise explains as well."""
    gain = evidence.shear_gain
    if gain is None or gain >= SHEAR_SEEN_ABOVE:
        return
    advice = "use the static model"
    if not evidence.reduced_chi_squared < GOOD_BELOW:
        advice = "try other start values, or the static model if none is expected"
    limit = ""
    for p in evidence.parameters:
        if p.name == SHEAR_RATE_PARAMETERS[0] and evidence.shear_limit is not None:
            value = with_unit(f"{evidence.shear_limit:.3g}", p.unit)
            limit = f" (upper limit of {p.name}: {value}, 95 %)"
    yield (
        f"No shear was detected{limit}: without flow χ² would rise by "
        f"{max(gain, 0):.2g} only, which noise explains; {advice}."
    )


def scaling_mode(evidence: Evidence) -> Iterable[str]:
    """Tell of a scaling mode that biases the parameters or hides errors."""
    test = evidence.scaling_test
    if test is not None and test.rejected:
        name, shift = test.largest_shift
        moved = f", {name} by {abs(shift):.2g} of its errors" if name else ""
        penalised = test.narrow.endswith(PENALISED)
        what = "CV penalty" if penalised else f"scaling mode {evidence.scaling.value}"
        instead = "switch it off" if penalised else "use individual or auto"
        yield (
            f"Contrast and offset of their own for each angle would lower χ² by "
            f"{test.statistic_text} (noise explains about {test.degrees}): the "
            f"{what} biases the parameters{moved}; {instead}."
        )
    elif evidence.scaling_untested:
        yield (
            f"The scaling mode {evidence.scaling.value} was not tested: whether it "
            "biases the parameters is not known."
        )
    elif evidence.scaling in (Scaling.CONSTANT, Scaling.FIXED_CONSTANT):
        yield (
            "Contrast and offset were frozen: the errors do not contain their "
            "uncertainty."
        )


def mirror(evidence: Evidence) -> Iterable[str]:
    """Tell of a second flow direction that describes the data equally."""
    if evidence.mirror is not None:
        here, there = evidence.mirror
        yield (
            f"These angles cannot tell phi0 = {here:.3g}° from {there:.3g}°: both "
            "describe the data equally; add an angle between them, or bound phi0."
        )


def condition(evidence: Evidence) -> Iterable[str]:
    """Tell of a normal matrix near singular."""
    if evidence.undetermined or evidence.condition_number < CONDITION_LIMIT:
        return
    yield (
        f"The condition number is {evidence.condition_number:.1e}: the data hardly "
        "determine all parameters separately; fix one of them."
    )


def shear_at_bound(evidence: Evidence) -> Iterable[str]:
    """Tell of a shear rate at its lower bound, unless no shear at all is seen."""
    gain = evidence.shear_gain
    if gain is not None and gain < SHEAR_SEEN_ABOVE:
        return
    for p in evidence.parameters:
        if not _is_no_shear(p):
            continue
        bound = with_unit(format_number(p.lower), p.unit)
        if gain is None:
            yield (
                f"No shear was detected: {p.name} is at its lower bound ({bound}); "
                "try the static model or other start values."
            )
            continue
        yield (
            f"{p.name} is at its lower bound ({bound}): the flow that is seen is "
            f"constant, and {SHEAR_RATE_PARAMETERS[1]} carries it; fix {p.name} there, "
            "or try other start values."
        )


def at_bound(evidence: Evidence) -> Iterable[str]:
    """Tell of other parameters at a bound."""
    for p in evidence.parameters:
        if p.at_bound and not p.fixed and not _is_no_shear(p):
            lower = _at_lower(p)
            bound = with_unit(format_number(p.lower if lower else p.upper), p.unit)
            side = "lower" if lower else "upper"
            yield f"{p.name} is at its {side} bound ({bound}) and has no error."


def _is_no_shear(p: FittedParameter) -> bool:
    rate = p.name == SHEAR_RATE_PARAMETERS[0]
    return rate and p.at_bound and not p.fixed and _at_lower(p)


def _at_lower(p: FittedParameter) -> bool:
    return abs(p.value - p.lower) <= abs(p.value - p.upper)


def scaling_at_bound(evidence: Evidence) -> Iterable[str]:
    """Tell of contrasts and offsets at a bound."""
    for label, flags in (
        ("contrast", evidence.contrast_at_bound),
        ("offset", evidence.offset_at_bound),
    ):
        at_bound = [a for a, hit in zip(evidence.phi, flags, strict=False) if hit]
        if at_bound:
            yield f"The {label} is at a bound at φ = {_angles(at_bound)}."


def clipped(evidence: Evidence) -> Iterable[str]:
    """Tell of rates on their floor."""
    gain = evidence.shear_gain
    still = gain is not None and gain < SHEAR_SEEN_ABOVE
    for label, count in (
        ("D(t)", 0 if evidence.diffusion_lost else evidence.clipped_diffusion),
        ("The shear rate", 0 if still else evidence.clipped_shear),
    ):
        if count:
            yield (
                f"{label} is clipped at zero in {count} of {evidence.n_frames} "
                "frames; its offset is too negative there."
            )


def tied(evidence: Evidence) -> Iterable[str]:
    """Tell of pairs of which the data determine a combination only."""
    physical = {p.name for p in evidence.parameters} - set(evidence.undetermined)
    names = evidence.covariance_names
    pairs = [
        (float(evidence.correlation[i, j]), names[j], names[i])
        for i in range(len(names))
        for j in range(i)
        if names[i] in physical and names[j] in physical
    ]
    strong = [pair for pair in pairs if abs(pair[0]) >= CORRELATION_TIED]
    strong.sort(key=lambda pair: -abs(pair[0]))
    for value, first, second in strong[:_MAX_PAIRS]:
        kind = "correlated" if value > 0 else "anti-correlated"
        yield (
            f"{first} and {second} are fully {kind}: the data determine only a "
            "combination of them; fix one of them."
        )


def entangled(evidence: Evidence) -> Iterable[str]:
    """Tell of parameters that imitate one another, and what fixing one would cost."""
    told = {n for group in evidence.cancelling for n in group}
    told.update(evidence.undetermined)
    for found in evidence.entanglements:
        if told.issuperset(found.names):
            continue
        strength = 1.0 if found.correlation is None else abs(found.correlation)
        single = found.correlation is not None
        if strength < CORRELATION_NAMED or (single and strength >= CORRELATION_TIED):
            continue
        yield found.sentence


def outlying_angles(evidence: Evidence) -> Iterable[str]:
    """Tell of angles that are described much worse than the others."""
    chi = np.asarray(evidence.angle_chi_squared, dtype=float)
    if np.count_nonzero(np.isfinite(chi)) < 2:
        return
    usual = float(np.nanmedian(chi))
    worst = [
        (value, angle)
        for value, angle in zip(chi, evidence.phi, strict=True)
        if value > GOOD_BELOW and value > _OUTLYING_ANGLE * usual
    ]
    worst.sort(reverse=True)
    for value, angle in worst[:_MAX_ANGLES]:
        yield (
            f"φ = {angle:.2f}° has a reduced χ² of {value:.3g}, the median angle "
            f"{usual:.3g}: look at its residuals."
        )


def _angles(values: Sequence[float]) -> str:
    shown = [f"{value:.2f}°" for value in values[:_MAX_ANGLES]]
    more = len(values) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
