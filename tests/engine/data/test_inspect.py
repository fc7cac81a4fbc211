"""What a file is, told without reading a matrix."""

import json

import h5py
import numpy as np
import pytest

from engine.data.hdf5 import Plane
from engine.data.inspect import inspect_file
from engine.errors import DataError
from tests.engine.data.files import aps_old, aps_u, cache, matrices, matrix, nexus


@pytest.fixture(autouse=True)
def no_matrix_is_read(monkeypatch):
    def refuse(*_):
        raise AssertionError("a matrix was read")

    monkeypatch.setattr(Plane, "read", refuse)


def test_sound_file(tmp_path):
    path = aps_u(tmp_path / "a.h5", q=(0.01, 0.02), phi=(0.0, 190.0, 45.0))
    found = inspect_file(path)
    assert found.layout == "aps_u"
    assert found.q == (0.01, 0.02)
    assert found.phi == (-170, 0, 45)
    assert (found.n_frames, found.dt) == (12, 0.1)
    assert found.n_points == 3 * 12 * 11 // 2
    assert found.holds == "6 two-time matrices of float32"
    assert found.problems == ()
    assert found.rings[1].phi == (0, -170, 45)


def test_as_json(tmp_path):
    data = json.loads(json.dumps(inspect_file(aps_old(tmp_path / "a.h5")).to_dict()))
    assert data["layout"] == "aps_old"
    assert data["rings"] == [{"q": 0.0054, "phi": [0, 45, 90], "n_matrices": 3}]
    assert (data["dt"], data["n_frames"], data["n_points"]) == (0.1, 12, 198)
    assert data["problems"] == []


def test_as_text(tmp_path):
    text = inspect_file(aps_old(tmp_path / "a.h5")).to_text()
    assert "q        0.0054 1/Å: 3 matrices, 0°, 45°, 90°" in text
    assert "points   198" in text
    assert "problem" not in text


def test_missing_dt_is_a_problem(tmp_path):
    found = inspect_file(aps_old(tmp_path / "a.h5", period=None))
    assert found.dt is None
    (problem,) = found.problems
    assert "analyzer_parameters.dt" in problem
    assert "dt       not told" in found.to_text()


def test_missing_q_list_is_a_problem(tmp_path):
    found = inspect_file(nexus(tmp_path / "a.nxs", matrices(3), q=None))
    assert found.layout is None
    assert "q list" in found.problems[0]


def test_bare_array_lacks_everything(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, matrices(2))
    found = inspect_file(path)
    assert found.layout == "array"
    assert (found.q, found.phi, found.dt) == ((), (), None)
    assert [w for p in found.problems for w in ("--q", "dt", "φ") if w in p] == [
        "--q",
        "dt",
        "φ",
    ]
    assert json.loads(json.dumps(found.to_dict()))["rings"][0]["q"] is None
    assert "not told: 2 matrices, φ not told" in found.to_text()


def test_npz_of_several_arrays_lists_them(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, one=matrices(2), two=matrix(5), q=0.1)
    found = inspect_file(path)
    assert found.layout is None
    assert found.holds == "one (2 × 12 × 12), two (5 × 5), q (a number)"
    assert "experimental_data.dataset" in found.problems[0]


def test_cache(tmp_path):
    found = inspect_file(cache(tmp_path / "a.npz"))
    assert (found.layout, found.dt) == ("cache", pytest.approx(0.1))


def test_different_sizes(tmp_path):
    path = aps_old(tmp_path / "a.h5", q=(0.01, 0.02), phi=(0, 0))
    with h5py.File(path, "a") as f:
        del f["exchange/C2T_all/g2_00002"]
        f["exchange/C2T_all/g2_00002"] = matrix(8)
    found = inspect_file(path)
    assert found.n_frames is None
    assert found.n_points == 66
    assert "differ between matrices" in found.to_text()


def test_g2_only_does_not_raise(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as f:
        f["xpcs/multitau/normalized_g2"] = np.ones((61, 27))
    found = inspect_file(path)
    assert found.holds == "multi-tau g2 at 61 delays for 27 bins"
    assert "no two-time data here" in found.problems[0]
    assert "no two-time data" in found.to_text()


def test_stranger(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as f:
        f["a/b"] = 1
    assert inspect_file(path).holds == "/a/b"


def test_what_cannot_be_opened_raises(tmp_path):
    path = aps_old(tmp_path / "a.h5")
    path.write_bytes(path.read_bytes()[:3000])
    broken = tmp_path / "a.npz"
    broken.write_bytes(b"PK\x03\x04" + bytes(50))
    text = tmp_path / "a.txt"
    text.write_text("hello")
    for wrong in (path, broken, text, tmp_path, tmp_path / "none"):
        with pytest.raises(DataError):
            inspect_file(wrong)
