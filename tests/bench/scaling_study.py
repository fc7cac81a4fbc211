"""Simulated runs fitted with every scaling mode: how far off, and how sure of it.

A pull is the error of a fitted parameter in units of its standard error. Over many
noise draws the pulls of a mode to be trusted have mean 0 and standard deviation 1.
"""

import json
import time
from dataclasses import dataclass, replace

import numpy as np

from engine.api import fit
from engine.conventions import Convention
from engine.setup import Scaling
from engine.simulate.request import SimulationRequest
from engine.simulate.surface import simulate
from tests.engine.known_runs import GAP, Q, known

CASES = {
    "constant": "the same contrast at every angle",
    "smooth": "6 % smooth variation of the contrast with the angle",
    "random": "20 % random variation of the contrast, drawn anew for every run",
}
MODES = ("averaged", "fourier", "individual", "constant", "auto")
N_ANGLES = 23
N_FRAMES = 1001
"""Of the file; the first is dropped before the fit."""
DURATION = 100.1
"""From the first frame to one frame after the last [s]."""
NOISE = 0.02
WORST_MEAN, SPREADS = 0.4, (0.8, 1.25)
"""What is asked of `auto`: |mean pull| below, standard deviation of pulls between."""
_SPREAD = 0.2
_START = known("laminar-L1")


def contrasts(case, phi, rng):
    """Return the contrast of every angle [deg]."""
    a = np.deg2rad(phi)
    if case == "smooth":
        return 0.3 * (1 + 0.06 * np.cos(a) + 0.03 * np.sin(2 * a))
    if case == "random":
        return 0.3 * (1 + _SPREAD * rng.standard_normal(len(phi)))
    return np.full(len(phi), 0.3)


def request(case, seed, n_frames=N_FRAMES, noise=NOISE):
    """Return a run like an archived one, 100 s long; every case has its own noise."""
    phi = np.linspace(-180.0, 180.0, N_ANGLES)
    place = list(CASES).index(case)
    rng = np.random.default_rng([seed, place, N_ANGLES])
    return SimulationRequest(
        convention=Convention.HOMODYNE2,
        q=Q,
        gap=GAP,
        dt=DURATION / n_frames,
        n_frames=n_frames,
        phi=tuple(phi.tolist()),
        contrast=tuple(contrasts(case, phi, rng).tolist()),
        offset=(1.0,),
        noise=noise,
        seed=len(CASES) * seed + place,
    )


def setup_of(wanted, **changes):
    """Return the setup of a fit that begins 30 to 40 % off."""
    run = replace(
        _START,
        theta=tuple(wanted.truth.values()),
        phi=wanted.phi,
        n_frames=wanted.n_frames,
        convention=wanted.convention,
    )
    return run.setup(**changes)


def fitted(wanted, data, **changes):
    """Fit a simulated run; return the result and the time it took [s]."""
    setup = setup_of(wanted, **changes)
    began = time.perf_counter()
    result = fit(data, setup)
    return result, time.perf_counter() - began


def rows_of(case, seed, n_frames=N_FRAMES, modes=MODES, noise=NOISE):
    """Yield what became of one run in every mode, plain data."""
    wanted = request(case, seed, n_frames, noise)
    data = simulate(wanted)
    for mode in modes:
        result, seconds = fitted(wanted, data, scaling=Scaling(mode))
        yield row_of(result, wanted.truth) | {
            "case": case,
            "seed": seed,
            "asked": mode,
            "seconds": seconds,
        }


def row_of(result, truth):
    """Return what is told of one fit; a parameter without an error has no pull."""
    n = len(truth)
    pulls = {
        p.name: None if p.stderr is None else (p.value - truth[p.name]) / p.stderr
        for p in result.parameters
    }
    free = list(result.covariance_names[:n]) == list(truth)
    return {
        "chosen": result.scaling.mode,
        "state": str(result.status.state),
        "flag": str(result.quality.flag),
        "pulls": pulls,
        "correlation": result.correlation[:n, :n].tolist() if free else None,
    }


@dataclass(frozen=True)
class Sample:
    """All fits of one case in one mode."""

    case: str
    mode: str
    rows: tuple[dict, ...]

    @property
    def names(self):
        return list(self.rows[0]["pulls"])

    @property
    def pulls(self):
        """Shape (fits, parameters); NaN where there is no error."""
        return np.array([list(r["pulls"].values()) for r in self.rows], dtype=float)

    @property
    def means(self):
        return np.nanmean(self.pulls, axis=0)

    @property
    def spreads(self):
        return np.nanstd(self.pulls, axis=0, ddof=1)

    @property
    def worst(self):
        """Parameter of the largest |mean pull|, and that mean."""
        place = int(np.argmax(np.abs(self.means)))
        return self.names[place], self.means[place]

    def coverage(self, width):
        """Return the share of pulls within ± a width."""
        return float(np.mean(np.abs(self.pulls) < width))

    def share(self, key, value):
        """Return how often a fit was told to be something."""
        return float(np.mean([r[key] == value for r in self.rows]))

    @property
    def bias(self):
        """χ² of the mean pulls on as many degrees as parameters, correlations counted.

        One number for all parameters: estimates that are strongly correlated are off
        together, so that cuts on each of them are not independent. It also sees how the
        valleys of correlated parameters curve, so it asks for little noise.
        """
        pulls, correlations = self._complete
        mean, correlation = pulls.mean(axis=0), correlations.mean(axis=0)
        return float(len(pulls) * mean @ np.linalg.solve(correlation, mean))

    @property
    def scatter(self):
        """χ² of all pulls on as many degrees as there are, correlations counted."""
        pulls, correlations = self._complete
        found = zip(pulls, correlations, strict=True)
        return float(sum(p @ np.linalg.solve(c, p) for p, c in found))

    @property
    def n_complete(self):
        """Fits in which every parameter has an error."""
        return len(self._complete[0])

    @property
    def _complete(self):
        """Return pulls and correlations of the fits in which nothing is missing."""
        whole = np.isfinite(self.pulls).all(axis=1)
        found = [self.rows[i]["correlation"] for i in np.flatnonzero(whole)]
        return self.pulls[whole], np.array(found)

    @property
    def trusted(self):
        """Whether every parameter meets what is asked of `auto`."""
        low, high = SPREADS
        unbiased = (np.abs(self.means) < WORST_MEAN).all()
        return bool(
            unbiased and (self.spreads > low).all() and (self.spreads < high).all()
        )


def samples(rows):
    """Return the rows sorted into samples, in the order of cases and modes."""
    found = [
        Sample(case, mode, tuple(r for r in rows if (r["case"], r["asked"]) == at))
        for case in CASES
        for mode in MODES
        if (at := (case, mode))
    ]
    return [s for s in found if s.rows]


def read_rows(path):
    """Return the rows that a study has written so far, one per line."""
    return [json.loads(line) for line in path.read_text().splitlines()]
