r"""Score test of a scaling mode against a wider one, from the sums already in hand.

At the minimum of the narrow mode the wider mode has a gradient, unless the angles truly
share what the narrow mode makes them share. With g and H of the wider mode at that
point,

.. math::

    T = g^{\mathsf T} H^{-1} g / s^2

is the decrease of χ² that the wider mode promises. Under the narrow mode it is
distributed as χ² with as many degrees of freedom as the wider mode has coefficients
more, and :math:`-H^{-1}g` is the first step of the wider fit, so it tells by how much
every parameter is biased. No pass over the data is needed.

References
----------
.. [1] C. R. Rao, Large sample tests of statistical hypotheses concerning several
   parameters with applications to problems of estimation (1948).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.degeneracy import PENALISED, ScalingTest
from engine.fit.covariance import at_bounds
from engine.fit.equations import FitEquations, FitPoint
from engine.layer_options import ScalingOptions
from engine.scaling.maps import ScalingMap
from engine.setup import Loss

Array = NDArray[np.float64]

_NULL = 1e-12


def score_test(
    equations: FitEquations,
    point: FitPoint,
    wide: ScalingMap,
    *,
    n_points: int,
    options: ScalingOptions,
) -> ScalingTest:
    """Test the scaling mode of a minimum against a wider one.

    Parameters
    ----------
    n_points
        Fitted pixels.
    options
        When the narrow mode is rejected: unlikely by chance, and a parameter biased.
    """
    wider = replace(equations, scaling=wide, penalty=None, weights=None)
    at = wider.recast(point)
    scatter = scatter_of_score(wider, at, n_points)
    free = np.flatnonzero(~_held(wider, at.x))
    inverse = _inverse(at.hessian[np.ix_(free, free)])
    gradient = at.gradient[free]
    # What the narrow mode itself still promises is no evidence against it.
    penalised = equations.penalty is not None
    rest, moved = (0.0, np.zeros(len(at.x))) if penalised else _rest(equations, point)
    statistic = max(float(gradient @ inverse @ gradient) - rest, 0.0) / scatter
    degrees = wide.n_coefficients - equations.scaling.n_coefficients
    if penalised:
        # A strong penalty leaves one contrast and one offset free.
        degrees = max(wide.n_coefficients - 2, 0)
    p_value = chance(statistic, degrees)
    step = np.zeros(len(at.x))
    step[free] = -inverse @ gradient
    sigma = np.zeros(len(at.x))
    sigma[free] = np.sqrt(np.maximum(scatter * np.diag(inverse), 0.0))
    n = wider.n_physical
    shifts = {
        name: float(change / error)
        for name, change, error in zip(
            wider.parameters.names, step[:n] - moved[:n], sigma[:n], strict=True
        )
        if error > 0
    }
    largest = max((abs(v) for v in shifts.values()), default=0.0)
    return ScalingTest(
        narrow=equations.scaling.mode.value + (PENALISED if penalised else ""),
        wide=wide.mode.value,
        statistic=statistic,
        degrees=degrees,
        p_value=p_value,
        shifts=shifts,
        rejected=p_value < options.score_p_value and largest > options.score_max_shift,
    )


def scatter_of_score(equations: FitEquations, point: FitPoint, n_points: int) -> float:
    """Return s² such that s²·H is the covariance of the gradient.

    It is taken from the scatter actually seen: a given sigma that is too small must not
    make a difference between angles out of noise.
    """
    pieces = point.pieces
    freedom = max(n_points - len(point.x), 1)
    if equations.reduction.loss is Loss.LINEAR:
        return max(float(pieces.chi2.sum()) / freedom, 1e-300)
    mean = max(float(pieces.rho1.sum()) / n_points, 1e-300)
    return max(float(pieces.psi2.sum()) / freedom / mean, 1e-300)


def chance(statistic: float, degrees: int) -> float:
    """Return the probability that χ² of an even number of degrees exceeds a value."""
    if degrees <= 0:
        return 1.0
    half = statistic / 2
    logs = np.cumsum([0.0, *np.log(half / np.arange(1, degrees // 2))]) if half else 0.0
    return float(min(np.exp(np.logaddexp.reduce(np.atleast_1d(logs)) - half), 1.0))


def _held(equations: FitEquations, x: Array) -> NDArray[np.bool_]:
    """Return which coefficients are held by a bound and cannot answer."""
    return at_bounds(x, equations.bounds)


def _inverse(hessian: Array) -> Array:
    """Return the inverse over the directions that the data determine."""
    norms = np.sqrt(np.maximum(np.diag(hessian), 0.0))
    safe = np.where(norms > 0, norms, 1.0)
    values, vectors = np.linalg.eigh(hessian / np.outer(safe, safe))
    kept = values > _NULL * max(float(values[-1]) if len(values) else 0.0, 1e-300)
    inverse = np.where(kept, 1.0 / np.where(kept, values, 1.0), 0.0)
    return (vectors * inverse) @ vectors.T / np.outer(safe, safe)


def _rest(equations: FitEquations, point: FitPoint) -> tuple[float, Array]:
    """Return what a step in the narrow mode would gain [χ²], and the step."""
    plain = replace(equations, penalty=None, weights=None)
    at = plain.recast(point)
    free = np.flatnonzero(~_held(plain, at.x))
    inverse = _inverse(at.hessian[np.ix_(free, free)])
    gradient = at.gradient[free]
    step = np.zeros(len(at.x))
    step[free] = -inverse @ gradient
    return float(gradient @ inverse @ gradient), step
