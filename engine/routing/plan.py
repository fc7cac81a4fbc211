"""The choice of a strategy, with everything that led to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.setup import Strategy

FRUGAL_ORDER = (
    Strategy.STANDARD,
    Strategy.LARGE,
    Strategy.CHUNKED,
    Strategy.STREAMING,
)
"""From the fastest to the one that needs least memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSize:
    """What the memory of a fit depends on."""

    n_angles: int
    """Fitted angles."""
    n_matrices: int
    """Matrices of the run: those in memory, unless they stay on disk."""
    n_frames: int
    """Frames of the window, the first one included."""
    n_coefficients: int
    """Coefficients that are really fitted, with the scaling mode resolved."""
    sigma_arrays: int = 0
    """Matrices of the array of sigma that was given."""
    first_dropped: bool = True
    """Whether the first frame of the window is left out of the fit."""
    masked: bool = False
    """Whether pixels are masked."""
    held: bool = False
    """Whether the matrices are in memory already, whatever the strategy."""

    @property
    def n_fitted(self) -> int:
        """Frames on the fitted axis."""
        return self.n_frames - self.first_dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which strategy a fit will use, and why."""

    strategy: Strategy
    """Never AUTO."""
    requested: Strategy
    reason: str
    """One sentence for the user."""
    estimates: Mapping[Strategy, float] = field(hash=False)
    """Peak memory of the process [GB] with each strategy."""
    threshold_gb: float
    threshold_source: str
    """Where the threshold comes from, e.g. ``"0.75 of 25.3 GB"``."""
    n_coefficients: int

    @property
    def estimated_gb(self) -> float:
        """Peak memory with the chosen strategy [GB]."""
        return self.estimates[self.strategy]

    @property
    def fits(self) -> bool:
        """Whether the estimate is within the threshold."""
        return self.estimated_gb <= self.threshold_gb
