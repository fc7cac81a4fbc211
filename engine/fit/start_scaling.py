"""Contrast and offset to begin with where the model at the start cannot tell them.

They are linear in the model, so one evaluation at the start gives them exactly. Where
the model does not vary there (everything decayed within a frame, or nothing at all), or
what it asks for makes no sense, quantiles of the data serve instead. Either way they
are a start and nothing more: the fit finds its own.
"""

import numpy as np
from numpy.typing import NDArray

from engine.events import Happening
from engine.fit.equations import FitPoint
from engine.fit.journal import Journal
from engine.fit.problem import Problem, fitted_frames
from engine.kernel.pieces import AnglePieces
from engine.scaling.quantile import quantile_scaling

Array = NDArray[np.float64]

_CONTRAST, _OFFSET = (0.0, 2.0), (0.5, 1.5)
"""Between these a linear solution is believed."""
_VARIES = 1e-6
"""Variance of g1² relative to its mean square from which it tells the contrast."""
_FRAMES = 256
"""Frames that are looked at; more tell no more of a quantile."""


def with_quantiles(problem: Problem, point: FitPoint, journal: Journal) -> FitPoint:
    """Return a start with the quantile method at the angles the model cannot tell."""
    doubtful = np.flatnonzero(~believable(point.pieces))
    equations = point.equations
    if not len(doubtful) or not equations.scaling.n_coefficients or not point.finite:
        return point
    contrast, offset = point.pieces.contrast.copy(), point.pieces.offset.copy()
    for k in doubtful.tolist():
        contrast[k], offset[k] = _from_data(problem, k)
    x = point.x.copy()
    x[equations.n_physical :] = equations.scaling.coefficients(contrast, offset)
    named = ", ".join(f"{problem.phi[k]:.4g}°" for k in doubtful[:4])
    more = f" and {len(doubtful) - 4} more" if len(doubtful) > 4 else ""
    journal.happened(
        Happening.QUANTILES,
        f"At φ = {named}{more} the start values do not tell contrast and offset: the "
        "fit begins with quantiles of the data.",
        angles=[float(problem.phi[k]) for k in doubtful],
    )
    return equations.at(x, improve=False)


def believable(pieces: AnglePieces) -> NDArray[np.bool_]:
    """Return at which angles the linear solution tells contrast and offset."""
    weight = np.maximum(pieces.sw, 1e-300)
    mean, square = pieces.swf / weight, pieces.swff / weight
    varies = square - mean**2 > _VARIES * np.maximum(square, 1e-300)
    inside = [
        (values > low) & (values < high)
        for values, (low, high) in (
            (pieces.contrast, _CONTRAST),
            (pieces.offset, _OFFSET),
        )
    ]
    return np.asarray(varies & inside[0] & inside[1], bool)


def _from_data(problem: Problem, k: int) -> tuple[float, float]:
    """Return contrast and offset of a fitted angle from quantiles of its matrix."""
    frames = fitted_frames(problem.data, problem.setup)
    count = min(len(frames), _FRAMES)
    some = frames[np.linspace(0, len(frames) - 1, count).round().astype(int)]
    matrix = problem.data.c2[problem.angles[k]][np.ix_(some, some)].astype(float)
    np.fill_diagonal(matrix, np.nan)
    setup = problem.setup
    times = problem.data.times[some]
    return quantile_scaling(matrix, times, setup.contrast_bounds, setup.offset_bounds)
