"""Bare arrays and the caches of archived programs."""

import numpy as np
import pytest

from engine.data.load import load
from engine.errors import DataError
from engine.setup import DataRequest
from tests.engine.data.files import cache, matrices, matrix


def read(path, **wanted):
    return load(DataRequest(file=path, **wanted))


def text_of(run):
    return " | ".join(run.warnings)


def npy(path, array):
    np.save(path, array)
    return path


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


class TestArray:
    def test_one_matrix(self, tmp_path):
        run = read(npy(tmp_path / "a.npy", matrix(9)), q=0.01, dt=0.5)
        assert run.layout == "array"
        assert (run.q, run.dt) == (0.01, 0.5)
        assert run.c2.shape == (1, 9, 9)
        np.testing.assert_array_equal(run.c2[0], matrix(9))
        assert run.phi.tolist() == [0]
        assert run.warnings == ("the file does not tell φ: 0° is taken",)

    def test_found_by_content(self, tmp_path):
        path = npy(tmp_path / "a.npy", matrix(9)).rename(tmp_path / "a.h5")
        assert read(path, q=0.01, dt=0.5).layout == "array"

    def test_stack_with_angles_of_the_request(self, tmp_path):
        path = npy(tmp_path / "a.npy", matrices(2))
        run = read(path, q=0.01, dt=0.5, phi=(0.0, 270.0))
        assert run.phi.tolist() == [0, -90]
        np.testing.assert_array_equal(run.c2, matrices(2))

    def test_stack_without_angles(self, tmp_path):
        path = npy(tmp_path / "a.npy", matrices(2))
        with pytest.raises(DataError, match=r"experimental_data\.phi_angles"):
            read(path, q=0.01, dt=0.5)

    def test_q_dt_and_phi_beside_the_matrices(self, tmp_path):
        path = npz(tmp_path / "a.npz", c2=matrices(2), q=0.01, phi=[10, 20], dt=0.3)
        run = read(path)
        assert (run.q, run.dt, run.dt_source) == (0.01, 0.3, "file")
        assert run.phi.tolist() == [10, 20]
        assert run.warnings == ()

    def test_q_of_each_matrix(self, tmp_path):
        path = npz(tmp_path / "a.npz", c2=matrices(3), q=[0.01, 0.02, 0.02], dt=1.0)
        run = read(path, q=0.01)
        np.testing.assert_array_equal(run.c2, matrices(3)[:1])
        run = read(path, dataset="c2[2]")
        np.testing.assert_array_equal(run.c2, matrices(3)[2:])
        assert run.q == 0.02
        assert run.bin_ids == ("c2[2]",)

    def test_list_of_another_length_is_not_used(self, tmp_path):
        path = npz(tmp_path / "a.npz", c2=matrices(2), q=[0.1, 0.2, 0.3], phi=[0, 1])
        run = read(path, q=0.01, dt=1.0)
        assert run.q == 0.01
        assert "q has 3 values for the 2 matrices" in text_of(run)

    def test_half_matrix(self, tmp_path):
        path = npy(tmp_path / "a.npy", np.triu(matrix(9)))
        np.testing.assert_array_equal(read(path, q=0.01, dt=1.0).c2[0], matrix(9))

    def test_asymmetric_becomes_the_mean(self, tmp_path):
        m = matrix(9).astype(np.float64)
        m[1, 5] += 0.02
        run = read(npy(tmp_path / "a.npy", m), q=0.01, dt=1.0)
        np.testing.assert_allclose(run.c2[0], 0.5 * (m + m.T), rtol=1e-6)
        assert "not symmetric, by up to 0.02" in text_of(run)

    def test_age_and_lag_are_refused(self, tmp_path):
        """A map of age and lag decays along one axis only: no symmetric noise."""
        lag = np.broadcast_to(1 + 0.3 * np.exp(-np.arange(40) / 5), (40, 40))
        noise = np.random.default_rng(1).normal(0, 0.01, (40, 40))
        path = npy(tmp_path / "a.npy", lag + noise)
        with pytest.raises(DataError, match="age and lag"):
            read(path, q=0.01, dt=1.0)

    def test_rounding_is_not_asymmetry(self, tmp_path):
        m = matrix(9).astype(np.float64)
        m[1, 5] += 4e-7
        run = read(npy(tmp_path / "a.npy", m), q=0.01, dt=1.0)
        assert "symmetric" not in text_of(run)
        np.testing.assert_array_equal(run.c2[0], run.c2[0].T)

    def test_baseline_zero_is_lifted(self, tmp_path):
        run = read(npy(tmp_path / "a.npy", matrix(20, offset=0)), q=0.01, dt=1.0)
        np.testing.assert_allclose(run.c2[0], 1 + matrix(20, offset=0), rtol=1e-6)
        assert "baseline about 0" in text_of(run)

    def test_half_with_baseline_zero(self, tmp_path):
        half = np.triu(matrix(20, offset=0))
        run = read(npy(tmp_path / "a.npy", half), q=0.01, dt=1.0)
        np.testing.assert_allclose(run.c2[0], 1 + matrix(20, offset=0), rtol=1e-6)

    def test_window_of_a_stack(self, tmp_path):
        path = npz(tmp_path / "a.npz", c2=matrices(2), q=0.01, phi=[1, 2], dt=1.0)
        run = read(path, first_frame=4, last_frame=9)
        np.testing.assert_array_equal(run.c2, matrices(2)[:, 3:9, 3:9])
        assert (run.first_frame, run.last_frame, run.n_frames_file) == (4, 9, 12)

    @pytest.mark.parametrize("name", ["c2_exp", "c2"])
    def test_usual_name_is_chosen(self, tmp_path, name):
        path = npz(
            tmp_path / "a.npz", **{"residuals": matrices(2), name: matrices(2) + 1}
        )
        run = read(path, q=0.01, dt=1.0, phi=(0.0, 1.0))
        np.testing.assert_array_equal(run.c2, matrices(2) + 1)

    def test_several_candidates_are_listed(self, tmp_path):
        path = npz(tmp_path / "a.npz", one=matrices(2), two=matrix(5), q=0.1)
        with pytest.raises(DataError, match=r"one \(2 × 12 × 12\), two \(5 × 5\)"):
            read(path, q=0.01, dt=1.0)

    @pytest.mark.parametrize(
        ("dataset", "words"),
        [
            ("nothing", "no array 'nothing'; it holds c2"),
            ("c2[2]", "holds 2 matrices, numbered 0 to 1"),
            ("c2[-1]", "expected the name of an array"),
            ("c2[1", "expected the name of an array"),
            ("one[0]", "one is one matrix, so"),
            ("q", "q is 2;"),
            ("odd", "odd is 4 × 3; expected a square"),
            ("text", "does not hold numbers"),
            ("tiny", "at least 3 × 3"),
        ],
    )
    def test_dataset_that_is_none(self, tmp_path, dataset, words):
        path = npz(
            tmp_path / "a.npz",
            c2=matrices(2),
            one=matrix(5),
            q=[1.0, 2.0],
            odd=np.ones((4, 3)),
            text=np.array([["a", "b"]]),
            tiny=np.ones((2, 2)),
        )
        with pytest.raises(DataError, match=words):
            read(path, q=0.01, dt=1.0, dataset=dataset)

    def test_pick_from_a_bare_stack(self, tmp_path):
        path = npy(tmp_path / "a.npy", matrices(3))
        run = read(path, q=0.01, dt=1.0, dataset="[1]")
        np.testing.assert_array_equal(run.c2, matrices(3)[1:2])

    def test_missing_q_and_dt_say_how_to_give_them(self, tmp_path):
        path = npy(tmp_path / "a.npy", matrix(9))
        with pytest.raises(DataError, match=r"does not tell q.*--q"):
            read(path, dt=1.0)
        with pytest.raises(DataError, match=r"--set analyzer_parameters\.dt="):
            read(path, q=0.01)

    def test_pickles_are_never_loaded(self, tmp_path):
        path = tmp_path / "a.npy"
        np.save(path, np.array([[None] * 4] * 4), allow_pickle=True)
        with pytest.raises(DataError, match="does not hold numbers"):
            read(path, q=0.01, dt=1.0)

    def test_q_that_is_not_finite_is_not_used(self, tmp_path):
        path = npz(tmp_path / "a.npz", c2=matrix(9), q=np.nan)
        run = read(path, q=0.01, dt=1.0)
        assert "not finite and is not used" in text_of(run)

    @pytest.mark.parametrize("cut", [0.3, 0.9])
    @pytest.mark.parametrize("packed", [False, True])
    def test_truncated(self, tmp_path, cut, packed):
        path = tmp_path / ("a.npz" if packed else "a.npy")
        (npz(path, c2=matrix(60)) if packed else npy(path, matrix(60)))
        content = path.read_bytes()
        path.write_bytes(content[: int(cut * len(content))])
        with pytest.raises(DataError, match="incomplete"):
            read(path, q=0.01, dt=1.0)


class TestCache:
    def test_frames_are_those_of_the_original_file(self, tmp_path):
        run = read(cache(tmp_path / "a.npz"), first_frame=1001, last_frame=1012)
        assert run.layout == "cache"
        np.testing.assert_array_equal(run.c2, matrices(3))
        assert (run.first_frame, run.last_frame) == (1001, 1012)
        assert (run.q, run.dt) == (0.0054, pytest.approx(0.1))
        assert run.warnings == ()

    def test_part_of_the_window(self, tmp_path):
        run = read(cache(tmp_path / "a.npz"), first_frame=1003, last_frame=1010)
        np.testing.assert_array_equal(run.c2, matrices(3)[:, 2:10, 2:10])
        assert run.first_frame == 1003

    def test_default_frames_take_what_there_is(self, tmp_path):
        run = read(cache(tmp_path / "a.npz"))
        assert (run.first_frame, run.n_frames) == (1001, 12)
        assert "1001 to 1012 are used" in text_of(run)

    def test_frames_that_are_not_in_it(self, tmp_path):
        with pytest.raises(DataError, match="holds frames 1001 to 1012"):
            read(cache(tmp_path / "a.npz"), first_frame=1, last_frame=900)

    def test_pickled_metadata_is_refused_but_the_numbers_are_read(self, tmp_path):
        path = cache(
            tmp_path / "a.npz",
            cache_metadata_json=None,
            cache_metadata=np.array({"start_frame": 1}, dtype=object),
        )
        run = read(path, first_frame=401, last_frame=412)
        assert run.first_frame == 401
        assert "401 to 412 are assumed" in text_of(run)
        assert read(path).first_frame == 1

    @pytest.mark.parametrize("text", ["{broken", "[1]", '{"start_frame": "x"}'])
    def test_senseless_metadata(self, tmp_path, text):
        run = read(cache(tmp_path / "a.npz", cache_metadata_json=np.array(text)))
        assert "assumed" in text_of(run)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"phi_angles_list": [0.0, 1.0]}, "phi_angles_list holds 2 values"),
            ({"wavevector_q_list": [0.1, np.nan, 0.1]}, "not finite"),
            ({"t1": np.ones((12, 12))}, "t1 is 12 × 12"),
            ({"t1": np.arange(9)}, "t1 is 9"),
            ({"t1": np.arange(12) ** 2}, "equal steps"),
            ({"t1": -np.arange(12)}, "equal steps"),
            ({"c2_exp": np.ones((12, 12))}, "c2_exp has 2 axes"),
            ({"c2_exp": np.ones((3, 12, 11))}, "12 × 11; expected a square"),
        ],
    )
    def test_lists_that_do_not_fit(self, tmp_path, changes, words):
        with pytest.raises(DataError, match=words):
            read(cache(tmp_path / "a.npz", **changes))

    def test_other_dt_and_q_are_said(self, tmp_path):
        run = read(cache(tmp_path / "a.npz"), dt=0.2, q=0.0055)
        assert run.dt == 0.2
        assert "dt is 0.2 s" in text_of(run)
        assert "q = 0.0055" in text_of(run)
