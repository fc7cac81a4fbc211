"""The four phases of a streaming fit, what they tell, and their guards; memory."""

import re
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from engine.api import fit
from engine.data.tile_store import SCRATCH_VARIABLE
from engine.data.tiles import tile_layout
from engine.events import Happening, Phase
from engine.fit import streaming
from engine.machine import available_cores
from engine.options import (
    ChunkOptions,
    HybridOptions,
    Normalization,
    Options,
    StepOptions,
)
from engine.result import State
from engine.routing.chunks import buffered_chunks, chunk_tiles
from engine.setup import Strategy, Tolerances
from tests.engine.fit import faults
from tests.engine.fit.support import (
    apart,
    by_scipy,
    errors,
    happened,
    phases,
    steps,
    stored,
    told,
    values,
    watched,
)
from tests.engine.known_runs import known
from tests.marking import quick

pytestmark = pytest.mark.slow

H = Happening
LAMINAR = known("laminar-small")
GRID = replace(known("static-M1"), n_frames=388, dt=100 / 388)
"""Four blocks of frames: the smallest run with a coarse grid."""
TIGHT = Tolerances(edm=1e-8)


@pytest.fixture(scope="module")
def data():
    return GRID.data(50)


@pytest.fixture(scope="module")
def standard(data):
    return fit(data, GRID.setup(sigma=GRID.sigma, strategy=Strategy.STANDARD))


@pytest.fixture(scope="module")
def laminar():
    return LAMINAR.data(51)


def setup(run=GRID, *, hybrid=None, **changes):
    options = Options(hybrid=hybrid or HybridOptions())
    settings = {"options": options, "sigma": run.sigma, **changes}
    return run.setup(strategy=Strategy.STREAMING, **settings)


def phase(result, wanted):
    """Return the record of a phase."""
    (record,) = (p for p in result.phases if p.name == wanted.value)
    return record


class TestPhases:
    @pytest.fixture(scope="class")
    @staticmethod
    def told_of(data):
        return watched(data, setup())

    def test_in_order(self, told_of):
        result, seen = told_of
        order = [
            Phase.PREPARING,
            Phase.COMPILING,
            Phase.NORMALISING,
            Phase.WARMING_UP,
            Phase.COARSE,
            Phase.GAUSS_NEWTON,
            Phase.DENORMALISING,
        ]
        assert phases(seen) == order
        assert [p.name for p in result.phases] == [p.value for p in order]
        main = [H.ROUTED, H.NORMALISED, H.RATE_CHOSEN, H.SWITCHED, H.DENORMALISED]
        assert [what for what in happened(seen) if what in main] == main

    def test_what_each_tells(self, told_of):
        result, seen = told_of
        (normalised,) = told(seen, H.NORMALISED)
        assert normalised.details["strategy"] == "bounds"
        units = normalised.details["units"]
        assert set(units) == {*GRID.dense().names, "contrast[0]", "offset[0]"}
        alpha = result.parameters[1]
        assert units["alpha"] == pytest.approx(alpha.upper - alpha.lower)
        (rate,) = told(seen, H.RATE_CHOSEN)
        warm_up = phase(result, Phase.WARMING_UP).details
        relative = warm_up["relative_loss_start"]
        assert rate.details["relative_loss"] == relative
        assert rate.details["name"] == ("refinement" if relative < 0.1 else "careful")
        assert warm_up["edm_start"] > 100
        (switched,) = told(seen, H.SWITCHED)
        assert switched.details["reason"] in {"plateau", "gradient"}
        assert switched.details["iterations"] >= 5
        assert phase(result, Phase.GAUSS_NEWTON).details["reason"] == "edm"
        for event in seen:
            if hasattr(event, "message"):
                assert event.message.endswith(".") or event.what is H.ROUTED

    def test_passes_and_steps_add_up(self, told_of):
        result, seen = told_of
        assert sum(p.iterations for p in result.phases) == result.status.iterations
        before = [p for p in result.phases if p.name != Phase.DENORMALISING.value]
        assert sum(p.full_passes for p in before) == result.status.evaluations
        assert phase(result, Phase.WARMING_UP).coarse_passes > 5
        assert phase(result, Phase.COARSE).coarse_passes > 1
        assert phase(result, Phase.COARSE).full_passes <= 1
        taken = [e for e in seen if hasattr(e, "accepted")]
        assert taken[-1].iteration == result.status.iterations
        # The start, then the grid, then all pixels to the end.
        flags = "".join("c" if e.coarse else "f" for e in taken)
        assert re.fullmatch("fc+f+", flags)

    def test_costs_on_the_grid_are_estimates_of_the_full_one(self, told_of):
        result, seen = told_of
        coarse = [e.cost for e in seen if getattr(e, "coarse", False)]
        full = [e.cost for e in seen if hasattr(e, "coarse") and not e.coarse]
        # It goes on where the grid ended.
        assert coarse[-1] == pytest.approx(full[1], rel=1e-3)
        assert full[0] == result.status.cost_initial > coarse[-1]

    def test_same_as_standard(self, told_of, standard):
        result, _ = told_of
        assert apart(result, standard) < 5e-3
        assert result.status.evaluations < standard.status.evaluations

    def test_switched_off_it_is_chunked(self, data):
        result, seen = watched(data, setup(hybrid=HybridOptions(enable=False)))
        assert Phase.WARMING_UP not in phases(seen)
        assert H.NORMALISED not in happened(seen)
        assert Phase.REFINING in phases(seen)
        assert result.strategy.name == "chunked"
        assert "hybrid_streaming.enable is false" in result.strategy.reason

    def test_limit_of_the_last_phase(self, data):
        few = HybridOptions(gauss_newton_max_iterations=1)
        result, seen = watched(data, setup(hybrid=few, tolerances=TIGHT))
        assert result.status.reason == "max_iterations"
        assert result.status.state is State.NOT_CONVERGED
        assert phase(result, Phase.GAUSS_NEWTON).iterations == 1
        # Going on is the user's choice, so nothing else is tried.
        assert H.FALLBACK not in happened(seen)
        assert H.RETRY not in happened(seen)


class TestWarmUp:
    def test_none_from_the_minimum(self, data, standard):
        """Told by the distance, whatever the loss."""
        never = HybridOptions(warm_start_threshold=1e-9)
        again = setup(hybrid=never, start=standard.values)
        result, seen = watched(data, again)
        (event,) = told(seen, H.WARM_START)
        assert event.details["edm"] < 1
        assert event.details["relative_loss"] > event.details["threshold"]
        assert Phase.COARSE not in phases(seen)
        assert H.RATE_CHOSEN not in happened(seen)
        assert result.status.state is State.CONVERGED
        assert phase(result, Phase.WARMING_UP).coarse_passes == 0

    def test_none_where_the_loss_is_small(self, data, standard):
        """Told by the loss, whatever the distance."""
        always = HybridOptions(warm_start_threshold=0.99)
        result, seen = watched(data, setup(hybrid=always))
        (event,) = told(seen, H.WARM_START)
        assert event.details["edm"] > 1
        assert event.details["relative_loss"] < event.details["threshold"] == 0.99
        assert apart(result, standard) < 5e-3

    def test_detection_can_be_switched_off(self, data, standard):
        off = HybridOptions(warm_start_detection=False)
        result, seen = watched(data, setup(hybrid=off, start=standard.values))
        assert H.WARM_START not in happened(seen)
        assert H.RATE_CHOSEN in happened(seen)
        assert result.status.state is State.CONVERGED
        assert result.status.cost_final <= standard.status.cost_final + 1e-6

    def test_fixed_rate(self, data, standard):
        result, seen = watched(data, setup(hybrid=HybridOptions(adaptive_rate=False)))
        (event,) = told(seen, H.RATE_CHOSEN)
        assert (event.details["name"], event.details["rate"]) == ("fixed", 1.0)
        assert apart(result, standard) < 5e-3

    def test_least_and_most_iterations(self, data):
        least = HybridOptions(warmup_iterations=12)
        _, seen = watched(data, setup(hybrid=least))
        (event,) = told(seen, H.SWITCHED)
        assert event.details["iterations"] >= 12 or (
            event.details["reason"] == "no_descent"
        )
        most = HybridOptions(max_warmup_iterations=3)
        result, seen = watched(data, setup(hybrid=most))
        (event,) = told(seen, H.SWITCHED)
        assert event.details["iterations"] == 3
        assert event.details["reason"] == "max_iterations"
        assert phase(result, Phase.WARMING_UP).iterations == 3

    def test_clipped_steps(self, data, standard):
        short = HybridOptions(normalization=Normalization.P0, max_warmup_step_size=0.02)
        result, seen = watched(data, setup(hybrid=short))
        (event,) = told(seen, H.STEP_CLIPPED)
        assert event.details["count"] >= 1
        assert apart(result, standard) < 5e-3
        _, seen = watched(data, setup(hybrid=replace(short, step_clipping=False)))
        assert H.STEP_CLIPPED not in happened(seen)

    def test_cost_guard(self, data, standard, monkeypatch):
        """A cost that rises, however short the step, ends the warm-up."""
        seen = []

        def climbing(*_):
            taken = sum(getattr(e, "coarse", False) for e in seen)
            return taken >= 2 and not told(seen, H.COST_GUARD)

        faults.Model(monkeypatch, climbing, value=1e12, finite=True, coarse=True)
        result = fit(data, setup(), on_event=seen.append)
        (event,) = told(seen, H.COST_GUARD)
        assert event.details["reason"] == "cost_guard"
        assert event.details["iterations"] == 2
        assert result.status.state is State.CONVERGED
        assert apart(result, standard) < 5e-3

    def test_what_raises_the_cost_of_all_pixels_is_dropped(
        self, data, standard, monkeypatch
    ):
        """The start is always a candidate."""
        model = faults.Model(monkeypatch, faults.nth(2), value=1e12, finite=True)
        result, seen = watched(data, setup())
        assert model.spoiled == 1
        (event,) = told(seen, H.COST_GUARD)
        assert event.details["cost"] > event.details["cost_start"]
        assert event.details["cost_start"] == result.status.cost_initial
        assert result.status.state is State.CONVERGED
        assert apart(result, standard) < 5e-3

    @pytest.mark.parametrize("stop", [False, True])
    def test_a_minimum_above_the_start_is_no_result(
        self, data, standard, monkeypatch, stop
    ):
        """Where the warm-up may raise the cost a little, for instance."""
        near = {**standard.values, "alpha": standard.values["alpha"] + 0.01}

        def elsewhere(fit_, _units, _retry):
            # A minimum in all coefficients that are free there.
            x = fit_.start.x.copy()
            x[0] = fit_.equations.bounds[0][0]
            worse = fit_.equations.at(x, improve=True)
            assert worse.cost > fit_.start.cost
            return replace(worse, gradient=np.zeros_like(x)), None

        monkeypatch.setattr(streaming, "warm_up", elsewhere)
        seen = []

        def cancelled():
            return stop and Phase.GAUSS_NEWTON in phases(seen)

        result = fit(data, setup(start=near), on_event=seen.append, cancelled=cancelled)
        assert result.status.cost_final <= result.status.cost_initial
        if stop:
            assert result.status.state is State.CANCELLED
        else:
            assert len(told(seen, H.COST_GUARD)) == 1
            assert result.status.state is State.CONVERGED
            assert apart(result, standard) < 5e-3


class TestNormalisation:
    @pytest.mark.parametrize("strategy", Normalization)
    @pytest.mark.parametrize("run", quick(["grid", "laminar"], "laminar"))
    def test_every_kind_ends_at_the_same_optimum(self, data, laminar, strategy, run):
        some = {"grid": GRID, "laminar": LAMINAR}[run]
        measured = {"grid": data, "laminar": laminar}[run]
        result, seen = watched(
            measured,
            setup(some, hybrid=HybridOptions(normalization=strategy), tolerances=TIGHT),
        )
        reference = fit(
            measured,
            some.setup(sigma=some.sigma, strategy=Strategy.STANDARD, tolerances=TIGHT),
        )
        assert result.status.state is State.CONVERGED
        assert apart(result, reference) < 1e-3
        (event,) = told(seen, H.NORMALISED)
        used = "bounds" if strategy is Normalization.AUTO else strategy.value
        assert event.details["strategy"] == used

    def test_none_at_all(self, data, standard):
        result, seen = watched(data, setup(hybrid=HybridOptions(normalize=False)))
        assert not told(seen, H.NORMALISED)
        assert apart(result, standard) < 5e-3

    @pytest.mark.parametrize("kind", [Normalization.BOUNDS, Normalization.P0])
    def test_covariance_is_that_of_standard(self, laminar, kind):
        """At the same point: computed in units, and transformed back."""
        tight = Tolerances(edm=1e-12)
        plain = {"sigma": LAMINAR.sigma, "strategy": Strategy.STANDARD}
        first = fit(laminar, LAMINAR.setup(tolerances=tight, **plain))
        again = fit(laminar, LAMINAR.setup(start=first.values, **plain))
        hybrid = HybridOptions(normalization=kind)
        streamed, seen = watched(
            laminar, setup(LAMINAR, hybrid=hybrid, start=first.values)
        )
        assert H.DENORMALISED in happened(seen)
        assert streamed.covariance_names == again.covariance_names
        size = np.outer(errors(again), errors(again))
        difference = np.abs(streamed.covariance - again.covariance) / size
        assert difference.max() < 1e-6
        np.testing.assert_allclose(errors(streamed), errors(again), rtol=1e-6)
        np.testing.assert_allclose(streamed.correlation, again.correlation, atol=1e-6)

    @pytest.mark.parametrize("start", [2.5, -170.0])
    def test_direction_bounded_by_a_whole_turn(self, laminar, start):
        """Its unit is the turn, and it may go through the seam."""
        bounds = {"phi0": (-180.0, 180.0)}
        result, seen = watched(
            laminar,
            setup(LAMINAR, bounds=bounds, start={"phi0": start}, tolerances=TIGHT),
        )
        (event,) = told(seen, H.NORMALISED)
        assert event.details["units"]["phi0"] == 180.0
        assert result.status.state is State.CONVERGED
        reference = fit(
            laminar,
            LAMINAR.setup(
                sigma=LAMINAR.sigma, strategy=Strategy.STANDARD, tolerances=TIGHT
            ),
        )
        turn = np.zeros(13)
        turn[6] = result.values["phi0"] - reference.values["phi0"]
        turn = 180.0 * np.round(turn / 180.0)
        distance = np.abs(values(result) - turn - values(reference))
        assert np.all(distance < 1e-3 * errors(reference))
        assert -180.0 <= result.values["phi0"] <= 180.0


class TestConvergence:
    """Of steps that look like nothing beside a D0 of 19,000."""

    RUN = replace(
        known("laminar-L1"),
        theta=(19000.0, -0.35, 300.0, 2e-3, -0.3, 1e-4, 4.0),
        n_frames=122,
        dt=100 / 122,
        sigma=0.003,
    )

    @pytest.fixture(scope="class")
    @staticmethod
    def known_minimum():
        run = TestConvergence.RUN
        measured = run.data(3)
        return measured, by_scipy(run, measured, run.sigma)

    @pytest.mark.parametrize(
        "strategy", quick([Strategy.CHUNKED, Strategy.STREAMING], Strategy.STREAMING)
    )
    @pytest.mark.parametrize(
        "tolerances", [Tolerances(), Tolerances(ftol=1e-4, xtol=1e-4)]
    )
    def test_a_small_first_step_is_no_convergence(
        self, known_minimum, strategy, tolerances
    ):
        run = self.RUN
        measured, theirs = known_minimum
        names = run.dense().names
        start = {**dict(zip(names, theirs.x[:7], strict=True)), "alpha": -0.25}
        careful = Options(
            steps=StepOptions(trust_region_scale=5e-4),
            hybrid=HybridOptions(warm_start_threshold=0.99),
        )
        result, taken = steps(
            measured,
            run.setup(
                strategy=strategy,
                sigma=run.sigma,
                start=start,
                options=careful,
                tolerances=tolerances,
            ),
        )
        before, after = (
            np.array([*e.values.values(), *e.contrast, *e.offset])
            for e in (next(e for e in taken if e.iteration == n) for n in (0, 1))
        )
        # What ‖δ‖/‖p‖ < 10⁻⁴ alone would call converged, far from the minimum.
        assert np.linalg.norm(after - before) < 1e-4 * np.linalg.norm(after)
        assert np.max(np.abs(after - theirs.x) / theirs.stderr) > 10
        assert result.status.state is State.CONVERGED
        distance = np.abs(values(result) - theirs.x) / theirs.stderr
        assert distance.max() < (0.15 if tolerances.ftol else 0.01)


class TestBoundedMemory:
    """40 matrices that stay on disk."""

    RUN = replace(
        known("static-small"),
        phi=tuple(np.linspace(-88, 88, 40).tolist()),
        n_frames=385,
        dt=82 / 385,
        sigma=0.02,
    )

    SMALL_CHUNKS = Options(chunks=ChunkOptions(points=1))

    @pytest.fixture(scope="class")
    @staticmethod
    def on_disk(tmp_path_factory):
        run = TestBoundedMemory.RUN
        return stored(run.data(), tmp_path_factory.mktemp("run"))

    def peak(self, on_disk, strategy):
        """Return the peak of a fit in units of one matrix, compiled before."""
        chosen = self.RUN.setup(
            strategy=strategy,
            sigma=self.RUN.sigma,
            tolerances=Tolerances(max_iterations=2),
            options=self.SMALL_CHUNKS,
        )
        fit(on_disk, chosen)
        on_disk.c2.close()
        tracemalloc.start()
        try:
            fit(on_disk, chosen)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            on_disk.c2.close()
        return peak / (4 * self.RUN.n_frames**2)

    def test_a_few_matrices_and_the_chunks_under_way(
        self, on_disk, tmp_path, monkeypatch
    ):
        monkeypatch.setenv(SCRATCH_VARIABLE, str(tmp_path))
        chunked = self.peak(on_disk, Strategy.CHUNKED)
        tiles = chunk_tiles(Strategy.CHUNKED, 40, self.SMALL_CHUNKS.chunks)
        layout = tile_layout(self.RUN.n_frames - 1, chunk_tiles=tiles)
        largest = max(len(c.rows) for c in layout.chunks)
        chunk = 40 * largest * layout.tile**2 / self.RUN.n_frames**2
        buffers = buffered_chunks(Strategy.CHUNKED, 40, available_cores()) * chunk
        # Two matrices are kept, one is being read, cut and looked at.
        bound = 8 + buffers
        assert bound < 25
        assert chunked < bound
        assert self.peak(on_disk, Strategy.STANDARD) > 40
