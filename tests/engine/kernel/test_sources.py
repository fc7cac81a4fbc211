"""Wherever the tiles live, the same pixels come in the same order."""

import gc
import threading
import time
import weakref
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.conventions import Convention
from engine.data.tile_store import TileStore
from engine.data.tiles import cut, tile_layout
from engine.errors import CancelledError
from engine.events import never
from engine.kernel import reduction as reductions
from engine.kernel.reduce import Pixels
from engine.kernel.reduction import Reduction
from engine.kernel.sources import (
    AngleTiles,
    CutTiles,
    HeldTiles,
    MatrixOfAngle,
    StoredTiles,
)
from engine.models.base import Geometry
from engine.models.registry import build_model
from engine.routing.chunks import buffered_chunks
from engine.setup import Loss, Strategy

WEIGHT = 2500.0


def matrices(n, n_angles, *, weighted=False, masked=False, seed=0):
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n_angles):
        c2 = rng.normal(1.1, 0.1, (n, n)).astype(np.float32)
        c2[rng.random((n, n)) < 0.05] = np.nan
        weight = rng.uniform(0.5, 2.0, (n, n)).astype(np.float32) if weighted else None
        left_out = rng.random((n, n)) < 0.1 if masked else None
        made.append(MatrixOfAngle(c2=c2, left_out=left_out, weight=weight))
    return made


def held(layout, some):
    def pixels(m, chunk):
        weight = np.asarray(WEIGHT)
        if m.weight is not None:
            weight = cut(layout, chunk, m.weight, None)
        return Pixels(cut(layout, chunk, m.c2, m.left_out), weight)

    return HeldTiles(
        [AngleTiles(tuple(pixels(m, c) for c in layout.chunks)) for m in some]
    )


def stored(layout, some, folder):
    weighted = some[0].weight is not None
    store = TileStore(layout, len(some), weighted=weighted, folder=folder)
    for k, m in enumerate(some):
        for c, chunk in enumerate(layout.chunks):
            weight = cut(layout, chunk, m.weight, None) if weighted else None
            store.put(c, k, cut(layout, chunk, m.c2, m.left_out), weight)
    return StoredTiles(store, 1.0 if weighted else WEIGHT)


def every_source(layout, some, folder):
    return {
        "held": held(layout, some),
        "cut": CutTiles(layout, some, WEIGHT),
        "stored": stored(layout, some, folder),
    }


def everything(source):
    """Return (chunk, angle, pixels) of a whole pass."""
    with closing(source.chunks()) as chunks:
        return [
            (c, k, pixels_of(k))
            for c, pixels_of in enumerate(chunks)
            for k in range(source.n_angles)
        ]


def reduction(layout, tiles, n_angles):
    return Reduction(
        model=build_model("static", Convention.LITERATURE),
        geometry=Geometry(q=0.0054, gap=2e6),
        times=np.arange(1, layout.n_frames + 1) * 0.5,
        phi=np.linspace(0.0, 90.0, n_angles),
        layout=layout,
        tiles=tiles,
        loss=Loss.LINEAR,
        loss_scale=1.0,
    )


THETA = np.array([900.0, -0.4, 200.0])


def sums(reduce, **options):
    k = reduce.tiles.n_angles
    return reduce(THETA, np.full(k, 0.3), np.ones(k), never, **options)


@settings(deadline=None, max_examples=20, derandomize=True)
@given(
    n=st.integers(3, 70),
    n_angles=st.integers(1, 4),
    chunk_tiles=st.integers(1, 7),
    weighted=st.booleans(),
    masked=st.booleans(),
)
def test_same_pixels_in_the_same_order(
    tmp_path_factory, n, n_angles, chunk_tiles, weighted, masked
):
    layout = tile_layout(n, tile=16, chunk_tiles=chunk_tiles)
    some = matrices(n, n_angles, weighted=weighted, masked=masked)
    sources = every_source(layout, some, tmp_path_factory.mktemp("s"))
    expected = everything(sources.pop("held"))
    assert [(c, k) for c, k, _ in expected] == [
        (c, k) for c in range(len(layout.chunks)) for k in range(n_angles)
    ]
    for source in sources.values():
        found = everything(source)
        assert [f[:2] for f in found] == [e[:2] for e in expected]
        for (*_, ours), (*_, theirs) in zip(found, expected, strict=True):
            np.testing.assert_array_equal(ours.c2, theirs.c2)
            np.testing.assert_array_equal(ours.weight, theirs.weight)
    sources["stored"].store.close()


@pytest.mark.parametrize("weighted", [False, True])
def test_same_sums_to_the_last_bit(tmp_path, weighted):
    layout = tile_layout(80, tile=16, chunk_tiles=5)
    some = matrices(80, 3, weighted=weighted, masked=True)
    sources = every_source(layout, some, tmp_path)
    first = sums(reduction(layout, sources["held"], 3))
    for source in (sources["cut"], sources["stored"], sources["stored"]):
        other = sums(reduction(layout, source, 3))
        for field in ("hessian", "with_f", "with_r", "swff", "cost", "chi2"):
            np.testing.assert_array_equal(getattr(other, field), getattr(first, field))
    sources["stored"].store.close()


@pytest.mark.parametrize("where", ["held", "cut", "stored"])
def test_progress_ends_with_the_last_chunk(tmp_path, where):
    layout = tile_layout(80, tile=16, chunk_tiles=5)
    sources = every_source(layout, matrices(80, 2), tmp_path)
    told = []
    sums(reduction(layout, sources[where], 2), advanced=told.append)
    sources["stored"].store.close()
    n = len(layout.chunks)
    assert n == 3
    np.testing.assert_allclose(told, np.arange(1, n + 1) / n)


class SlowStore:
    """Hands out blocks, remembers which of them are alive, and fails when told."""

    def __init__(self, layout, n_angles, error=None, fails_at=None):
        self.n_angles, self.n_chunks = n_angles, len(layout.chunks)
        self._layout, self._error, self._fails_at = layout, error, fails_at
        self._blocks = []
        self.asked, self.threads = [], set()
        self.most = 0

    @property
    def alive(self):
        return sum(block() is not None for block in self._blocks)

    def none_alive(self):
        """Whether all are let go, which another thread may be about to do."""
        for _ in range(100):
            gc.collect()
            if not self.alive:
                return True
            time.sleep(0.01)
        return False

    def read(self, chunk):
        self.asked.append(chunk)
        self.threads.add(threading.get_ident())
        if chunk == self._fails_at:
            raise self._error
        # So that the threads have let go of what they are done with.
        time.sleep(0.005)
        side = self._layout.tile
        count = len(self._layout.chunks[chunk].rows)
        block = np.full((self.n_angles, 1, count, side, side), 1.1, np.float32)
        self._blocks.append(weakref.ref(block))
        self.most = max(self.most, self.alive)
        return block


def read_ahead_threads():
    return [t for t in threading.enumerate() if t.name.startswith("read-ahead")]


class TestReadAhead:
    LAYOUT = tile_layout(160, tile=16, chunk_tiles=1)

    def test_the_next_chunk_is_read_while_one_is_used(self):
        store = SlowStore(self.LAYOUT, 2)
        with closing(StoredTiles(store, 1.0).chunks()) as chunks:
            next(chunks)
            for _ in range(200):
                if store.asked == [0, 1]:
                    break
                time.sleep(0.01)
            assert store.asked == [0, 1]
            assert store.threads != {threading.get_ident()}
            for _ in chunks:
                pass
        assert store.asked == list(range(store.n_chunks))
        assert len(store.threads) == 1

    def test_a_walk_holds_the_chunk_in_use_and_the_next(self):
        store = SlowStore(self.LAYOUT, 2)
        with closing(StoredTiles(store, 1.0).chunks()) as chunks:
            for pixels_of in chunks:
                pixels_of(0)
        # The loop variable keeps the last one but one while the next is yielded.
        assert store.most <= 3
        del pixels_of
        assert store.none_alive()

    @pytest.mark.slow
    @pytest.mark.parametrize(("n_angles", "cores"), [(1, 2), (3, 2), (1, 8)])
    def test_a_pass_holds_no_more_than_the_memory_model_says(
        self, monkeypatch, n_angles, cores
    ):
        monkeypatch.setattr(reductions, "available_cores", lambda: cores)
        store = SlowStore(self.LAYOUT, n_angles)
        allowed = buffered_chunks(Strategy.CHUNKED, n_angles, cores)
        assert store.n_chunks > 2 * allowed
        sums(reduction(self.LAYOUT, StoredTiles(store, 1.0), n_angles))
        assert store.asked == list(range(store.n_chunks))
        assert store.most <= allowed
        assert store.none_alive()

    def test_leaving_early_ends_the_thread(self):
        store = SlowStore(self.LAYOUT, 2)
        chunks = StoredTiles(store, 1.0).chunks()
        next(chunks)
        assert read_ahead_threads()
        chunks.close()
        assert not read_ahead_threads()
        assert len(store.asked) <= 2

    @pytest.mark.parametrize("fails_at", [0, 1, 7])
    def test_an_error_comes_through_with_no_thread_left(self, fails_at):
        store = SlowStore(self.LAYOUT, 2, OSError("gone"), fails_at)
        with pytest.raises(OSError, match="gone"):
            sums(reduction(self.LAYOUT, StoredTiles(store, 1.0), 2))
        assert store.asked == list(range(fails_at + 1))
        assert not read_ahead_threads()

    def test_cancelling_ends_the_thread_within_a_few_chunks(self):
        store = SlowStore(self.LAYOUT, 2)
        reduce = reduction(self.LAYOUT, StoredTiles(store, 1.0), 2)
        with pytest.raises(CancelledError):
            reduce(THETA, np.full(2, 0.3), np.ones(2), lambda: len(store.asked) > 3)
        assert len(store.asked) < store.n_chunks
        assert not read_ahead_threads()
