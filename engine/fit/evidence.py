"""Everything the judgement of a fit rests on."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.degeneracy import Entanglement, ScalingTest
from engine.options import QualityOptions
from engine.result import FittedParameter, State
from engine.setup import Scaling

_DIFFUSION = ("D0", "alpha", "D_offset")
GOOD_BELOW = 1.5
"""Reduced chi squared below which a fit may be good."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Everything the judgement rests on."""

    state: State
    reduced_chi_squared: float
    sigma_estimated: bool
    """Whether sigma was estimated from the data (else it was given)."""
    parameters: tuple[FittedParameter, ...]
    """Physical parameters, in model order."""
    covariance_names: tuple[str, ...]
    """Names of the free coefficients, rows of `correlation`."""
    correlation: NDArray[np.float64]
    condition_number: float
    undetermined: tuple[str, ...] = ()
    """Free coefficients the data do not determine."""
    combinations: tuple[str, ...] = ()
    """A sentence for each combination of them that the data leave open."""
    n_frames: int
    """Frames on the fitted axis."""
    clipped_diffusion: int = 0
    """Frames at which D(t) sits on its floor."""
    clipped_shear: int = 0
    """Frames at which the shear rate sits on its floor."""
    phi: tuple[float, ...]
    """Fitted angles [deg]."""
    contrast_at_bound: tuple[bool, ...] = ()
    """Per fitted angle."""
    offset_at_bound: tuple[bool, ...] = ()
    """Per fitted angle."""
    angle_chi_squared: tuple[float, ...] = ()
    """Reduced chi squared per fitted angle."""
    cancelling: tuple[tuple[str, ...], ...] = ()
    """Rates whose power law and constant nearly cancel: the names of their three."""
    scaling: Scaling = Scaling.INDIVIDUAL
    scaling_test: ScalingTest | None = None
    """Of the scaling mode against a contrast and an offset for every angle."""
    scaling_untested: bool = False
    """Whether angles share contrast and offset, and the test of it is switched off."""
    entanglements: tuple[Entanglement, ...] = ()
    """Parameters that the data hardly tell apart."""
    layer_notes: tuple[str, ...] = ()
    """What the layers against degeneracy have to say."""
    shear_limit: float | None = None
    """Upper limit of gamma_dot_t0 where that is at its lower bound, in its unit."""
    shear_gain: float | None = None
    """What χ² would rise by without flow, in units of its scatter."""
    mirror: tuple[float, float] | None = None
    """Flow direction and another one [deg] that describes the data equally."""
    robust: bool = False
    """Whether outliers were weighted down."""
    nothing_free: bool = False
    """Whether every physical parameter was held fixed."""
    options: QualityOptions = field(default_factory=QualityOptions)
    """Which of the optional findings are said."""

    @property
    def diffusion_lost(self) -> bool:
        """Whether a D(t) that was fitted sits on its floor in every frame."""
        fitted = any(not p.fixed for p in self.parameters if p.name in _DIFFUSION)
        return fitted and self.clipped_diffusion == self.n_frames

    @property
    def nothing_determined(self) -> bool:
        """Whether a converged fit gives no parameter that was fitted an error."""
        fitted = [p.stderr for p in self.parameters if not p.fixed]
        converged = self.state is State.CONVERGED
        return converged and bool(fitted) and not any(e is not None for e in fitted)
