"""Layer 3: a penalty on contrasts, or offsets, that vary with the angle.

With m values of mean μ and variance v in a group, CV = √v/|μ| is their coefficient of
variation, and the penalty in units of χ² is

    relative:  λ · CV² · χ²          absolute:  λ · v · Σw

χ² being that of the residuals at some earlier point and Σw the weights of the pixels
summed: constants, so that the penalty has no residuals of its own to differentiate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.layer_options import CvMode, RegularizationOptions

Array = NDArray[np.float64]

_NO_MEAN = 1e-10
"""Mean below which the values have no CV; their variance stands for CV²."""
_MANY = 5
"""Values above which `CvMode.AUTO` is relative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CvPenalty:
    """The penalty of one group: the values of all contrasts, or of all offsets.

    A single value cannot vary and costs nothing.
    """

    mode: CvMode
    strength: float
    """λ."""
    chi_squared: float
    """What the relative penalty is a part of: χ² of the residuals."""
    total_weight: float
    """Weights of all fitted pixels summed, for the absolute penalty: N/σ²."""

    def cost(self, values: Array) -> float:
        """Return half the penalty, as the cost of a fit is half χ²."""
        rho = self._residuals(values)
        return 0.5 * self._weight(values) * float(rho @ rho)

    def gradient(self, values: Array) -> Array:
        """Return the derivative of `cost`, shape (m,)."""
        jacobian = self._jacobian(values)
        return self._weight(values) * (jacobian.T @ self._residuals(values))

    def hessian(self, values: Array) -> Array:
        """Return its Gauss-Newton second derivative, (m, m), positive semidefinite."""
        jacobian = self._jacobian(values)
        return self._weight(values) * (jacobian.T @ jacobian)

    def _is_relative(self, values: Array) -> bool:
        if self.mode is CvMode.AUTO:
            return len(values) > _MANY
        return self.mode is CvMode.RELATIVE

    def _weight(self, values: Array) -> float:
        relative = self._is_relative(values)
        return self.strength * (self.chi_squared if relative else self.total_weight)

    def _mean(self, values: Array) -> float | None:
        """Return μ where the penalty is relative to it."""
        mean = float(np.mean(values))
        return mean if self._is_relative(values) and abs(mean) > _NO_MEAN else None

    def _residuals(self, values: Array) -> Array:
        """Return ρ, (m,), whose squares add up to CV², or to the variance."""
        m = len(values)
        if m < 2:
            return np.zeros(m)
        return (values - np.mean(values)) / (np.sqrt(m) * (self._mean(values) or 1.0))

    def _jacobian(self, values: Array) -> Array:
        """Return ∂ρ/∂x, shape (m, m)."""
        m = len(values)
        if m < 2:
            return np.zeros((m, m))
        centring = np.eye(m) - 1.0 / m
        mean = self._mean(values)
        if mean is None:
            return centring / np.sqrt(m)
        deviation = (values - mean)[:, None]
        return (centring - deviation / (m * mean)) / (np.sqrt(m) * mean)


def coefficient_of_variation(values: Array) -> float:
    """Return √v/|μ|; √v where the mean is zero, and 0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    mean = abs(float(np.mean(values)))
    spread = float(np.std(values))
    return spread / mean if mean > _NO_MEAN else spread


def tuned_strength(options: RegularizationOptions) -> float:
    """Return λ: as given, else so that the target CV costs the target part of χ²."""
    if options.strength is not None:
        return options.strength
    if not options.auto_tune:
        return 1.0
    return options.target_contribution / options.target_cv**2
