"""Simulated runs of known truth, with what makes each of them hard.

The truths of the large runs are those on which other programs were measured: a start
30 to 40 % off, noise 0.02, contrast and offset that differ from angle to angle.
"""

from dataclasses import dataclass, replace

import numpy as np

from engine.conventions import Convention
from engine.models.specs import model_spec
from engine.reference.dense import DenseModel
from engine.reference.runs import noisy_c2, run_data
from engine.setup import Setup

Q = 0.0054
GAP = 2e6
TAGS = frozenset({"interior", "degenerate", "large", "one-angle", "per-angle"})


def peer_scaling(phi):
    """Return contrast and offset of each angle, a few percent apart."""
    a = np.radians(phi)
    contrast = 0.30 * (1 + 0.06 * np.cos(a) + 0.03 * np.sin(2 * a))
    offset = 1 + 0.004 * np.sin(a) - 0.003 * np.cos(2 * a)
    return contrast, offset


@dataclass(frozen=True, kw_only=True)
class KnownRun:
    """A run that can be simulated, and the setup to fit it from a wrong start."""

    name: str
    tags: frozenset[str]
    theta: tuple[float, ...]
    """Truth of the physical parameters, in model order."""
    start: tuple[float, ...]
    phi: tuple[float, ...]
    n_frames: int
    """Frames of the file; the first is dropped before the fit."""
    dt: float = 0.1
    sigma: float = 0.02
    convention: Convention = Convention.LITERATURE
    seed: int = 20240611

    @property
    def model(self):
        return "static" if len(self.theta) == 3 else "laminar_flow"

    @property
    def scaling(self):
        return peer_scaling(np.array(self.phi))

    @property
    def truth(self):
        """Physical parameters, then contrasts, then offsets."""
        return np.concatenate([self.theta, *self.scaling])

    @property
    def n_points(self):
        n = self.n_frames - 1
        return len(self.phi) * n * (n - 1) // 2

    def dense(self, *, dropped=True):
        """Return the dense model on the fitted axis, or on that of the file."""
        times = np.arange(self.n_frames) * self.dt
        return DenseModel(
            model=self.model,
            times=times[1:] if dropped else times,
            phi=np.array(self.phi),
            q=Q,
            gap=GAP,
            convention=self.convention,
        )

    def clean(self):
        """Return c2 without noise on the axis of the file, (K, N, N)."""
        return self.dense(dropped=False).c2(self.theta, *self.scaling)

    def data(self, seed=None, clean=None):
        """Return a noisy measurement; `clean` saves computing it again."""
        rng = np.random.default_rng([self.seed, 0 if seed is None else seed])
        c2 = noisy_c2(self.clean() if clean is None else clean, self.sigma, rng)
        return run_data(c2, phi=self.phi, q=Q, dt=self.dt)

    def setup(self, *, fixed=(), bounds=None, start=None, **changes):
        """Return the setup of a fit from the wrong start.

        Parameters
        ----------
        fixed
            Names kept at their start value.
        bounds
            Lower and upper bound by name.
        start
            Other start values by name.
        """
        parameters = model_spec(self.model).default_parameters()
        values = {
            **dict(zip(parameters.names, self.start, strict=True)),
            **(start or {}),
        }
        for p in parameters:
            low, high = (bounds or {}).get(p.name, (p.lower, p.upper))
            parameters = parameters.replaced(
                replace(
                    p,
                    value=values[p.name],
                    lower=low,
                    upper=high,
                    fixed=p.name in fixed,
                )
            )
        settings = {
            "model": self.model,
            "parameters": parameters,
            "convention": self.convention,
            "gap": GAP if self.model == "laminar_flow" else None,
        }
        return Setup(**{**settings, **changes})


AGEING = (12000.0, -0.40, 500.0)
AGEING_START = (8000.0, -0.25, 300.0)
SHEARED = (6000.0, -0.35, 300.0, 2e-3, -0.30, 1e-4, 4.0)
SHEARED_START = (8400.0, -0.22, 200.0, 1.4e-3, -0.20, 1.4e-4, 2.5)

RUNS = (
    KnownRun(
        name="static-small",
        tags=frozenset({"interior", "one-angle"}),
        theta=(15000.0, -1.2, 500.0),
        start=(20000.0, -0.9, 350.0),
        phi=(0.0,),
        n_frames=82,
        dt=1.0,
        sigma=0.005,
    ),
    KnownRun(
        name="laminar-small",
        tags=frozenset({"interior", "per-angle"}),
        theta=(4000.0, -1.0, 500.0, 5e-4, -1.2, 8e-5, 4.0),
        start=(5200.0, -0.7, 350.0, 6.5e-4, -0.85, 6e-5, 2.5),
        phi=(0.0, 50.0, 95.0),
        n_frames=62,
        dt=1.0,
        sigma=0.005,
    ),
    KnownRun(
        name="brownian",
        tags=frozenset({"degenerate", "one-angle"}),
        theta=(1000.0, 0.0, 500.0),
        start=(700.0, 0.1, 900.0),
        phi=(0.0,),
        n_frames=82,
        dt=1.0,
        sigma=0.005,
    ),
    KnownRun(
        name="static-M1",
        tags=frozenset({"interior", "large", "one-angle"}),
        theta=AGEING,
        start=AGEING_START,
        phi=(0.0,),
        n_frames=1002,
    ),
    KnownRun(
        name="laminar-L1",
        tags=frozenset({"interior", "large", "per-angle"}),
        theta=SHEARED,
        start=SHEARED_START,
        phi=(0.0, 45.0, 90.0),
        n_frames=1002,
    ),
)


def known(name):
    """Return the run of that name."""
    return next(run for run in RUNS if run.name == name)


def tagged(*tags, without=()):
    """Return the runs that have all of `tags` and none of `without`."""
    unknown = {*tags, *without} - TAGS
    if unknown:
        raise ValueError(f"no run can have the tag {unknown}")
    return [r for r in RUNS if r.tags >= set(tags) and not r.tags & set(without)]
