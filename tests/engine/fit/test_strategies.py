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

pytestmark = pytest.mark.slow

SMALL = known("laminar-small")
STATIC = known("static-small")


def gridded(run, phi, n_frames=388):
    """Return a run with a coarse grid: four blocks, of frames not a multiple of 4."""
    dt = run.dt * run.n_frames / n_frames
    return replace(run, n_frames=n_frames, phi=phi, dt=dt, sigma=0.005)


LAMINAR_GRID = gridded(known("laminar-L1"), (0.0, 45.0, 90.0))
STATIC_GRID = gridded(known("static-M1"), (0.0,))
OTHERS = [s for s in STRATEGIES if s is not Strategy.STANDARD]
WITHIN = 1e-3
"""Standard errors."""
TIGHT = Tolerances(edm=1e-8)
"""Within 10⁻⁴ standard errors of the minimum."""


@cache
def measured(run, *, outliers=False, shared=False):
    """Return a noisy run.

    Parameters
    ----------
    shared
        Whether all angles have one contrast and one offset.
    """
    clean = run.clean()
    if shared:
        model = run.dense(dropped=False)
        clean = model.c2(run.theta, np.full(len(run.phi), 0.3), np.ones(len(run.phi)))
    data = run.data(1, clean)
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
    shared: bool = False
    files: Callable[[Path, Any], dict] | None = None
    """Makes settings that need a file."""
    tie: tuple[str, Tie] | None = None

    def __str__(self):
        return self.name

    @property
    def data(self):
        return measured(self.run, outliers=self.outliers, shared=self.shared)

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
        Case(f"{label}-averaged", run, {"scaling": Scaling.AVERAGED}, shared=True),
        Case(f"{label}-constant", run, {"scaling": Scaling.CONSTANT}, shared=True),
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
    fixed = {"fixed": ("D_offset",), "start": {"D_offset": names["D_offset"]}}
    bound = {"bounds": {"alpha": (alpha + 0.02, alpha + 1.0)}}
    # A little below what is right for one of the angles.
    contrast = {"contrast_bounds": (0.05, float(run.scaling[0].max()) - 0.002)}
    return [
        Case(f"{label}-sigma-estimated", run, {"sigma": None}),
        Case(f"{label}-sigma-file", run, files=sigma_file("all")),
        Case(f"{label}-sigma-each", run, files=sigma_file("each")),
        Case(f"{label}-bound", run, bound),
        Case(f"{label}-scaling-bound", run, contrast),
        Case(f"{label}-fixed", run, fixed),
        Case(f"{label}-mask-frames", run, {"masks": Masks(frames=((20, 25),))}),
        Case(f"{label}-mask-region", run, {"masks": region(run, run.phi[-1])}),
        Case(f"{label}-mask-file", run, files=mask_file),
        Case(f"{label}-first-frame", run, {"drop_first_frame": False}),
        Case(f"{label}-outliers", run, outliers=True),
    ]


def tied_case(run, label):
    names = dict(zip(run.dense().names, run.theta, strict=True))
    ratio = names["gamma_dot_t_offset"] / names["gamma_dot_t0"]
    tie = Tie(to="gamma_dot_t0", factor=ratio)
    return Case(f"{label}-tied", run, tie=("gamma_dot_t_offset", tie))


def angle_cases(label, n_frames):
    run = known("laminar-L1")
    ten = tuple(np.linspace(-80, 90, 10).round(1).tolist())
    # One angle tells neither the rate from the direction nor the parts of D(t).
    held = {"fixed": ("phi0", "D_offset"), "start": {"phi0": 4.0, "D_offset": 300.0}}
    return [
        Case(f"{label}-one-angle", gridded(run, (45.0,), n_frames), held),
        Case(f"{label}-three-angles", gridded(run, (0.0, 50.0, 95.0), n_frames)),
        Case(f"{label}-ten-angles", gridded(run, ten, n_frames)),
    ]


def slow(cases):
    return [pytest.param(c, marks=pytest.mark.slow) for c in cases]


def ends(cases, *names):
    """Return the cases, slow ones unless named."""
    fast = tuple(f"-{name}" for name in names)
    return [p for c in cases for p in ([c] if c.name.endswith(fast) else slow([c]))]


CASES = [
    *ends(scaling_cases(SMALL, "small"), "individual", "averaged"),
    *ends(other_cases(SMALL, "small"), "bound", "mask-file"),
    tied_case(SMALL, "small"),
    *ends(loss_cases(STATIC, "static"), "soft_l1"),
    *ends(angle_cases("small", 100), "ten-angles"),
    *ends(scaling_cases(LAMINAR_GRID, "grid"), "individual"),
    *slow(other_cases(LAMINAR_GRID, "grid")),
    *slow([tied_case(LAMINAR_GRID, "grid")]),
    *slow(loss_cases(STATIC_GRID, "static-grid")),
    *ends(other_cases(STATIC_GRID, "static-grid"), "sigma-each", "fixed"),
    *slow(angle_cases("grid", 388)),
]


def agree(result, reference, within=WITHIN):
    """Check that two fits are the same in all but how they went."""
    for one in (result, reference):
        assert one.status.state is State.CONVERGED, one.status
    assert apart(result, reference) < within
    assert result.input.n_points == reference.input.n_points
    assert result.quality.noise_sigma == reference.quality.noise_sigma
    # Near the minimum the cost rises with the square of the distance.
    n = len(reference.covariance_names)
    costs = result.status.cost_final, reference.status.cost_final
    assert abs(costs[0] - costs[1]) < n * within**2 + 1e-11 * costs[1]
    np.testing.assert_allclose(
        result.quality.angle_chi_squared,
        reference.quality.angle_chi_squared,
        rtol=1e-4,
    )
    np.testing.assert_allclose(errors(result), errors(reference), rtol=1e-2)


class TestSameOptimum:
    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_in_every_strategy(self, case, tmp_path):
        setups = {
            s: replace(case.setup(s, tmp_path), tolerances=TIGHT) for s in STRATEGIES
        }
        reference = fit(case.data, setups[Strategy.STANDARD])
        assert reference.input.n_points > 0
        for strategy in OTHERS:
            result = fit(case.data, setups[strategy])
            assert result.strategy.name == strategy.value
            assert [a.outcome for a in result.strategy.attempts] == ["converged"]
            agree(result, reference)

    @pytest.mark.parametrize(
        "run", [SMALL, STATIC_GRID, pytest.param(LAMINAR_GRID, marks=pytest.mark.slow)]
    )
    def test_with_the_tolerances_as_they_are(self, run):
        """Well within the hundredth of a standard error that is promised."""
        results = [
            fit(measured(run), run.setup(strategy=s, sigma=run.sigma))
            for s in STRATEGIES
        ]
        for result in results[1:]:
            agree(result, results[0], within=5e-3)

    @pytest.mark.parametrize("run", [SMALL, STATIC_GRID], ids=lambda r: r.name)
    def test_as_scipy_finds_it(self, run):
        theirs = by_scipy(run, measured(run), run.sigma)
        for strategy in STRATEGIES:
            setup = run.setup(strategy=strategy, sigma=run.sigma, tolerances=TIGHT)
            result = fit(measured(run), setup)
            distance = np.abs(values(result) - theirs.x) / theirs.stderr
            assert distance.max() < 2e-3

    def test_with_a_start_estimated_from_the_data(self):
        results = [
            fit(
                measured(LAMINAR_GRID),
                LAMINAR_GRID.setup(strategy=s, start_given=False, tolerances=TIGHT),
            )
            for s in (Strategy.STANDARD, Strategy.STREAMING)
        ]
        agree(*results)

    def test_from_a_start_at_the_minimum(self):
        """No step, no coarse grid, and the same words."""
        run = STATIC_GRID
        done = fit(measured(run), run.setup(tolerances=Tolerances(edm=1e-12)))
        for strategy in STRATEGIES:
            again = fit(measured(run), run.setup(strategy=strategy, start=done.values))
            assert again.status.state is State.CONVERGED
            assert again.status.reason == "start_is_minimum"
            assert again.status.iterations == 0
            assert again.status.evaluations <= 2


HARSH = replace(gridded(SMALL, (0.0, 45.0)), sigma=0.02)
"""Noisy, few angles: minima where D(t) has gone to nothing are not far away."""
CONTRAST, OFFSET = (tuple(v) for v in HARSH.scaling)


@pytest.mark.parametrize(
    "settings",
    [
        {"masks": Masks(frames=((20, 25),))},
        {
            "scaling": Scaling.FIXED_CONSTANT,
            "contrast_start": CONTRAST,
            "offset_start": OFFSET,
        },
        pytest.param({"masks": region(HARSH, 45.0)}, marks=pytest.mark.slow),
    ],
    ids=["mask-frames", "fixed-constant", "mask-region"],
)
def test_the_warm_up_does_not_end_in_a_worse_minimum(settings):
    """L-BFGS, in units of wide bounds, runs into valleys that Gauss-Newton passes."""
    setups = [
        HARSH.setup(strategy=s, sigma=HARSH.sigma, tolerances=TIGHT, **settings)
        for s in (Strategy.STANDARD, Strategy.STREAMING)
    ]
    standard, streaming = (fit(measured(HARSH), setup) for setup in setups)
    agree(streaming, standard)


class TestStored:
    """Matrices that stay in their file."""

    @pytest.mark.parametrize("run", [SMALL, STATIC_GRID], ids=lambda r: r.name)
    def test_same_as_in_memory(self, run, tmp_path):
        data = measured(run)
        on_disk = stored(data, tmp_path)
        for strategy in STRATEGIES:
            setup = run.setup(strategy=strategy)
            result, held = fit(on_disk, setup), fit(data, setup)
            assert result.strategy.name == strategy.value
            np.testing.assert_array_equal(values(result), values(held))
            np.testing.assert_array_equal(errors(result), errors(held))
            assert result.quality.chi_squared == held.quality.chi_squared
            assert result.input.n_points == held.input.n_points

    @pytest.mark.parametrize("kind", ["mask-region", "mask-file", "sigma-each"])
    def test_with_masks_and_sigma(self, kind, tmp_path):
        (case,) = (c for c in other_cases(SMALL, "small") if c.name.endswith(kind))
        on_disk = stored(case.data, tmp_path)
        for strategy in (Strategy.CHUNKED, Strategy.LARGE):
            setup = case.setup(strategy, tmp_path)
            result, held = fit(on_disk, setup), fit(case.data, setup)
            np.testing.assert_array_equal(values(result), values(held))

    @pytest.mark.parametrize("strategy", OTHERS)
    def test_loading_with_the_setup_decides(self, strategy, tmp_path):
        path = stored(measured(SMALL), tmp_path).path
        setup = SMALL.setup(strategy=strategy)
        data = api.load_data(DataRequest(file=path), setup=setup)
        assert data.in_memory is (strategy is Strategy.LARGE)
        assert api.plan(data, setup).strategy is strategy
        result = fit(replace(data, dt=SMALL.dt), setup)
        np.testing.assert_allclose(
            values(result), values(fit(measured(SMALL), setup)), rtol=1e-9
        )


def chunked(points):
    return Options(chunks=ChunkOptions(points=points))


class TestChunks:
    """A chunk carries every angle, however large it is and whatever is masked."""

    @pytest.mark.parametrize("strategy", [Strategy.CHUNKED, Strategy.STREAMING])
    def test_their_size_changes_nothing(self, strategy):
        run = STATIC_GRID
        data = measured(run)
        setup = run.setup(strategy=strategy, tolerances=TIGHT)
        one, several = (
            fit(data, replace(setup, options=chunked(points)))
            for points in (1, 3 * 128**2)
        )
        standard = fit(data, replace(setup, strategy=Strategy.STANDARD))
        agree(one, standard, within=3e-4)
        agree(several, standard, within=3e-4)

    def test_an_angle_that_is_masked_in_some_of_them(self):
        """One tile a chunk; of one angle two of the blocks of frames are left out."""
        run = LAMINAR_GRID
        data = measured(run)
        blocks = run.dt * np.array([1, 128, 129, 257])
        first, second = tuple(blocks[:2]), tuple(blocks[2:])
        masks = Masks(
            regions=(
                MaskRegion(45.0, first, first),
                MaskRegion(45.0, first, second),
                MaskRegion(90.0, second, (blocks[0], run.dt * run.n_frames)),
            )
        )
        setup = run.setup(sigma=run.sigma, masks=masks, tolerances=TIGHT)
        reference = fit(data, replace(setup, strategy=Strategy.STANDARD))
        setup = replace(setup, options=chunked(1))
        for strategy in (Strategy.CHUNKED, Strategy.STREAMING):
            agree(fit(data, replace(setup, strategy=strategy)), reference)
        left_out = np.zeros((3, run.n_frames, run.n_frames), bool)
        times = np.arange(run.n_frames) * run.dt
        early, late = (
            (times >= b[0] - 1e-9) & (times <= b[1] + 1e-9) for b in (first, second)
        )
        left_out[1] = np.outer(early, early | late)
        left_out[2] = np.outer(late, times > 0)
        left_out |= np.swapaxes(left_out, 1, 2)
        kept = np.triu(~left_out[:, 1:, 1:], 1)
        assert reference.input.n_points == kept.sum()

    def test_order_of_the_angles(self):
        run = SMALL
        data = measured(run)
        turned = replace(
            data,
            phi=data.phi[[2, 0, 1]].copy(),
            c2=np.ascontiguousarray(data.c2[[2, 0, 1]]),
            bin_ids=tuple(data.bin_ids[k] for k in (2, 0, 1)),
        )
        for strategy in STRATEGIES:
            setup = run.setup(strategy=strategy, sigma=run.sigma, tolerances=TIGHT)
            plain, other = fit(data, setup), fit(turned, setup)
            place = [0, 1, 2, 3, 4, 5, 6, 9, 7, 8, 12, 10, 11]
            distance = np.abs(values(other) - values(plain)[place])
            assert np.all(distance < WITHIN * errors(plain)[place])
            assert other.scaling.phi == (95.0, 0.0, 50.0)

    def test_an_angle_that_is_there_twice(self):
        """Every matrix twice is the same fit with twice the evidence."""
        run = SMALL
        data = measured(run)
        twice = replace(
            data,
            phi=np.repeat(data.phi, 2),
            c2=np.repeat(data.c2, 2, axis=0),
            bin_ids=tuple(f"{b}-{n}" for b in data.bin_ids for n in "ab"),
        )
        for strategy in STRATEGIES:
            setup = run.setup(strategy=strategy, sigma=run.sigma, tolerances=TIGHT)
            plain, other = fit(data, setup), fit(twice, setup)
            assert other.input.n_points == 2 * plain.input.n_points
            expected = np.concatenate(
                [values(plain)[:7], np.repeat(values(plain)[7:], 2)]
            )
            error = np.concatenate([errors(plain)[:7], np.repeat(errors(plain)[7:], 2)])
            assert np.all(np.abs(values(other) - expected) < WITHIN * error)
            np.testing.assert_allclose(
                errors(other)[:7], errors(plain)[:7] / np.sqrt(2), rtol=1e-3
            )

    def test_angles_that_are_not_selected_are_not_in_them(self):
        selection = PhiSelection(ranges=(PhiRange(-10, 60),))
        for strategy in STRATEGIES:
            setup = SMALL.setup(strategy=strategy, phi=selection, sigma=SMALL.sigma)
            result = fit(measured(SMALL), setup)
            assert result.angle_indices == (0, 1)
            assert result.input.n_points == 2 * 61 * 60 // 2


class TestCoarseGrid:
    def test_it_ends_within_a_few_standard_errors_of_the_minimum(self):
        """So that one or two steps on all pixels remain."""
        run = LAMINAR_GRID
        for strategy in (Strategy.CHUNKED, Strategy.STREAMING):
            result = fit(measured(run), run.setup(strategy=strategy, sigma=run.sigma))
            steps_taken = result.diagnostics["steps"]
            first = next(s for s in steps_taken if s["iteration"] and not s["coarse"])
            assert first["edm"] < 100
            assert steps_taken[0]["edm"] > 1e4
            full = [s for s in steps_taken if s["accepted"] and not s["coarse"]]
            assert len(full) <= 5

    def test_without_it_the_optimum_is_the_same(self, monkeypatch):
        run = LAMINAR_GRID
        setup = run.setup(sigma=run.sigma, strategy=Strategy.CHUNKED, tolerances=TIGHT)
        with_grid = fit(measured(run), setup)
        assert with_grid.diagnostics["coarse_points"] > 0
        monkeypatch.setattr(tiling, "has_coarse_grid", lambda _: False)
        without = fit(measured(run), setup)
        assert without.diagnostics["coarse_points"] is None
        agree(with_grid, without)
        assert with_grid.status.evaluations < without.status.evaluations

    @pytest.mark.timeout(600)
    def test_fewer_passes_for_a_large_run(self, monkeypatch):
        """23 angles of a thousand frames, in memory: the grid pays there too."""
        phi = tuple(np.linspace(-88, 88, 23).tolist())
        run = replace(known("laminar-L1"), phi=phi)
        data = run.data()
        setup = run.setup(sigma=run.sigma, tolerances=TIGHT)
        with_grid, seen = watched(data, setup)
        monkeypatch.setattr(tiling, "has_coarse_grid", lambda _: False)
        without = fit(data, setup)
        agree(with_grid, without)
        passes = with_grid.status.evaluations, without.status.evaluations
        assert passes[0] < passes[1]
        assert any(getattr(e, "coarse", False) for e in seen)
