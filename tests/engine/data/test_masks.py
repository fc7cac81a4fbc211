"""Pixels left out: frames of the file, regions in seconds, files."""

import tracemalloc

import numpy as np
import pytest

from engine.data.masks import build_mask, mask_builder, unused_masks
from engine.data.numpy_file import NumpyFile
from engine.errors import DataError
from engine.setup import MaskRegion, Masks
from tests.engine.data.files import matrices
from tests.engine.data.runs import run_of

N = 12


@pytest.fixture
def run():
    return run_of(matrices(2), first_frame=101, phi=[0.0, 45.0], n_frames_file=150)


def pixels(mask):
    return {(i, j) for i, j in np.argwhere(mask).tolist() if i <= j}


def test_nothing_left_out(run):
    assert not build_mask(run, Masks(), 0).any()


def test_pixels_without_value_are_left_out_on_both_sides():
    c2 = matrices(2)
    c2[1, 2, 5] = np.nan
    c2[1, 3, 7] = np.inf
    run = run_of(c2)
    assert not build_mask(run, Masks(), 0).any()
    mask = build_mask(run, Masks(), 1)
    assert pixels(mask) == {(2, 5), (3, 7)}
    np.testing.assert_array_equal(mask, mask.T)


def test_frames_are_numbered_as_in_the_file(run):
    masks = Masks(frames=((103, 104), (112, 140), (1, 101)))
    mask = build_mask(run, masks, 1)
    dead = [0, 2, 3, 11]
    expected = np.zeros((N, N), dtype=bool)
    expected[dead] = True
    expected[:, dead] = True
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("span", [(1, 100), (113, 200)])
def test_frames_outside_the_window_change_nothing(run, span):
    assert not build_mask(run, Masks(frames=(span,)), 0).any()


@pytest.mark.parametrize("span", [(5, 4), (0, 4), (-2, 3)])
def test_impossible_frames(run, span):
    with pytest.raises(DataError, match=r"masks\.frames: \["):
        build_mask(run, Masks(frames=(span,)), 0)


def test_region_is_inclusive_and_mirrored(run):
    region = MaskRegion(None, t1=(0.2, 0.3), t2=(0.7, 0.9))
    mask = build_mask(run, Masks(regions=(region,)), 0)
    assert pixels(mask) == {(i, j) for i in (2, 3) for j in (7, 8, 9)}
    np.testing.assert_array_equal(mask, mask.T)


def test_region_of_one_angle(run):
    masks = Masks(regions=(MaskRegion(405.0, t1=(0, 0.1), t2=(0, 0.1)),))
    assert not build_mask(run, masks, 0).any()
    assert pixels(build_mask(run, masks, 1)) == {(0, 0), (0, 1), (1, 1)}


@pytest.mark.parametrize("span", [(1.0, 0.5), (float("nan"), 1.0)])
def test_impossible_region(run, span):
    region = MaskRegion(None, t1=(0, 1), t2=span)
    with pytest.raises(DataError, match=r"masks\.regions: t2"):
        build_mask(run, Masks(regions=(region,)), 0)


def corner(n, *, at):
    mask = np.zeros((n, n), dtype=bool)
    mask[at] = True
    return mask


@pytest.mark.parametrize("kind", [bool, np.uint8, float])
@pytest.mark.parametrize("packed", [False, True])
def test_file_on_the_window(run, tmp_path, kind, packed):
    path = tmp_path / ("m.npz" if packed else "m.npy")
    mask = corner(N, at=(2, 5)).astype(kind)
    (np.savez(path, mask=mask) if packed else np.save(path, mask))
    assert pixels(build_mask(run, Masks(file=path), 1)) == {(2, 5)}


def test_file_on_all_frames_of_the_data_file(run, tmp_path):
    path = tmp_path / "m.npy"
    np.save(path, corner(150, at=(102, 105)))
    assert pixels(build_mask(run, Masks(file=path), 0)) == {(2, 5)}


@pytest.mark.parametrize("kind", [bool, np.uint8])
@pytest.mark.parametrize("packed", [False, True])
def test_file_per_angle(run, tmp_path, kind, packed):
    path = tmp_path / ("m.npz" if packed else "m.npy")
    array = np.stack([corner(N, at=(2, 5)), corner(N, at=(7, 3))]).astype(kind)
    (np.savez_compressed(path, array) if packed else np.save(path, array))
    build = mask_builder(run, Masks(file=path))
    assert pixels(build(0)) == {(2, 5)}
    assert pixels(build(1)) == {(3, 7)}
    assert pixels(build(0)) == {(2, 5)}


def test_file_for_all_angles_is_read_once(run, tmp_path, monkeypatch):
    path = tmp_path / "m.npy"
    np.save(path, corner(N, at=(2, 5)))
    build = mask_builder(run, Masks(file=path))
    monkeypatch.setattr(NumpyFile, "window", None)
    assert pixels(build(0)) == pixels(build(1)) == {(2, 5)}


def test_other_values_at_a_later_angle_are_found_at_once(run, tmp_path):
    path = tmp_path / "m.npy"
    array = np.zeros((2, N, N))
    array[1, 2, 5] = 0.5
    np.save(path, array)
    with pytest.raises(DataError, match="besides 0 and 1"):
        mask_builder(run, Masks(file=path))


def test_truncated_file(run, tmp_path):
    path = tmp_path / "m.npy"
    np.save(path, np.zeros((2, N, N), dtype=bool))
    path.write_bytes(path.read_bytes()[:-5])
    build = mask_builder(run, Masks(file=path))
    assert not build(0).any()
    with pytest.raises(DataError, match=r"^masks\.file: .* the file is incomplete"):
        build(1)


def test_file_per_angle_takes_the_memory_of_one(tmp_path):
    n, count = 500, 20
    path = tmp_path / "m.npy"
    np.save(path, np.zeros((count, n, n), dtype=bool))
    run = run_of(np.broadcast_to(np.ones((n, n), dtype=np.float32), (count, n, n)))
    tracemalloc.start()
    try:
        build = mask_builder(run, Masks(file=path))
        assert not any(build(k).any() for k in range(count))
        assert tracemalloc.get_traced_memory()[1] < 5 * n * n
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (
            np.ones((5, 5), bool),
            r"is 5 × 5; expected N × N or 2 × N × N with N = 12 or",
        ),
        (np.ones((3, N, N), bool), "is 3 × 12 × 12"),
        (np.ones(N, bool), "is 12;"),
        (np.full((N, N), 2), "besides 0 and 1"),
        (np.full((N, N), "a"), "besides 0 and 1"),
    ],
)
def test_file_that_does_not_fit(run, tmp_path, array, words):
    path = tmp_path / "m.npy"
    np.save(path, array)
    with pytest.raises(DataError, match=words) as error:
        build_mask(run, Masks(file=path), 0)
    assert str(error.value).startswith("masks.file: ")


def test_file_that_is_no_array(run, tmp_path):
    path = tmp_path / "m.txt"
    with pytest.raises(DataError, match="does not exist"):
        build_mask(run, Masks(file=path), 0)
    path.write_text("0 0 1")
    with pytest.raises(DataError, match="not a NumPy file"):
        build_mask(run, Masks(file=path), 0)
    np.savez(tmp_path / "m.npz", a=[1], b=[2])
    with pytest.raises(DataError, match=r"2 arrays \(a, b\)"):
        build_mask(run, Masks(file=tmp_path / "m.npz"), 0)


@pytest.mark.parametrize(
    ("masks", "words"),
    [
        (Masks(frames=((200, 210),)), "frames"),
        (Masks(regions=(MaskRegion(7.0, (0.0, 1.0), (0.0, 1.0)),)), "phi = 7"),
        (Masks(regions=(MaskRegion(None, (900.0, 999.0), (0.0, 1.0)),)), "no pair"),
    ],
)
def test_masks_that_touch_nothing_are_named(run, masks, words):
    (note,) = unused_masks(run, masks)
    assert words in note


def test_masks_that_work_are_not_remarked(run):
    region = MaskRegion(45.0, (0.0, 1e6), (0.0, 1e6))
    assert unused_masks(run, Masks(frames=((103, 104),), regions=(region,))) == ()
