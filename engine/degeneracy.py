"""What a fit tells of degeneracy: what the layers did, and what the data leave open.

Part of the record of a finished fit; ``result.json`` holds it field by field under
``degeneracy``. Plain data, shared by engine, report and window.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.units import format_number

PENALISED = ", penalised"
"""Ends the name of a scaling mode whose values the CV penalty draws together."""
SHEAR_SEEN_ABOVE = 20.0
"""Rise of chi squared without flow from which shear counts as seen."""
LAYERS = (
    "scaling",
    "hierarchical",
    "regularization",
    "gradient_monitoring",
    "shear_weighting",
)
"""Names of the layers, in the order in which they are composed by number, 1 to 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReport:
    """What one layer did."""

    configured: bool
    """Whether it was switched on."""
    acted: bool
    """Whether it changed a step, a weight, a penalty or the scaling mode."""
    count: int = 0
    """How often."""
    effect: str = ""
    """What it did, in one sentence."""
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The numbers behind it, plain data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingTest:
    """Score test of a scaling mode against a wider one, at the minimum of the first."""

    narrow: str
    """The scaling mode that was fitted."""
    wide: str
    """The one it is tested against."""
    statistic: float
    """T: decrease of χ² the wider mode promises, in units of its scatter."""
    degrees: int
    """Coefficients the wider mode adds; what noise alone gives T on average."""
    p_value: float
    """Probability that noise alone gives a T as large."""
    shifts: Mapping[str, float]
    """By how much the wider mode would move each physical parameter [its σ]."""
    rejected: bool
    """Whether the angles cannot share what the narrow mode makes them share."""

    @property
    def statistic_text(self) -> str:
        """T with three digits, for people."""
        return format_number(float(f"{self.statistic:.3g}"))

    @property
    def largest_shift(self) -> tuple[str, float]:
        """The parameter moved most, and by how many standard errors."""
        if not self.shifts:
            return "", 0.0
        name = max(self.shifts, key=lambda n: abs(self.shifts[n]))
        return name, self.shifts[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingFit:
    """One scaling mode among others that were fitted to the same data."""

    mode: str
    n_coefficients: int
    """Fitted coefficients of contrast and offset."""
    chi_squared: float
    bic: float
    """χ²/s² + k ln N, with the s² of the widest mode; only differences count."""
    chosen: bool
    admissible: bool
    """False: the score test tells that this mode biases the parameters."""
    values: Mapping[str, float]
    """Physical parameters."""
    errors: Mapping[str, float | None]
    converged: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupling:
    """How much of the physical signal the scaling can absorb, for one scaling mode."""

    mode: str
    rho_squared: float
    """Largest squared canonical correlation between scaling and physics, 0 to 1."""
    inflation: Mapping[str, float]
    """Variance of each physical parameter over that with a known scaling, ≥ 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AngleInformation:
    """Where the data determine one physical parameter."""

    name: str
    share: tuple[float, ...]
    """Part of its information that each fitted angle carries; their sum is 1."""
    known_scaling: tuple[float, ...]
    """Information [1/unit²] of each angle were contrast, offset and all else known."""
    free_scaling: tuple[float, ...]
    """The same with a contrast and an offset of its own for the angle to find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Fixing one parameter that another one imitates."""

    name: str
    value: float
    """At which it can be fixed."""
    chi_squared_rise: float | None
    """By about how much χ² rises then, in units of its scatter; None: not known."""
    stderr_after: Mapping[str, float]
    """Standard errors of the others that become smaller by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entanglement:
    """Physical parameters the data hardly tell apart."""

    names: tuple[str, ...]
    correlation: float | None
    """Of the two, where they are two."""
    sentence: str
    """What the user reads."""
    remedy: Remedy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Degeneracy:
    """All that a fit tells of degeneracy."""

    layers: Mapping[str, LayerReport] = field(default_factory=dict, hash=False)
    """By name, in the order of `LAYERS`."""
    requested: str = ""
    """Scaling mode asked for."""
    chosen: str = ""
    """Scaling mode of the result."""
    reason: str = ""
    """Why that one, in one sentence."""
    tests: tuple[ScalingTest, ...] = ()
    """In the order in which they were made; the last one is of the result."""
    comparison: tuple[ScalingFit, ...] = ()
    """Scaling modes that were fitted in full, fewest coefficients first."""
    before: Coupling | None = None
    """With a contrast and an offset of its own for every angle."""
    after: Coupling | None = None
    """As fitted: with the scaling mode and the penalty of the result."""
    information: tuple[AngleInformation, ...] = ()
    """For every free physical parameter."""
    entanglements: tuple[Entanglement, ...] = ()
    """The gravest first."""
    shear_gain: float | None = None
    """By how much χ² would rise without any flow, in units of its scatter; None for a
    model without flow."""
    shear_limit: float | None = None
    """Upper limit (95 %) of gamma_dot_t0 where no shear is seen, in its unit."""

    @property
    def final_test(self) -> ScalingTest | None:
        """The test of the scaling mode of the result, where there was one."""
        mine = {self.chosen, f"{self.chosen}{PENALISED}"}
        return next((t for t in self.tests if t.narrow in mine), None)
