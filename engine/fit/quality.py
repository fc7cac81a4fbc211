"""The judgement of a fit, from evidence alone: one word and plain sentences.

*good* needs a converged fit, a reduced chi squared below 1.5, nothing at a bound and no
warning about scaling or identifiability; *poor* is a fit that did not converge or whose
reduced chi squared exceeds 3; everything between is *acceptable*.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.conventions import SHEAR_RATE_PARAMETERS
from engine.result import FittedParameter, Flag, State
from engine.setup import Scaling
from engine.units import format_number, with_unit

GOOD_BELOW = 1.5
"""Reduced chi squared below which a fit may be good."""
POOR_ABOVE = 3.0
"""Reduced chi squared above which a fit is poor."""
CORRELATION_NAMED = 0.98
"""Correlation of two physical parameters from which the pair is named."""
CORRELATION_TIED = 0.9999
"""Correlation from which the data determine only a combination of the two."""
CONDITION_LIMIT = 1e10
"""Condition of the column-scaled normal matrix above which a direction is lost."""
SHEAR_SEEN_ABOVE = 20.0
"""Rise of chi squared without flow from which shear counts as seen."""
_OVERESTIMATED_BELOW = 0.5
_OUTLYING_ANGLE = 2.0
_NOISE_SHARED = "or neighbouring pixels share their noise and σ is estimated too small"
_NOISE_GIVEN = "or the sigma given is too small"
_MAX_PAIRS = 3
_MAX_ANGLES = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Everything the judgement rests on."""

    state: State
    reduced_chi_squared: float
    sigma_estimated: bool
    """Whether sigma was estimated from the data (else it was given)."""
    parameters: tuple[FittedParameter, ...]
    """Physical parameters, in model order."""
    covariance_names: tuple[str, ...]
    """Names of the free coefficients, rows of `correlation`."""
    correlation: NDArray[np.float64]
    condition_number: float
    undetermined: tuple[str, ...] = ()
    """Free coefficients the data do not determine."""
    n_frames: int
    """Frames on the fitted axis."""
    clipped_diffusion: int = 0
    """Frames at which D(t) sits on its floor."""
    clipped_shear: int = 0
    """Frames at which the shear rate sits on its floor."""
    phi: tuple[float, ...]
    """Fitted angles [deg]."""
    contrast_at_bound: tuple[bool, ...] = ()
    """Per fitted angle."""
    offset_at_bound: tuple[bool, ...] = ()
    """Per fitted angle."""
    angle_chi_squared: tuple[float, ...] = ()
    """Reduced chi squared per fitted angle."""
    cancelling: tuple[tuple[str, ...], ...] = ()
    """Rates whose power law and constant nearly cancel: the names of their three."""
    scaling: Scaling = Scaling.INDIVIDUAL
    scaling_gain: float = 0.0
    """What χ² would fall by with a scaling for each angle, in units of its scatter."""
    spare_coefficients: int = 0
    """Coefficients that would add."""
    shear_gain: float | None = None
    """What χ² would rise by without flow, in units of its scatter."""
    mirror: tuple[float, float] | None = None
    """Flow direction and another one [deg] that describes the data equally."""
    robust: bool = False
    """Whether outliers were weighted down."""
    nothing_free: bool = False
    """Whether every physical parameter was held fixed."""


def judge(evidence: Evidence) -> tuple[Flag, tuple[str, ...]]:
    """Return the flag of a fit and its warnings, the gravest first."""
    outcome = [*_state(evidence), *_chi_squared(evidence)]
    tied, correlated = _correlated(evidence)
    identifiability = [
        *_nothing_free(evidence),
        *_no_shear(evidence),
        *_undetermined(evidence),
        *_condition(evidence),
        *tied,
        *_scaling_mode(evidence),
        *_mirror(evidence),
    ]
    bounds = [*_at_bound(evidence), *_scaling_at_bound(evidence)]
    notes = [
        *_clipped(evidence),
        *correlated,
        *_outlying_angles(evidence),
    ]
    flag = _flag(evidence, doubtful=bool(identifiability or bounds))
    return flag, (*outcome, *identifiability, *bounds, *notes)


def _flag(evidence: Evidence, *, doubtful: bool) -> Flag:
    chi = evidence.reduced_chi_squared
    if evidence.state is not State.CONVERGED or not chi <= POOR_ABOVE:
        return Flag.POOR
    if chi < GOOD_BELOW and not doubtful:
        return Flag.GOOD
    return Flag.ACCEPTABLE


def _state(evidence: Evidence) -> Iterable[str]:
    if evidence.state is State.NOT_CONVERGED:
        yield (
            "The fit did not converge: the values are where it stopped, "
            "not the best fit."
        )
    elif evidence.state is State.CANCELLED:
        yield "The fit was stopped: the values are the best point so far."
    elif evidence.state is State.FAILED:
        yield "The fit failed: the values are not a description of the data."


def _chi_squared(evidence: Evidence) -> Iterable[str]:
    chi = evidence.reduced_chi_squared
    text = f"The reduced χ² is {chi:.3g}"
    if not np.isfinite(chi):
        yield "The reduced χ² does not exist: there are too few pixels."
    elif chi > POOR_ABOVE:
        if evidence.robust:
            yield (
                f"{text}: it counts the outliers in full, which the loss weighted "
                "down; look at the residual maps."
            )
            return
        doubt = _NOISE_SHARED if evidence.sigma_estimated else _NOISE_GIVEN
        yield (
            f"{text}: the model does not describe the data within their noise, "
            f"{doubt}; look at the residual maps."
        )
    elif chi >= GOOD_BELOW:
        yield f"{text}: the residuals are larger than the noise explains."
    elif chi < _OVERESTIMATED_BELOW and not evidence.sigma_estimated:
        yield f"{text}: the sigma given is larger than the scatter of the data."


def _undetermined(evidence: Evidence) -> Iterable[str]:
    together = {name for group in evidence.cancelling for name in group}
    for prefactor, exponent, constant in evidence.cancelling:
        yield (
            f"{prefactor} and {constant} nearly cancel: the data determine the level "
            f"and the slope of the rate, but not {prefactor}, {exponent} and "
            f"{constant} by themselves; fix {constant}, at 0 say."
        )
    names = tuple(n for n in evidence.undetermined if n not in together)
    if len(names) == 1:
        yield f"{names[0]} is not determined by the data; fix it."
    elif names:
        yield (
            f"{_listed(names)} are not determined separately by the data, only a "
            "combination of them; fix one of them."
        )


def _nothing_free(evidence: Evidence) -> Iterable[str]:
    if evidence.nothing_free:
        yield "Every physical parameter was held fixed: only contrast and offset moved."


def _no_shear(evidence: Evidence) -> Iterable[str]:
    gain = evidence.shear_gain
    if gain is not None and gain < SHEAR_SEEN_ABOVE:
        yield (
            f"No shear was detected: without flow χ² would rise by {max(gain, 0):.2g} "
            "only, which noise explains; use the static model."
        )


def _scaling_mode(evidence: Evidence) -> Iterable[str]:
    spare = evidence.spare_coefficients
    if spare <= 0 or evidence.scaling is Scaling.INDIVIDUAL:
        return
    if evidence.scaling_gain > spare + 5 * np.sqrt(2 * spare):
        yield (
            f"Contrast and offset of their own for each angle would lower χ² by "
            f"{evidence.scaling_gain:.3g} or more (noise explains about {spare}): the "
            f"scaling mode {evidence.scaling.value} biases the parameters; use "
            "individual."
        )
    elif evidence.scaling in (Scaling.CONSTANT, Scaling.FIXED_CONSTANT):
        yield (
            "Contrast and offset were frozen: the errors do not contain their "
            "uncertainty."
        )


def _mirror(evidence: Evidence) -> Iterable[str]:
    if evidence.mirror is not None:
        here, there = evidence.mirror
        yield (
            f"These angles cannot tell phi0 = {here:.3g}° from {there:.3g}°: both "
            "describe the data equally; add an angle between them, or bound phi0."
        )


def _condition(evidence: Evidence) -> Iterable[str]:
    if evidence.undetermined or evidence.condition_number < CONDITION_LIMIT:
        return
    yield (
        f"The condition number is {evidence.condition_number:.1e}: the data hardly "
        "determine all parameters separately; fix one of them."
    )


def _at_bound(evidence: Evidence) -> Iterable[str]:
    for p in evidence.parameters:
        if not p.at_bound or p.fixed:
            continue
        lower = abs(p.value - p.lower) <= abs(p.value - p.upper)
        bound = with_unit(format_number(p.lower if lower else p.upper), p.unit)
        if p.name == SHEAR_RATE_PARAMETERS[0] and lower:
            yield (
                f"No shear was detected: {p.name} is at its lower bound ({bound}); "
                "try the static model or other start values."
            )
            continue
        side = "lower" if lower else "upper"
        yield f"{p.name} is at its {side} bound ({bound}) and has no error."


def _scaling_at_bound(evidence: Evidence) -> Iterable[str]:
    for label, flags in (
        ("contrast", evidence.contrast_at_bound),
        ("offset", evidence.offset_at_bound),
    ):
        at_bound = [a for a, hit in zip(evidence.phi, flags, strict=False) if hit]
        if at_bound:
            yield f"The {label} is at a bound at φ = {_angles(at_bound)}."


def _clipped(evidence: Evidence) -> Iterable[str]:
    for label, count in (
        ("D(t)", evidence.clipped_diffusion),
        ("The shear rate", evidence.clipped_shear),
    ):
        if count:
            yield (
                f"{label} is clipped at zero in {count} of {evidence.n_frames} "
                "frames; its offset is too negative there."
            )


def _correlated(evidence: Evidence) -> tuple[list[str], list[str]]:
    """Return what is said of pairs that are tied, and of pairs that are close to it."""
    physical = {p.name for p in evidence.parameters} - set(evidence.undetermined)
    names = evidence.covariance_names
    pairs = [
        (float(evidence.correlation[i, j]), names[j], names[i])
        for i in range(len(names))
        for j in range(i)
        if names[i] in physical and names[j] in physical
    ]
    strong = [pair for pair in pairs if abs(pair[0]) >= CORRELATION_NAMED]
    strong.sort(key=lambda pair: -abs(pair[0]))
    tied: list[str] = []
    correlated: list[str] = []
    for value, first, second in strong[:_MAX_PAIRS]:
        kind = "correlated" if value > 0 else "anti-correlated"
        if abs(value) >= CORRELATION_TIED:
            tied.append(
                f"{first} and {second} are fully {kind}: the data determine only a "
                "combination of them; fix one of them."
            )
        else:
            percent = 100 * abs(value)
            correlated.append(f"{first} and {second} are {percent:.1f} % {kind}.")
    return tied, correlated


def _outlying_angles(evidence: Evidence) -> Iterable[str]:
    chi = np.asarray(evidence.angle_chi_squared, dtype=float)
    if chi.size < 2:
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
    return f"{', '.join(names[:-1])} and {names[-1]}"
