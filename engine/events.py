"""What a running fit tells its watcher: frozen records, one after every step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    """Phases of a fit; the value is the text the user reads."""

    PREPARING = "Preparing data"
    COMPILING = "Compiling model"
    STARTING = "Finding start values"
    COARSE = "Fitting a coarse grid"
    REFINING = "Refining"
    NORMALISING = "Normalising parameters"
    WARMING_UP = "Warming up"
    GAUSS_NEWTON = "Gauss-Newton on all data"
    DENORMALISING = "Denormalising, uncertainties"
    UNCERTAINTIES = "Uncertainties"
    COMPARING = "Comparing scaling modes"
    LIMIT = "Finding the limit of the shear rate"


class Happening(StrEnum):
    """What may happen during a fit besides steps; the value is its short code."""

    ROUTED = "routed"
    FALLBACK = "fallback"
    RETRY = "retry"
    READ_AGAIN = "read_again"
    NORMALISED = "normalised"
    WARM_START = "warm_start"
    RATE_CHOSEN = "rate_chosen"
    SWITCHED = "switched"
    STEP_CLIPPED = "step_clipped"
    COST_GUARD = "cost_guard"
    NON_FINITE = "non_finite"
    OTHER_SIDE = "other_side"
    CHECKPOINT = "checkpoint"
    CHECKPOINT_LOST = "checkpoint_lost"
    RESUMED = "resumed"
    DENORMALISED = "denormalised"
    SCALING_MODE = "scaling_mode"
    COLLAPSE = "gradient_collapse"
    REWEIGHTED = "reweighted"
    ALTERNATED = "alternated"
    QUANTILES = "quantile_scaling"


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
    coarse: bool = False
    """Whether it was taken on the coarse grid; `cost` is then an estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something the user may want to know: a route chosen, a guard that fired."""

    what: Happening
    message: str
    """One sentence for the user."""
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The numbers behind it, plain data."""
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PassAdvanced:
    """How far a pass over the data has come; sent for long ones, at most 10 a second.

    A pass is reading the run into tiles, or one evaluation of all pixels.
    """

    fraction: float
    elapsed_s: float


Event = PhaseStarted | StepTaken | Happened | PassAdvanced
Watcher = Callable[[Event], None]
Cancelled = Callable[[], bool]


def ignore(_: Event) -> None:
    """Watch nothing."""


def never() -> bool:
    """Never cancel."""
    return False
