"""Every scaling mode and every layer, wherever the data live: one and the same fit."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest

from engine.api import fit
from engine.conventions import Convention
from engine.data.tile_store import SCRATCH_VARIABLE
from engine.events import Happening
from engine.fit import checkpoint as checkpoints
from engine.layer_options import (
    HierarchicalOptions,
    LayerOptions,
    RegularizationOptions,
    ShearWeightingOptions,
)
from engine.options import Options
from engine.result import State
from engine.setup import Scaling, Strategy, Tolerances
from tests.engine.fit.layers.support import measured, scaled_run
from tests.engine.fit.support import STRATEGIES, apart, errors, told, watched
from tests.engine.known_runs import known, peer_scaling

PHI = (-160.0, -125.0, -80.0, -40.0, 0.0, 25.0, 60.0, 95.0, 130.0, 170.0, -20.0)
TIGHT = Tolerances(edm=1e-12)
WITHIN = 1e-4
"""Standard errors."""
OTHERS = [s for s in STRATEGIES if s is not Strategy.STANDARD]
ANGLE = np.radians(PHI)


def small(contrast):
    return scaled_run(contrast, PHI)


def gridded(contrast, n_frames=260):
    """A run with a coarse grid, which out of core is used for the first steps."""
    return scaled_run(
        contrast,
        PHI,
        like=known("laminar-L1"),
        n_frames=n_frames,
        dt=100 / n_frames,
        sigma=0.01,
        convention=Convention.HOMODYNE2,
    )


SMOOTH = tuple((0.3 * (1 + 0.05 * np.cos(ANGLE) - 0.04 * np.sin(2 * ANGLE))).tolist())
ROUGH = tuple(peer_scaling(np.array(PHI))[0] * np.resize([1.0, 1.07, 0.95], 11))
EQUAL = (0.3,) * 11


@dataclass(frozen=True)
class Case:
    """What is fitted, and what becomes of it."""

    name: str
    contrast: tuple
    mode: Scaling
    ends: str
    layers: LayerOptions = field(default_factory=LayerOptions)
    acts: tuple[str, ...] = ()
    """Layers that act, besides scaling and elimination."""

    def __str__(self):
        return self.name


def regularized(**changes):
    return LayerOptions(
        regularization=RegularizationOptions(enable=True, strength=30.0, **changes)
    )


JOINT = LayerOptions(hierarchical=HierarchicalOptions(enable=False))
WEIGHTED = LayerOptions(shear_weighting=ShearWeightingOptions(enable=True))
UNPOLISHED = LayerOptions(
    shear_weighting=ShearWeightingOptions(
        enable=True, polish=False, update_frequency=1000
    )
)
PENALTY, WEIGHTS = "regularization", "shear_weighting"
I, A, F, U = Scaling.INDIVIDUAL, Scaling.AVERAGED, Scaling.FOURIER, Scaling.AUTO  # noqa: E741
CASES = [
    Case("individual", ROUGH, I, "individual"),
    Case("averaged", EQUAL, A, "averaged"),
    Case("constant", ROUGH, Scaling.CONSTANT, "constant"),
    Case("fourier", SMOOTH, F, "fourier"),
    Case("auto-averaged", EQUAL, U, "averaged"),
    Case("auto-fourier", SMOOTH, U, "fourier"),
    Case("auto-individual", ROUGH, U, "individual"),
    Case("joint", ROUGH, I, "individual", JOINT),
    Case("penalty", ROUGH, I, "individual", regularized(), (PENALTY,)),
    Case("penalty-fourier", SMOOTH, F, "fourier", regularized(), (PENALTY,)),
    Case("weights", ROUGH, I, "individual", WEIGHTED, (WEIGHTS,)),
    Case("weights-auto", SMOOTH, U, "fourier", WEIGHTED, (WEIGHTS,)),
    Case("weights-kept", ROUGH, I, "individual", UNPOLISHED, (WEIGHTS,)),
    Case("off", ROUGH, U, "individual", LayerOptions(enable=False)),
]
FAST = {"auto-fourier"}


def slow_but(names):
    return [
        c if c.name in names else pytest.param(c, marks=pytest.mark.slow) for c in CASES
    ]


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    monkeypatch.setenv(SCRATCH_VARIABLE, str(tmp_path / "scratch"))


def fitted(case, run, strategy):
    return fit(
        measured(run),
        run.setup(
            sigma=run.sigma,
            scaling=case.mode,
            strategy=strategy,
            tolerances=TIGHT,
            options=Options(layers=case.layers),
        ),
    )


def check_same(case, run):
    results = {s: fitted(case, run, s) for s in STRATEGIES}
    reference = results[Strategy.STANDARD]
    assert reference.scaling.mode == case.ends
    for name in (PENALTY, WEIGHTS, "gradient_monitoring"):
        assert reference.degeneracy.layers[name].acted == (name in case.acts)
    for strategy, result in results.items():
        assert result.status.state is State.CONVERGED
        assert result.strategy.name == strategy.value
        assert result.scaling.mode == case.ends
        assert apart(result, reference) < WITHIN, strategy
        np.testing.assert_allclose(errors(result), errors(reference), rtol=1e-3)
        for name, report in result.degeneracy.layers.items():
            there = reference.degeneracy.layers[name]
            assert (report.configured, report.acted) == (there.configured, there.acted)
        test, there = (r.degeneracy.final_test for r in (result, reference))
        assert (test is None) == (there is None)
        if test is not None and case.mode is not Scaling.CONSTANT:
            assert test.statistic == pytest.approx(there.statistic, rel=1e-3)
            assert test.rejected == there.rejected


@pytest.mark.slow
@pytest.mark.parametrize("case", slow_but(FAST), ids=str)
def test_in_every_strategy(case):
    check_same(case, small(case.contrast))


GRIDDED = [c for c in CASES if c.name in {"penalty-fourier", "weights-auto"}]


@pytest.mark.slow
@pytest.mark.parametrize("case", GRIDDED, ids=str)
def test_with_a_coarse_grid(case):
    check_same(case, gridded(case.contrast))


LOST = {"phi0": 84.0, "gamma_dot_t_offset": 0.0}


@pytest.mark.slow
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_lost_shear_is_found_again(strategy):
    """From across the flow, on the coarse grid where there is one."""
    run = gridded(ROUGH)
    setup = run.setup(sigma=run.sigma, start=LOST, strategy=strategy, tolerances=TIGHT)
    result, seen = watched(measured(run), setup)
    assert result.status.state is State.CONVERGED
    assert told(seen, Happening.COLLAPSE)
    assert apart(result, near(run)) < WITHIN


@cache
def near(run):
    """Return the fit from the usual start."""
    return fit(measured(run), run.setup(sigma=run.sigma, tolerances=TIGHT))


class Killed(BaseException):
    """Ends a fit at once, as a signal would."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("contrast", "wide"),
    [
        (SMOOTH, "fourier"),
        pytest.param(ROUGH, "individual", marks=pytest.mark.slow),
    ],
)
def test_a_fit_broken_off_in_a_wide_mode_goes_on_in_it(contrast, wide, tmp_path):
    run, file = small(contrast), tmp_path / "run.checkpoint"
    setup = run.setup(
        sigma=run.sigma,
        scaling=Scaling.AUTO,
        strategy=Strategy.STREAMING,
        tolerances=TIGHT,
    )

    def watch(event):
        if told([event], Happening.CHECKPOINT):
            saved = checkpoints.load(file)
            if saved.scaling == wide:
                raise Killed

    with pytest.raises(Killed):
        fit(measured(run), setup, on_event=watch, checkpoint=file)
    left = checkpoints.load(file)
    assert len(left.x) == len(left.names) == len(left.scale)
    result, seen = watched(measured(run), setup, checkpoint=file, resume=True)
    assert told(seen, Happening.RESUMED)
    # It has come so far already: the narrow mode is not judged again.
    assert not told(seen, Happening.SCALING_MODE)
    assert result.scaling.mode == wide
    assert result.status.state is State.CONVERGED
    assert apart(result, fit(measured(run), setup)) < WITHIN
