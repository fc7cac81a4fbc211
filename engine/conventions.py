r"""The three shear conventions in circulation, and conversion between them.

With the strain :math:`\Gamma = \int_{t_1}^{t_2}\dot\gamma\,dt` and
:math:`A = \tfrac12 q L \cos(\varphi_0-\varphi)\,\Gamma`, the shear factor in c2 is

=============  ======================================  ==================
convention     used by                                 factor
=============  ======================================  ==================
literature     He et al., PNAS 2024 and 2025           (sin A / A)²
legacy         homodyne-analysis                       (sin A / A)⁴
homodyne2      homodyne 2.x, xpcsjax                   (sin x / x)⁴, x = A/π
=============  ======================================  ==================

``homodyne2`` and ``legacy`` are the same function with the shear rate scaled by π, so
that conversion is exact. ``literature`` agrees with the others to second order in the
strain only, where 1 - A²/3 equals 1 - 2x²/3: that conversion is approximate.
"""

import math
from dataclasses import dataclass
from enum import StrEnum


class Convention(StrEnum):
    """Shear convention; the value is the name in files and on the command line."""

    LITERATURE = "literature"
    HOMODYNE2 = "homodyne2"
    LEGACY = "legacy"

    @property
    def power(self) -> int:
        """Exponent of sinc in c2."""
        return 2 if self is Convention.LITERATURE else 4

    @property
    def argument_scale(self) -> float:
        """Factor of A in the argument of sinc."""
        return 1.0 / math.pi if self is Convention.HOMODYNE2 else 1.0

    @property
    def formula(self) -> str:
        """The shear factor in c2, for labels and reports."""
        return {
            Convention.LITERATURE: "(sin A / A)²",
            Convention.LEGACY: "(sin A / A)⁴",
            Convention.HOMODYNE2: "(sin x / x)⁴, x = A/π",
        }[self]


SHEAR_RATE_PARAMETERS = ("gamma_dot_t0", "gamma_dot_t_offset")
"""The parameters whose value depends on the convention [1/s]."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Factor that takes a shear rate from one convention to another."""

    source: Convention
    target: Convention
    factor: float
    """Multiply a shear rate [1/s] of `source` by this."""
    exact: bool
    """False where the two functions agree for small strain only."""

    @property
    def remark(self) -> str:
        """How far the conversion may be trusted."""
        return "exact" if self.exact else "approximate, small strain"


def conversion(source: Convention, target: Convention) -> Conversion:
    """Return the factor between two conventions.

    For small strain the factor in c2 is 1 - (power/6)·(scale·A)², so the shear rates
    that give the same c2 are in the inverse ratio of √power · scale.
    """
    ratio = (math.sqrt(source.power) * source.argument_scale) / (
        math.sqrt(target.power) * target.argument_scale
    )
    exact = source.power == target.power
    return Conversion(source, target, ratio, exact)
