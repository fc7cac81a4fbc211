"""What each layer did, in a sentence and in numbers."""

from typing import Any

import numpy as np

from engine.degeneracy import LayerReport, ScalingTest
from engine.fit.ending import Ending
from engine.fit.equations import FitPoint
from engine.fit.layers.ladder import told
from engine.fit.scaling import fourier_condition
from engine.layer_options import CollapseResponse
from engine.scaling.penalty import coefficient_of_variation
from engine.setup import Loss, Scaling

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
        why = told(layers.decisive) if layers.decisive else ""
        return f"Every angle has its own. {why}.".replace(" .", "")
    what = {
        Scaling.AVERAGED: "All angles share one",
        Scaling.FOURIER: "A Fourier series in φ",
    }[mode]
    return f"{what}: {_acceptance(test)}." if test else f"{what}."


def _as_asked(ending: Ending, mode: Scaling) -> str:
    asked = ending.problem.setup.scaling
    if asked is mode:
        return ""
    if asked is Scaling.CONSTANT:
        return (
            "Every angle has its own: the fit did not come to an end at which they "
            "could be frozen."
        )
    order = ending.layers.options.scaling.fourier_order
    return (
        f"Every angle has its own: harmonics up to {order} need at least "
        f"{1 + 2 * order} angles, and there are {len(ending.problem.phi)}."
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
    if not steps:
        return LayerReport(
            configured=True, acted=False, effect="No step needed it.", details={}
        )
    robust = ending.problem.setup.loss is not Loss.LINEAR
    how = "following to first order" if robust else "eliminated exactly"
    effect = f"{steps} step{'' if steps == 1 else 's'} with contrast and offset {how}"
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
        acted=True,
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
    single = len(pieces.contrast) < 2
    if penalty is None or single or not point.equations.scaling.n_coefficients:
        return LayerReport(
            configured=True,
            acted=False,
            effect="Without effect: there is nothing it could draw together.",
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


def monitoring(ending: Ending, *, unseen: bool) -> LayerReport:
    """Layer 4.

    Parameters
    ----------
    unseen
        Whether the result shows no shear.
    """
    monitor = ending.layers.monitor
    if monitor is None:
        return _OFF
    look = monitor.last
    details = {
        "status": monitor.status,
        "events": monitor.events,
        "ratio": look.ratio if look else None,
        "sensitivity": dict(look.sensitivity) if look else {},
    }
    acted = any(
        e["moved"] or e["response"] == CollapseResponse.ABORT for e in monitor.events
    )
    return LayerReport(
        configured=True,
        acted=acted,
        count=len(monitor.events),
        effect=_monitored(ending, unseen=unseen),
        details=details,
    )


def _monitored(ending: Ending, *, unseen: bool) -> str:
    monitor = ending.layers.monitor
    assert monitor is not None
    free = set(ending.equations.parameters.names)
    if not free.intersection(monitor.options.watch_parameters):
        return "Nothing to watch: no watched parameter is free."
    if not monitor.events:
        if unseen:
            return "No shear is seen at the end, and none was on the way."
        return "The shear kept its influence all the way."
    last = monitor.events[-1]
    response = str(last["response"])
    stronger = " The penalty was made stronger." if ending.layers.penalised else ""
    if response == CollapseResponse.ABORT:
        return "The shear rate lost its influence; the fit was stopped."
    if response == CollapseResponse.WARN:
        return f"The shear rate lost its influence; it was noted.{stronger}"
    if last["moved"] and not unseen:
        return (
            "The shear rate lost its influence and was found again "
            f"({response}, after step {last['iteration']}).{stronger}"
        )
    return f"The shear has no influence here: no other shear fits better.{stronger}"


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
    if not now.taken and not final:
        return LayerReport(
            configured=True, acted=False, effect="Without effect: no step was weighted."
        )
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
