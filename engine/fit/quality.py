"""The judgement of a fit, from evidence alone: one word and plain sentences.

*good* needs a converged fit, a reduced chi squared below 1.5, nothing at a bound and no
warning about scaling or identifiability; *poor* is a fit that did not converge, whose
reduced chi squared exceeds 3, or that lost the diffusion or determines nothing;
everything between is *acceptable*. Which of the optional
findings are said can be chosen; the word does not depend on that.
"""

from collections.abc import Iterable

import numpy as np

from engine.fit import remarks
from engine.fit.evidence import GOOD_BELOW, Evidence
from engine.result import Flag, State

POOR_ABOVE = 3.0
"""Reduced chi squared above which a fit is poor."""
_OVERESTIMATED_BELOW = 0.5
_NOISE_SHARED = "or neighbouring pixels share their noise and σ is estimated too small"
_NOISE_GIVEN = "or the sigma given is too small"


def judge(evidence: Evidence) -> tuple[Flag, tuple[str, ...]]:
    """Return the flag of a fit and its warnings, the gravest first."""
    outcome = [*_state(evidence), *_chi_squared(evidence)]
    identifiability = [
        *remarks.no_diffusion(evidence),
        *remarks.nothing_free(evidence),
        *remarks.no_shear(evidence),
        *remarks.nothing_determined(evidence),
        *remarks.undetermined(evidence),
        *remarks.loose(evidence),
        *remarks.condition(evidence),
        *remarks.tied(evidence),
        *remarks.scaling_mode(evidence),
        *remarks.mirror(evidence),
    ]
    bounds = [*remarks.at_bound(evidence), *remarks.scaling_at_bound(evidence)]
    no_shear = [*remarks.shear_at_bound(evidence)]
    said = evidence.options
    notes = [
        *remarks.shared_noise(evidence),
        *remarks.clipped(evidence),
        *remarks.entangled(evidence),
        *remarks.outlying_angles(evidence),
        *evidence.layer_notes,
    ]
    flag = _flag(evidence, doubtful=bool(identifiability or no_shear or bounds))
    if not (said.enable and said.warn_on_bounds_hit):
        bounds = []
    return flag, (*outcome, *identifiability, *no_shear, *bounds, *notes)


def _flag(evidence: Evidence, *, doubtful: bool) -> Flag:
    chi = evidence.reduced_chi_squared
    converged = evidence.state is State.CONVERGED
    lost = evidence.diffusion_lost or evidence.nothing_determined
    if not converged or not chi <= POOR_ABOVE or lost:
        return Flag.POOR
    if chi < GOOD_BELOW and not doubtful:
        return Flag.GOOD
    return Flag.ACCEPTABLE


def _state(evidence: Evidence) -> Iterable[str]:
    said = evidence.options
    if evidence.state is State.CANCELLED:
        yield "The fit was stopped: the values are the best point so far."
    elif not (said.enable and said.warn_on_convergence_failure):
        return
    elif evidence.state is State.NOT_CONVERGED:
        yield (
            "The fit did not converge: the values are where it stopped, "
            "not the best fit."
        )
    elif evidence.state is State.FAILED:
        yield "The fit failed: the values are not a description of the data."


def _chi_squared(evidence: Evidence) -> Iterable[str]:
    chi = evidence.reduced_chi_squared
    limit = evidence.options.reduced_chi_squared_threshold
    exceeded = evidence.options.enable and chi > limit
    text = f"The reduced χ² is {chi:.3g}"
    if exceeded:
        text += f", above the threshold of {limit:g}"
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
    elif exceeded:
        yield f"{text}."
