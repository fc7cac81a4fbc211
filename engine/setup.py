"""What to read and how to fit it: the two frozen requests every entry point builds.

The run-file loader, the command line and the window all end in a `DataRequest` (which
matrices) and a `Setup` (model, angles, parameters, options); the engine knows nothing
else of them. An edit is `dataclasses.replace`.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from engine.conventions import Convention
from engine.errors import OptionError
from engine.models.specs import CONTRAST_BOUNDS, OFFSET_BOUNDS, ModelSpec, model_spec
from engine.options import Options
from engine.parameters import ParameterSet


class Scaling(StrEnum):
    """How contrast and offset vary with the angle."""

    AUTO = "auto"
    INDIVIDUAL = "individual"
    AVERAGED = "averaged"
    CONSTANT = "constant"
    FOURIER = "fourier"
    FIXED_CONSTANT = "fixed_constant"


class Loss(StrEnum):
    """Robust loss functions; linear is plain least squares."""

    LINEAR = "linear"
    SOFT_L1 = "soft_l1"
    HUBER = "huber"
    CAUCHY = "cauchy"
    ARCTAN = "arctan"


class Strategy(StrEnum):
    """Where the tiles of data live during a fit."""

    AUTO = "auto"
    STANDARD = "standard"
    LARGE = "large"
    CHUNKED = "chunked"
    STREAMING = "streaming"


@dataclass(frozen=True, slots=True)
class PhiRange:
    """Closed range of azimuth [deg]; wraps through 180° when minimum > maximum."""

    minimum: float
    maximum: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.minimum) and math.isfinite(self.maximum)):
            raise OptionError(
                f"phi range {self.minimum}:{self.maximum} is not finite; expected two "
                "angles in degrees such as -10:10"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhiSelection:
    """Which angles of a run are fitted."""

    ranges: tuple[PhiRange, ...] = ()
    """An angle inside any of them is selected; none means every angle."""
    disabled: tuple[float, ...] = ()
    """Angles [deg] switched off one by one, after the ranges."""
    fallback_to_all: bool = False
    """Whether ranges that match nothing select every angle, with a warning."""


@dataclass(frozen=True, slots=True)
class MaskRegion:
    """Rectangle of times left out of the fit, with its mirror image."""

    phi: float | None
    """Angle [deg] it belongs to; None for every angle."""
    t1: tuple[float, float]
    """First and last time [s] on one axis."""
    t2: tuple[float, float]
    """First and last time [s] on the other axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masks:
    """What is left out of the fit besides the diagonal and non-finite pixels."""

    frames: tuple[tuple[int, int], ...] = ()
    """Ranges of frame numbers of the file, 1-based, inclusive."""
    regions: tuple[MaskRegion, ...] = ()
    file: Path | None = None
    """Boolean array (.npy or .npz), N × N or K × N × N; true is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequest:
    """Which matrices to read, and what the file may not say about them."""

    file: Path
    dataset: str | None = None
    """Name of the array in an .npz; ``name[i]`` picks one of a stack."""
    q: float | None = None
    """Wanted wavevector [1/Å]; the nearest ring of the file is read."""
    first_frame: int = 1
    """First frame, 1-based."""
    last_frame: int = -1
    """Last frame, inclusive; -1 for the last one of the file."""
    dt: float | None = None
    """Time between frames [s]; None to take it from the file."""
    phi: tuple[float, ...] | None = None
    """Angles [deg] of bare arrays, which cannot tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerances:
    """When the solver stops."""

    edm: float = 1e-6
    """Estimated vertical distance to the minimum, in units of chi squared."""
    ftol: float | None = None
    xtol: float | None = None
    gtol: float | None = None
    max_iterations: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a run is fitted; independent of the data, so it can be used on the next run.

    Raises
    ------
    OptionError
        On a model name or a combination of settings that cannot be.
    """

    model: str
    parameters: ParameterSet
    convention: Convention = Convention.LITERATURE
    start_given: bool = True
    """False: the start values are placeholders, to be estimated from the data."""
    gap: float | None = None
    """Gap between stator and rotor [Å]; needed by models with shear."""
    phi: PhiSelection = field(default_factory=PhiSelection)
    masks: Masks = field(default_factory=Masks)
    drop_first_frame: bool = True
    """Whether the first frame of the window is left out, so that t starts at dt."""
    scaling: Scaling = Scaling.INDIVIDUAL
    contrast_start: tuple[float, ...] | None = None
    """Per fitted angle, or one for all; None to solve for it at the start values."""
    offset_start: tuple[float, ...] | None = None
    contrast_bounds: tuple[float, float] = CONTRAST_BOUNDS
    offset_bounds: tuple[float, float] = OFFSET_BOUNDS
    sigma: float | Path | None = None
    """Standard deviation of one pixel: a number, an array file, or None (estimated)."""
    loss: Loss = Loss.LINEAR
    loss_scale: float = 1.0
    """Where the robust loss sets in, in units of sigma."""
    strategy: Strategy = Strategy.AUTO
    tolerances: Tolerances = field(default_factory=Tolerances)
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        spec = model_spec(self.model)
        if tuple(p.name for p in spec.parameters) != self.parameters.names:
            raise OptionError(
                f"the model {spec.name} needs the parameters "
                f"{', '.join(p.name for p in spec.parameters)}; "
                f"got {', '.join(self.parameters.names)}"
            )
        for label, (low, high) in (
            ("contrast", self.contrast_bounds),
            ("offset", self.offset_bounds),
        ):
            if not low < high:
                raise OptionError(
                    f"{label}: lower bound {low:g} is not below upper bound {high:g}"
                )
        if not self.loss_scale > 0:
            raise OptionError(
                f"loss_scale is {self.loss_scale:g}; expected a number above 0, in "
                "units of sigma"
            )

    @property
    def spec(self) -> ModelSpec:
        """The model's declaration."""
        return model_spec(self.model)
