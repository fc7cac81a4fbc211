"""The immutable record of a finished fit; `result.json` is its faithful copy.

Field by field the contract of the result folder. Values in the units of the parameters;
None where a number does not exist (an error of a fixed parameter, say).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.degeneracy import Degeneracy


class State(StrEnum):
    """How a fit ended."""

    CONVERGED = "converged"
    NOT_CONVERGED = "not_converged"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Flag(StrEnum):
    """One-word judgement of a fit."""

    GOOD = "good"
    ACCEPTABLE = "acceptable"
    POOR = "poor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the solver ended, and from where to where it came."""

    state: State
    reason: str
    """Short code of the criterion: edm, ftol, xtol, gtol, max_iterations, …"""
    message: str
    """The sentence the user reads."""
    iterations: int
    evaluations: int
    cost_initial: float
    cost_final: float
    gradient_norm: float
    edm: float

    @property
    def no_step(self) -> bool:
        """Whether the values are still the start values, without being a minimum."""
        return self.state is not State.CONVERGED and self.iterations == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedParameter:
    """A physical parameter after the fit."""

    name: str
    symbol: str
    unit: str
    value: float
    stderr: float | None
    """None when fixed, at a bound or not determined by the data, and where no step was
    made."""
    stderr_robust: float | None = None
    """Allowing for pixels that share their noise, never below `stderr`; None as that,
    and where the fit did not converge."""
    start: float
    lower: float
    upper: float
    fixed: bool
    """Fixed or tied: not fitted by itself."""
    at_bound: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScalingResult:
    """Contrast and offset of every fitted angle."""

    requested: str
    mode: str
    n_coefficients: int
    phi: tuple[float, ...]
    contrast: tuple[float, ...]
    contrast_stderr: tuple[float | None, ...]
    offset: tuple[float, ...]
    offset_stderr: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What the numbers are worth."""

    chi_squared: float
    """Sum of weight · residual² over the fitted pixels (strict upper triangle)."""
    reduced_chi_squared: float
    noise_sigma: float
    """Standard deviation of one pixel used as weight (median, if it varies)."""
    noise_source: str
    """``"estimated"`` from the data or ``"given"``."""
    condition_number: float
    """Of the column-scaled normal matrix."""
    flag: Flag
    warnings: tuple[str, ...]
    """Plain sentences for the user."""
    angle_chi_squared: tuple[float, ...]
    """Reduced chi squared of each fitted angle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSummary:
    """What was fitted."""

    path: str
    sha256: str | None
    layout: str
    q: float
    dt: float
    frames: tuple[int, int]
    """First and last frame of the window, 1-based, inclusive."""
    n_frames: int
    """Frames on the fitted axis (after the first was dropped, if so)."""
    phi: tuple[float, ...]
    n_points: int
    """Fitted pixels: strict upper triangle, masked ones left out."""
    first_frame_dropped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What kind of failure it was, and what the user can do about it."""

    category: str
    """Short code: out_of_memory, convergence_failure, bounds_violation,
    ill_conditioned_jacobian, numerical_instability or unknown_error."""
    message: str
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to fit: with which strategy, how it ended, what was done about it."""

    strategy: str
    outcome: str
    """State of the fit, ``"failed"``, or ``"skipped"``."""
    reason: str
    """One sentence."""
    actions: tuple[str, ...] = ()
    """What was changed for this attempt, in words; none for the first."""
    cost: float | None = None
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyRecord:
    """Where the data lived, and why."""

    name: str
    reason: str
    estimated_gb: float
    threshold_gb: float
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRecord:
    """What a phase of the fit did."""

    name: str
    """`engine.events.Phase`."""
    seconds: float
    iterations: int = 0
    full_passes: int = 0
    """Evaluations of every pixel."""
    coarse_passes: int = 0
    """Evaluations of the coarse grid."""
    cost: float | None = None
    """Cost at its end; of all pixels, or its estimate after a coarse phase."""
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Numbers of its own, plain data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Wall time [s] of the parts of a fit."""

    load_s: float
    compile_s: float
    solve_s: float
    total_s: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FitResult:
    """A finished fit. Never partially filled: a cancelled fit has its best point."""

    status: Status
    input: InputSummary
    model: str
    convention: str
    gap: float | None
    parameters: tuple[FittedParameter, ...]
    scaling: ScalingResult
    quality: Quality
    strategy: StrategyRecord
    covariance_names: tuple[str, ...]
    """Names of the free coefficients, physical first."""
    covariance: NDArray[np.float64]
    correlation: NDArray[np.float64]
    angle_indices: tuple[int, ...]
    """Indices into `RunData.phi` of the fitted angles, in file order."""
    timing: Timing
    peak_rss_gb: float
    software: Mapping[str, Any]
    phases: tuple[PhaseRecord, ...] = ()
    diagnosis: Diagnosis | None = None
    """Of a fit that did not converge."""
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    """Statistics of the normal matrix and of the steps, where asked for."""
    degeneracy: Degeneracy = field(default_factory=Degeneracy)
    """What the layers did, and what the data leave open."""
    search: Mapping[str, Any] | None = None

    @property
    def values(self) -> dict[str, float]:
        """Physical parameters by name."""
        return {p.name: p.value for p in self.parameters}
