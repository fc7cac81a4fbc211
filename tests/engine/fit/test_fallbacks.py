"""Injected failures: each ends as documented, with nothing lost and nothing left over.

Out of memory leads to the next more frugal strategy, a disk that fails to one that
needs it less; a point that is not finite is never a result. What was tried is in the
record, and errors of the program come through.
"""

import gc
from dataclasses import replace

import numpy as np
import pytest
from jax.errors import JaxRuntimeError

from engine.api import fit
from engine.data.hdf5 import Hdf5Source
from engine.data.tile_store import SCRATCH_VARIABLE
from engine.errors import CancelledError, StrategiesFailedError
from engine.events import Happening, PassAdvanced, Phase, PhaseStarted
from engine.fit import driver, tiling
from engine.kernel import sources
from engine.options import HybridOptions, MemoryOptions, Options, RecoveryOptions
from engine.result import State
from engine.setup import Strategy
from engine.solver import trust_region
from tests.engine.fit import faults
from tests.engine.fit.support import (
    STRATEGIES,
    errors,
    happened,
    stored,
    told,
    values,
    watched,
)
from tests.engine.known_runs import known
from tests.marking import quick

pytestmark = pytest.mark.slow

S = Strategy
RUN = known("static-small")
ON_DISK = [S.CHUNKED, S.STREAMING]
EVERY = quick(STRATEGIES, S.STREAMING)


@pytest.fixture(scope="module")
def data():
    return RUN.data(40)


@pytest.fixture(scope="module")
def undisturbed(data):
    return fit(data, setup(S.STANDARD))


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Folder of scratch files; none is left, nor a thread, whatever happened."""
    folder = tmp_path / "scratch"
    monkeypatch.setenv(SCRATCH_VARIABLE, str(folder))
    yield folder
    assert not folder.exists() or list(folder.iterdir()) == []
    assert faults.own_threads() == []
    # A file that is still open would be said to be so now.
    gc.collect()


def setup(strategy, options=None, **changes):
    return RUN.setup(
        strategy=strategy, sigma=RUN.sigma, options=options or Options(), **changes
    )


def attempts(result):
    return [(a.strategy, a.outcome) for a in result.strategy.attempts]


def falls(seen):
    """Return (failed, following, kind) of every fallback."""
    return [
        (e.details["failed"], e.details["following"], e.details["kind"])
        for e in told(seen, Happening.FALLBACK)
    ]


def check_sound(result, reference):
    """Check that a fit that went another way arrived all the same."""
    assert result.status.state is State.CONVERGED
    assert np.isfinite(result.status.cost_initial)
    assert result.status.cost_final <= result.status.cost_initial
    distance = np.abs(values(result) - values(reference)) / errors(reference)
    assert distance.max() < 5e-3


class TestMemory:
    def test_none_for_tiles_in_memory(self, data, undisturbed, monkeypatch):
        faults.raising(monkeypatch, tiling._InMemory, "put", faults.NO_MEMORY)
        result, seen = watched(data, setup(S.STANDARD))
        check_sound(result, undisturbed)
        assert result.strategy.name == "large"
        assert attempts(result) == [("standard", "failed"), ("large", "converged")]
        assert falls(seen) == [("standard", "large", "memory")]
        diagnosis = result.strategy.attempts[0].diagnosis
        assert diagnosis.category == "out_of_memory"
        assert "standard" in result.strategy.reason
        assert "large" in result.strategy.reason

    def test_none_for_tiles_cut_at_a_pass(self, data, undisturbed, monkeypatch):
        faults.raising(monkeypatch, sources.CutTiles, "_pixels", faults.NO_MEMORY)
        result, seen = watched(data, setup(S.LARGE))
        check_sound(result, undisturbed)
        assert attempts(result) == [("large", "failed"), ("chunked", "converged")]
        assert falls(seen) == [("large", "chunked", "memory")]

    @pytest.mark.parametrize("number", [1, 4])
    def test_what_xla_says_counts_too(self, data, undisturbed, monkeypatch, number):
        """At the start, and in the middle of the fit."""
        error = JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.")
        faults.Model(monkeypatch, faults.nth(number), error=error)
        result, _ = watched(data, setup(S.STANDARD))
        check_sound(result, undisturbed)
        assert attempts(result) == [("standard", "failed"), ("large", "converged")]

    def test_other_errors_of_xla_come_through(self, data, monkeypatch):
        error = JaxRuntimeError("INTERNAL: there is a hole in the program")
        faults.Model(monkeypatch, faults.nth(2), error=error)
        with pytest.raises(JaxRuntimeError, match="hole"):
            fit(data, setup(S.CHUNKED))

    @pytest.mark.parametrize("first", STRATEGIES)
    def test_none_anywhere(self, data, monkeypatch, first):
        faults.raising(monkeypatch, tiling.Tiling, "add", faults.NO_MEMORY)
        with pytest.raises(StrategiesFailedError) as caught:
            fit(data, setup(first))
        message = str(caught.value)
        after = STRATEGIES[STRATEGIES.index(first) :]
        assert [s for s in STRATEGIES if f"{s.value}: " in message] == list(after)
        assert "not enough memory" in message
        assert "\n" not in message
        assert isinstance(caught.value.__cause__, MemoryError)

    def test_none_to_read_a_run_that_is_on_disk(
        self, data, undisturbed, monkeypatch, tmp_path
    ):
        on_disk = stored(data, tmp_path)
        faults.raising(monkeypatch, driver, "in_memory", faults.NO_MEMORY)
        result, _ = watched(on_disk, setup(S.STANDARD))
        check_sound(result, undisturbed)
        assert attempts(result) == [
            ("standard", "failed"),
            ("large", "failed"),
            ("chunked", "converged"),
        ]


class TestScratchDisk:
    @pytest.mark.parametrize("strategy", quick(ON_DISK, S.CHUNKED))
    @pytest.mark.parametrize("inject", [faults.full_disk, faults.unwritable])
    def test_full(self, data, undisturbed, monkeypatch, strategy, inject):
        inject(monkeypatch)
        result, seen = watched(data, setup(strategy))
        check_sound(result, undisturbed)
        assert result.strategy.name == "large"
        expected = [("chunked", "failed"), ("large", "converged")]
        if strategy is S.STREAMING:
            expected.insert(0, ("streaming", "failed"))
        assert attempts(result) == expected
        assert falls(seen)[-1] == ("chunked", "large", "input_output")
        advice = result.strategy.attempts[0].diagnosis.advice
        assert any(SCRATCH_VARIABLE in one for one in advice)

    def test_full_and_too_little_memory_for_anything_else(self, data, monkeypatch):
        """A clear sentence, rather than a machine that swaps."""
        faults.full_disk(monkeypatch)
        little = Options(memory=MemoryOptions(threshold_gb=0.01))
        with pytest.raises(StrategiesFailedError) as caught:
            fit(data, setup(S.CHUNKED, little))
        message = str(caught.value)
        assert SCRATCH_VARIABLE in message
        for skipped in ("large", "standard"):
            assert f"{skipped}: It needs about" in message
        assert "\n" not in message

    def test_full_halfway(self, data, undisturbed, monkeypatch):
        """After the scratch file of the tiles, when that of the grid is made."""
        faults.raising(
            monkeypatch, tiling, "CoarseGrid", faults.FULL, failing=faults.always
        )
        monkeypatch.setattr(tiling, "has_coarse_grid", lambda _: True)
        result, _ = watched(data, setup(S.CHUNKED))
        assert attempts(result) == [("chunked", "failed"), ("large", "converged")]
        check_sound(result, undisturbed)

    @pytest.mark.parametrize("strategy", quick(ON_DISK, S.CHUNKED))
    @pytest.mark.parametrize("number", quick([1, 3], 3))
    def test_unreadable_once(self, data, undisturbed, monkeypatch, strategy, number):
        faults.unreadable(monkeypatch, [number])
        result, seen = watched(data, setup(strategy))
        check_sound(result, undisturbed)
        assert attempts(result) == [(strategy.value, "converged")]
        (event,) = told(seen, Happening.READ_AGAIN)
        assert "scratch" in event.message
        assert any("scratch" in w for w in result.quality.warnings)

    @pytest.mark.parametrize("strategy", quick(ON_DISK, S.CHUNKED))
    @pytest.mark.parametrize("number", quick([1, 3], 3))
    def test_unreadable_from_then_on(
        self, data, undisturbed, monkeypatch, strategy, number
    ):
        calls = faults.unreadable(monkeypatch, lambda count: count >= number)
        result, seen = watched(data, setup(strategy))
        check_sound(result, undisturbed)
        assert calls.count > number
        assert result.strategy.name == "large"
        assert falls(seen)[-1] == ("chunked", "large", "input_output")
        assert result.strategy.attempts[0].diagnosis.category == "unknown_error"
        assert "Input/output error" in result.strategy.attempts[0].reason


class Reader:
    """Stands in for the reader of the data file; `failing` says when it fails."""

    def __init__(self, monkeypatch):
        self.calls = faults.Calls(())
        plain = Hdf5Source._stored
        monkeypatch.setattr("engine.data.source.time.sleep", lambda _: None)

        def read(source, entry, frames):
            if self.calls.fails():
                raise faults.fresh(faults.BROKEN)
            return plain(source, entry, frames)

        monkeypatch.setattr(Hdf5Source, "_stored", read)

    def fail(self, when):
        self.calls = faults.Calls(when)


class TestDataFile:
    @pytest.fixture
    def on_disk(self, data, tmp_path):
        return stored(data, tmp_path)

    @pytest.fixture
    def reader(self, monkeypatch, on_disk):
        return Reader(monkeypatch)

    @pytest.mark.parametrize("strategy", EVERY)
    def test_fails_once(self, on_disk, undisturbed, reader, strategy):
        """It is noted, and the fit is fine."""
        reader.fail([1])
        result, seen = watched(on_disk, setup(strategy))
        check_sound(result, undisturbed)
        assert attempts(result) == [(strategy.value, "converged")]
        said = [w for w in result.quality.warnings if "was read again" in w]
        (event,) = told(seen, Happening.READ_AGAIN)
        assert len(said) == 1
        assert "c2_00001" in said[0]
        assert "c2_00001" in event.message

    @pytest.mark.parametrize("strategy", EVERY)
    def test_fails_always(self, on_disk, reader, strategy):
        reader.fail(faults.always)
        with pytest.raises(StrategiesFailedError) as caught:
            fit(on_disk, setup(strategy))
        message = str(caught.value)
        assert "c2_00001" in message
        assert f"{strategy.value}: " in message
        assert "\n" not in message
        # It is the file that fails: the next fit, when it is back, works.
        reader.fail(())
        assert fit(on_disk, setup(strategy)).status.state is State.CONVERGED

    def test_fails_for_a_while(self, on_disk, undisturbed, reader):
        """The next strategy reads it anew."""
        reader.fail([1, 2])
        result, seen = watched(on_disk, setup(S.CHUNKED))
        check_sound(result, undisturbed)
        assert attempts(result) == [("chunked", "failed"), ("large", "converged")]
        assert falls(seen) == [("chunked", "large", "input_output")]


def spoiled_in_phase_two(monkeypatch):
    """Spoil the first step of a streaming fit on all data.

    Returns the model, the watcher to give to the fit, and what it sees.
    """
    seen = []

    def begun():
        return any(
            isinstance(e, PhaseStarted) and e.phase is Phase.GAUSS_NEWTON for e in seen
        )

    model = faults.Model(monkeypatch, lambda *_: begun() and not model.spoiled)
    return model, seen.append, seen


class TestNumbers:
    @pytest.mark.parametrize("strategy", EVERY)
    @pytest.mark.parametrize("value", quick([np.nan, np.inf], np.inf))
    def test_not_finite_at_a_step(
        self, data, undisturbed, monkeypatch, strategy, value
    ):
        """The step is refused and tried again, shorter."""
        model = faults.Model(monkeypatch, faults.nth(3), value=value)
        result, seen = watched(data, setup(strategy))
        check_sound(result, undisturbed)
        assert model.spoiled == 1
        assert attempts(result) == [(strategy.value, "converged")]
        costs = [e.cost for e in seen if hasattr(e, "cost")]
        assert np.isfinite(costs).all()

    def test_streaming_tells_of_it(self, data, undisturbed, monkeypatch):
        """Of a step on all data."""
        model, watch, seen = spoiled_in_phase_two(monkeypatch)
        result = fit(data, setup(S.STREAMING), on_event=watch)
        check_sound(result, undisturbed)
        assert model.spoiled == 1
        assert attempts(result) == [("streaming", "converged")]
        assert happened(seen).count(Happening.NON_FINITE) == 1

    def test_without_a_shorter_step_the_ladder_is_climbed(
        self, data, undisturbed, monkeypatch
    ):
        model, watch, _ = spoiled_in_phase_two(monkeypatch)
        strict = Options(hybrid=HybridOptions(validate_numerics=False))
        result = fit(data, setup(S.STREAMING, strict), on_event=watch)
        check_sound(result, undisturbed)
        assert model.spoiled == 1
        first, second = result.strategy.attempts
        assert (first.outcome, second.outcome) == ("not_converged", "converged")
        assert first.reason.startswith("Not converged: the model is not finite")
        assert "first step × 0.5," in second.actions[0]

    @pytest.mark.parametrize("strategy", STRATEGIES[:3])
    def test_not_finite_at_the_start(self, data, undisturbed, monkeypatch, strategy):
        """The second attempt starts beside it."""
        start = np.array(RUN.start)
        faults.Model(monkeypatch, lambda _, theta: np.array_equal(theta, start))
        result, seen = watched(data, setup(strategy))
        check_sound(result, undisturbed)
        assert attempts(result) == [
            (strategy.value, "failed"),
            (strategy.value, "converged"),
        ]
        first, second = result.strategy.attempts
        assert first.actions == ()
        assert "changed by up to 10 %" in second.actions[0]
        (event,) = told(seen, Happening.RETRY)
        assert event.message == second.actions[0]
        assert event.details["attempt"] == 2

    def test_not_finite_at_the_start_of_streaming(self, data, undisturbed, monkeypatch):
        """From the same point it fails as often as it is tried; chunked moves away."""
        start = np.array(RUN.start)
        faults.Model(monkeypatch, lambda _, theta: np.array_equal(theta, start))
        result, seen = watched(data, setup(S.STREAMING))
        check_sound(result, undisturbed)
        assert result.strategy.name == "chunked"
        assert attempts(result)[0] == ("streaming", "failed")
        assert attempts(result)[-1] == ("chunked", "converged")
        assert falls(seen) == [("streaming", "chunked", "numerical")]

    @pytest.mark.parametrize("strategy", EVERY)
    def test_not_finite_anywhere(self, data, monkeypatch, strategy):
        """A result that says so, not an exception."""
        faults.Model(monkeypatch, lambda *_: True, coarse=True)
        result, _ = watched(data, setup(strategy))
        assert result.status.state is State.FAILED
        assert result.status.reason == "non_finite_start"
        assert {a.outcome for a in result.strategy.attempts} <= {"failed", "skipped"}
        assert len(result.strategy.attempts) >= 3
        assert result.diagnosis.category == "numerical_instability"
        assert np.isnan(errors(result)).all()

    @pytest.mark.parametrize("strategy", EVERY)
    def test_not_finite_but_at_the_start(self, data, monkeypatch, strategy):
        """Never called converged; the start is what is kept."""
        start = np.array(RUN.start)
        faults.Model(
            monkeypatch, lambda _, theta: not np.array_equal(theta, start), coarse=True
        )
        result, _ = watched(data, setup(strategy))
        assert result.status.state is State.NOT_CONVERGED
        assert result.status.cost_final == result.status.cost_initial
        assert np.isfinite(result.status.cost_final)
        assert tuple(result.values.values()) == RUN.start
        assert all(a.outcome != "converged" for a in result.strategy.attempts)
        assert result.diagnosis is not None


class TestSingularEquations:
    def test_once(self, data, undisturbed, monkeypatch):
        """The next strategy begins again."""
        error = np.linalg.LinAlgError("singular matrix")
        faults.raising(monkeypatch, trust_region._Search, "propose", error, [2])
        result, seen = watched(data, setup(S.STREAMING))
        check_sound(result, undisturbed)
        assert falls(seen)[0] == ("streaming", "chunked", "numerical")
        diagnosis = result.strategy.attempts[0].diagnosis
        assert diagnosis.category == "ill_conditioned_jacobian"

    def test_always(self, data, monkeypatch):
        error = np.linalg.LinAlgError("singular matrix")
        faults.raising(monkeypatch, trust_region._Search, "propose", error)
        with pytest.raises(StrategiesFailedError) as caught:
            fit(data, setup(S.STREAMING))
        message = str(caught.value)
        assert all(f"{s.value}: " in message for s in STRATEGIES)


class TestProgrammingErrors:
    """Nothing else is tried: it would only hide them."""

    @pytest.mark.parametrize("strategy", EVERY)
    @pytest.mark.parametrize(
        "error",
        quick([TypeError, KeyError, AttributeError, ZeroDivisionError], TypeError),
    )
    def test_come_through(self, data, monkeypatch, strategy, error):
        faults.Model(monkeypatch, faults.nth(3), error=error("a defect"))
        seen = []
        with pytest.raises(error, match="a defect"):
            fit(data, setup(strategy), on_event=seen.append)
        assert not told(seen, Happening.FALLBACK)

    @pytest.mark.parametrize("strategy", EVERY)
    @pytest.mark.parametrize("number", quick([1, 2, 5], 2))
    def test_of_the_watcher_too(self, data, strategy, number):
        seen = []

        def watch(event):
            seen.append(event)
            if len(seen) == number:
                raise RuntimeError("the window is gone")

        with pytest.raises(RuntimeError, match="window is gone"):
            fit(data, setup(strategy), on_event=watch)
        assert len(seen) == number


class TestNothingIsLost:
    def test_when_the_fallback_finds_no_memory(self, data, monkeypatch):
        """The point of the strategy that gave up is the result then."""
        start = np.array(RUN.start)
        faults.Model(
            monkeypatch, lambda _, theta: not np.array_equal(theta, start), coarse=True
        )
        faults.raising(
            monkeypatch, tiling.Tiling, "add", faults.NO_MEMORY, lambda count: count > 1
        )
        result, seen = watched(data, setup(S.STREAMING))
        assert result.status.state is State.NOT_CONVERGED
        assert result.strategy.name == "streaming"
        assert np.isfinite(result.status.cost_final)
        assert falls(seen) == [("streaming", "chunked", "numerical")]
        assert attempts(result)[-1] == ("chunked", "failed")

    def test_when_it_is_stopped_while_the_fallback_reads(
        self, data, monkeypatch, tmp_path
    ):
        on_disk = stored(data, tmp_path)
        start = np.array(RUN.start)
        faults.Model(
            monkeypatch, lambda _, theta: not np.array_equal(theta, start), coarse=True
        )
        seen = []
        result = fit(
            on_disk,
            setup(S.STREAMING),
            on_event=seen.append,
            cancelled=lambda: bool(told(seen, Happening.FALLBACK)),
        )
        assert told(seen, Happening.FALLBACK)
        assert result.status.state is State.NOT_CONVERGED
        assert attempts(result)[-1] == ("chunked", "cancelled")
        assert result.status.cost_final == result.status.cost_initial
        assert tuple(result.values.values()) == RUN.start


class TestRecoveryOptions:
    def failing(self, monkeypatch):
        start = np.array(RUN.start)
        faults.Model(
            monkeypatch, lambda _, theta: not np.array_equal(theta, start), coarse=True
        )

    @pytest.mark.parametrize("most", [1, 2, 3, 5])
    def test_as_many_attempts_as_allowed(self, data, monkeypatch, most):
        faults.Model(monkeypatch, lambda *_: True, coarse=True)
        options = Options(recovery=RecoveryOptions(max_attempts=most))
        result = fit(data, setup(S.STANDARD, options))
        assert attempts(result) == [("standard", "failed")] * most
        actions = [a.actions for a in result.strategy.attempts]
        assert actions[0] == ()
        assert all("changed by up to 10 %" in a[0] for a in actions[1:])
        relaxed = ["tolerances 100 times" in a[0] for a in actions[1:]]
        assert relaxed == [n == most and n > 2 for n in range(2, most + 1)]

    def test_none_when_switched_off(self, data, monkeypatch):
        faults.Model(monkeypatch, lambda *_: True, coarse=True)
        off = Options(recovery=RecoveryOptions(enable=False))
        result, seen = watched(data, setup(S.STANDARD, off))
        assert attempts(result) == [("standard", "failed")]
        assert Happening.RETRY not in happened(seen)

    def test_a_converged_fit_needs_one(self, undisturbed):
        (only,) = undisturbed.strategy.attempts
        assert only.outcome == "converged"
        assert only.actions == ()
        assert only.cost == undisturbed.status.cost_final
        assert only.diagnosis is None

    def test_second_ladder_grows_more_careful(self, data, monkeypatch):
        self.failing(monkeypatch)
        result, seen = watched(data, setup(S.STREAMING))
        streamed = [a for a in result.strategy.attempts if a.strategy == "streaming"]
        assert len(streamed) == 4
        for number, attempt in enumerate(streamed[1:], start=1):
            (action,) = attempt.actions
            assert f"first step × {0.5**number:g}," in action
            assert f"regularisation × {2.0**number:g} " in action
            assert f"trust region × {0.5**number:g}." in action
        retried = [e.message for e in told(seen, Happening.RETRY)]
        assert retried[:3] == [a.actions[0] for a in streamed[1:]]

    def test_second_ladder_off(self, data, monkeypatch):
        self.failing(monkeypatch)
        off = Options(recovery=RecoveryOptions(enable=False))
        result = fit(data, setup(S.STREAMING, off))
        streamed = [a for a in result.strategy.attempts if a.strategy == "streaming"]
        assert len(streamed) == 1

    def test_the_best_of_all_attempts_is_kept(self, data, monkeypatch):
        """The first attempt gets somewhere, the others nowhere."""
        model = faults.Model(monkeypatch, lambda count, _: count > 4)
        result = fit(data, setup(S.STANDARD))
        assert model.spoiled
        first, *others = result.strategy.attempts
        assert first.outcome == "not_converged"
        assert len(others) == 2
        assert result.status.cost_final == first.cost < result.status.cost_initial
        assert all(not a.cost <= first.cost for a in others)


def without_progress(seen):
    """Return a watcher of all events but those that come by the clock."""

    def watch(event):
        if not isinstance(event, PassAdvanced):
            seen.append(event)

    return watch


def cancelling_at(data, chosen, number):
    """Return the result of a fit stopped at an event, and the events so far."""
    seen = []
    result = fit(
        data,
        chosen,
        on_event=without_progress(seen),
        cancelled=lambda: len(seen) >= number,
    )
    return result, seen


class TestCancelling:
    """At every event of a fit."""

    def check(self, data, chosen):
        events = []
        whole = fit(data, chosen, on_event=without_progress(events))
        last = max(n for n, e in enumerate(events, 1) if hasattr(e, "accepted"))
        for number in range(len(events) + 1):
            result, seen = cancelling_at(data, chosen, number)
            status = result.status
            if number < last:
                assert status.state is State.CANCELLED, (number, events[number - 1])
                assert status.reason == "cancelled"
            else:
                assert status.state in {State.CANCELLED, State.CONVERGED}
            assert np.isfinite(status.cost_final)
            assert status.cost_final <= status.cost_initial
            assert np.isfinite(values(result)).all()
            steps = [e for e in seen if hasattr(e, "accepted") and not e.coarse]
            if steps:
                assert status.cost_final <= min(e.cost for e in steps)
            assert [a.outcome for a in result.strategy.attempts] == [status.state.value]
            assert result.diagnosis is None
        again = fit(data, chosen)
        np.testing.assert_array_equal(values(again), values(whole))

    @pytest.mark.parametrize("strategy", EVERY)
    def test_of_a_small_run(self, data, strategy):
        self.check(data, setup(strategy))

    @pytest.mark.parametrize("strategy", quick([S.STANDARD, S.STREAMING], S.STANDARD))
    def test_at_every_question(self, data, strategy):
        """Also in the middle of a pass."""
        asked = faults.Calls(())
        fit(data, setup(strategy), cancelled=asked.fails)
        for number in range(1, asked.count + 1):
            stop = faults.Calls(lambda count, n=number: count >= n)
            result = fit(data, setup(strategy), cancelled=stop.fails)
            if result.status.state is State.CONVERGED:
                # In the pass after the minimum: all that is missing is what it gives.
                assert number > 1
                assert all(p.stderr_robust is None for p in result.parameters)
            else:
                assert result.status.state is State.CANCELLED
            assert np.isfinite(values(result)).all()
            assert result.status.cost_final <= result.status.cost_initial

    @pytest.mark.parametrize("strategy", EVERY)
    def test_of_a_run_with_a_coarse_grid(self, strategy):
        run = replace(known("static-M1"), n_frames=388, dt=0.25, sigma=0.02)
        self.check(run.data(), run.setup(strategy=strategy, sigma=run.sigma))

    @pytest.mark.parametrize("strategy", [S.STANDARD, S.STREAMING])
    def test_while_a_start_is_looked_for(self, data, strategy):
        self.check(data, setup(strategy, start_given=False))

    @pytest.mark.parametrize("strategy", EVERY)
    def test_of_a_run_on_disk(self, data, strategy, tmp_path):
        """Only while matrices are read there is no point to keep."""
        on_disk = stored(data, tmp_path)
        chosen = setup(strategy)
        events = []
        fit(on_disk, chosen, on_event=without_progress(events))
        compiling = next(
            n
            for n, e in enumerate(events, 1)
            if isinstance(e, PhaseStarted) and e.phase is Phase.COMPILING
        )
        lost = []
        for number in range(compiling + 3):
            try:
                result, _ = cancelling_at(on_disk, chosen, number)
            except CancelledError:
                lost.append(number)
            else:
                assert result.status.state is State.CANCELLED
                assert np.isfinite(result.status.cost_final)
        assert lost
        assert max(lost) < compiling
        assert fit(on_disk, chosen).status.state is State.CONVERGED
