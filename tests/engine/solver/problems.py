"""Small least-squares problems that count and record their evaluations."""

import numpy as np
from scipy.optimize import least_squares

from engine.solver.equations import Equations
from engine.solver.lbfgs import minimise
from engine.solver.warmup import WarmupSettings


class LeastSquares:
    """Half a sum of squares, from residuals and their Jacobian."""

    def __init__(self, residual, jacobian):
        self.residual, self.jacobian = residual, jacobian
        self.points = []

    def __call__(self, x):
        self.points.append(np.array(x))
        r, j = self.residual(x), self.jacobian(x)
        return Equations(
            x=np.array(x), cost=0.5 * float(r @ r), gradient=j.T @ r, hessian=j.T @ j
        )

    @property
    def calls(self):
        return len(self.points)

    def in_units(self, units):
        """Return the same problem for x / units."""
        return LeastSquares(
            lambda x: self.residual(x / units),
            lambda x: self.jacobian(x / units) / units,
        )


def rosenbrock():
    return LeastSquares(
        lambda x: np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]]),
        lambda x: np.array([[-20 * x[0], 10.0], [-1.0, 0.0]]),
    )


ROSENBROCK_BOXES = {
    "free": ([-2.0, 1.0], [-np.inf, -np.inf], [np.inf, np.inf]),
    "loose": ([-2.0, 1.0], [-3, -3], [3, 3]),
    "minimum-outside": ([-2.0, 1.0], [-3, 1.5], [3, 3]),
    "upper-active": ([-1.5, 0.5], [-3, -3], [0.5, 3]),
    "corner": ([0.0, 0.2], [-1, 0.1], [0.2, 3]),
    "start-at-bound": ([-2.0, 1.0], [-2, -3], [3, 3]),
    "start-in-corner": ([-2.0, 3.0], [-2, -3], [3, 3]),
    "start-at-wrong-bound": ([0.5, -3.0], [-3, -3], [0.5, 3]),
}

TIMES = np.linspace(0.5, 10, 40)
DECAY_SIGMA = 0.01
_NOISY = 3.0 * np.exp(-0.7 * TIMES) + 0.4 + DECAY_SIGMA * np.cos(37 * TIMES)


def decay():
    """Amplitude, rate and constant of an exponential, in units of sigma."""

    def jacobian(x):
        e = np.exp(-x[1] * TIMES)
        return np.stack([e, -x[0] * TIMES * e, np.ones_like(e)], axis=1) / DECAY_SIGMA

    return LeastSquares(
        lambda x: (x[0] * np.exp(-x[1] * TIMES) + x[2] - _NOISY) / DECAY_SIGMA, jacobian
    )


LOG_TIMES = np.linspace(-2.0, 2.0, 41)


def power_law_valley():
    """Level of about 19,000 and exponent of about 0.1 of a power law in time.

    Its time axis is such that the level hardly depends on the exponent.
    """
    sigma = 20.0
    data = 19000.0 * np.exp(0.1 * LOG_TIMES) + sigma * np.cos(37 * LOG_TIMES)

    def jacobian(x):
        e = np.exp(x[1] * LOG_TIMES)
        return np.stack([e, x[0] * LOG_TIMES * e], axis=1) / sigma

    return LeastSquares(
        lambda x: (x[0] * np.exp(x[1] * LOG_TIMES) - data) / sigma, jacobian
    )


def scipy_minimum(problem, x0):
    """Return where SciPy finds the minimum, without bounds."""
    return least_squares(
        problem.residual,
        x0,
        problem.jacobian,
        method="lm",
        x_scale="jac",
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    ).x


def standard_errors(point):
    """Return the standard errors of the coefficients at a point."""
    return np.sqrt(np.diag(np.linalg.inv(point.hessian)))


TO_THE_END = {"plateau": 0.0, "gradient_tolerance": 0.0}


def run_lbfgs(evaluate, x0, bounds, *, units=None, free=None, on_step=None, **changes):
    """Minimise by L-BFGS to the end, unless `changes` says otherwise."""
    start = evaluate(np.asarray(x0, dtype=float))
    n = len(start.x)
    return minimise(
        evaluate,
        start,
        bounds,
        units=np.ones(n) if units is None else units,
        free=np.ones(n, bool) if free is None else free,
        settings=WarmupSettings(**(TO_THE_END | changes)),
        on_step=on_step or (lambda *_: None),
    )
