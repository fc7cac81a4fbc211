"""The three HDF5 layouts, against files written with h5py alone."""

import h5py
import numpy as np
import pytest

from engine.data.load import load
from engine.data.readers.detect import open_source
from engine.errors import DataError
from engine.setup import DataRequest
from tests.engine.data.files import aps_old, aps_u, matrices, matrix, nexus


def read(path, **wanted):
    return load(DataRequest(file=path, **wanted))


def text_of(run):
    return " | ".join(run.warnings)


class TestApsU:
    def test_half_matrices_are_mirrored(self, tmp_path):
        run = read(aps_u(tmp_path / "any.name"))
        assert run.layout == "aps_u"
        np.testing.assert_array_equal(run.c2, matrices(3))
        assert run.c2.dtype == np.float32
        assert run.phi.tolist() == [0, 45, 90]
        assert (run.q, run.dt, run.dt_source) == (0.0054, 0.1, "file")
        assert run.bin_ids == ("c2_00001", "c2_00002", "c2_00003")
        assert run.warnings == ()

    def test_full_matrices_are_not_doubled(self, tmp_path):
        path = aps_u(tmp_path / "a.h5", without=["xpcs/twotime/correlation_map"])
        c2 = matrices(3)
        with h5py.File(path, "a") as f:
            for k, m in enumerate(c2):
                f[f"xpcs/twotime/correlation_map/c2_{k + 1:05d}"] = m
        np.testing.assert_array_equal(read(path).c2, c2)

    def test_dt_counts_stride_and_average(self, tmp_path):
        path = aps_u(tmp_path / "a.h5", frame_time=[[0.01]], factors=(3, 5))
        assert read(path).dt == pytest.approx(0.15)

    @pytest.mark.parametrize("stacked", [False, True])
    def test_older_c2_half(self, tmp_path, stacked):
        path = aps_u(tmp_path / "a.h5", group="c2_half")
        c2 = matrices(3)
        if stacked:
            with h5py.File(path, "a") as f:
                del f["xpcs/twotime/c2_half"]
                f["xpcs/twotime/c2_half"] = np.triu(c2)
        run = read(path)
        np.testing.assert_array_equal(run.c2, c2)

    def test_bins_count_q_first_then_phi(self, tmp_path):
        """Bin b of a map of 3 q × 2 φ: (b - 1) = 2 · q number + φ number."""
        path = aps_u(
            tmp_path / "a.h5", q=(0.01, 0.02, 0.03), phi=(10.0, 20.0), bins=[2, 3, 4]
        )
        run = read(path, q=0.02)
        assert run.phi.tolist() == [10, 20]
        np.testing.assert_array_equal(run.c2, matrices(3)[1:])
        run = read(path, q=0.01)
        assert run.phi.tolist() == [20]
        assert run.q_list == (0.01, 0.02)

    def test_renumbered_bins_go_through_the_mapping(self, tmp_path):
        """Two bins of 2 q × 3 φ hold no pixel: flat places 1 and 3 are left out."""
        path = aps_u(
            tmp_path / "a.h5",
            q=(0.01, 0.02),
            phi=(0.0, 30.0, 60.0),
            bins=[1, 2, 3, 4],
            mapping=np.array([0, 2, 4, 5], dtype=np.uint8),
        )
        assert read(path, q=0.01).phi.tolist() == [0, 60]
        assert read(path, q=0.02).phi.tolist() == [30, 60]

    def test_probable_renumbering_without_mapping_is_said(self, tmp_path):
        path = aps_u(tmp_path / "a.h5", q=(0.01, 0.02), bins=[1, 2, 3])
        with h5py.File(path, "a") as f:
            f["xpcs/multitau/normalized_g2"] = np.ones((5, 4))
        assert "probably renumbered" in text_of(read(path))

    def test_names_that_are_bin_numbers_go_before_the_order(self, tmp_path):
        names = ["c2_00004", "c2_00002", "c2_00006"]
        path = aps_u(tmp_path / "a.h5", q=(0.01, 0.02), bins=[6, 2, 4], names=names)
        run = read(path, q=0.01)
        np.testing.assert_array_equal(run.c2[0], matrices(3)[1])
        assert run.phi.tolist() == [45]
        run = read(path, q=0.02)
        assert run.bin_ids == ("c2_00004", "c2_00006")
        assert run.phi.tolist() == [0, 90]

    def test_bins_outside_the_map_are_skipped_and_said(self, tmp_path):
        run = read(aps_u(tmp_path / "a.h5", bins=[1, 2, 9]))
        assert run.phi.tolist() == [0, 45]
        assert "skipped: 9" in text_of(run)

    def test_no_bin_inside_the_map(self, tmp_path):
        with pytest.raises(DataError, match="none of the bins"):
            read(aps_u(tmp_path / "a.h5", bins=[7, 8, 9]))

    @pytest.mark.parametrize("unit", ["nm^-1", "1/nm", "nm⁻¹", "nm-1"])
    def test_inverse_nanometres_are_converted(self, tmp_path, unit):
        run = read(aps_u(tmp_path / "a.h5", q=(0.054,), units=(unit, "deg")))
        assert run.q == pytest.approx(0.0054)
        assert "converted to 1/Å" in text_of(run)

    @pytest.mark.parametrize(
        "unit", ["Å⁻¹", "1/A", "Å^-1", "angstrom^{-1}", "\u212b⁻¹"]
    )
    def test_inverse_angstrom_in_every_spelling(self, tmp_path, unit):
        run = read(aps_u(tmp_path / "a.h5", q=(1.2,), units=(unit, "deg")))
        assert run.q == 1.2
        assert run.warnings == ()

    def test_large_q_without_unit_is_questioned(self, tmp_path):
        run = read(aps_u(tmp_path / "a.h5", q=(5.4,), units=None))
        assert run.q == 5.4
        assert "looks like 1/nm" in text_of(run)

    def test_angles_in_radians(self, tmp_path):
        run = read(aps_u(tmp_path / "a.h5", phi=(0, np.pi / 4), units=("1/A", "rad")))
        np.testing.assert_allclose(run.phi, [0, 45])
        phi = (0, 0.5, 1.0, 1.5, 3.0)
        run = read(aps_u(tmp_path / "b.h5", phi=phi, units=None))
        assert "may be radians" in text_of(run)
        assert run.phi.tolist() == list(phi)

    @pytest.mark.parametrize(
        ("phi", "doubt"),
        [((0, 0.785, 1.571), True), ((0, 1.0, 2.0), False), ((0, 0.785), False)],
    )
    def test_few_angles_in_radians(self, tmp_path, phi, doubt):
        """Fractions within a circle of radians are doubted, whole degrees are not."""
        run = read(aps_u(tmp_path / "a.h5", phi=phi, units=None))
        assert ("may be radians" in text_of(run)) is doubt

    def test_angles_are_normalised(self, tmp_path):
        run = read(aps_u(tmp_path / "a.h5", phi=(0.0, 270.0, 180.0)))
        assert run.phi.tolist() == [0, -90, 180]

    def test_missing_phi_list_is_one_angle_of_zero(self, tmp_path):
        path = aps_u(tmp_path / "a.h5", phi=(7.0,), counts=[1, 1])
        with h5py.File(path, "a") as f:
            del f["xpcs/qmap/dynamic_v_list_dim1"]
        run = read(path)
        assert run.phi.tolist() == [0]
        assert "φ = 0°" in text_of(run)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"without": ["xpcs/qmap/dynamic_v_list_dim0"]}, "q list .* missing"),
            ({"without": ["xpcs/twotime/processed_bins"]}, "processed_bins is missing"),
            ({"bins": [1, 2], "c2": matrices(3)}, "2 bins, but .* 3 matrices"),
            ({"counts": [1, 5]}, r"says 1 × 5 .* 1 q and 3 φ"),
            ({"q": (np.nan,)}, "not finite"),
        ],
    )
    def test_lists_that_do_not_fit(self, tmp_path, changes, words):
        path = aps_u(tmp_path / "a.h5", **changes)
        with pytest.raises(DataError, match=words) as error:
            read(path, q=0.0054)
        assert str(path) in str(error.value)

    def test_empty_group(self, tmp_path):
        path = aps_u(tmp_path / "a.h5", without=["xpcs/twotime/correlation_map"])
        with h5py.File(path, "a") as f:
            f.create_group("xpcs/twotime/correlation_map")
        with pytest.raises(DataError, match="correlation_map is empty"):
            read(path)


class TestApsOld:
    def test_lists_of_one_row(self, tmp_path):
        run = read(aps_old(tmp_path / "a.h5"))
        assert run.layout == "aps_old"
        np.testing.assert_array_equal(run.c2, matrices(3))
        assert run.phi.tolist() == [0, 45, 90]
        assert run.dt == 0.1

    def test_names_without_zeros_are_sorted_as_numbers(self, tmp_path):
        phi = [10.0 * k for k in range(12)]
        path = aps_old(
            tmp_path / "a.h5",
            q=[0.01] * 12,
            phi=phi,
            names=[f"g2_{k + 1}" for k in range(12)],
        )
        run = read(path)
        assert run.bin_ids[9] == "g2_10"
        np.testing.assert_array_equal(run.c2, matrices(12))

    def test_order_of_writing_goes_first_where_it_was_kept(self, tmp_path):
        path = aps_old(tmp_path / "a.h5", names=["g2_3", "g2_1", "g2_2"], tracked=True)
        run = read(path)
        assert run.bin_ids == ("g2_3", "g2_1", "g2_2")
        assert "order of writing" in text_of(run)
        sorted_ = aps_old(tmp_path / "b.h5", names=["g2_3", "g2_1", "g2_2"])
        assert read(sorted_).bin_ids == ("g2_1", "g2_2", "g2_3")

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"q": (0.01, 0.01), "c2": matrices(3)}, "dqlist has 2 values"),
            ({"phi": (0, 1)}, "dphilist has 2 values"),
            ({"without": ["xpcs/dqlist"]}, "q list /xpcs/dqlist is missing"),
            ({"without": ["xpcs/dphilist"]}, "φ list /xpcs/dphilist is missing"),
        ],
    )
    def test_lists_that_do_not_fit(self, tmp_path, changes, words):
        with pytest.raises(DataError, match=words):
            read(aps_old(tmp_path / "a.h5", **changes), q=0.0054)

    def test_missing_dt_says_how_to_give_it(self, tmp_path):
        path = aps_old(tmp_path / "a.h5", period=None)
        with pytest.raises(DataError, match=r"--set analyzer_parameters\.dt="):
            read(path)
        run = read(path, dt=0.25)
        assert run.dt == 0.25

    def test_bins_of_slightly_different_q_form_a_ring(self, tmp_path):
        q = (0.00540, 0.00542, 0.00544, 0.0070, 0.00702)
        path = aps_old(tmp_path / "a.h5", q=q, phi=(0, 45, 90, 0, 45))
        run = read(path)
        assert run.q == pytest.approx(np.mean(q[:3]))
        assert len(run.phi) == 3
        assert "0.0054 to 0.00544" in text_of(run)

    def test_close_q_with_the_same_angles_are_not_mixed(self, tmp_path):
        path = aps_old(tmp_path / "a.h5", q=(0.00540, 0.00542, 0.0070), phi=(0, 0, 0))
        assert read(path, q=0.00540).phi.tolist() == [0]


C2 = matrices(3, n=10)
SOUND = {
    "storage_mode": "one_array_q_first",
    "baseline_reference": 1,
    "time_origin_location": "upper_left",
    "populated_elements": "all",
}


class TestNexus:
    def test_sound_file(self, tmp_path):
        run = read(nexus(tmp_path / "a.nxs", C2, **SOUND))
        assert run.layout == "nexus"
        np.testing.assert_array_equal(run.c2, C2)
        assert (run.dt, run.q) == (0.1, 0.0054)
        assert run.warnings == ()

    def test_q_last(self, tmp_path):
        stored = np.moveaxis(C2, 0, -1)
        attributes = SOUND | {"storage_mode": "one_array_q_last"}
        run = read(nexus(tmp_path / "a.nxs", stored, **attributes))
        np.testing.assert_array_equal(run.c2, C2)

    @pytest.mark.parametrize("listed", [False, True])
    def test_data_exchange_keys(self, tmp_path, listed):
        attributes = SOUND | {"storage_mode": "data_exchange_keys"}
        matrices_ = {f"roi_{k}": m for k, m in enumerate(C2)}
        if not listed:
            path = nexus(tmp_path / "a.nxs", matrices_, **attributes)
        else:
            keys = [f"/exchange/C2/{name}" for name in matrices_]
            path = nexus(tmp_path / "a.nxs", keys, **attributes)
            with h5py.File(path, "a") as f:
                for name, m in matrices_.items():
                    f[f"exchange/C2/{name}"] = m
        np.testing.assert_array_equal(read(path).c2, C2)

    def test_listed_key_that_is_not_there(self, tmp_path):
        attributes = SOUND | {"storage_mode": "data_exchange_keys"}
        path = nexus(tmp_path / "a.nxs", ["/nowhere/c2"], **attributes)
        with pytest.raises(DataError, match="names the matrix '/nowhere/c2'"):
            read(path)

    @pytest.mark.parametrize("last", [False, True])
    def test_other_storage_is_told_from_the_shape(self, tmp_path, last):
        stored = np.moveaxis(C2, 0, -1) if last else C2
        attributes = SOUND | {"storage_mode": "other"}
        run = read(nexus(tmp_path / "a.nxs", stored, **attributes))
        np.testing.assert_array_equal(run.c2, C2)

    def test_single_matrix(self, tmp_path):
        path = nexus(tmp_path / "a.nxs", C2[0], q=[0.01], phi=[5.0], **SOUND)
        np.testing.assert_array_equal(read(path).c2, C2[:1])

    @pytest.mark.parametrize("stored", ["upper_half", "lower_half"])
    @pytest.mark.parametrize("origin", ["upper_left", "lower_left"])
    @pytest.mark.parametrize(("baseline", "rest"), [(0, 0.0), (1, 0.0), (1, 7.0)])
    def test_half_origin_and_baseline(self, tmp_path, stored, origin, baseline, rest):
        """The matrix is built the way the definition words it, then read back."""
        n = C2.shape[-1]
        data = C2.astype(np.float64) - (1 - baseline)
        if origin == "lower_left":
            data = data[:, ::-1, :]
        row, column = np.indices((n, n))
        across = column if origin == "upper_left" else n - 1 - column
        above = row <= across if stored == "upper_half" else row >= across
        path = nexus(
            tmp_path / "a.nxs",
            np.where(above, data, rest),
            storage_mode="one_array_q_first",
            baseline_reference=baseline,
            time_origin_location=origin,
            populated_elements=stored,
        )
        run = read(path)
        np.testing.assert_allclose(run.c2, C2, atol=1e-6)
        window = read(path, first_frame=3, last_frame=7)
        np.testing.assert_array_equal(window.c2, run.c2[:, 2:7, 2:7])
        assert f"{stored.replace('_', ' ')} stored: mirrored" in text_of(run)
        assert ("rows turned over" in text_of(run)) is (origin == "lower_left")
        assert ("1 added" in text_of(run)) is (baseline == 0)

    def test_missing_attributes_are_told_from_the_values_and_said(self, tmp_path):
        run = read(nexus(tmp_path / "a.nxs", np.triu(C2 - 1)))
        np.testing.assert_allclose(run.c2, C2, atol=1e-6)
        for name in SOUND:
            assert name in text_of(run)
        assert "baseline about 0" in text_of(run)

    def test_senseless_attribute_is_said(self, tmp_path):
        attributes = SOUND | {"populated_elements": "SAMPLE-CHAR-DATA"}
        run = read(nexus(tmp_path / "a.nxs", C2, **attributes))
        assert "'sample-char-data', none of all, upper_half" in text_of(run)

    def test_q_unit(self, tmp_path):
        path = nexus(tmp_path / "a.nxs", C2, q_unit="1/nm", **SOUND)
        assert read(path).q == pytest.approx(0.00054)

    def test_missing_q_list_is_not_replaced_by_the_request(self, tmp_path):
        path = nexus(tmp_path / "a.nxs", C2, q=None, **SOUND)
        with pytest.raises(DataError, match=r"q list .*dynamic_q_list is missing"):
            read(path, q=0.0054)

    def test_missing_phi_list(self, tmp_path):
        path = nexus(tmp_path / "a.nxs", C2, phi=None, **SOUND)
        with pytest.raises(DataError, match="does not tell their φ"):
            read(path)
        assert read(path, phi=(1.0, 2.0, 3.0)).phi.tolist() == [1, 2, 3]
        with pytest.raises(DataError, match="2 angles"):
            read(path, phi=(1.0, 2.0))

    def test_counts(self, tmp_path):
        path = nexus(tmp_path / "a.nxs", C2, q=[0.1, 0.2], **SOUND)
        with pytest.raises(DataError, match=r"2 values, but .* 3 matrices"):
            read(path)

    def test_skeleton_of_scalars(self, tmp_path):
        path = nexus(tmp_path / "a.nxs", 1.0, **SOUND)
        with pytest.raises(DataError, match="single number, not a matrix"):
            read(path)


@pytest.mark.parametrize(
    ("shape", "words"),
    [((6, 5), "6 × 5; expected a square"), ((2, 2), "at least 3 × 3"), ((9,), "is 9;")],
)
def test_shapes_that_are_no_matrix(tmp_path, shape, words):
    path = aps_old(tmp_path / "a.h5", without=["exchange/C2T_all/g2_00002"])
    with h5py.File(path, "a") as f:
        f["exchange/C2T_all/g2_00002"] = np.ones(shape)
    with pytest.raises(DataError, match=words) as error:
        read(path)
    assert "/exchange/C2T_all/g2_00002" in str(error.value)


def test_matrices_of_text(tmp_path):
    path = aps_old(tmp_path / "a.h5", without=["exchange/C2T_all/g2_00002"])
    with h5py.File(path, "a") as f:
        f["exchange/C2T_all/g2_00002"] = [["a", "b"], ["c", "d"]]
    with pytest.raises(DataError, match="does not hold numbers"):
        read(path)


def test_different_numbers_of_frames_in_a_ring(tmp_path):
    path = aps_old(tmp_path / "a.h5", without=["exchange/C2T_all/g2_00002"])
    with h5py.File(path, "a") as f:
        f["exchange/C2T_all/g2_00002"] = matrix(8)
    with pytest.raises(DataError, match="different numbers of frames, 8, 12"):
        read(path)


def test_infinite_values_become_nan(tmp_path):
    c2 = matrices(1).astype(np.float64)
    c2[0, 2, 5] = np.inf
    c2[0, 3, 6] = 1e300
    run = read(aps_old(tmp_path / "a.h5", q=[0.01], phi=[0], c2=c2))
    assert np.isnan(run.c2[0, 5, 2])
    assert np.isnan(run.c2[0, 6, 3])
    assert "4 pixels" in text_of(run)


def test_compressed_with_a_filter_that_is_not_in_hdf5(tmp_path):
    hdf5plugin = pytest.importorskip("hdf5plugin")
    path = aps_old(tmp_path / "a.h5", without=["exchange/C2T_all/g2_00001"])
    with h5py.File(path, "a") as f:
        f["exchange/C2T_all"].create_dataset(
            "g2_00001", data=np.triu(matrices(3)[0]), **hdf5plugin.Bitshuffle()
        )
    np.testing.assert_array_equal(read(path).c2, matrices(3))


def test_damaged_block_is_said(tmp_path):
    """A chunk whose bytes are noise cannot be unpacked."""
    path = aps_old(tmp_path / "a.h5", without=["exchange/C2T_all/g2_00001"])
    with h5py.File(path, "a") as f:
        made = f["exchange/C2T_all"].create_dataset(
            "g2_00001", data=matrices(3)[0], compression="gzip", chunks=(12, 12)
        )
        made.id.write_direct_chunk((0, 0), b"\x07" * 40)
    with pytest.raises(DataError, match=r"g2_00001 cannot be read .* damaged"):
        read(path)


def test_source_tells_without_reading(tmp_path):
    path = aps_u(tmp_path / "a.h5", q=(0.01, 0.02), phi=(0.0, 45.0))
    with open_source(path) as source:
        assert [(e.q, e.phi) for e in source.entries] == [
            (0.01, 0),
            (0.01, 45),
            (0.02, 0),
            (0.02, 45),
        ]
        assert {(e.n_frames, e.dtype) for e in source.entries} == {(12, "float32")}
        assert source.dt_file == 0.1


def test_dataset_name_is_not_for_hdf5(tmp_path):
    run = read(aps_u(tmp_path / "a.h5"), dataset="c2")
    assert "this is HDF5" in text_of(run)
