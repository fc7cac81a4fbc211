"""How a fit is run, apart from what is fitted: memory, chunks, warm-up, recovery.

Every field has the meaning and the default of the key of the run file it is read from;
`docs/reference/run-file.md` lists the keys, and `engine.config.table` says which values
each may have. What the window sets as well is checked here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from engine.errors import OptionError
from engine.layer_options import LayerOptions

SMALLEST_FRACTION, LARGEST_FRACTION = 0.1, 0.9
"""Range of the fraction of memory a fit may use."""


class Normalization(StrEnum):
    """Units of the parameters during the warm-up."""

    AUTO = "auto"
    BOUNDS = "bounds"
    P0 = "p0"
    NONE = "none"


class Verbosity(StrEnum):
    """How much a headless fit says."""

    QUIET = "quiet"
    STEPS = "steps"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryOptions:
    """How much memory a fit may use.

    Raises
    ------
    OptionError
        On a fraction outside 0.1 to 0.9, or a threshold that is not above 0.
    """

    fraction: float | None = None
    """Of the machine's memory; None for the environment's or the default, 0.75."""
    threshold_gb: float | None = None
    """Absolute limit [GB], which goes before the fraction."""

    def __post_init__(self) -> None:
        fraction, limit = self.fraction, self.threshold_gb
        if fraction is not None and not (
            SMALLEST_FRACTION <= fraction <= LARGEST_FRACTION
        ):
            raise OptionError(
                f"memory_fraction is {fraction:g}; expected a number from "
                f"{SMALLEST_FRACTION:g} to {LARGEST_FRACTION:g}"
            )
        if limit is not None and not (math.isfinite(limit) and limit > 0):
            raise OptionError(
                f"memory_threshold_gb is {limit:g}; expected a number of GB above 0"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkOptions:
    """How data that stay on disk are handed out; a chunk holds every angle."""

    out_of_core: bool = True
    """Whether data may stay on disk at all."""
    points: int | None = None
    """Pixels of a chunk, rounded up to whole tiles; None chooses."""
    streaming_points: int | None = None
    """The same for the streaming strategy; None takes `points`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryOptions:
    """What is tried after a fit that failed (`engine.fit.recovery`)."""

    enable: bool = True
    max_attempts: int = 3
    """Attempts in all, the first one included."""


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """What a retry of the streaming fit multiplies."""

    lr_multiplier: float
    lambda_multiplier: float
    trust_multiplier: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridRecoveryConfig:
    """How retries of the streaming fit become more careful."""

    max_retries: int = 3
    lr_decay: float = 0.5
    lambda_growth: float = 2.0
    trust_decay: float = 0.5
    log_retries: bool = True

    def get_retry_settings(self, attempt: int) -> RetrySettings:
        """Return the multipliers of a retry, counted from 1; 0 is as configured."""
        return RetrySettings(
            lr_multiplier=self.lr_decay**attempt,
            lambda_multiplier=self.lambda_growth**attempt,
            trust_multiplier=self.trust_decay**attempt,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridOptions:
    """The four phases of the streaming strategy."""

    enable: bool = True
    """False: streaming runs as chunked, without the warm-up."""
    normalize: bool = True
    normalization: Normalization = Normalization.AUTO
    warmup_iterations: int | None = None
    """Least iterations before switching, where given; None switches when it pays."""
    max_warmup_iterations: int = 500
    gauss_newton_max_iterations: int = 100
    gauss_newton_tol: float = 1e-8
    trust_region_initial: float = 1.0
    """Longest first step of phase 2, in normalised units."""
    regularization_factor: float = 1e-10
    """Least damping, relative to the diagonal of the normal matrix."""
    enable_checkpoints: bool = True
    checkpoint_frequency: int | None = None
    """Iterations between checkpoints; None writes one after every accepted step."""
    checkpoint_dir: Path | None = None
    validate_numerics: bool = True
    """Whether a step that is not finite is tried again, shorter."""
    warm_start_detection: bool = True
    warm_start_threshold: float = 0.01
    """Loss at the start relative to the variance of the data: below, no warm-up."""
    adaptive_rate: bool = True
    """Whether the first step depends on how good the start is."""
    cost_guard: bool = True
    cost_increase_tolerance: float = 0.05
    """Rise of the loss above that at the start that ends the warm-up."""
    step_clipping: bool = True
    max_warmup_step_size: float = 0.1
    """Longest step of the warm-up, in normalised units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityOptions:
    """Which findings about a finished fit are said."""

    enable: bool = True
    reduced_chi_squared_threshold: float = 10.0
    warn_on_bounds_hit: bool = True
    warn_on_convergence_failure: bool = True
    bounds_tolerance: float = 1e-9
    """A parameter nearer than this × (1 + |bound|) is at its bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressOptions:
    """What a headless fit shows of its steps."""

    bar: bool = True
    verbosity: Verbosity = Verbosity.STEPS
    log_interval: int = 10
    """Of all steps, every which one is logged where everything is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOptions:
    """In which units the solver measures a step."""

    x_scale: str | float | tuple[float, ...] | None = "jac"
    """``"jac"``: the column norms of the Jacobian; numbers: typical sizes; None: 1."""
    x_scale_map: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Typical sizes by name of the parameter; goes before `x_scale`."""
    trust_region_scale: float = 1.0
    """Multiplies the typical sizes: larger, longer first steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything of the kind, with its defaults."""

    memory: MemoryOptions = field(default_factory=MemoryOptions)
    chunks: ChunkOptions = field(default_factory=ChunkOptions)
    steps: StepOptions = field(default_factory=StepOptions)
    recovery: RecoveryOptions = field(default_factory=RecoveryOptions)
    retries: HybridRecoveryConfig = field(default_factory=HybridRecoveryConfig)
    hybrid: HybridOptions = field(default_factory=HybridOptions)
    layers: LayerOptions = field(default_factory=LayerOptions)
    quality: QualityOptions = field(default_factory=QualityOptions)
    progress: ProgressOptions = field(default_factory=ProgressOptions)
    diagnostics: bool = True
    """Whether the record holds statistics of the normal matrix and every step."""
