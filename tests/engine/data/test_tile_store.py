"""The scratch file of tiles: what was put comes back, and nothing is left behind."""

import errno
import os
from collections import namedtuple
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import tile_store
from engine.data.tile_store import (
    SCRATCH_VARIABLE,
    ScratchError,
    TileStore,
    scratch_folder,
)
from engine.data.tiles import cut, tile_layout

Usage = namedtuple("Usage", "total used free")


def layout_of(n_frames, tile=16, chunk_tiles=3):
    return tile_layout(n_frames, tile=tile, chunk_tiles=chunk_tiles)


def random_tiles(layout, n_angles, planes, seed=0):
    """Return tiles by (chunk, angle): a list of `planes` arrays."""
    rng = np.random.default_rng(seed)
    side = layout.tile
    return {
        (c, k): [
            rng.normal(size=(len(chunk.rows), side, side)).astype(np.float32)
            for _ in range(planes)
        ]
        for c, chunk in enumerate(layout.chunks)
        for k in range(n_angles)
    }


def filled(layout, n_angles, tiles, folder, order=None):
    store = TileStore(
        layout, n_angles, weighted=len(next(iter(tiles.values()))) == 2, folder=folder
    )
    for c, k in order or tiles:
        store.put(c, k, *tiles[c, k])
    return store


@settings(deadline=None, max_examples=25, derandomize=True)
@given(
    n_frames=st.integers(3, 90),
    n_angles=st.integers(1, 5),
    planes=st.sampled_from([1, 2]),
    chunk_tiles=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_every_chunk_brings_every_angle(
    tmp_path_factory, n_frames, n_angles, planes, chunk_tiles, seed
):
    """In whatever order they were put, and read."""
    layout = layout_of(n_frames, chunk_tiles=chunk_tiles)
    tiles = random_tiles(layout, n_angles, planes, seed)
    rng = np.random.default_rng(seed)
    order = [list(tiles)[n] for n in rng.permutation(len(tiles))]
    folder = tmp_path_factory.mktemp("s")
    with closing(filled(layout, n_angles, tiles, folder, order)) as store:
        assert store.n_chunks == len(layout.chunks)
        assert store.nbytes == sum(a.nbytes for some in tiles.values() for a in some)
        for c in rng.permutation(store.n_chunks).tolist():
            expected = np.array([tiles[c, k] for k in range(n_angles)])
            np.testing.assert_array_equal(store.read(c), expected)


def test_the_file_is_ordered_chunk_angle_tile(tmp_path):
    """So one stretch of it is a chunk of all angles."""
    layout = layout_of(60)
    tiles = random_tiles(layout, 3, 1)
    backwards = list(tiles)[::-1]
    with closing(filled(layout, 3, tiles, tmp_path, backwards)) as store:
        store._file.seek(0)
        content = store._file.read()
    expected = [
        tiles[c, k][0].tobytes() for c in range(len(layout.chunks)) for k in range(3)
    ]
    assert content == b"".join(expected)


def test_the_pixels_that_are_not_fitted_come_back_as_such(tmp_path):
    layout = layout_of(40)
    matrix = np.arange(1600, dtype=np.float32).reshape(40, 40)
    matrix[3, 20] = np.nan
    store = TileStore(layout, 1, folder=tmp_path)
    for c, chunk in enumerate(layout.chunks):
        store.put(c, 0, cut(layout, chunk, matrix, None))
    kept = [store.read(c) for c in range(store.n_chunks)]
    store.close()
    values = np.sort(np.concatenate([b[np.isfinite(b)] for b in kept]))
    upper = matrix[np.triu_indices(40, 1)]
    np.testing.assert_array_equal(values, np.sort(upper[np.isfinite(upper)]))


def test_tiles_of_another_shape_are_refused(tmp_path):
    layout = layout_of(40)
    store = TileStore(layout, 1, folder=tmp_path)
    one = np.zeros((len(layout.chunks[0].rows), 16, 16), np.float32)
    with pytest.raises(ValueError, match="do not belong"):
        store.put(0, 0, one[:1])
    with pytest.raises(ValueError, match="do not belong"):
        store.put(0, 0, one, one)
    store.close()


class TestDigest:
    """Tells one set of tiles from another."""

    LAYOUT = layout_of(40)

    def digest(self, tmp_path, **changes):
        tiles = random_tiles(self.LAYOUT, 2, 1)
        for place, value in changes.get("changed", {}).items():
            tiles[place][0][0, 0, 0] = value
        store = filled(self.LAYOUT, 2, tiles, tmp_path)
        store.close()
        return store.digest

    def test_is_the_same_for_the_same_tiles(self, tmp_path):
        assert self.digest(tmp_path) == self.digest(tmp_path)

    def test_differs_when_a_pixel_does(self, tmp_path):
        other = self.digest(tmp_path, changed={(0, 1): 1.5})
        assert other != self.digest(tmp_path)
        assert self.digest(tmp_path, changed={(0, 1): np.nan}) not in {
            other,
            self.digest(tmp_path),
        }


class TestDisk:
    def test_nothing_is_left_behind(self, tmp_path):
        """Not even while the file is in use, so that a kill leaves nothing either."""
        folder = tmp_path / "deep" / "scratch"
        store = filled(layout_of(40), 2, random_tiles(layout_of(40), 2, 1), folder)
        if os.name == "posix":
            assert list(folder.iterdir()) == []
        store.close()
        store.close()
        assert list(folder.iterdir()) == []

    def test_space_is_freed(self, tmp_path):
        store = TileStore(layout_of(40), 2, folder=tmp_path)
        store.close()
        with pytest.raises(ValueError, match="closed"):
            store.read(0)

    def test_too_little_of_it_is_said_before_anything_is_written(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(
            tile_store.shutil, "disk_usage", lambda _: Usage(10, 10, 1000)
        )
        with pytest.raises(OSError, match=SCRATCH_VARIABLE) as error:
            TileStore(layout_of(100), 3, folder=tmp_path)
        assert error.value.errno == errno.ENOSPC
        assert error.value.filename == str(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_folder_from_the_environment(self, tmp_path, monkeypatch):
        monkeypatch.setenv(SCRATCH_VARIABLE, str(tmp_path / "there"))
        assert scratch_folder() == tmp_path / "there"
        TileStore(layout_of(40), 1).close()
        assert (tmp_path / "there").is_dir()
        monkeypatch.delenv(SCRATCH_VARIABLE)
        assert scratch_folder().name == "scratch"


class Short:
    """A file that reads and writes a few bytes at a time."""

    def __init__(self, file, most):
        self._file, self._most = file, most

    def readinto(self, view):
        return self._file.readinto(view[: self._most])

    def write(self, view):
        return self._file.write(view[: self._most])

    def __getattr__(self, name):
        return getattr(self._file, name)


class TestReading:
    LAYOUT = layout_of(40)

    @pytest.fixture
    def tiles(self):
        return random_tiles(self.LAYOUT, 2, 1)

    def test_a_system_that_gives_less_than_it_is_asked_for(self, tmp_path, tiles):
        store = TileStore(self.LAYOUT, 2, folder=tmp_path)
        store._file = Short(store._file, 1001)
        for c, k in tiles:
            store.put(c, k, *tiles[c, k])
        for c in range(store.n_chunks):
            block = store.read(c)
            for k in range(2):
                np.testing.assert_array_equal(block[k, 0], tiles[c, k][0])
        store.close()

    def test_a_failure_is_met_by_trying_again_once(self, tmp_path, tiles, monkeypatch):
        store = filled(self.LAYOUT, 2, tiles, tmp_path)
        plain, failures = store._read, [OSError(errno.EIO, "input/output error")]

        def read(chunk):
            if failures:
                raise failures.pop()
            return plain(chunk)

        monkeypatch.setattr(store, "_read", read)
        np.testing.assert_array_equal(store.read(1)[1, 0], tiles[1, 1][0])
        assert store.read_again == 1
        failures += [OSError(errno.EIO, "input/output error")] * 2
        with pytest.raises(OSError, match="input/output"):
            store.read(1)
        store.close()

    def test_a_file_cut_short_is_an_error_and_no_noise(self, tmp_path, tiles):
        store = filled(self.LAYOUT, 2, tiles, tmp_path)
        os.ftruncate(store._file.fileno(), store.nbytes - 4)
        with pytest.raises(OSError, match="cut short"):
            store.read(store.n_chunks - 1)
        store.close()


def test_a_place_that_refuses_is_named_with_the_variable(tmp_path):
    """A file where the folder should be: the same on every system, root included."""
    place = tmp_path / "scratch"
    place.write_text("in the way")
    with pytest.raises(ScratchError) as caught:
        TileStore(tile_layout(40), 1, folder=place)
    assert f"name another folder in {SCRATCH_VARIABLE}" in caught.value.strerror
    assert caught.value.filename == str(place)
