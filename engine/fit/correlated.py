r"""Standard errors that allow for pixels which share their noise.

Pixels of c2 that share a frame, or lie within the life of a speckle, scatter together;
the usual errors count them as independent. Here the frames are what is sampled: with
the score :math:`s_i` of each frame (`engine.kernel.scores`) and :math:`u_i = H^{-1}
s_i`, its influence on the coefficients,

.. math:: V = \sum_k \sum_l w_l \sum_i u_{k,i}\, u_{k,i+l} - V_1 ,

with Bartlett weights :math:`w_l = 1 - |l|/L` over the lag between frames and, for each
pixel is in two frames, the variance :math:`V_1` of independent pixels taken off once.
Angles are independent: they are other pixels of the detector. L follows from the
influences themselves. Dyadic clusters: Aronow, Samii and Assenova, Political Analysis
23 (2015) 564; L: Newey and West, Review of Economic Studies 61 (1994) 631.
"""

import numpy as np
from numpy.typing import NDArray

from engine.errors import CancelledError
from engine.fit.covariance import Uncertainties
from engine.fit.ending import Ending
from engine.fit.equations import FitPoint
from engine.fit.statistics import variance_of
from engine.kernel.scores import FrameScores
from engine.result import State
from engine.setup import Loss

Array = NDArray[np.float64]

_RATE = 1.1447
"""Of the Bartlett weights, Newey and West's table I."""
_LONGEST = 1 / 3
"""L at most, as a share of the frames."""


def correlated_errors(
    ending: Ending, point: FitPoint, errors: Uncertainties
) -> dict[str, float]:
    """Return the errors of the free physical parameters that have one, by name.

    Never below those of independent pixels. Takes a pass over the data; empty where
    the fit is not at a minimum, or when it is stopped meanwhile.
    """
    equations = ending.equations
    if ending.found.reason.state is not State.CONVERGED:
        return {}
    pieces = point.pieces
    try:
        scores = equations.reduction.frame_scores(
            point.theta, pieces.contrast, pieces.offset, equations.cancelled
        )
    except CancelledError:
        return {}
    slope, scatter = _loss_factors(ending, point)
    own = errors.stderr**2 * scatter / variance_of(ending, point)
    place = {name: n for n, name in enumerate(equations.names)}
    found = {}
    for row, name in enumerate(errors.names):
        n = place[name]
        if n >= equations.n_physical or not np.isfinite(errors.stderr[n]):
            continue
        inward = np.zeros(len(equations.names))
        inward[~errors.at_bound] = slope * errors.inverse[row]
        variance = long_run_variance(_influence(point, scores, inward)) - own[n]
        found[name] = float(np.sqrt(max(variance, errors.stderr[n] ** 2)))
    return found


def long_run_variance(influence: Array) -> float:
    """Return the variance of the sum of correlated series, of frames and angles.

    Parameters
    ----------
    influence
        Shape (K, n); series of different rows are independent.
    """
    n = influence.shape[1]
    spectrum = np.abs(np.fft.rfft(influence, 2 * n, axis=1)) ** 2
    lags = np.fft.irfft(spectrum.sum(axis=0), 2 * n)[:n]
    weights = np.maximum(1 - np.arange(n) / bandwidth(lags), 0.0)
    return float(2 * weights @ lags - lags[0])


def bandwidth(lags: Array) -> float:
    """Return L for a series with such sums of lagged products, in frames."""
    n = len(lags)
    longest = max(_LONGEST * n, 1.0)
    first = min(int(np.ceil(4 * (n / 100) ** (2 / 9))), n - 1)
    some = lags[1 : first + 1]
    level = lags[0] + 2 * some.sum()
    if level <= 0:
        return longest
    slope = 2 * (np.arange(1, first + 1) @ some)
    best = _RATE * ((slope / level) ** 2 * n) ** (1 / 3)
    return float(np.clip(best, 1.0, longest))


def _influence(point: FitPoint, scores: FrameScores, inward: Array) -> Array:
    """Return what each frame moves a coefficient by, shape (K, n).

    Parameters
    ----------
    inward
        The row of H⁻¹ of the coefficient.
    """
    equations = point.equations
    n = equations.n_physical
    physical = scores.physical @ (equations.parameters.matrix @ inward[:n])
    contrast = equations.scaling.contrast_map @ inward[n:]
    offset = equations.scaling.offset_map @ inward[n:]
    moved = physical + contrast[:, None] * scores.contrast
    moved += offset[:, None] * scores.offset
    return moved if equations.weights is None else equations.weights[:, None] * moved


def _loss_factors(ending: Ending, point: FitPoint) -> tuple[float, float]:
    """Return H over the true curvature, and s² as the residuals have it."""
    problem, pieces = ending.problem, point.pieces
    if problem.setup.loss is not Loss.LINEAR:
        ratio = float(pieces.rho1.sum() / pieces.psi1.sum())
        return ratio, variance_of(ending, point)
    dof = max(sum(problem.n_points) - len(point.x), 1)
    return 1.0, float(pieces.chi2.sum()) / dof
