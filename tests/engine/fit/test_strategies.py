"""The strategies are one algorithm: they differ in where the tiles live, and no more.

Every case is fitted with each strategy and compared with standard, in units of the
standard errors. Two fits that both ended within an EDM of 10⁻⁶ are at most 2·10⁻³ of
one apart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import api
from engine.api import fit
from engine.fit import tiling
from engine.options import ChunkOptions, Options
from engine.parameters import Tie
from engine.result import State
from engine.setup import (
    DataRequest,
    Loss,
    MaskRegion,
    Masks,
    PhiRange,
    PhiSelection,
    Scaling,
    Strategy,
    Tolerances,
)
from tests.engine.fit.support import (
    STRATEGIES,
    apart,
    by_scipy,
    errors,
    stored,
    values,
    watched,
)
from tests.engine.known_runs import known

SMALL = known("laminar-small")
STATIC = known("static-small")


def gridded(run, phi, n_frames=388):
    """Return a run with a coarse grid: four blocks, of frames not a multiple of 4."""
    dt = run.dt * run.n_frames / n_frames
    return replace(run, n_frames=n_frames, phi=phi, dt=dt, sigma=0.02)


LAMINAR_GRID = gridded(SMALL, (0.0, 45.0))
STATIC_GRID = gridded(STATIC, (0.0,))
OTHERS = [s for s in STRATEGIES if s is not Strategy.STANDARD]
WITHIN = 1e-3
"""Standard errors."""


@cache
def measured(run, *, outliers=False):
    data = run.data(1)
    if not outliers:
        return data
    c2 = np.array(data.c2)
    rng = np.random.default_rng(4)
    spoiled = np.triu(rng.random(c2.shape) < 0.02, 1)
    c2[spoiled] += 20 * run.sigma * rng.normal(size=spoiled.sum()).astype(np.float32)
    upper = np.triu(c2)
    return replace(data, c2=upper + np.swapaxes(np.triu(c2, 1), 1, 2))


@dataclass(frozen=True, eq=False)
class Case:
    """A run and how it is fitted."""

    name: str
    run: Any
    settings: dict = field(default_factory=dict)
    outliers: bool = False
    files: Callable[[Path, Any], dict] | None = None
    """Makes settings that need a file."""
    tie: tuple[str, Tie] | None = None

    def __str__(self):
        return self.name

    @property
    def data(self):
        return measured(self.run, outliers=self.outliers)

    def setup(self, strategy, folder):
        made = self.files(folder, self.run) if self.files else {}
        settings = {"sigma": self.run.sigma, **self.settings, **made}
        setup = self.run.setup(strategy=strategy, **settings)
        if self.tie is None:
            return setup
        name, tie = self.tie
        tied = replace(setup.parameters[name], tie=tie)
        return replace(setup, parameters=setup.parameters.replaced(tied))


def sigma_file(count):
    """Return what writes a standard deviation of every pixel, for all or each angle."""

    def write(folder, run):
        rng = np.random.default_rng(6)
        shape = (run.n_frames, run.n_frames)
        shape = (len(run.phi), *shape) if count == "each" else shape
        sigma = np.triu(run.sigma * rng.uniform(0.5, 2.0, shape), 1)
        np.save(folder / "sigma.npy", sigma + np.swapaxes(sigma, -1, -2))
        return {"sigma": folder / "sigma.npy"}

    return write


def mask_file(folder, run):
    rng = np.random.default_rng(7)
    shape = (len(run.phi), run.n_frames, run.n_frames)
    mask = np.triu(rng.random(shape) < 0.1, 1)
    mask[0, :10, -30:] = True
    np.save(folder / "mask.npy", mask | np.swapaxes(mask, 1, 2))
    return {"masks": Masks(file=folder / "mask.npy")}


def region(run, phi):
    """Return a mask of a rectangle of times at one angle."""
    duration = run.n_frames * run.dt
    times = (0.1 * duration, 0.4 * duration), (0.5 * duration, 0.9 * duration)
    return Masks(regions=(MaskRegion(phi, *times),))


def scaling_cases(run, label):
    contrast, offset = (tuple(v) for v in run.scaling)
    given = {"contrast_start": contrast, "offset_start": offset}
    frozen = {"scaling": Scaling.FIXED_CONSTANT, **given}
    return [
        Case(f"{label}-individual", run),
        Case(f"{label}-averaged", run, {"scaling": Scaling.AVERAGED}),
        Case(f"{label}-constant", run, {"scaling": Scaling.CONSTANT}),
        Case(f"{label}-fixed_constant", run, frozen),
        Case(f"{label}-scaling-given", run, given),
    ]


def loss_cases(run, label):
    return [
        Case(f"{label}-{m.value}", run, {"loss": m, "loss_scale": 1.5}, outliers=True)
        for m in Loss
        if m is not Loss.LINEAR
    ]


def other_cases(run, label):
    alpha = run.theta[1]
    names = dict(zip(run.dense().names, run.theta, strict=True))
    shear = run.model == "laminar_flow"
    cases = [
        Case(f"{label}-sigma-estimated", run, {"sigma": None}),
        Case(f"{label}-outliers", run, outliers=True),
        Case(
            f"{label}-bound", run, {"bounds": {"alpha": (alpha + 0.05, alpha + 1.0)}}
        ),
        Case(
            f"{label}-fixed",
            run,
            {"fixed": ("D_offset",), "start": {"D_offset": names["D_offset"]}},
        ),
        Case(f"{label}-mask-frames", run, {"masks": Masks(frames=((20, 25),))}),
        Case(f"{label}-mask-region", run, {"masks": region(run, run.phi[-1])}),
        Case(f"{label}-mask-file", run, files=mask_file),
        Case(f"{label}-sigma-file", run, files=sigma_file("all")),
        Case(f"{label}-sigma-each", run, files=sigma_file("each")),
        Case(f"{label}-first-frame", run, {"drop_first_frame": False}),
        Case(f"{label}-relaxed", run, {"tolerances": Tolerances(ftol=1e-8, edm=1e-6)}),
    ]
    if shear:
        ratio = names["gamma_dot_t_offset"] / names["gamma_dot_t0"]
        tie = "gamma_dot_t_offset", Tie(to="gamma_dot_t0", factor=ratio)
        bound = {"bounds": {"contrast": (0.0, 0.295)}}
        del bound
        cases.append(Case(f"{label}-tied", run, tie=tie))
        held = {"contrast_bounds": (0.05, 0.295)}
        cases.append(Case(f"{label}-contrast-bound", run, held))
    return cases


def angle_cases(label, n_frames):
    ten = tuple(np.linspace(-80, 90, 10).round(1))
    return [
        Case(f"{label}-one-angle", gridded(SMALL, (0.0,), n_frames)),
        Case(f"{label}-three-angles", gridded(SMALL, (0.0, 50.0, 95.0), n_frames)),
        Case(f"{label}-ten-angles", gridded(SMALL, ten, n_frames)),
    ]


CASES = [
    *scaling_cases(SMALL, "small"),
    *other_cases(SMALL, "small"),
    *loss_cases(STATIC, "static"),
    *other_cases(STATIC, "static"),
    *angle_cases("small", 100),
    *scaling_cases(LAMINAR_GRID, "grid"),
    *other_cases(LAMINAR_GRID, "grid"),
    *loss_cases(STATIC_GRID, "static-grid"),
    *other_cases(STATIC_GRID, "static-grid"),
    *angle_cases("grid", 388),
]
