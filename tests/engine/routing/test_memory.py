"""The memory model: its terms against what the parts of the program really hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.tile_store import TileStore
from engine.data.tiles import CHUNK_TILES, TILE, cut, tile_layout
from engine.kernel.coarse import CoarseGrid, has_coarse_grid
from engine.options import ChunkOptions
from engine.routing.chunks import chunk_tiles
from engine.routing.coarse import coarse_bytes
from engine.routing.memory import Part, Stage, footprint
from engine.routing.plan import FRUGAL_ORDER, RunSize
from engine.setup import Strategy

S = Strategy
FRAMES = st.integers(3, 4000)
ANGLES = st.integers(1, 40)


def size(n_angles=3, n_frames=1001, **more):
    given = {"n_matrices": n_angles, "n_coefficients": 7 + 2 * n_angles, **more}
    return RunSize(n_angles=n_angles, n_frames=n_frames, **given)


def terms(strategy, stage=Stage.FITTING, options=None, cores=2, **run):
    return footprint(size(**run), strategy, options, cores=cores).stages[stage]


@pytest.mark.parametrize("n_frames", [30, 129, 500])
def test_tiles_take_what_cut_tiles_take(n_frames):
    layout = tile_layout(n_frames - 1)
    matrix = np.ones((n_frames - 1, n_frames - 1), np.float32)
    held = sum(cut(layout, chunk, matrix, None).nbytes for chunk in layout.chunks)
    found = terms(S.STANDARD, n_angles=4, n_frames=n_frames)[Part.TILES]
    assert found == pytest.approx(4 * held / 1e9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_frames", [100, 500, 700])
def test_the_coarse_grid_takes_what_it_really_holds(n_frames, weighted):
    layout = tile_layout(n_frames)
    planned = coarse_bytes(layout, 2, on_disk=False)
    if not has_coarse_grid(layout):
        assert planned == 0
        return
    grid = CoarseGrid(layout, 2, weighted=weighted)
    matrix = np.ones((n_frames, n_frames), np.float32)
    for angle in range(2):
        for number, chunk in enumerate(layout.chunks):
            tiles = cut(layout, chunk, matrix, None)
            grid.add(number, angle, tiles, tiles if weighted else None)
    used = [p for angle in grid.tiles(1.0).angles for p in angle.pixels]
    arrays = [a for p in used for a in (p.c2, p.weight)]
    assert not grid._held
    held = sum(a.nbytes for a in (*arrays, grid._values, grid._weights))
    assert planned == held


def test_a_large_coarse_grid_stays_on_disk():
    layout = tile_layout(8000)
    held, stored = (
        coarse_bytes(layout, 200, on_disk=on_disk) for on_disk in (False, True)
    )
    assert held > 1e9
    assert stored < 0.15e9


@pytest.mark.parametrize("n_angles", [1, 3, 23, 500])
def test_a_chunk_on_disk_is_as_large_as_asked_for(n_angles):
    options = ChunkOptions(points=400_000, streaming_points=800_000)
    one_tile = n_angles * TILE**2
    for strategy, points in ((S.CHUNKED, 400_000), (S.STREAMING, 800_000)):
        tiles = chunk_tiles(strategy, n_angles, options)
        assert 1 <= tiles <= CHUNK_TILES
        if points <= CHUNK_TILES * one_tile:
            assert points <= tiles * one_tile < points + one_tile
    assert chunk_tiles(S.LARGE, n_angles, options) == CHUNK_TILES


def test_a_buffer_is_a_chunk_of_the_scratch_file(tmp_path):
    options = ChunkOptions()
    layout = tile_layout(4000, chunk_tiles=chunk_tiles(S.CHUNKED, 3, options))
    store = TileStore(layout, 3, weighted=True, folder=tmp_path)
    largest = max(
        b - a for a, b in zip(store._starts[:-1], store._starts[1:], strict=True)
    )
    store.close()
    found = terms(S.CHUNKED, n_frames=4001, sigma_arrays=3)[Part.BUFFERS]
    found *= 1e9 / largest
    assert found == pytest.approx(round(found))
    assert 3 <= found <= 6


def test_more_threads_need_more_buffers_but_never_more_than_all_tiles():
    few, many, most = (
        terms(S.CHUNKED, n_frames=4001, cores=n)[Part.BUFFERS] for n in (2, 16, 10_000)
    )
    assert few < many == most
    assert terms(S.CHUNKED, cores=16)[Part.BUFFERS] == terms(S.STANDARD)[Part.TILES]


@pytest.mark.parametrize("strategy", [S.STANDARD, S.LARGE])
def test_matrices_in_memory_are_counted_once_and_whole(strategy):
    found = terms(strategy, n_angles=2, n_matrices=5, n_frames=1000)[Part.MATRICES]
    assert found == 5 * 1000**2 * 4 / 1e9


@pytest.mark.parametrize("strategy", [S.CHUNKED, S.STREAMING])
def test_a_run_on_disk_never_has_more_than_two_matrices(strategy):
    for stage in Stage:
        found = terms(strategy, stage, n_angles=50, n_frames=1000)
        assert found.get(Part.MATRICES, 0.0) <= 2 * 1000**2 * 4 / 1e9


def test_a_sigma_for_each_pixel_doubles_the_tiles():
    plain, weighed = terms(S.STANDARD), terms(S.STANDARD, sigma_arrays=3)
    assert weighed[Part.TILES] == 2 * plain[Part.TILES]


def test_masks_and_weights_stay_beside_matrices_that_are_cut_again():
    plain = terms(S.LARGE)
    assert Part.WEIGHTS not in plain
    masked = terms(S.LARGE, masked=True)[Part.WEIGHTS]
    both = terms(S.LARGE, masked=True, sigma_arrays=3)[Part.WEIGHTS]
    assert (masked, both) == (3 * 1001**2 / 1e9, 3 * 1001**2 * 5 / 1e9)


@given(FRAMES, ANGLES, st.sampled_from(FRUGAL_ORDER), st.booleans())
def test_the_total_is_the_largest_sum_of_a_stage(n_frames, n_angles, strategy, sigma):
    run = size(n_angles, n_frames, sigma_arrays=n_angles if sigma else 0)
    found = footprint(run, strategy, cores=2)
    sums = [sum(stage.values()) for stage in found.stages.values()]
    assert found.total == max(sums)
    assert all(term > 0 for stage in found.stages.values() for term in stage.values())
    assert found.total > 0.3


@given(FRAMES, ANGLES, st.integers(0, 40))
def test_what_is_called_more_frugal_hardly_ever_needs_more(n_frames, n_angles, others):
    """A small run gains nothing on disk, where it has a coarse grid in any case."""
    run = size(n_angles, n_frames, n_matrices=n_angles + others)
    totals = [footprint(run, s, cores=2).total for s in FRUGAL_ORDER]
    assert totals[1] <= totals[0]
    assert totals[2] <= totals[1] + 0.2
    assert totals[3] <= totals[2]


@given(FRAMES, st.integers(1, 200), st.sampled_from([S.CHUNKED, S.STREAMING]))
def test_on_disk_the_number_of_angles_hardly_matters(n_frames, n_angles, strategy):
    one = footprint(size(1, n_frames), strategy, cores=2).total
    many = footprint(size(n_angles, n_frames), strategy, cores=2).total
    second_matrix = 4e-9 * n_frames**2
    assert many - one <= second_matrix + 0.4


def test_ten_times_the_memory_fits_within_it():
    """A run whose matrices are ten times the memory a fit may use."""
    run = size(n_angles=400, n_frames=4001)
    on_disk = 400 * 4001**2 * 4 / 1e9
    assert footprint(run, S.CHUNKED).total < on_disk / 10


@given(FRAMES, ANGLES, st.sampled_from(FRUGAL_ORDER))
def test_more_frames_or_angles_need_no_less(n_frames, n_angles, strategy):
    """But for shapes of chunks, and a coarse grid that then is kept on disk."""
    two_kernels = 0.048
    here = footprint(size(n_angles, n_frames), strategy, cores=2).total
    longer = footprint(size(n_angles, n_frames + 128), strategy, cores=2).total
    more = footprint(size(n_angles + 1, n_frames), strategy, cores=2).total
    slack = 0.15 if strategy in {S.CHUNKED, S.STREAMING} else two_kernels
    assert longer >= here - slack
    assert more >= here - slack
