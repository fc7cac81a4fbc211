"""What a running fit tells its watcher: frozen records, one after every step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """Phases of a fit; the value is the text the user reads."""

    PREPARING = "Preparing data"
    COMPILING = "Compiling model"
    STARTING = "Finding start values"
    REFINING = "Refining"
    UNCERTAINTIES = "Uncertainties"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStarted:
    """A phase begins."""

    phase: Phase
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """The solver evaluated a trial point; `accepted` says whether it moved there.

    The first one is the start itself, with no iteration yet.
    """

    iteration: int
    """Accepted steps so far."""
    evaluations: int
    """Passes over the data so far."""
    accepted: bool
    cost: float
    """Half the sum of the loss, in units of sigma, at the best point so far."""
    edm: float
    """Estimated vertical distance to the minimum, in units of chi squared."""
    values: Mapping[str, float] = field(hash=False)
    """Physical parameters at the best point so far."""
    contrast: tuple[float, ...]
    """Per fitted angle."""
    offset: tuple[float, ...]
    elapsed_s: float
    eta_s: tuple[float, float] | None = None
    """Range of the expected remaining time, None while it cannot be told."""


Event = PhaseStarted | StepTaken
Watcher = Callable[[Event], None]
Cancelled = Callable[[], bool]


def ignore(_: Event) -> None:
    """Watch nothing."""


def never() -> bool:
    """Never cancel."""
    return False
