"""Checkpoints: whole or not there, refused for another fit, and enough to go on from.

A fit is broken off in every way a machine can do it; what is resumed ends where the fit
would have ended that nobody disturbed.
"""

import errno
import json
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest

from engine.api import fit
from engine.data.tile_store import SCRATCH_VARIABLE
from engine.errors import OptionError
from engine.events import Happening, Phase
from engine.fit import checkpoint as checkpoints
from engine.fit import coarse_search
from engine.fit.checkpoint import Checkpoint
from engine.fit.equations import Tally
from engine.fit.journal import Journal
from engine.options import ChunkOptions, HybridOptions, Options
from engine.result import State
from engine.setup import Loss, Strategy, Tolerances
from tests.engine.fit import faults
from tests.engine.fit.support import apart, happened, phases, told, watched
from tests.engine.known_runs import known
from tests.marking import quick

H = Happening
RUN = known("laminar-small")
TIGHT = Tolerances(edm=1e-8)
A_CHECKPOINT = Checkpoint(
    data="d" * 32,
    setup="s" * 64,
    saved="2026-11-21T10:11:06+00:00",
    phase=Phase.GAUSS_NEWTON.value,
    names=["D0", "contrast[0]"],
    scaling="individual",
    layers={
        "modes": [],
        "decisive": None,
        "strength": 10.0,
        "weighting": None,
        "events": [],
        "armed": True,
    },
    x=[1234.5678901234567, 0.1],
    start=[1000.0],
    cost_initial=1e6,
    cost=5e5,
    units=[1e5, 1.0],
    iterations=7,
    damping=1e-3,
    growth=2.0,
    radius=0.5,
    scale=[3e-5, 2e2],
)


@pytest.fixture(scope="module")
def data():
    return RUN.data(60)


@pytest.fixture(scope="module")
def undisturbed(data):
    return watched(data, setup())


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    monkeypatch.setenv(SCRATCH_VARIABLE, str(folder))
    return folder


@pytest.fixture
def file(tmp_path):
    return tmp_path / "kept" / "run.checkpoint"


def setup(*, hybrid=None, chunks=None, **changes):
    options = Options(hybrid=hybrid or HybridOptions(), chunks=chunks or ChunkOptions())
    settings = {"sigma": RUN.sigma, "tolerances": TIGHT, "options": options, **changes}
    return RUN.setup(strategy=Strategy.STREAMING, **settings)


class Killed(BaseException):
    """Ends a fit at once, as a signal would."""


def broken_off(data, file, *, after, **changes):
    """Fit until that many checkpoints are there; return what was told until then."""
    seen = []

    def watch(event):
        seen.append(event)
        if len(told(seen, H.CHECKPOINT)) == after:
            raise Killed

    with pytest.raises(Killed):
        fit(data, setup(**changes), on_event=watch, checkpoint=file)
    return seen


def resumed(data, file, **changes):
    return watched(data, setup(**changes), checkpoint=file, resume=True)


class TestFile:
    def test_is_read_back_exactly(self, file):
        checkpoints.save(file, A_CHECKPOINT)
        assert checkpoints.load(file) == A_CHECKPOINT
        first = replace(A_CHECKPOINT, damping=None, growth=None, radius=None)
        first = replace(first, scale=None, phase=Phase.WARMING_UP.value)
        checkpoints.save(file, first)
        assert checkpoints.load(file) == first
        assert checkpoints.load(file).state is None
        assert [p.name for p in file.parent.iterdir()] == [file.name]

    def test_is_small(self, file):
        names = [f"contrast[{k}]" for k in range(53)]
        many = {name: [0.1 + 1 / 3] * 53 for name in ("x", "units", "scale")}
        checkpoints.save(file, replace(A_CHECKPOINT, names=names, **many))
        assert file.stat().st_size < 8000

    @pytest.mark.parametrize("call", ["json.dump", "os.fsync"])
    def test_a_full_disk_leaves_the_one_before(self, file, monkeypatch, call):
        checkpoints.save(file, A_CHECKPOINT)
        module, name = call.split(".")
        full = OSError(errno.ENOSPC, "No space left on device")
        faults.raising(monkeypatch, getattr(checkpoints, module), name, full)
        with pytest.raises(OSError, match="No space"):
            checkpoints.save(file, replace(A_CHECKPOINT, iterations=8))
        assert checkpoints.load(file) == A_CHECKPOINT
        assert [p.name for p in file.parent.iterdir()] == [file.name]

    @pytest.mark.slow
    def test_cut_anywhere_it_is_refused(self, file):
        checkpoints.save(file, A_CHECKPOINT)
        whole = file.read_bytes()
        for length in range(len(whole)):
            file.write_bytes(whole[:length])
            check_refused(file, "cannot be read")

    @pytest.mark.parametrize(
        "text",
        [b"\xff\xfe\x00", b"[1, 2]", b"7", b'{"format": "twotime-result"}'],
    )
    def test_something_else_is_refused(self, file, text):
        file.parent.mkdir()
        file.write_bytes(text)
        check_refused(file)

    def test_a_folder_is_refused(self, file):
        file.mkdir(parents=True)
        check_refused(file, "cannot be read")

    def test_another_version_is_refused(self, file):
        rewrite(file, version=1)
        check_refused(file, "was written by another version")

    @pytest.mark.parametrize("name", [f.name for f in fields(Checkpoint)])
    @pytest.mark.parametrize(
        "value", [None, True, -1.5, 10**400, "x", [], [0.0, None], [-1, "y"], {"a": 1}]
    )
    def test_a_field_of_another_kind_is_refused_or_harmless(self, file, name, value):
        """It ends in nothing but a sentence, or a checkpoint that can be used."""
        rewrite(file, **{name: value})
        try:
            found = checkpoints.load(file)
        except OptionError:
            check_refused(file)
            return
        assert len(found.x) == len(found.units) == len(found.names)
        assert np.isfinite([*found.x, *found.units]).all()
        assert found.state is None or len(found.state.scale) == len(found.names)

    @pytest.mark.parametrize(
        "change",
        [
            {"x": [1.0]},
            {"x": [1.0, float("nan")]},
            {"units": [1.0, 0.0]},
            {"scale": [1.0, 2.0, 3.0]},
            {"damping": 0.0},
            {"damping": None},
            {"iterations": -1},
            {"iterations": 1.5},
            {"cost": float("inf")},
        ],
    )
    def test_numbers_that_cannot_be_are_refused(self, file, change):
        rewrite(file, **change)
        check_refused(file, "is damaged")

    def test_a_missing_field_is_refused(self, file):
        rewrite(file)
        record = json.loads(file.read_text())
        del record["units"]
        file.write_text(json.dumps(record))
        check_refused(file, "is incomplete")


def rewrite(file, **changes):
    checkpoints.save(file, A_CHECKPOINT)
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def check_refused(file, why=""):
    with pytest.raises(OptionError) as caught:
        checkpoints.load(file)
    said = str(caught.value)
    assert f"the checkpoint {file} {why}" in said
    assert said.endswith("; remove it and run the fit without --resume")
    assert "\n" not in said


class TestGoingOn:
    @pytest.mark.parametrize("after", quick([1, 2, 3, 4], 1, 3))
    def test_it_ends_at_the_same_optimum(self, data, file, undisturbed, after):
        whole, _ = undisturbed
        before = broken_off(data, file, after=after)
        result, seen = resumed(data, file)
        assert result.status.state is State.CONVERGED
        assert apart(result, whole) < 1e-3
        assert result.status.cost_initial == whole.status.cost_initial
        (event,) = told(seen, H.RESUMED)
        assert Phase.WARMING_UP not in phases(seen)
        last = told(before, H.CHECKPOINT)[-1].message
        assert f"after step {last.split()[-1]}" in event.message
        # Steps of both parts count, and none is taken twice.
        assert result.status.iterations == whole.status.iterations
        taken = [e.iteration for e in seen if hasattr(e, "accepted") and e.accepted]
        assert taken == list(range(after - 1, whole.status.iterations + 1))

    @pytest.mark.slow
    def test_again_and_again(self, data, file, undisturbed):
        """Killed after every single step, it still arrives."""
        broken_off(data, file, after=1)
        for _ in range(20):
            seen = []

            def watch(event, seen=seen):
                seen.append(event)
                if told(seen, H.CHECKPOINT):
                    raise Killed

            try:
                result = fit(
                    data, setup(), on_event=watch, checkpoint=file, resume=True
                )
            except Killed:
                continue
            break
        assert result.status.state is State.CONVERGED
        assert apart(result, undisturbed[0]) < 1e-3

    def test_from_the_last_checkpoint_there_is_nothing_left_to_do(
        self, data, file, undisturbed
    ):
        fit(data, setup(), checkpoint=file)
        result, _ = resumed(data, file)
        assert (result.status.state, result.status.reason) == (State.CONVERGED, "edm")
        assert result.status.iterations == undisturbed[0].status.iterations
        assert apart(result, undisturbed[0]) < 1e-6

    def test_a_stopped_fit_goes_on(self, data, file, undisturbed):
        seen = []

        def cancelled():
            return len(told(seen, H.CHECKPOINT)) >= 2

        stopped = fit(
            data, setup(), on_event=seen.append, cancelled=cancelled, checkpoint=file
        )
        assert stopped.status.state is State.CANCELLED
        result, _ = resumed(data, file)
        assert apart(result, undisturbed[0]) < 1e-3

    def test_with_other_chunks_and_tolerances(self, data, file, undisturbed):
        """How the fit is done may change; what is fitted is the same."""
        broken_off(data, file, after=2)
        result, _ = resumed(
            data,
            file,
            chunks=ChunkOptions(points=1),
            tolerances=Tolerances(edm=1e-9),
        )
        assert apart(result, undisturbed[0]) < 1e-3

    @pytest.mark.slow
    def test_with_a_robust_loss_and_an_estimated_start(self, data, file):
        changes = {"loss": Loss.SOFT_L1, "start_given": False, "sigma": None}
        whole = fit(data, setup(**changes))
        broken_off(data, file, after=2, **changes)
        result, _ = resumed(data, file, **changes)
        assert apart(result, whole) < 1e-3

    def test_a_kill_during_a_retry(self, data, file, monkeypatch):
        """The retry begins at the best point so far, and so does what is resumed."""
        careful = HybridOptions(validate_numerics=False)
        whole = fit(data, setup())
        with monkeypatch.context() as patch:
            faults.Model(patch, faults.nth(4))
            seen = []

            def watch(event):
                seen.append(event)
                if told(seen, H.RETRY) and seen[-1] in told(seen, H.CHECKPOINT):
                    raise Killed

            with pytest.raises(Killed):
                fit(data, setup(hybrid=careful), on_event=watch, checkpoint=file)
        result, _ = resumed(data, file, hybrid=careful)
        assert result.status.state is State.CONVERGED
        assert apart(result, whole) < 1e-3


@pytest.fixture(scope="module")
def gridded():
    """The smallest run with a coarse grid."""
    run = replace(known("static-M1"), n_frames=388, dt=100 / 388)
    return run, run.data(50)


class TestStoppedInTheWarmUp:
    """Steps on the grid are kept, by the result and by the checkpoint."""

    def stopped(self, gridded, file):
        run, data = gridded
        chosen = run.setup(strategy=Strategy.STREAMING, sigma=run.sigma)
        seen = []

        def cancelled():
            return sum(getattr(e, "coarse", False) for e in seen) >= 3

        result = fit(
            data, chosen, on_event=seen.append, cancelled=cancelled, checkpoint=file
        )
        assert result.status.state is State.CANCELLED
        told_last = [e.cost for e in seen if getattr(e, "coarse", False)][-1]
        return data, chosen, result, told_last

    @pytest.mark.slow
    def test_the_result_is_their_best_point(self, gridded, file):
        _, _, result, told_last = self.stopped(gridded, file)
        assert told_last < result.status.cost_initial - 1000
        assert result.status.cost_final == pytest.approx(told_last, rel=2e-3)

    def test_a_first_pass_that_compiled_tells_nothing(self):
        journal = Journal(lambda _: None, ())
        journal.full, journal.coarse = Tally(1, 5.0), Tally(3, 0.01)
        under_way = SimpleNamespace(journal=journal)
        assert coarse_search._pass_s(under_way) == pytest.approx(0.12)

    @pytest.mark.slow
    def test_what_is_resumed_goes_on_on_the_grid(self, gridded, file):
        data, chosen, _, _ = self.stopped(gridded, file)
        whole = fit(data, chosen)
        result, seen = watched(data, chosen, checkpoint=file, resume=True)
        assert result.status.state is State.CONVERGED
        assert Phase.COARSE in phases(seen)
        assert apart(result, whole) < 5e-3
        assert result.status.evaluations <= whole.status.evaluations + 2


class TestRefused:
    @pytest.fixture
    def left(self, data, file):
        broken_off(data, file, after=2)
        return file.read_bytes()

    def refused(self, data, file, **changes):
        with pytest.raises(OptionError) as caught:
            fit(data, setup(**changes), checkpoint=file, resume=True)
        return str(caught.value)

    def test_for_other_data(self, data, file, left, scratch):
        c2 = data.c2.copy()
        c2[0, 5, 9] = c2[0, 9, 5] = c2[0, 5, 9] + 1e-4
        said = self.refused(replace(data, c2=c2), file)
        assert "belongs to another fit, with other data" in said
        # What was there stays there, and nothing else does.
        assert file.read_bytes() == left
        assert list(scratch.iterdir()) == []

    @pytest.mark.parametrize(
        "change",
        [
            {"fixed": ("D_offset",)},
            {"start": {"D0": 1234.0}},
            {"bounds": {"alpha": (-1.9, 1.9)}},
            {"loss": Loss.HUBER},
            {"loss": Loss.LINEAR, "loss_scale": 2.0},
            {"sigma": 0.03},
            {"gap": 1e6},
        ],
        ids=lambda c: next(iter(c)),
    )
    def test_for_another_setup(self, data, file, left, change):
        said = self.refused(data, file, **change)
        assert "with other model, parameters or settings" in said
        assert file.read_bytes() == left

    def test_for_a_strategy_without_checkpoints(self, data, file, left):
        del left
        with pytest.raises(OptionError, match="only a fit with the strategy streaming"):
            fit(
                data,
                replace(setup(), strategy=Strategy.STANDARD),
                checkpoint=file,
                resume=True,
            )

    def test_when_there_is_none(self, data, file):
        said = self.refused(data, file)
        assert said == (
            f"there is no checkpoint at {file}, so nothing to resume; run the fit "
            "without --resume"
        )


class TestWriting:
    def test_after_every_step_of_the_last_phases(self, data, file):
        _, seen = watched(data, setup(), checkpoint=file)
        last = phase_of(seen, Phase.GAUSS_NEWTON)
        assert happened(last).count(H.CHECKPOINT) == steps_of(last) > 0
        assert file.exists()

    def test_as_often_as_asked_for(self, data, file):
        often = HybridOptions(checkpoint_frequency=2)
        _, seen = watched(data, setup(hybrid=often), checkpoint=file)
        last = phase_of(seen, Phase.GAUSS_NEWTON)
        assert happened(last).count(H.CHECKPOINT) == steps_of(last) // 2 > 0

    def test_not_at_all(self, data, file):
        off = HybridOptions(enable_checkpoints=False)
        _, seen = watched(data, setup(hybrid=off), checkpoint=file)
        assert H.CHECKPOINT not in happened(seen)
        assert not file.exists()

    @pytest.mark.parametrize("number", quick([1, 2, 3], 2))
    def test_a_full_disk_costs_the_checkpoint_only(
        self, data, file, undisturbed, monkeypatch, number
    ):
        faults.raising(
            monkeypatch, checkpoints.os, "fsync", faults.FULL, lambda n: n >= number
        )
        result, seen = watched(data, setup(), checkpoint=file)
        (event,) = told(seen, H.CHECKPOINT_LOST)
        assert str(file) in event.message
        assert "No space left on device" in event.message
        assert happened(seen).count(H.CHECKPOINT) == number - 1
        assert result.status.state is State.CONVERGED
        assert apart(result, undisturbed[0]) < 1e-3
        assert file.exists() == (number > 1)
        if number > 1:
            monkeypatch.undo()
            again, _ = resumed(data, file)
            assert apart(again, undisturbed[0]) < 1e-3


def steps_of(seen):
    """Return how many steps were accepted, the start of the phase left out."""
    return sum(getattr(e, "accepted", False) for e in seen) - 1


def phase_of(seen, wanted):
    """Return what was told in a phase."""
    inside, found = False, []
    for event in seen:
        if hasattr(event, "phase"):
            inside = event.phase is wanted
        elif inside:
            found.append(event)
    return found
