"""How the warm-up goes and when it hands over, as data."""

from dataclasses import dataclass
from enum import StrEnum

from engine.solver.equations import Equations


class Switch(StrEnum):
    """Why the warm-up handed over; the value is its short code."""

    PLATEAU = "plateau"
    GRADIENT = "gradient"
    MAX_ITERATIONS = "max_iterations"
    COST_GUARD = "cost_guard"
    NO_DESCENT = "no_descent"
    CANCELLED = "cancelled"

    @property
    def sentence(self) -> str:
        """What the user reads."""
        return _SENTENCES[self]


_SENTENCES = {
    Switch.PLATEAU: "The warm-up ended because the cost hardly fell any more.",
    Switch.GRADIENT: "The warm-up ended because the gradient is small.",
    Switch.MAX_ITERATIONS: "The warm-up ended at its limit of iterations.",
    Switch.COST_GUARD: "The warm-up ended because the cost rose above that at the "
    "start however short the step; the best point so far is used.",
    Switch.NO_DESCENT: "The warm-up ended because no step lowers the cost any more.",
    Switch.CANCELLED: "The warm-up was stopped by the user.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmupSettings:
    """How far the warm-up goes; lengths in normalised coefficients."""

    first_step: float = 1.0
    """Length of the first step relative to that to the lowest point of the quadratic
    model along the gradient."""
    min_iterations: int | None = None
    """First iteration at which plateau and gradient count; None for `switch_from`."""
    max_iterations: int = 500
    plateau: float = 1e-4
    """Relative decrease of the cost in one iteration below which it is a plateau."""
    gradient_tolerance: float = 1e-3
    """Norm of the gradient that points into the box, relative to the cost, or to 1
    where the cost is smaller."""
    clip: float | None = None
    """Longest step; None for no limit."""
    guard: float | None = None
    """Rise of the cost, relative to that at the start, that ends the warm-up; None for
    never."""
    switch_from: int = 5

    @property
    def first_judged(self) -> int:
        """First iteration at which plateau and gradient count."""
        return self.switch_from if self.min_iterations is None else self.min_iterations


@dataclass(frozen=True, slots=True, eq=False)
class WarmupResult:
    """Where the warm-up ended and why."""

    best: Equations
    """The lowest cost of all evaluated points, the start among them."""
    reason: Switch
    iterations: int
    evaluations: int
    """The start included."""
    clipped: int
    """Iterations whose step was limited by `WarmupSettings.clip`."""
    costs: tuple[float, ...]
    """At the start and after every iteration; it never rises."""


def adaptive_first_step(relative_loss: float) -> tuple[float, str]:
    """Return the first step and its name for a loss relative to the data's variance."""
    if relative_loss < 0.1:
        return 1.0, "refinement"
    if relative_loss < 1.0:
        return 0.5, "careful"
    return 0.1, "exploration"
