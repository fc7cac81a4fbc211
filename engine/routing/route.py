"""The choice of a strategy before a fit, and the sentence that says why."""

import os
from collections.abc import Mapping

from engine.machine import MemoryLimit
from engine.options import Options
from engine.routing.memory import footprint
from engine.routing.plan import FRUGAL_ORDER, Plan, RunSize
from engine.routing.threshold import Threshold, memory_threshold
from engine.setup import Strategy

_WHERE = {
    Strategy.STANDARD: "the pixels to fit stay in memory beside the matrices",
    Strategy.LARGE: "the matrices stay in memory and are cut at every pass",
    Strategy.CHUNKED: "the data stay on disk",
    Strategy.STREAMING: "the data stay on disk, and the fit has four phases",
}
_LESS_MEMORY = (
    "fit fewer angles or frames, or raise memory_fraction or memory_threshold_gb"
)


def plan_fit(
    size: RunSize,
    strategy: Strategy,
    options: Options,
    *,
    total_gb: float | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Plan:
    """Return which strategy a fit will use, and why.

    Parameters
    ----------
    strategy
        What was asked for; AUTO takes the fastest that fits.
    total_gb
        Memory of the machine [GB]; None asks it.

    Raises
    ------
    OptionError
        On a fraction of memory in the environment that cannot be.
    """
    total = None if total_gb is None else MemoryLimit(total_gb, "given")
    threshold = memory_threshold(options.memory, total=total, environment=environment)
    estimates = {s: footprint(size, s, options.chunks).total for s in FRUGAL_ORDER}
    chosen, why = _choose(strategy, options, estimates, threshold)
    count = size.n_coefficients
    fitted = "1 coefficient" if count == 1 else f"{count} coefficients"
    return Plan(
        strategy=chosen,
        requested=strategy,
        reason=(
            f"{why}; about {_gb(estimates[chosen])} of {_gb(threshold.gb)} allowed is "
            f"needed for {fitted}; the limit is {threshold.source}"
        ),
        estimates=estimates,
        threshold_gb=threshold.gb,
        threshold_source=threshold.source,
        n_coefficients=size.n_coefficients,
    )


def _choose(
    requested: Strategy,
    options: Options,
    estimates: Mapping[Strategy, float],
    threshold: Threshold,
) -> tuple[Strategy, str]:
    """Return the strategy, and the first half of the sentence that says why."""
    if requested is Strategy.AUTO:
        return _automatic(options, estimates, threshold)
    chosen, why = requested, f"asked for: {_WHERE[requested]}"
    if requested is Strategy.STREAMING and not options.hybrid.enable:
        chosen = Strategy.CHUNKED
        why = (
            "streaming was asked for, but hybrid_streaming.enable is false: "
            f"{_WHERE[chosen]}, without the warm-up"
        )
    if estimates[chosen] > threshold.gb:
        why += f"; that needs more than is allowed: {_LESS_MEMORY}"
    return chosen, why


def _automatic(
    options: Options, estimates: Mapping[Strategy, float], threshold: Threshold
) -> tuple[Strategy, str]:
    for strategy in (Strategy.STANDARD, Strategy.LARGE):
        if estimates[strategy] <= threshold.gb:
            return strategy, _instead_of(strategy, Strategy.STANDARD, estimates)
    if not options.chunks.out_of_core:
        why = (
            f"streaming.enable is false, so {_WHERE[Strategy.LARGE]} although that "
            f"needs more than is allowed: {_LESS_MEMORY}"
        )
        return Strategy.LARGE, why
    why = _instead_of(Strategy.CHUNKED, Strategy.LARGE, estimates)
    if estimates[Strategy.CHUNKED] > threshold.gb:
        why += f"; even that needs more than is allowed: {_LESS_MEMORY}"
    return Strategy.CHUNKED, why


def _instead_of(
    strategy: Strategy, other: Strategy, estimates: Mapping[Strategy, float]
) -> str:
    if strategy is other:
        return _WHERE[strategy]
    return f"{other.value} would need {_gb(estimates[other])}, so {_WHERE[strategy]}"


def _gb(value: float) -> str:
    return f"{value:.2g} GB" if value < 10 else f"{value:.3g} GB"
