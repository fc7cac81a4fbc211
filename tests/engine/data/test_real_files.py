"""Files measured by other groups, where they are at hand."""

from pathlib import Path

import numpy as np
import pytest

from engine.data.inspect import inspect_file
from engine.data.load import load
from engine.data.noise import estimate_sigma
from engine.errors import DataError
from engine.setup import DataRequest

REAL = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "real"

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="the measured files are not beside the repository"
)


def read(name, **wanted):
    return load(DataRequest(file=REAL / name, **wanted))


def test_g2_only_is_answered_with_what_it_holds():
    words = "multi-tau g2 only, no two-time data here: g2 at 61 delays for 36 q"
    with pytest.raises(DataError, match=words):
        read("aps_8idi_g2_only.hdf", q=0.0054, dt=0.1)
    found = inspect_file(REAL / "aps_8idi_g2_only.hdf")
    assert found.holds.startswith("multi-tau g2 at 61 delays for 36 q")
    assert found.problems


def test_skeleton_is_refused():
    with pytest.raises(DataError, match=r"two_time_corr_func is a single number"):
        read("NXxpcs_skeleton.h5", q=0.0054, dt=0.1)
    assert inspect_file(REAL / "NXxpcs_skeleton.h5").problems


def test_chx():
    run = read("chx_2tcf_350.npy", q=0.005, dt=0.1)
    stored = np.load(REAL / "chx_2tcf_350.npy")
    np.testing.assert_allclose(run.c2[0], stored, rtol=1e-6)
    assert run.warnings == ("the file does not tell φ: 0° is taken",)
    assert 0.05 < estimate_sigma(run, [0]) < 0.1


def test_colloid_rings_choose_q_from_the_file():
    run = read("colloid_rings_c2.npz", dataset="c2_raw_xpcscorr", q=0.0027)
    stored = np.load(REAL / "colloid_rings_c2.npz")
    assert run.q == stored["q"][2]
    assert run.dt == 0.00130068
    assert len(run.q_list) == 7
    np.testing.assert_array_equal(run.c2[0], stored["c2_raw_xpcscorr"][2])


def test_colloid_picks_one_of_a_stack():
    stored = np.load(REAL / "colloid_rings_c2.npz")
    run = read("colloid_rings_c2.npz", dataset="c2_raw_xpcscorr[3]")
    np.testing.assert_array_equal(run.c2[0], stored["c2_raw_xpcscorr"][3])
    run = read("colloid_rings_c2.npz", dataset="c2_sectors[4]", q=0.0021)
    np.testing.assert_array_equal(run.c2[0], stored["c2_sectors"][4])
    assert any("7 values for the 20 matrices" in w for w in run.warnings)


def test_colloid_sectors_need_their_angles():
    with pytest.raises(DataError, match="20 matrices and does not tell their φ"):
        read("colloid_rings_c2.npz", dataset="c2_sectors", q=0.0021)


def test_colloid_asks_which_array():
    with pytest.raises(DataError, match=r"c2_raw_xpcscorr \(7 × 100 × 100\)"):
        read("colloid_rings_c2.npz", q=0.0021)


def test_yolk_plasma_is_repaired_and_says_so():
    run = read("yolkplasma_50.npy", q=0.005, dt=0.1)
    stored = np.load(REAL / "yolkplasma_50.npy")
    np.testing.assert_allclose(run.c2[0], 1 + 0.5 * (stored + stored.T), rtol=1e-6)
    text = " | ".join(run.warnings)
    assert "not symmetric" in text
    assert "baseline about 0" in text
