"""Events of a fit as lines for people and as fields for programs."""

import math
from typing import Any

from engine.events import Happened, Happening, StepTaken
from engine.units import format_duration, format_number

_BAR = 16

ROUTINE = (Happening.CHECKPOINT, Happening.STEP_CLIPPED, Happening.NORMALISED)
"""What happens all the time: for the log, and for who wants everything."""


def bar(done: float) -> str:
    """Return a bar, `done` from 0 to 1."""
    filled = round(_BAR * min(max(done, 0.0), 1.0))
    return f"[{'#' * filled}{'.' * (_BAR - filled)}]"


def step_line(step: StepTaken) -> str:
    """Return one line about a step."""
    grid = "coarse " if step.coarse else ""
    # The warm-up has no normal matrix to estimate a distance from.
    edm = "" if math.isnan(step.edm) else f"EDM {step.edm:.2g}, "
    text = (
        f"{grid}iteration {step.iteration}, cost {step.cost:.6g}, {edm}"
        f"{format_duration(step.elapsed_s)}"
    )
    if not step.accepted:
        text += ", step rejected"
    if step.eta_s is not None:
        low, high = step.eta_s
        text += f", about {format_duration(low)} to {format_duration(high)} left"
    return text


def values_line(step: StepTaken) -> str:
    """Return the parameters at the best point so far."""
    return ", ".join(f"{k} = {format_number(v)}" for k, v in step.values.items())


def step_fields(step: StepTaken) -> dict[str, Any]:
    """Return a step as plain data."""
    return {
        "iteration": step.iteration,
        "evaluations": step.evaluations,
        "accepted": step.accepted,
        "coarse": step.coarse,
        "cost": step.cost,
        "edm": step.edm,
        "values": step.values,
        "contrast": step.contrast,
        "offset": step.offset,
        "elapsed_s": step.elapsed_s,
        "eta_s": step.eta_s,
    }


def happened_fields(event: Happened) -> dict[str, Any]:
    """Return what happened as plain data."""
    return {
        "what": event.what.value,
        "message": event.message,
        "details": event.details,
        "elapsed_s": event.elapsed_s,
    }
