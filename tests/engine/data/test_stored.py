"""Matrices that stay in their file: the same values, in the memory of a few of them."""

import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest

from engine.data import load as loading
from engine.data import stored
from engine.data.load import load
from engine.data.source import Source
from engine.data.stored import StoredMatrices, in_memory
from engine.errors import CancelledError, DataError
from engine.setup import DataRequest, PhiRange, PhiSelection
from tests.engine.data.files import aps_old, aps_u, cache, matrices, nexus

C2 = matrices(3)


def disk(_n_matrices, _n_frames):
    return False


def read(path, keep=disk, **wanted):
    return load(DataRequest(file=path, **wanted), keep=keep)


def asymmetric(path):
    c2 = C2.copy()
    c2[1, 2, 7] += 0.02
    return nexus(path, c2)


def missing(path):
    c2 = C2.copy()
    c2[0, 2, 7] = c2[1, 7, 2] = np.nan
    c2[2, 3, :] = np.inf
    return nexus(path, c2.astype(np.float64))


def lower_left(path):
    """The half and the corner that are turned over on reading, with baseline 0."""
    return nexus(
        path,
        np.tril(C2 - 1)[:, ::-1],
        storage_mode="one_array_q_first",
        baseline_reference=0,
        time_origin_location="lower_left",
        populated_elements="upper_half",
    )


def stacked_half(path):
    aps_u(path, group="c2_half")
    with h5py.File(path, "a") as f:
        del f["xpcs/twotime/c2_half"]
        f["xpcs/twotime/c2_half"] = np.triu(C2)
    return path


def packed(path):
    aps_u(path)
    with h5py.File(path, "a") as f:
        for name in list(f["xpcs/twotime/correlation_map"]):
            m = f[f"xpcs/twotime/correlation_map/{name}"][()]
            del f[f"xpcs/twotime/correlation_map/{name}"]
            f.create_dataset(
                f"xpcs/twotime/correlation_map/{name}",
                data=m,
                chunks=(5, 5),
                compression="gzip",
            )
    return path


def npy(path, c2):
    with path.open("wb") as f:
        np.save(f, c2)
    return path


def bare(path, save=np.savez, **arrays):
    known = {"q": 0.0054, "phi": [0.0, 45.0, 90.0], "dt": 0.1}
    with path.open("wb") as f:
        save(f, **known, **arrays)
    return path


LAYOUTS = {
    "aps_u": aps_u,
    "aps_u packed": packed,
    "aps_u stacked half": stacked_half,
    "aps_old": aps_old,
    "nexus full": lambda p: nexus(p, C2),
    "nexus q last": lambda p: nexus(
        p, np.moveaxis(C2, 0, -1), storage_mode="one_array_q_last"
    ),
    "nexus keys": lambda p: nexus(p, {f"roi_{k}": m for k, m in enumerate(C2)}),
    "nexus lower left half, baseline 0": lower_left,
    "nexus baseline told from the values": lambda p: nexus(p, np.triu(C2 - 1)),
    "nexus integers": lambda p: nexus(p, np.round(10 * C2).astype(np.int16)),
    "nexus big endian": lambda p: nexus(p, C2.astype(">f8")),
    "asymmetric": asymmetric,
    "values missing": missing,
    "cache": cache,
    "npz": lambda p: bare(p, c2=C2),
    "npz packed": lambda p: bare(p, np.savez_compressed, c2=C2.astype(float)),
    "npz Fortran": lambda p: bare(p, c2=np.asfortranarray(C2.astype(">f4"))),
    "npz lower half, baseline 0": lambda p: bare(p, c2=np.tril(C2 - 1)),
}


@pytest.fixture(params=LAYOUTS)
def path(request, tmp_path):
    return LAYOUTS[request.param](tmp_path / "run.npz")


@pytest.fixture
def some(tmp_path):
    return read(aps_u(tmp_path / "run.h5"))


@pytest.fixture
def reads(monkeypatch):
    """Names of the matrices that are read, in order."""
    asked = []
    plain = Source.read

    def watched(self, entry, frames):
        asked.append(entry.label)
        return plain(self, entry, frames)

    monkeypatch.setattr(Source, "read", watched)
    return asked


class TestEqual:
    @pytest.mark.parametrize("frames", [(1, -1), (3, 9)])
    def test_to_the_matrices_in_memory(self, path, frames):
        before = read(path).first_frame - 1
        last = frames[1] + before if frames[1] > 0 else -1
        wanted = {"first_frame": frames[0] + before, "last_frame": last}
        kept = read(path, loading.always, **wanted)
        run = read(path, **wanted)
        assert kept.in_memory
        assert not run.in_memory
        np.testing.assert_array_equal(np.stack(list(run.c2)), kept.c2)
        assert run.c2.shape == kept.c2.shape
        assert run.c2.dtype == kept.c2.dtype
        assert run.c2.nbytes == kept.c2.nbytes
        assert len(run.c2) == len(kept.c2)
        assert run.warnings == kept.warnings
        assert (run.n_frames, run.bin_ids) == (kept.n_frames, kept.bin_ids)
        np.testing.assert_array_equal(run.phi, kept.phi)

    def test_of_a_bare_file(self, tmp_path):
        c2 = np.asfortranarray(C2[0].astype(np.float64))
        run = read(npy(tmp_path / "a.npy", c2), q=0.01, dt=1.0)
        np.testing.assert_array_equal(run.c2[0], C2[0])

    def test_of_one_matrix_of_a_stack(self, tmp_path):
        path = bare(tmp_path / "a.npz", c2=C2, q_of_nothing=[1.0])
        run = read(path, dataset="c2[1]", phi=(45.0,))
        assert len(run.c2) == 1
        np.testing.assert_array_equal(run.c2[0], C2[1])

    def test_of_the_selected_angles(self, tmp_path):
        selection = PhiSelection(ranges=(PhiRange(40, 100),))
        request = DataRequest(file=aps_u(tmp_path / "a.h5"))
        run = load(request, select=selection, keep=disk)
        np.testing.assert_array_equal(np.stack(list(run.c2)), C2[1:])

    def test_in_any_order_and_again(self, path):
        run = read(path)
        expected = [np.array(m) for m in run.c2]
        for k in (2, 0, 1, 1, 2, 0, 2):
            np.testing.assert_array_equal(run.c2[k], expected[k])

    def test_notes_do_not_grow_with_reading(self, tmp_path):
        run = read(asymmetric(tmp_path / "a.nxs"))
        for _ in range(5):
            assert len(list(run.c2)) == 3
        assert run.c2.read_again == ()
        (note,) = [w for w in run.warnings if "not symmetric" in w]
        assert note.count("[1]") == 1


class TestIndex:
    def test_integers_as_of_a_sequence(self, some):
        np.testing.assert_array_equal(some.c2[-1], C2[2])
        np.testing.assert_array_equal(some.c2[np.int64(1)], C2[1])
        for outside in (3, -4):
            with pytest.raises(IndexError, match="of 3"):
                some.c2[outside]

    @pytest.mark.parametrize("index", [slice(None), (0, 1), 1.0, None])
    def test_nothing_else(self, some, index):
        with pytest.raises(TypeError):
            some.c2[index]

    def test_read_only(self, some):
        with pytest.raises(ValueError, match="read-only"):
            some.c2[0][0, 0] = 1


class TestKept:
    def test_the_two_used_last(self, some, reads):
        for k in (0, 0, 1, 0, 1, 0):
            assert some.c2[k].shape == (12, 12)
        assert reads == ["c2_00001", "c2_00002"]
        assert some.c2[2].shape == (12, 12)
        assert some.c2[0] is some.c2[0]
        assert reads == ["c2_00001", "c2_00002", "c2_00003"]
        assert some.c2[1].shape == (12, 12)
        assert reads[3:] == ["c2_00002"]

    def test_until_it_is_closed(self, some, reads):
        first = some.c2[0]
        some.c2.close()
        np.testing.assert_array_equal(some.c2[0], first)
        assert len(reads) == 2

    def test_one_thread_need_not_wait_for_another(self, some, monkeypatch):
        first = some.c2[0]
        begun, go_on = threading.Event(), threading.Event()
        plain = Source.read

        def slow(self, entry, frames):
            begun.set()
            assert go_on.wait(10)
            return plain(self, entry, frames)

        monkeypatch.setattr(Source, "read", slow)
        with ThreadPoolExecutor(1) as pool:
            ahead = pool.submit(some.c2.__getitem__, 1)
            assert begun.wait(10)
            assert some.c2[0] is first
            assert not ahead.done()
            go_on.set()
            np.testing.assert_array_equal(ahead.result(), C2[1])


def test_many_threads(tmp_path):
    c2 = matrices(8)
    path = aps_u(tmp_path / "a.h5", phi=tuple(range(8)), c2=c2)
    run = read(path)
    wanted = np.random.default_rng(0).integers(0, 8, 400).tolist()
    with ThreadPoolExecutor(8) as pool:
        for k, found in zip(wanted, pool.map(run.c2.__getitem__, wanted), strict=True):
            np.testing.assert_array_equal(found, c2[k])


class TestFileThatChanges:
    def test_gone_and_there_again(self, some):
        away = some.path.with_suffix(".away")
        some.c2.close()
        some.path.rename(away)
        with pytest.raises(DataError, match="does not exist"):
            some.c2[1]
        away.rename(some.path)
        np.testing.assert_array_equal(some.c2[1], C2[1])

    def test_another_file_in_its_place(self, some):
        some.c2.close()
        aps_u(some.path, c2=matrices(3, n=9))
        with pytest.raises(DataError, match="has changed since it was opened"):
            some.c2[0]

    def test_a_replaced_file_that_is_still_open_is_read_to_its_end(self, some):
        np.testing.assert_array_equal(some.c2[0], C2[0])
        other = aps_u(some.path.with_suffix(".new"), c2=matrices(3) + 1)
        other.replace(some.path)
        np.testing.assert_array_equal(some.c2[1], C2[1])


class TestLoading:
    def test_is_asked_before_any_memory_is_taken(self, tmp_path, monkeypatch):
        asked = []

        def keep(*size):
            asked.append(size)
            monkeypatch.setattr(loading.np, "empty", refuse)
            return False

        def refuse(*_args, **_kwargs):
            raise MemoryError

        monkeypatch.setattr(loading, "examine", lambda _: None)
        monkeypatch.setattr(loading, "sentences", lambda *_: ())
        path = aps_u(tmp_path / "a.h5")
        run = read(path, keep, first_frame=3, last_frame=9)
        assert asked == [(3, 7)]
        assert isinstance(run.c2, StoredMatrices)

    @pytest.mark.parametrize("keep", [disk, loading.always])
    def test_every_matrix_is_read_and_shown_once(self, tmp_path, reads, keep):
        shown = []
        run = load(
            DataRequest(file=aps_u(tmp_path / "a.h5")),
            keep=keep,
            on_matrix=lambda k, m: shown.append((k, m.flags.writeable, np.array(m))),
        )
        assert reads == list(run.bin_ids)
        assert [s[:2] for s in shown] == [(0, False), (1, False), (2, False)]
        np.testing.assert_array_equal(np.stack([s[2] for s in shown]), C2)

    def test_cancelling(self, tmp_path):
        answers = iter([False, False, True])
        request = DataRequest(file=aps_u(tmp_path / "a.h5"))
        with pytest.raises(CancelledError):
            load(request, keep=disk, cancelled=lambda: next(answers))
        assert not list(answers)


class TestIntoMemory:
    def test_equal(self, some):
        run = in_memory(some)
        assert run.in_memory
        assert not some.in_memory
        np.testing.assert_array_equal(run.c2, C2)
        assert not run.c2.flags.writeable
        assert run.warnings == some.warnings
        assert in_memory(run) is run

    def test_memory_that_is_not_there(self, some, monkeypatch):
        def refuse(*_args, **_kwargs):
            raise MemoryError

        monkeypatch.setattr(stored.np, "empty", refuse)
        with pytest.raises(MemoryError):
            in_memory(some)

    def test_cancelling(self, some):
        answers = iter([False, True])
        with pytest.raises(CancelledError):
            in_memory(some, cancelled=lambda: next(answers))
        assert not list(answers)


N = 500
COUNT = 20


def large():
    one = np.random.default_rng(0).normal(1.1, 0.01, (N, N)).astype(np.float32)
    return np.broadcast_to(np.triu(one) + np.triu(one, 1).T, (COUNT, N, N))


def large_hdf5(path):
    return aps_u(path, phi=tuple(range(COUNT)), c2=large())


def large_wide(path):
    phi = tuple(range(COUNT))
    return nexus(path, large().astype(np.float64), q=[0.01] * COUNT, phi=phi)


def large_packed(path):
    one = np.triu(np.full((COUNT, N, N), 1.1))
    np.savez_compressed(path, c2=one, phi=np.arange(COUNT), q=0.01, dt=1.0)
    return path


class TestMemory:
    @pytest.mark.slow
    @pytest.mark.parametrize("write", [large_hdf5, large_wide, large_packed])
    def test_is_that_of_a_few_matrices(self, tmp_path, write):
        path = write(tmp_path / "run.npz")
        one = N * N * 4
        read(path, first_frame=1, last_frame=20)  # imports what reading needs
        tracemalloc.start()
        try:
            run = read(path)
            loaded = tracemalloc.get_traced_memory()
            assert loaded[0] < 0.5 * one
            assert loaded[1] < 3 * one
            tracemalloc.reset_peak()
            total = sum(float(m[0, 1]) for m in run.c2)
            assert np.isfinite(total)
            assert tracemalloc.get_traced_memory()[1] < 4 * one
        finally:
            tracemalloc.stop()

    def test_one_matrix_beside_those_that_are_kept(self, tmp_path):
        path = large_hdf5(tmp_path / "run.h5")
        read(path, first_frame=1, last_frame=20)
        tracemalloc.start()
        try:
            run = read(path, loading.always)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert run.c2.nbytes < peak < run.c2.nbytes + 3 * N * N * 4
