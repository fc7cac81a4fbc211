"""Phase 1 of a streaming fit: L-BFGS on the coarse grid, until it pays to switch."""

import numpy as np
from numpy.typing import NDArray

from engine.errors import CancelledError
from engine.events import Happening, Phase
from engine.fit.beginning import Fit
from engine.fit.coarse_search import (
    WARM_EDM,
    CoarseResult,
    adopted,
    settled_coarse,
    solve_coarse,
    started,
)
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.fit.plain_search import distance, lowest
from engine.kernel.pieces import AnglePieces
from engine.options import HybridOptions, RetrySettings
from engine.solver.equations import Equations
from engine.solver.lbfgs import minimise
from engine.solver.options import SolverState
from engine.solver.warmup import (
    Switch,
    WarmupResult,
    WarmupSettings,
    adaptive_first_step,
)

Array = NDArray[np.float64]

_ROUGH_EDM, _ROUGH_STEPS = 1.0, 15
"""When steps that only show which valley is lower end."""
_SAME_MINIMUM = 0.01
"""Difference in cost between two searches on the grid that ended at one minimum."""


def warm_up(
    fit: Fit, units: Array, retry: RetrySettings
) -> tuple[FitPoint, SolverState | None]:
    """Return where phase 2 begins, evaluated on all pixels.

    Parameters
    ----------
    units
        Of each coefficient.
    retry
        What a retry multiplies.
    """
    fit.journal.begin(Phase.WARMING_UP)
    far = distance(fit.equations, fit.start)
    fit.journal.step(fit.start, accepted=True, edm=far)
    relative = relative_loss(fit.start.pieces)
    fit.journal.note(edm_start=far, relative_loss_start=relative)
    if not np.isfinite(fit.start.cost) or _is_warm(fit, far, relative):
        return fit.start, None
    coarse = fit.coarse or fit.equations
    begin = _begun(fit)
    shift = fit.start.cost - begin.cost
    settings = _settings(fit, relative, retry)
    best = _minimise(fit, coarse, begin, units, settings, shift)
    state = None
    if fit.coarse is not None and not fit.cancelled():
        fit.journal.begin(Phase.COARSE)
        found = settled_coarse(fit, _coarse_minimum(fit, best, begin, shift), shift)
        best, state = found.best, found.state
        fit = fit.following(best)
    elif fit.coarse is None and not fit.cancelled():
        best = _lower_valley(fit, best, begin)
    options = fit.setup.options.hybrid
    allowed = options.cost_increase_tolerance if options.cost_guard else 0.0
    return adopted(fit, best, allowed=allowed), state


def after_warm_up(fit: Fit) -> tuple[FitPoint, SolverState | None]:
    """Return where phase 2 begins when the warm-up ended, or broke off, at the start.

    Whatever it had left to do the grid does for less than all pixels would.
    """
    if fit.coarse is None or fit.cancelled():
        return fit.start, None
    fit.journal.begin(Phase.COARSE)
    begun = started(fit.coarse, fit.start)
    shift = fit.start.cost - begun.cost
    found = settled_coarse(fit, solve_coarse(fit, begun, shift), shift)
    return adopted(fit.following(found.best), found.best, allowed=0.0), found.state


def _begun(fit: Fit) -> FitPoint:
    """Return the start on the grid, or with the best scaling where there is none."""
    if fit.coarse is not None:
        return started(fit.coarse, fit.start)
    equations = fit.equations
    return equations.improved(fit.start) if equations.exact_scaling else fit.start


def _coarse_minimum(
    fit: Fit, best: FitPoint, begin: FitPoint, shift: float
) -> CoarseResult:
    """Return the minimum on the grid that the end of the warm-up leads to.

    Measured by wide bounds, steps of L-BFGS may leave the valley of the start for one
    that ends higher: then that of the start is returned, where Gauss-Newton alone ends.
    """
    found = solve_coarse(fit, best, shift)
    if fit.cancelled():
        return found
    other = solve_coarse(fit, begin, shift, told=False)
    if not other.best.cost < found.best.cost - _SAME_MINIMUM:
        return found
    _tell_dropped(fit, found.best.cost + shift, other.best.cost + shift)
    return other


def _lower_valley(fit: Fit, best: FitPoint, begin: FitPoint) -> FitPoint:
    """Return the end of the warm-up, or that of a few Gauss-Newton steps without it.

    For a run too small for a grid, where steps on all pixels cost as little.
    """
    equations = fit.equations
    try:
        other = lowest(equations, begin, edm=_ROUGH_EDM, steps=_ROUGH_STEPS)
    except CancelledError:
        return best
    if not other.cost < best.cost - _SAME_MINIMUM:
        return best
    _tell_dropped(fit, best.cost, other.cost)
    return other


def _tell_dropped(fit: Fit, cost: float, without: float) -> None:
    fit.journal.happened(
        Happening.COST_GUARD,
        "The warm-up led to a higher minimum than its start does: it is dropped.",
        cost=cost,
        cost_without=without,
    )


def _is_warm(fit: Fit, edm: float, relative: float) -> bool:
    options = fit.setup.options.hybrid
    threshold = options.warm_start_threshold
    good = edm < WARM_EDM or relative < threshold
    if not (options.warm_start_detection and good):
        return False
    fit.journal.happened(
        Happening.WARM_START,
        f"The start is good already (EDM {edm:.2g}, relative loss {relative:.2g} "
        f"against {threshold:g}): no warm-up.",
        edm=edm,
        relative_loss=relative,
        threshold=threshold,
    )
    return True


def _settings(fit: Fit, relative: float, retry: RetrySettings) -> WarmupSettings:
    options: HybridOptions = fit.setup.options.hybrid
    first, name = adaptive_first_step(relative)
    if not options.adaptive_rate:
        first, name = 1.0, "fixed"
    first *= retry.lr_multiplier
    fit.journal.happened(
        Happening.RATE_CHOSEN,
        f"First step of the warm-up: {name}.",
        rate=first,
        name=name,
        relative_loss=relative,
    )
    return WarmupSettings(
        first_step=first,
        min_iterations=options.warmup_iterations,
        max_iterations=min(options.max_warmup_iterations, fit.iterations_left),
        clip=options.max_warmup_step_size if options.step_clipping else None,
        guard=options.cost_increase_tolerance if options.cost_guard else None,
    )


def _minimise(
    fit: Fit,
    coarse: FitEquations,
    begin: FitPoint,
    units: Array,
    settings: WarmupSettings,
    shift: float,
) -> FitPoint:
    journal = fit.journal

    def report(best: Equations, iteration: int, evaluations: int, clipped: int) -> None:
        del evaluations
        if not iteration:
            return
        journal.iterations += 1
        journal.step(
            fit_point(best),
            accepted=True,
            edm=float("nan"),
            shift=shift if fit.coarse is not None else None,
            clipped=clipped,
        )

    found = minimise(
        coarse,
        begin,
        coarse.bounds,
        units=units,
        free=_moved(coarse),
        settings=settings,
        on_step=report,
    )
    _tell_end(fit, found, settings)
    return fit_point(found.best)


def _tell_end(fit: Fit, found: WarmupResult, settings: WarmupSettings) -> None:
    if found.clipped:
        fit.journal.happened(
            Happening.STEP_CLIPPED,
            f"{found.clipped} steps of the warm-up were cut to {settings.clip:g} in "
            "normalised units.",
            count=found.clipped,
        )
    guarded = found.reason is Switch.COST_GUARD
    fit.journal.happened(
        Happening.COST_GUARD if guarded else Happening.SWITCHED,
        found.reason.sentence,
        reason=found.reason.value,
        iterations=found.iterations,
        evaluations=found.evaluations,
    )


def _moved(equations: FitEquations) -> NDArray[np.bool_]:
    """Return which coefficients L-BFGS moves: not the scaling where that is exact."""
    free = np.ones(len(equations.names), bool)
    if equations.exact_scaling:
        free[len(equations.parameters.names) :] = False
    return free


def relative_loss(pieces: AnglePieces) -> float:
    """Return χ² relative to the scatter of the data about their mean."""
    c, o = pieces.contrast, pieces.offset
    total = c * pieces.swf + o * pieces.sw - pieces.swr
    square = c * c * pieces.swff + o * o * pieces.sw + pieces.chi2
    square += 2 * (c * o * pieces.swf - c * pieces.swrf - o * pieces.swr)
    weight = pieces.sw.sum()
    scatter = float(square.sum() - total.sum() ** 2 / max(weight, 1e-300))
    return float(pieces.chi2.sum() / max(scatter, 1e-300))
