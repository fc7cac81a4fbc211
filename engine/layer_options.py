"""What is asked of the layers against degeneracy, with its defaults.

With many angles two scaling coefficients each can absorb what tells the shear rate and
the flow direction. Five layers answer that; `docs/explanation/degeneracy.md` says what
each does and when it helps. Every field has the meaning of the key of the run file it
is read from, below ``optimization.nlsq.anti_degeneracy``.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class CvMode(StrEnum):
    """What the penalty on unequal contrasts and offsets is relative to."""

    ABSOLUTE = "absolute"
    """The variance of the values."""
    RELATIVE = "relative"
    """The square of their coefficient of variation, CV."""
    AUTO = "auto"
    """Relative for more than five values, else absolute."""


class CollapseResponse(StrEnum):
    """What is done when the gradient of the shear collapses."""

    WARN = "warn"
    HIERARCHICAL = "hierarchical"
    RESET = "reset"
    ABORT = "abort"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingOptions:
    """Layer 1: how the scaling mode `auto` chooses, and the order of `fourier`."""

    fourier_order: int = 2
    """Highest harmonic K of contrast and offset; 1 + 2K coefficients each."""
    constant_scaling_threshold: int = 3
    """Angles from which `auto` begins with one shared contrast and offset."""
    fourier_auto_threshold: int = 6
    """Angles above which `auto` may choose `fourier`."""
    score_test: bool = True
    """Whether `auto` checks what it shares, and a shared mode is judged."""
    score_p_value: float = 1e-3
    """Probability of chance below which a wider mode is asked for."""
    score_max_shift: float = 0.3
    """Shift of a parameter [standard errors] from which it is, too."""
    compare: bool = False
    """Whether the fit ends with a comparison of all scaling modes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HierarchicalOptions:
    """Layer 2: the physical parameters are solved for with the scaling eliminated."""

    enable: bool = True
    max_outer_iterations: int = 5
    """Alternations, where the elimination is numerically impossible."""
    outer_tolerance: float = 1e-6
    """Largest relative change of a parameter that ends them."""
    physical_max_iterations: int = 100
    """Steps of one physical stage."""
    per_angle_max_iterations: int = 50
    """Steps of one scaling stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegularizationOptions:
    """Layer 3: a penalty on contrasts and offsets that vary with the angle."""

    enable: bool = False
    mode: CvMode = CvMode.RELATIVE
    strength: float | None = None
    """λ; None tunes it to the target contribution, or takes 1 where that is off."""
    auto_tune: bool = True
    """Whether a λ that is not given is tuned."""
    target_cv: float = 0.10
    target_contribution: float = 0.10
    """Part of χ² the penalty of one group is tuned to have at the target CV."""
    max_cv: float = 0.20
    """CV above which it is said, with the penalty or without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorOptions:
    """Layer 4: watches for a shear rate that loses its influence."""

    enable: bool = True
    ratio_threshold: float = 0.01
    """Ratio of the scaled gradients of physics and scaling below which it triggers."""
    consecutive_triggers: int = 5
    response: CollapseResponse = CollapseResponse.HIERARCHICAL
    check_interval: int = 1
    """Accepted steps between two checks."""
    watch_parameters: tuple[str, ...] = ("gamma_dot_t0",)
    watch_threshold: float = 1.0
    """Signal to noise of a watched parameter below which it triggers."""
    watch_min_iteration: int = 5
    watch_consecutive_triggers: int = 3
    lambda_multiplier: float = 10.0
    """Multiplies λ of layer 3, where that is on, with every response."""
    reset_to_mean: bool = True
    """Whether `reset` gives every angle the mean; else the estimate at that point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShearWeightingOptions:
    """Layer 5: angles along the flow weigh more while the fit is on its way."""

    enable: bool = False
    alpha: float = 1.0
    """Exponent of |cos(φ₀ - φ)|."""
    min_weight: float = 0.3
    """Weight of a perpendicular angle."""
    update_frequency: int = 1
    """Accepted steps after which φ₀ is read again."""
    normalize: bool = True
    """Whether the weights have a mean of 1."""
    initial_phi0: float | None = None
    """Flow direction of the first weights [deg]; None takes the start value."""
    polish: bool = True
    """Whether the fit ends with equal weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerOptions:
    """All five, and whether any of them is to act."""

    enable: bool = True
    """False: layers 2 to 5 are off, and the scaling mode `auto` is `individual`."""
    scaling: ScalingOptions = field(default_factory=ScalingOptions)
    hierarchical: HierarchicalOptions = field(default_factory=HierarchicalOptions)
    regularization: RegularizationOptions = field(default_factory=RegularizationOptions)
    monitor: MonitorOptions = field(default_factory=MonitorOptions)
    shear_weighting: ShearWeightingOptions = field(
        default_factory=ShearWeightingOptions
    )
