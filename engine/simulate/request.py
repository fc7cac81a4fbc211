"""What to simulate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.conventions import SHEAR_RATE_PARAMETERS, Convention, conversion
from engine.data.phi import normalise
from engine.errors import OptionError
from engine.models.specs import LAMINAR_FLOW, ModelSpec, model_spec, parameter_name

LAYOUTS = ("aps_old", "aps_u", "nexus", "array")

DEFAULT_VALUES = {
    "D0": 6000.0,
    "alpha": -0.35,
    "D_offset": 300.0,
    "gamma_dot_t0": 2e-3,
    "beta": -0.30,
    "gamma_dot_t_offset": 1e-4,
    "phi0": 4.0,
}
"""A slow gel under shear; the shear rates in the convention ``homodyne2``."""
_FEWEST_FRAMES = 8
_FEWEST_SPECKLES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRequest:
    """A measurement to simulate.

    Raises
    ------
    OptionError
        On what cannot be simulated.
    """

    model: str = LAMINAR_FLOW.name
    convention: Convention = Convention.LITERATURE
    values: Mapping[str, float] = field(default_factory=dict)
    """Physical parameters that differ from the defaults, by name or alias."""
    q: float = 0.0054
    """Wavevector [1/Å]."""
    gap: float = 2e6
    """Gap between stator and rotor [Å]; a model without shear ignores it."""
    dt: float = 0.1
    """Time between frames [s]."""
    n_frames: int = 1002
    phi: tuple[float, ...] = (0.0, 45.0, 90.0)
    """Azimuth of each matrix [deg]."""
    contrast: tuple[float, ...] | None = None
    """Per angle, or one for all; None for 0.3 with a slight dependence on the angle."""
    offset: tuple[float, ...] | None = None
    """Per angle, or one for all; None for 1 with a slight dependence on the angle."""
    noise: float = 0.02
    """Standard deviation of the independent noise of a pixel; unused with speckles."""
    speckles: int | None = None
    """Number of speckles c2 is averaged over, whose noise is that of a real detector;
    None for independent noise."""
    seed: int = 0
    layout: str = "aps_u"
    """Layout of the file that is written."""

    def __post_init__(self) -> None:
        spec = self.spec
        for name in self.values:
            spec.parameter(parameter_name(name))
        self._check_numbers()
        if self.layout not in LAYOUTS:
            raise OptionError(
                f"layout {self.layout!r} is unknown; expected {', '.join(LAYOUTS)}"
            )
        if not self.phi:
            raise OptionError("no angle to simulate; give at least one with --phi")
        for name, values in (("contrast", self.contrast), ("offset", self.offset)):
            if values is not None and len(values) not in {1, len(self.phi)}:
                raise OptionError(
                    f"{name} has {len(values)} values for {len(self.phi)} angles; "
                    "expected one, or one per angle"
                )

    def _check_numbers(self) -> None:
        at_least = {
            "frames": (self.n_frames, _FEWEST_FRAMES),
            "noise": (self.noise, 0),
            "speckles": (self.speckles, _FEWEST_SPECKLES),
            "seed": (self.seed, 0),
        }
        for name, (value, least) in at_least.items():
            if value is not None and not (math.isfinite(value) and value >= least):
                raise OptionError(
                    f"{name} is {value}; expected a number of at least {least}"
                )
        for name, value in (("q", self.q), ("gap", self.gap), ("dt", self.dt)):
            if not (math.isfinite(value) and value > 0):
                raise OptionError(f"{name} is {value}; expected a number above 0")
        listed = [*self.values.values(), *self.phi, *(self.contrast or ())]
        if not np.isfinite([*listed, *(self.offset or ())]).all():
            raise OptionError(
                "a parameter, angle, contrast or offset is not a finite number"
            )

    @property
    def spec(self) -> ModelSpec:
        """The model's declaration."""
        return model_spec(self.model)

    @property
    def truth(self) -> dict[str, float]:
        """Every physical parameter by name, in model order and in the convention."""
        factor = conversion(Convention.HOMODYNE2, self.convention).factor
        given = {parameter_name(name): v for name, v in self.values.items()}
        return {
            p.name: given.get(
                p.name,
                DEFAULT_VALUES.get(p.name, p.default)
                * (factor if p.name in SHEAR_RATE_PARAMETERS else 1.0),
            )
            for p in self.spec.parameters
        }

    @property
    def angles(self) -> tuple[float, ...]:
        """The azimuths in (-180, 180]."""
        return tuple(normalise(self.phi).tolist())

    @property
    def times(self) -> NDArray[np.float64]:
        """Time of each frame [s]; the first is at 0."""
        return np.arange(self.n_frames, dtype=np.float64) * self.dt

    @property
    def contrasts(self) -> tuple[float, ...]:
        """Contrast of each angle."""
        if self.contrast is not None:
            return self._per_angle(self.contrast)
        phi = np.deg2rad(self.phi)
        values = 0.30 * (1 + 0.06 * np.cos(phi) + 0.03 * np.sin(2 * phi))
        return tuple(values.tolist())

    @property
    def offsets(self) -> tuple[float, ...]:
        """Offset of each angle."""
        if self.offset is not None:
            return self._per_angle(self.offset)
        phi = np.deg2rad(self.phi)
        values = 1 + 0.004 * np.sin(phi) - 0.003 * np.cos(2 * phi)
        return tuple(values.tolist())

    def _per_angle(self, values: tuple[float, ...]) -> tuple[float, ...]:
        return values * len(self.phi) if len(values) == 1 else values
