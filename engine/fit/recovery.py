"""What is tried after a fit that failed: two ladders, as data.

The first serves every strategy: the fit as it was asked for, then from perturbed start
values, at last with relaxed tolerances as well. The second is that of the streaming
strategy (`HybridRecoveryConfig`): again from the best point so far, each time more
careful. Both are climbed by the driver, which keeps the best end of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.models.specs import RATE_GROUPS
from engine.options import HybridRecoveryConfig, RecoveryOptions, RetrySettings
from engine.parameters import Parameter, ParameterSet
from engine.result import Attempt, FitResult, State
from engine.setup import Setup, Tolerances
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult

_PERTURBATION = 0.1
_RELAXED = 100.0
"""Relaxed, the estimated distance to the minimum still is a hundredth of a standard
error: 10⁻⁴ in units of χ²."""
_SEED = 42
_CLEARLY = 5.0
"""Difference of two costs, half of that of χ², that is none of the tolerances."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One attempt of a ladder."""

    name: str
    action: str
    """What is done, in a sentence for the user."""
    perturbation: float
    """Largest relative change of a start value."""
    tolerance_factor: float
    """Multiplies every tolerance."""


ORIGINAL = Rung("original", "The fit as it was asked for.", 0.0, 1.0)
PERTURBED = Rung(
    "perturbed",
    "Again from start values changed by up to 10 % of their size.",
    _PERTURBATION,
    1.0,
)
RELAXED = Rung(
    "relaxed",
    "Again from start values changed by up to 10 % of their size, with tolerances "
    "100 times as wide.",
    _PERTURBATION,
    _RELAXED,
)
LADDER = (ORIGINAL, PERTURBED, RELAXED)


def rungs(options: RecoveryOptions) -> tuple[Rung, ...]:
    """Return the attempts to make, the fit as it was asked for first.

    With more attempts than the ladder has rungs, further perturbed ones go before the
    relaxed one, which gives up some accuracy and is therefore the last resort.
    """
    count = options.max_attempts if options.enable else 1
    if count <= len(LADDER):
        return LADDER[: max(count, 1)]
    return (ORIGINAL, *[PERTURBED] * (count - 2), RELAXED)


def retry_settings(options: HybridRecoveryConfig) -> tuple[RetrySettings, ...]:
    """Return what each retry of the streaming fit multiplies, the first retry first."""
    retries = range(1, options.max_retries + 1)
    return tuple(options.get_retry_settings(attempt) for attempt in retries)


def worth_retrying(reason: Reason) -> bool:
    """Whether another attempt may end better than one that ended so.

    A search that found no descent away from a minimum, or began where the model is not
    finite or answers to nothing, is a matter of where it began: elsewhere it may well
    succeed. A converged fit needs no other attempt, and the user who stopped one wants
    none. At the limit of iterations the cost was still falling: the limit is the user's
    to raise, and to go on from there is better than to begin again.
    """
    return reason in {
        Reason.NO_DESCENT,
        Reason.NON_FINITE_START,
        Reason.NON_FINITE,
        Reason.NO_RESPONSE,
    }


def applied(setup: Setup, rung: Rung, seed: int) -> Setup:
    """Return the setup of an attempt.

    Parameters
    ----------
    setup
        With the start values of the first attempt, estimated ones included.
    seed
        Tells attempts on the same rung apart; the same seed gives the same setup.
    """
    if rung.perturbation:
        parameters = perturbed(setup.parameters, rung.perturbation, seed)
        setup = replace(setup, parameters=parameters, start_given=True)
    if rung.tolerance_factor == 1.0:
        return setup
    tolerances = _relaxed(setup.tolerances, rung.tolerance_factor)
    return replace(setup, tolerances=tolerances)


def perturbed(parameters: ParameterSet, amount: float, seed: int) -> ParameterSet:
    """Return the parameters with every free start value changed at random.

    A value changes by at most `amount` of itself; one that is zero by that part of a
    typical size: the prefactor it is added to, the width between its bounds, or 1.
    A change that would leave the bounds goes the other way, as far as they allow.
    Fixed and tied parameters stay as they are.

    Parameters
    ----------
    amount
        Largest relative change, 0 to 1.
    """
    random = np.random.default_rng([_SEED, seed])
    draws = random.uniform(-amount, amount, len(parameters))
    changed = []
    for p, draw in zip(parameters, draws.tolist(), strict=True):
        if not p.free:
            changed.append(p)
            continue
        step = draw * _typical_size(p, parameters)
        value = p.value + step
        if not p.lower <= value <= p.upper:
            value = p.value - step
        changed.append(replace(p, value=min(max(value, p.lower), p.upper)))
    return ParameterSet(tuple(changed))


def _typical_size(p: Parameter, parameters: ParameterSet) -> float:
    if p.value:
        return abs(p.value)
    for prefactor, _, constant in RATE_GROUPS:
        if p.name == constant and parameters[prefactor].value:
            return abs(parameters[prefactor].value)
    width = p.upper - p.lower
    return width if np.isfinite(width) else 1.0


def _relaxed(tolerances: Tolerances, factor: float) -> Tolerances:
    def wider(value: float | None) -> float | None:
        return None if value is None else factor * value

    return replace(
        tolerances,
        edm=factor * tolerances.edm,
        ftol=wider(tolerances.ftol),
        xtol=wider(tolerances.xtol),
        gtol=wider(tolerances.gtol),
    )


def better(a: SolverResult, b: SolverResult) -> SolverResult:
    """Return the end to keep of two.

    That of clearly lower cost, whatever became of it: a minimum beside a lower point is
    the wrong one. Of two that are equally low, the converged one.
    """
    first, second = (
        (found.best.cost, found.reason.state is State.CONVERGED) for found in (a, b)
    )
    return b if _goes_before(second, first) else a


def better_result(a: FitResult | None, b: FitResult) -> FitResult:
    """Return the result to keep of two, as `better` does."""
    if a is None:
        return b
    first, second = (
        (r.status.cost_final, r.status.state is State.CONVERGED) for r in (a, b)
    )
    return b if _goes_before(second, first) else a


def _goes_before(new: tuple[float, bool], old: tuple[float, bool]) -> bool:
    """Whether an end, its cost and whether it converged, is better than another."""
    (cost, converged), (best, settled) = new, old
    if not np.isfinite(cost) or not np.isfinite(best):
        return np.isfinite(cost) > np.isfinite(best)
    if abs(cost - best) > _CLEARLY or converged == settled:
        return cost < best
    return converged


def gave_up(result: FitResult) -> bool:
    """Whether a fit ended without a minimum although it was neither stopped nor cut."""
    return result.status.state in {State.NOT_CONVERGED, State.FAILED} and (
        result.status.reason not in {Reason.MAX_ITERATIONS, Reason.COLLAPSE}
    )


def nothing_left(attempts: Sequence[Attempt]) -> str:
    """Return the sentence of a run that no strategy could fit."""
    told = "; ".join(f"{a.strategy}: {a.reason.rstrip('.')}" for a in attempts)
    advice = next((a.diagnosis.advice[0] for a in attempts if a.diagnosis), "")
    return f"no strategy could fit this run ({told}). {advice}".strip()


def described(settings: RetrySettings) -> str:
    """Return what a retry of the streaming fit changes, in a sentence."""
    return (
        "Again from the best point so far, with the first step × "
        f"{settings.lr_multiplier:g}, the regularisation × "
        f"{settings.lambda_multiplier:g} and the trust region × "
        f"{settings.trust_multiplier:g}."
    )
