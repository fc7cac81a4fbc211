"""Choice of q, dt, frames and angles; progress, cancelling and wrong files."""

import os
import time

import h5py
import numpy as np
import pytest

from engine.data import load as loading
from engine.data.load import load
from engine.errors import CancelledError, DataError
from engine.setup import DataRequest, PhiRange, PhiSelection
from tests.engine.data.files import aps_old, aps_u, matrices


@pytest.fixture
def path(tmp_path):
    return aps_u(tmp_path / "run.h5")


def read(path, **wanted):
    return load(DataRequest(file=path, **wanted))


class TestQ:
    @pytest.fixture
    def rings(self, tmp_path):
        """Two rings of two angles and one of three."""
        return aps_old(
            tmp_path / "a.h5",
            q=(0.02, 0.02, 0.01, 0.01, 0.03, 0.03, 0.03),
            phi=(0, 90, 0, 90, 0, 45, 90),
        )

    def test_exact(self, rings):
        run = read(rings, q=0.02)
        assert run.q == 0.02
        assert run.q_list == (0.01, 0.02, 0.03)
        assert run.warnings == ()
        np.testing.assert_array_equal(run.c2, matrices(7)[:2])

    def test_nearest_is_said_with_both_numbers(self, rings):
        run = read(rings, q=0.0205)
        assert run.q == 0.02
        (warning,) = run.warnings
        assert "0.0205" in warning
        assert "q = 0.02 1/Å" in warning

    def test_too_far(self, rings):
        with pytest.raises(DataError, match=r"10 %.*0\.025 .*0\.01, 0\.02, 0\.03"):
            read(rings, q=0.025)

    def test_none_asked_takes_the_most_angles(self, rings):
        run = read(rings)
        assert run.q == 0.03
        assert "0.01, 0.02, 0.03" in run.warnings[0]

    def test_of_equally_many_angles_the_lowest_q(self, tmp_path):
        path = aps_old(tmp_path / "a.h5", q=(0.03, 0.03, 0.01, 0.01), phi=(0, 9, 0, 9))
        assert read(path).q == 0.01

    @pytest.mark.parametrize("q", [0.0, -1.0, float("nan")])
    def test_impossible_request(self, rings, q):
        with pytest.raises(DataError, match="expected a number above 0"):
            read(rings, q=q)

    def test_impossible_file(self, tmp_path):
        with pytest.raises(DataError, match=r"is 0 1/Å; expected a number above 0"):
            read(aps_old(tmp_path / "a.h5", q=(0.0, 0.0), phi=(0, 1)))


class TestDt:
    def test_request_wins_with_a_warning(self, path):
        run = read(path, dt=0.2)
        assert (run.dt, run.dt_source) == (0.2, "run file or option")
        assert "0.2 s" in run.warnings[0]
        assert "0.1 s in the data file" in run.warnings[0]

    def test_within_a_percent_is_the_same(self, path):
        run = read(path, dt=0.1005)
        assert run.dt == 0.1005
        assert run.warnings == ()

    @pytest.mark.parametrize("dt", [0.0, -0.1, float("inf"), float("nan")])
    def test_impossible(self, path, dt):
        with pytest.raises(DataError, match=r"analyzer_parameters\.dt is"):
            read(path, dt=dt)

    def test_impossible_in_the_file(self, tmp_path):
        path = aps_u(tmp_path / "a.h5", frame_time=0.0)
        with pytest.raises(DataError, match="dt is 0 s"):
            read(path)
        assert read(path, dt=0.3).dt == 0.3


class TestFrames:
    def test_window_is_counted_from_one_and_inclusive(self, path):
        run = read(path, first_frame=3, last_frame=8)
        np.testing.assert_array_equal(run.c2, matrices(3)[:, 2:8, 2:8])
        assert (run.first_frame, run.last_frame, run.n_frames_file) == (3, 8, 12)
        assert run.warnings == ()

    def test_minus_one_is_the_end(self, path):
        assert read(path, first_frame=5).last_frame == 12

    def test_beyond_the_end_is_clamped_and_said(self, path):
        run = read(path, first_frame=5, last_frame=2000)
        assert run.last_frame == 12
        assert "5 to 12 are used" in run.warnings[0]

    @pytest.mark.parametrize(
        ("first", "last"), [(0, 5), (-3, 5), (5, 5), (6, 5), (1, 0)]
    )
    def test_impossible(self, path, first, last):
        with pytest.raises(DataError, match="expected a first frame of at least 1"):
            read(path, first_frame=first, last_frame=last)

    def test_not_in_the_file(self, path):
        with pytest.raises(DataError, match=r"frames 13 to .* holds frames 1 to 12"):
            read(path, first_frame=13)

    def test_too_few(self, path):
        with pytest.raises(DataError, match=r"2 frames .* at least 3"):
            read(path, first_frame=4, last_frame=5)


class TestAngles:
    def test_only_the_selected_are_read(self, path, monkeypatch):
        asked = []
        plain = loading.Source.read

        def watched(self, entry, frames):
            asked.append(entry.label)
            return plain(self, entry, frames)

        monkeypatch.setattr(loading.Source, "read", watched)
        selection = PhiSelection(ranges=(PhiRange(40, 100),))
        run = load(DataRequest(file=path), select=selection)
        assert asked == ["c2_00002", "c2_00003"]
        assert run.phi.tolist() == [45, 90]
        np.testing.assert_array_equal(run.c2, matrices(3)[1:])

    def test_fallback_is_said(self, path):
        selection = PhiSelection(ranges=(PhiRange(20, 30),), fallback_to_all=True)
        run = load(DataRequest(file=path), select=selection)
        assert len(run.phi) == 3
        assert "all 3 are used" in run.warnings[0]

    def test_none_left(self, path):
        selection = PhiSelection(ranges=(PhiRange(20, 30),))
        with pytest.raises(DataError, match="no angle lies in the phi ranges 20:30"):
            load(DataRequest(file=path), select=selection)

    def test_angles_of_the_request_do_not_replace_those_of_the_file(self, path):
        run = read(path, phi=(1.0, 2.0, 3.0))
        assert run.phi.tolist() == [0, 45, 90]
        assert "not used" in run.warnings[0]
        assert read(path, phi=(0.0, 405.0, 90.0)).warnings == ()


def test_arrays_are_read_only(path):
    run = read(path)
    with pytest.raises(ValueError, match="read-only"):
        run.c2[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        run.phi[0] = 1


def test_time_of_reading_is_told(path):
    begin = time.perf_counter()
    run = read(path)
    assert 0 < run.load_s <= time.perf_counter() - begin


def test_progress_counts_to_the_end(path):
    told = []
    load(DataRequest(file=path), on_progress=lambda *args: told.append(args))
    assert [t[:2] for t in told] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert told[1][2] == "c2_00002"


def test_cancelling_is_asked_before_every_matrix(path):
    answers = iter([False, False, True])
    with pytest.raises(CancelledError):
        load(DataRequest(file=path), cancelled=lambda: next(answers))
    assert not list(answers)


def test_file_is_closed_after_loading_and_after_an_error(path):
    read(path)
    with pytest.raises(DataError):
        read(path, first_frame=99)
    with h5py.File(path, "a") as f:
        f["note"] = 1


def test_matrices_stay_in_the_file_when_there_is_no_memory(path, monkeypatch):
    real = np.empty

    def refuse(shape, *args, **kwargs):
        if np.size(shape) == 3:
            raise MemoryError
        return real(shape, *args, **kwargs)

    whole = read(path)
    monkeypatch.setattr(loading.np, "empty", refuse)
    run = read(path)
    assert not run.in_memory
    np.testing.assert_array_equal(run.c2[1], whole.c2[1])
    assert any("they stay in the file" in w for w in run.warnings)


class TestWrongFiles:
    def test_missing(self, tmp_path):
        with pytest.raises(DataError, match="does not exist"):
            read(tmp_path / "none.h5")

    def test_folder(self, tmp_path):
        with pytest.raises(DataError, match="is a folder"):
            read(tmp_path)

    def test_empty(self, tmp_path):
        path = tmp_path / "a.h5"
        path.touch()
        with pytest.raises(DataError, match="0 bytes"):
            read(path)

    @pytest.mark.parametrize("content", [b"x", b"hello, world" * 100, b"\0" * 5000])
    def test_neither_hdf5_nor_numpy(self, tmp_path, content):
        path = tmp_path / "a.h5"
        path.write_bytes(content)
        with pytest.raises(DataError, match="neither HDF5 nor NumPy"):
            read(path)

    @pytest.mark.parametrize("kept", [0.05, 0.5, 0.95])
    def test_truncated_hdf5(self, path, kept):
        content = path.read_bytes()
        path.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(DataError, match="incomplete or damaged HDF5"):
            read(path)

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() == 0,
        reason="root may read everything",
    )
    def test_not_permitted(self, path):
        path.chmod(0)
        with pytest.raises(DataError, match="permissions"):
            read(path)

    def test_user_block_before_the_signature(self, tmp_path):
        path = tmp_path / "a.h5"
        with h5py.File(path, "w", userblock_size=1024) as f:
            f["xpcs/nothing"] = 1
        with pytest.raises(DataError, match="no two-time group"):
            read(path)

    def test_no_two_time_group_lists_what_there_is(self, tmp_path):
        path = tmp_path / "a.h5"
        with h5py.File(path, "w") as f:
            f["a/b/c/d"] = 1
            f["other"] = 2
        with pytest.raises(DataError, match=r"it holds /a/b/c, /other") as error:
            read(path)
        assert "/exchange/C2T_all" in str(error.value)

    def test_nothing_in_it(self, tmp_path):
        path = tmp_path / "a.h5"
        h5py.File(path, "w").close()
        with pytest.raises(DataError, match="holds nothing"):
            read(path)

    def test_g2_only_says_how_much(self, tmp_path):
        path = tmp_path / "a.h5"
        with h5py.File(path, "w") as f:
            f["xpcs/multitau/normalized_g2"] = np.ones((61, 27))
            f["xpcs/qmap/dynamic_v_list_dim0"] = np.linspace(0.003, 0.05, 27)
        words = "multi-tau g2 only, no two-time data here: g2 at 61 delays for 27 q"
        with pytest.raises(DataError, match=words):
            read(path)

    def test_g2_only_of_the_old_layout(self, tmp_path):
        path = tmp_path / "a.h5"
        with h5py.File(path, "w") as f:
            f["exchange/norm-0-g2"] = np.ones((40, 6))
            f["xpcs/dqlist"] = [[0.01, 0.01, 0.02, 0.02, 0.03, 0.03]]
        with pytest.raises(DataError, match=r"40 delays for 6 \(q, φ\) bins"):
            read(path)

    def test_every_message_is_one_line(self, tmp_path, path):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        for wrong in (path, tmp_path, tmp_path / "none"):
            with pytest.raises(DataError) as error:
                read(wrong)
            assert "\n" not in str(error.value)
