"""What the models are called and which parameters they have, without importing JAX.

The window and the run-file loader need names, units, defaults and bounds before the
numerical part of a model (which imports JAX) is needed.
"""

from dataclasses import dataclass

from engine.errors import OptionError
from engine.parameters import Parameter, ParameterSet, ParameterSpec

_DIFFUSION = (
    ParameterSpec(
        name="D0",
        symbol="D₀",
        unit="Å²/s",
        default=1000.0,
        lower=100.0,
        upper=1e10,
        logarithmic=True,
        group="diffusion",
        help="Power-law part of the transport coefficient D(t) at t = 1 s; for "
        "equilibrium diffusion D is twice the Stokes-Einstein coefficient.",
    ),
    ParameterSpec(
        name="alpha",
        symbol="α",
        unit="",
        default=0.0,
        lower=-2.0,
        upper=2.0,
        group="diffusion",
        help="Exponent of the power-law part of D(t).",
    ),
    ParameterSpec(
        name="D_offset",
        symbol="D_offset",
        unit="Å²/s",
        default=0.0,
        lower=-1e10,
        upper=1e10,
        group="diffusion",
        help="Constant part of D(t); may be negative.",
    ),
)
_SHEAR = (
    ParameterSpec(
        name="gamma_dot_t0",
        symbol="γ̇₀",
        unit="s⁻¹",
        default=0.01,
        lower=1e-6,
        upper=0.5,
        logarithmic=True,
        group="shear",
        help="Power-law part of the shear rate at t = 1 s, in the stated convention.",
    ),
    ParameterSpec(
        name="beta",
        symbol="β",
        unit="",
        default=0.0,
        lower=-2.0,
        upper=2.0,
        group="shear",
        help="Exponent of the power-law part of the shear rate.",
    ),
    ParameterSpec(
        name="gamma_dot_t_offset",
        symbol="γ̇_offset",
        unit="s⁻¹",
        default=0.0,
        lower=-0.1,
        upper=0.1,
        group="shear",
        help="Constant part of the shear rate, in the stated convention.",
    ),
    ParameterSpec(
        name="phi0",
        symbol="φ₀",
        unit="°",
        default=0.0,
        lower=-90.0,
        upper=90.0,
        group="shear",
        help="Flow direction; determined modulo 180° only.",
    ),
)

RATE_GROUPS = (
    ("D0", "alpha", "D_offset"),
    ("gamma_dot_t0", "beta", "gamma_dot_t_offset"),
)
"""Prefactor, exponent and constant of each rate."""
PERIODS = {"phi0": 180.0}
"""Parameters determined modulo a period only, in their unit."""
CONTRAST_BOUNDS = (0.0, 1.0)
OFFSET_BOUNDS = (0.5, 1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """Name, text and parameters of a model."""

    name: str
    title: str
    parameters: tuple[ParameterSpec, ...]
    sheared: bool
    """Whether the gap, the flow direction and the shear convention matter."""

    def parameter(self, name: str) -> ParameterSpec:
        """Return the declaration of one parameter."""
        for spec in self.parameters:
            if spec.name == name:
                return spec
        names = ", ".join(p.name for p in self.parameters)
        raise OptionError(
            f"unknown parameter {name!r}; the model {self.name} has {names}"
        )

    def default_parameters(self) -> ParameterSet:
        """Return the parameters at their defaults, all free."""
        return ParameterSet(
            tuple(
                Parameter(
                    name=s.name,
                    unit=s.unit,
                    value=s.default,
                    lower=s.lower,
                    upper=s.upper,
                )
                for s in self.parameters
            )
        )


STATIC = ModelSpec(
    name="static",
    title="Static (diffusion only)",
    parameters=_DIFFUSION,
    sheared=False,
)
LAMINAR_FLOW = ModelSpec(
    name="laminar_flow",
    title="Laminar flow (diffusion and shear)",
    parameters=_DIFFUSION + _SHEAR,
    sheared=True,
)
MODELS = {m.name: m for m in (STATIC, LAMINAR_FLOW)}

MODEL_ALIASES = {
    "static_isotropic": "static",
    "static_anisotropic": "static",
    "flow": "laminar_flow",
}
PARAMETER_ALIASES = {
    "gamma_dot_0": "gamma_dot_t0",
    "gamma_dot_t_0": "gamma_dot_t0",
    "gamma0": "gamma_dot_t0",
    "gamma_dot_offset": "gamma_dot_t_offset",
    "gamma_offset": "gamma_dot_t_offset",
    "phi_0": "phi0",
    "d0": "D0",
}
HETERODYNE_NAMES = ("two_component", "heterodyne")


def model_spec(name: str) -> ModelSpec:
    """Return a model by its name or an archived synonym.

    Raises
    ------
    OptionError
        For an unknown name; two-component (heterodyne) models are named as such.
    """
    if name in HETERODYNE_NAMES:
        raise OptionError(
            f"the model {name!r} is two-component (heterodyne), which is recognised "
            "but cannot be fitted yet; expected static or laminar_flow"
        )
    found = MODELS.get(MODEL_ALIASES.get(name, name))
    if found is None:
        raise OptionError(f"unknown model {name!r}; expected {' or '.join(MODELS)}")
    return found


def parameter_name(name: str) -> str:
    """Return the present name of a parameter, given that or an archived alias."""
    return PARAMETER_ALIASES.get(name, name)
