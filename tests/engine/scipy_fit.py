"""The same pixels fitted by `scipy.optimize.least_squares`, with an analytic Jacobian.

Written pixel by pixel with NumPy: curves and their derivatives by complex steps, the
pair kernel by hand. Nothing of the engine's numerical part is used.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, least_squares

from engine.reference.dense import power_law


@dataclass(frozen=True, eq=False)
class PixelModel:
    """Residuals and Jacobian of the strict upper triangle of every angle."""

    dense: object
    """`engine.reference.dense.DenseModel`."""
    c2: np.ndarray
    """Measured, (K, N, N), on the fitted axis."""
    sigma: np.ndarray | float
    """Standard deviation, broadcast to `c2`."""
    mask: np.ndarray | None = None
    """True where a pixel is left out, broadcast to `c2`."""
    averaged: bool = False
    """Whether all angles share one contrast and one offset."""

    def __post_init__(self):
        n = len(self.dense.times)
        pairs = []
        for k in range(len(self.dense.phi)):
            keep = np.triu(np.ones((n, n), dtype=bool), 1) & np.isfinite(self.c2[k])
            if self.mask is not None:
                keep &= ~np.broadcast_to(self.mask, self.c2.shape)[k]
            i, j = np.nonzero(keep)
            sigma = np.broadcast_to(self.sigma, self.c2.shape)[k]
            pairs.append(
                (i, j, self.c2[k][i, j].astype(float), sigma[i, j].astype(float))
            )
        object.__setattr__(self, "pairs", pairs)

    def expanded(self, x):
        """Return [physical, contrasts, offsets] whatever the scaling mode."""
        if not self.averaged:
            return x
        n, k = len(self.dense.names), len(self.dense.phi)
        return np.concatenate([x[:n], np.full(k, x[n]), np.full(k, x[n + 1])])

    def _curve(self, values):
        """Return a cumulative integral over time and its three derivatives."""

        def integral(v):
            rate = power_law(*v, self.dense.times)
            return self.dense.dt * np.concatenate(
                [[0], np.cumsum((rate[1:] + rate[:-1]) / 2)]
            )

        h = 1e-30
        steps = np.eye(3) * 1j * h
        slopes = [np.imag(integral(values + s)) / h for s in steps]
        return integral(values), slopes

    def residual(self, x):
        """Return (model - data)/sigma of every pixel."""
        theta, contrast, offset = self.dense.unpacked(self.expanded(x))
        parts = [
            (offset[k] + contrast[k] * self._kernel(theta, k)[0] - c2) / sigma
            for k, (_, _, c2, sigma) in enumerate(self.pairs)
        ]
        return np.concatenate(parts)

    def _kernel(self, theta, k):
        """Return f and what its derivatives are made of, for the pairs of angle k."""
        i, j, *_ = self.pairs[k]
        z, slopes = self._curve(theta[:3])
        f = np.exp(-(self.dense.q**2) * (z[j] - z[i]))
        if self.dense.model == "static":
            return f, slopes, None, None, 0.0
        strain, strain_slopes = self._curve(theta[3:6])
        angle = np.radians(theta[6] - self.dense.phi[k])
        scale = (
            self.dense.convention.argument_scale * 0.5 * self.dense.q * self.dense.gap
        )
        u = scale * np.cos(angle) * (strain[j] - strain[i])
        near = np.abs(u) < 1e-2
        v = np.where(near, 1.0, u)
        s = np.where(near, 1 - u**2 / 6 + u**4 / 120, np.sin(v) / v)
        ds = np.where(near, -u / 3 + u**3 / 30 - u**5 / 840, (np.cos(v) - s) / v)
        m = self.dense.convention.power
        return (
            f * s**m,
            slopes,
            f * m * s ** (m - 1) * ds,
            (strain, strain_slopes),
            scale,
        )

    def jacobian(self, x):
        """Return the derivatives of `residual`."""
        theta, contrast, _ = self.dense.unpacked(self.expanded(x))
        n, k_all = len(self.dense.names), len(self.dense.phi)
        total = sum(len(p[0]) for p in self.pairs)
        out = np.zeros((total, len(x)))
        first = 0
        for k, (i, j, _, sigma) in enumerate(self.pairs):
            rows = slice(first, first + len(i))
            first += len(i)
            f, slopes, by_shear, shear, scale = self._kernel(theta, k)
            weight = contrast[k] / sigma
            for p, slope in enumerate(slopes):
                step = slope[j] - slope[i]
                out[rows, p] = -weight * f * self.dense.q**2 * step
            if shear is not None:
                angle = np.radians(theta[6] - self.dense.phi[k])
                for p, slope in enumerate(shear[1]):
                    step = scale * np.cos(angle) * (slope[j] - slope[i])
                    out[rows, 3 + p] = weight * by_shear * step
                step = -scale * np.sin(angle) * np.radians(1.0)
                out[rows, 6] = weight * by_shear * step * (shear[0][j] - shear[0][i])
            own = n if self.averaged else n + k
            out[rows, own] = f / sigma
            out[rows, own + (1 if self.averaged else k_all)] = 1 / sigma
        return out


@dataclass(frozen=True, eq=False)
class SciPyFit:
    """Where SciPy ended."""

    x: np.ndarray
    stderr: np.ndarray
    """From (JᵀJ)⁻¹, with the given sigma."""
    cost: float
    raw: OptimizeResult


def scipy_fit(pixels, x0, bounds=(-np.inf, np.inf), **options):
    """Fit by SciPy's trust region; tolerances at rounding unless given."""
    settings = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14, "max_nfev": 300}
    found = least_squares(
        pixels.residual,
        x0,
        pixels.jacobian,
        bounds,
        x_scale="jac",
        **{**settings, **options},
    )
    norms = np.linalg.norm(found.jac, axis=0)
    scaled = found.jac / norms
    stderr = np.sqrt(np.diag(np.linalg.inv(scaled.T @ scaled))) / norms
    return SciPyFit(found.x, stderr, found.cost, found)
