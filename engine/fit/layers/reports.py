"""What each layer did, in a sentence and in numbers."""

from typing import Any

import numpy as np

from engine.degeneracy import LayerReport, ScalingTest
from engine.fit.ending import Ending
from engine.fit.equations import FitPoint
from engine.fit.scaling import fourier_condition
from engine.layer_options import CollapseResponse
from engine.scaling.penalty import coefficient_of_variation
from engine.setup import Scaling

_SMALL = 1e-6
"""Contraction of the distance to the minimum that alternation is compared at."""
_ILL_CONDITIONED = 1e3
"""Condition of the Fourier basis from which it is warned of."""
_OFF = LayerReport(configured=False, acted=False, effect="Off.")


def scaling(ending: Ending, point: FitPoint) -> LayerReport:
    """Layer 1."""
    mode = point.equations.scaling.mode
    layers, options = ending.layers, ending.layers.options.scaling
    details: dict[str, Any] = {"changes": list(layers.modes)}
    if mode is Scaling.FOURIER:
        details["order"] = options.fourier_order
        details["condition"] = fourier_condition(ending.problem)
        _warn_of_harmonics(ending, details["condition"])
        details["coefficients"] = dict(
            zip(
                point.equations.scaling.names,
                point.x[point.equations.n_physical :].tolist(),
                strict=True,
            )
        )
    return LayerReport(
        configured=True,
        acted=mode is not Scaling.INDIVIDUAL or bool(layers.modes),
        count=len(layers.modes),
        effect=_course(ending, point),
        details=details,
    )


def _course(ending: Ending, point: FitPoint) -> str:
    """Return the modes the fit went through, and how many coefficients the last has."""
    scaling, changes = point.equations.scaling, ending.layers.modes
    count = scaling.n_coefficients
    told = f"{count} coefficient{'' if count == 1 else 's'} for contrast and offset"
    if not changes:
        return f"{told}."
    course = " → ".join([str(changes[0]["from"]), *[str(c["to"]) for c in changes]])
    return f"{told}, by way of {course}."


def _warn_of_harmonics(ending: Ending, condition: float) -> None:
    if condition > _ILL_CONDITIONED:
        ending.layers.notes.append(
            "These angles hardly tell the harmonics of contrast and offset apart "
            f"(condition {condition:.2g}): between them the series means nothing."
        )


def reason_of(ending: Ending, point: FitPoint) -> str:
    """Return why the scaling mode of the result is what it is."""
    setup, layers = ending.problem.setup, ending.layers
    mode = point.equations.scaling.mode
    if setup.scaling is not Scaling.AUTO:
        return _as_asked(ending, mode)
    k, least = len(ending.problem.phi), layers.options.scaling
    if not layers.options.enable:
        return "Every angle has its own: the layers against degeneracy are off."
    if not layers.modes and mode is Scaling.INDIVIDUAL:
        return (
            f"Every angle has its own: {k} {'angle' if k == 1 else 'angles'}, and "
            f"sharing begins at {max(least.constant_scaling_threshold, 2)}."
        )
    if not layers.checks_scaling:
        return "All angles share one; that they do was not tested."
    test = layers.tests.get((mode.value, Scaling.INDIVIDUAL.value))
    if mode is Scaling.INDIVIDUAL:
        last = list(layers.tests.values())[-1]
        return f"Every angle has its own: {_rejection(last)}."
    what = {
        Scaling.AVERAGED: "All angles share one",
        Scaling.FOURIER: "A Fourier series in φ",
    }[mode]
    return f"{what}: {_acceptance(test)}." if test else f"{what}."


def _as_asked(ending: Ending, mode: Scaling) -> str:
    asked = ending.problem.setup.scaling
    if asked is mode:
        return "As asked for."
    order = ending.layers.options.scaling.fourier_order
    return (
        f"Every angle has its own: harmonics up to {order} need at least "
        f"{1 + 2 * order} angles, and there are {len(ending.problem.phi)}."
    )


def _rejection(test: ScalingTest) -> str:
    name, shift = test.largest_shift
    moved = f", and {name} would be off by {abs(shift):.2g} σ" if name else ""
    return (
        f"the score test of {test.narrow} gives T = {test.statistic_text} where noise "
        f"gives about {test.degrees}{moved}"
    )


def _acceptance(test: ScalingTest) -> str:
    return (
        "the score test finds no difference that matters (T = "
        f"{test.statistic_text}, noise gives about {test.degrees}; p = "
        f"{test.p_value:.2g})"
    )


def hierarchical(ending: Ending, rho_squared: float | None) -> LayerReport:
    """Layer 2."""
    layers = ending.layers
    if not layers.eliminates:
        return _OFF
    steps = layers.eliminated_steps
    effect = f"{steps} steps with contrast and offset eliminated exactly"
    details: dict[str, object] = {"stages": layers.stages, "rho_squared": rho_squared}
    if rho_squared is not None and 0 < rho_squared < 1:
        turns = int(np.ceil(np.log(_SMALL) / np.log(rho_squared)))
        details["alternations_spared"] = turns
        effect += f"; taking turns would need about {turns} rounds"
    if layers.alternations:
        effect += f"; {len(layers.alternations)} turns where that was impossible"
        details["alternations"] = layers.alternations
    return LayerReport(
        configured=True,
        acted=steps > 0,
        count=steps,
        effect=f"{effect}.",
        details=details,
    )


def regularization(ending: Ending, point: FitPoint) -> LayerReport:
    """Layer 3; it also warns of contrasts that vary much, penalty or not."""
    layers, pieces = ending.layers, point.pieces
    spread = {
        "contrast": coefficient_of_variation(pieces.contrast),
        "offset": coefficient_of_variation(pieces.offset),
    }
    _warn_of_spread(ending, point, spread)
    if not layers.penalised:
        return LayerReport(
            configured=False, acted=False, effect="Off.", details={"cv": spread}
        )
    penalty = point.equations.penalty
    if penalty is None or not point.equations.scaling.n_coefficients:
        return LayerReport(
            configured=True,
            acted=False,
            effect="Without effect: the angles share what it would draw together.",
            details={"cv": spread},
        )
    cost = penalty.cost(pieces.contrast) + penalty.cost(pieces.offset)
    share = cost / max(pieces.total_cost, 1e-300)
    layers.notes.append(
        "The fit is penalised: contrasts and offsets are drawn together by the CV "
        f"penalty (λ = {layers.strength:.3g}), which adds {100 * share:.2g} % to χ²."
    )
    return LayerReport(
        configured=True,
        acted=True,
        count=1,
        effect=f"Adds {100 * share:.2g} % to χ² with λ = {layers.strength:.3g}; "
        f"CV of the contrast {spread['contrast']:.3g}.",
        details={
            "cv": spread,
            "penalty_over_chi_squared": share,
            "lambda": layers.strength,
        },
    )


def _warn_of_spread(ending: Ending, point: FitPoint, spread: dict[str, float]) -> None:
    limit = ending.layers.options.regularization.max_cv
    fitted = point.equations.scaling.n_coefficients > 2
    if not fitted or len(point.pieces.contrast) < 3:
        return
    for name, value in spread.items():
        if value > limit:
            ending.layers.notes.append(
                f"The {name} varies by {100 * value:.0f} % from angle to angle (CV), "
                f"more than {100 * limit:.0f} %: look whether an angle went astray."
            )


def monitoring(ending: Ending) -> LayerReport:
    """Layer 4."""
    monitor = ending.layers.monitor
    if monitor is None:
        return _OFF
    count = len(monitor.events)
    details = {
        "status": monitor.status,
        "events": monitor.events,
        "ratio": monitor.last.ratio if monitor.last else None,
        "sensitivity": dict(monitor.last.sensitivity) if monitor.last else {},
    }
    acted = any(
        e["moved"] or e["response"] == CollapseResponse.ABORT for e in monitor.events
    )
    return LayerReport(
        configured=True,
        acted=acted,
        count=count,
        effect=_monitored(count, acted=acted, events=monitor.events),
        details=details,
    )


def _monitored(count: int, *, acted: bool, events: list[dict[str, object]]) -> str:
    if not count:
        return "The shear kept its influence all the way."
    last = str(events[-1]["response"])
    if acted and last != CollapseResponse.ABORT:
        return (
            "The shear rate lost its influence and was found again "
            f"({last}, after step {events[0]['iteration']})."
        )
    if last == CollapseResponse.ABORT:
        return "The shear rate lost its influence; the fit was stopped."
    if last == CollapseResponse.WARN:
        return "The shear rate lost its influence; nothing was done about it."
    return "The shear has no influence here: no other shear rate fits better."


def weighting(ending: Ending, point: FitPoint) -> LayerReport:
    """Layer 5."""
    layers = ending.layers
    now = layers.weighting
    if now is None:
        wanted = layers.options.enable and layers.options.shear_weighting.enable
        if not wanted:
            return _OFF
        return LayerReport(
            configured=True,
            acted=False,
            effect="Without effect: it needs a flow and at least 3 angles.",
        )
    final = point.equations.weights is not None
    end = "the result is weighted" if final else "the fit ended with equal weights"
    if final:
        layers.notes.append(
            "Angles along the flow weigh more than those across it: the errors account "
            "for that, and are larger than with equal weights."
        )
    return LayerReport(
        configured=True,
        acted=True,
        count=now.updates,
        effect=f"Angles weighted along φ₀ = {now.phi0:.3g}°, {now.updates} times anew; "
        f"{end}.",
        details={"weights": now.history, "final": final},
    )
