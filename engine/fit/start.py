"""Start values from the data, when the run file gives none.

The decay of c2 with lag gives D0; exponents start at 0. The result of a few short fits
on a coarse set of frames (a contiguous piece for short lags, spread frames for long
ones), from several shear rates and flow directions, decides. The frame curves are
always integrated over every frame, so the coarse model is the exact one on fewer
pixels. The constants of the two rates are held at 0 meanwhile: they are nearly
degenerate with the exponents, and a start need not decide between them.
"""

import itertools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.data.run import RunData
from engine.data.tiles import cut, tile_layout
from engine.events import Cancelled
from engine.fit.equations import FitEquations, FitPoint
from engine.fit.parameter_map import parameter_map
from engine.fit.plain_search import lowest
from engine.fit.problem import Problem, fitted_frames
from engine.kernel.reduce import Pixels
from engine.kernel.reduction import Reduction
from engine.kernel.sources import AngleTiles, HeldTiles
from engine.models.specs import RATE_GROUPS
from engine.parameters import ParameterSet
from engine.scaling.maps import individual
from engine.setup import Loss

Array = NDArray[np.float64]

_COARSE_FRAMES = 64
_MAX_ANGLES = 6
_FINALISTS = 4
_EDM, _STEPS = 1e-6, 40
_CONSTANTS = tuple(constant for _, _, constant in RATE_GROUPS)
_PHASES = (1.0, 8.0, 60.0)
"""Largest shear arguments over the window to try [rad]."""
_DIRECTIONS = (-60.0, -30.0, 0.0, 30.0, 60.0, 90.0)
"""Flow directions to try [deg]."""


def estimate_start(problem: Problem, cancelled: Cancelled) -> ParameterSet:
    """Return the parameters with start values estimated from the data.

    Fixed and tied parameters stay as they are; estimates are moved into the bounds.

    Raises
    ------
    CancelledError
        When `cancelled` answered true.
    """
    parameters = problem.setup.parameters
    coarse = _coarse_reduction(problem)
    points = []
    for guess in _guesses(problem):
        tried = _held(_moved(parameters, guess))
        equations = _equations(problem, coarse, tried, cancelled)
        points.append((equations, _start_point(equations, coarse)))
    points.sort(key=lambda pair: pair[1].cost if np.isfinite(pair[1].cost) else np.inf)
    best: tuple[float, Array] | None = None
    for equations, point in points[:_FINALISTS]:
        found = lowest(equations, point, edm=_EDM, steps=_STEPS)
        if best is None or found.cost < best[0]:
            best = (found.cost, found.x)
    if best is None:
        return parameters
    # The scaling coefficients follow the physical ones in x.
    names = parameter_map(_held(parameters)).names
    found = dict(zip(names, best[1].tolist(), strict=False))
    return _moved(parameters, dict.fromkeys(_CONSTANTS, 0.0) | found)


def _held(parameters: ParameterSet) -> ParameterSet:
    """Return the parameters with the constants of the rates fixed where they are."""
    return ParameterSet(
        tuple(
            replace(p, fixed=True) if p.name in _CONSTANTS and p.free else p
            for p in parameters
        )
    )


def _moved(parameters: ParameterSet, values: dict[str, float]) -> ParameterSet:
    """Return the free parameters at `values`, within their bounds."""
    moved = []
    for p in parameters:
        if p.free and p.name in values:
            value = float(np.clip(values[p.name], p.lower, p.upper))
            moved.append(replace(p, value=value))
        else:
            moved.append(p)
    return ParameterSet(tuple(moved))


def _equations(
    problem: Problem, coarse: Reduction, tried: ParameterSet, cancelled: Cancelled
) -> FitEquations:
    setup = problem.setup
    scaling = individual(coarse.phi, setup.contrast_bounds, setup.offset_bounds)
    return FitEquations(coarse, parameter_map(tried), scaling, cancelled)


def _start_point(equations: FitEquations, coarse: Reduction) -> FitPoint:
    k = len(coarse.phi)
    scaling = equations.scaling.coefficients(np.full(k, 0.2), np.ones(k))
    return equations(np.concatenate([equations.parameters.start, scaling]))


def _coarse_reduction(problem: Problem) -> Reduction:
    data, fine = problem.data, problem.reduction
    n = len(fine.times)
    piece = np.arange(min(n, _COARSE_FRAMES))
    spread = np.linspace(0, n - 1, _COARSE_FRAMES).round().astype(int)
    frames = np.unique(np.concatenate([piece, spread]))
    layout = tile_layout(len(frames), frames=frames)
    some = np.unique(
        np.linspace(0, len(problem.angles) - 1, _MAX_ANGLES).round().astype(int)
    )
    window = fitted_frames(data, problem.setup)[frames]
    tiles = []
    for k in some:
        matrix = data.c2[problem.angles[int(k)]][np.ix_(window, window)]
        weight = np.asarray(1.0 / problem.noise.sigma**2)
        tiles.append(
            AngleTiles(
                tuple(
                    Pixels(cut(layout, c, matrix, None), weight) for c in layout.chunks
                )
            )
        )
    return replace(
        fine,
        phi=fine.phi[some],
        layout=layout,
        tiles=HeldTiles(tiles),
        loss=Loss.LINEAR,
    )


def _guesses(problem: Problem) -> list[dict[str, float]]:
    """Return the start values to compare, by name."""
    data, setup = problem.data, problem.setup
    tau = decay_time(data, problem.angles)
    rates = [factor / (data.q**2 * tau) for factor in (1.0, 0.2)]
    base = {"alpha": 0.0, "D_offset": 0.0, "beta": 0.0, "gamma_dot_t_offset": 0.0}
    if not setup.spec.sheared:
        return [
            {**base, "D0": rate, "alpha": alpha}
            for rate, alpha in itertools.product(rates, (0.0, -0.5))
        ]
    duration = float(problem.reduction.times[-1] - problem.reduction.times[0])
    unit = 2.0 / (
        setup.convention.argument_scale * data.q * problem.reduction.geometry.gap
    )
    return [
        {**base, "D0": rate, "gamma_dot_t0": unit * phase / duration, "phi0": direction}
        for rate, phase, direction in itertools.product(rates, _PHASES, _DIRECTIONS)
    ]


def decay_time(data: RunData, angles: tuple[int, ...]) -> float:
    """Return the lag [s] at which the slowest angle has fallen to 1/e.

    The slowest angle is the one least affected by flow. Lags are averaged over all
    ages; the level at long lag is taken as the baseline.
    """
    lags = np.unique(np.geomspace(1, max(data.n_frames - 1, 1), 60).round().astype(int))
    slowest = data.dt
    for k in angles[:: max(1, len(angles) // _MAX_ANGLES)]:
        matrix = data.c2[k]
        curve = np.array([_mean(np.diagonal(matrix, int(lag))) for lag in lags])
        good = np.isfinite(curve)
        if good.sum() < 3:
            continue
        lag, curve = lags[good], curve[good]
        baseline = float(np.median(curve[-max(2, len(curve) // 6) :]))
        level = baseline + (curve[0] - baseline) / np.e
        below = np.flatnonzero(curve <= level)
        place = lag[below[0]] if len(below) else lag[-1]
        slowest = max(slowest, float(place) * data.dt)
    return slowest


def _mean(values: NDArray[np.float32]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean(dtype=float)) if len(finite) else float("nan")
