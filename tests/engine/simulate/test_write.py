"""Files of a simulation: read back by the readers, named, and never half there."""

import errno
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml

from engine.conventions import Convention
from engine.data.inspect import inspect_file
from engine.data.load import load
from engine.errors import OutputError
from engine.setup import DataRequest
from engine.simulate import LAYOUTS, SimulationRequest, simulate, write_simulation
from engine.simulate import layouts as layouts_module
from engine.simulate.write import run_file

SMALL = {"n_frames": 24, "phi": (-60.0, 0.0, 45.0)}


def run_yaml(request):
    return yaml.safe_load(yaml.safe_dump(run_file(request, "run.h5"), sort_keys=False))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_written_is_read_back(tmp_path, layout):
    request = SimulationRequest(layout=layout, **SMALL)
    data, notes = write_simulation(tmp_path / "run.h5", request)
    expected = simulate(request)
    run = load(DataRequest(file=data))
    assert run.layout == layout
    np.testing.assert_array_equal(run.c2, expected.c2)
    assert run.phi.tolist() == [-60, 0, 45]
    assert (run.q, run.dt) == (request.q, request.dt)
    assert run.warnings == ()
    assert inspect_file(data).problems == ()
    assert notes == tmp_path / "run.yaml"
    assert sorted(tmp_path.iterdir()) == sorted([data, notes])


@pytest.mark.parametrize("layout", ["aps_old", "aps_u"])
def test_aps_layouts_store_the_upper_half(tmp_path, layout):
    request = SimulationRequest(layout=layout, **SMALL)
    data, _ = write_simulation(tmp_path / "run.h5", request)
    group = {"aps_old": "exchange/C2T_all", "aps_u": "xpcs/twotime/correlation_map"}
    with h5py.File(data) as file:
        for stored in file[group[layout]].values():
            assert not np.tril(stored[()], -1).any()
            assert stored[()][np.triu_indices(24)].all()


@pytest.mark.parametrize(
    ("name", "layout", "expected"),
    [
        ("run.h5", "aps_u", "run.h5"),
        ("run.nxs", "nexus", "run.nxs"),
        ("run", "aps_u", "run.h5"),
        ("run.2", "aps_old", "run.2.h5"),
        ("run.h5", "array", "run.npz"),
        ("run.npz", "array", "run.npz"),
        ("gel_0.5", "array", "gel_0.5.npz"),
    ],
)
def test_names(tmp_path, name, layout, expected):
    request = SimulationRequest(layout=layout, n_frames=8, phi=(0.0,))
    data, notes = write_simulation(tmp_path / name, request)
    assert data.name == expected
    assert notes == data.with_suffix(".yaml")


@pytest.mark.parametrize(
    ("name", "layout", "expected"),
    [
        ("x.yaml", "aps_u", "expected .h5, .hdf, .hdf5, .nxs, or no ending"),
        ("x.txt", "nexus", "cannot end in .txt"),
        ("x.npz", "aps_old", "the layout aps_old cannot end in .npz"),
        ("x.npy", "array", "cannot end in .npy; expected .npz, or no ending"),
    ],
)
def test_endings_of_something_else_are_refused(tmp_path, name, layout, expected):
    request = SimulationRequest(layout=layout, n_frames=8, phi=(0.0,))
    with pytest.raises(OutputError, match=expected) as refused:
        write_simulation(tmp_path / name, request)
    assert str(tmp_path / name) in str(refused.value)
    assert list(tmp_path.iterdir()) == []


class TestRunFile:
    def test_archived_schema_and_our_keys(self):
        found = run_yaml(SimulationRequest(**SMALL))
        assert found["twotime"] == {"format_version": 1}
        assert found["analysis_mode"] == "laminar_flow"
        assert found["analyzer_parameters"] == {
            "dt": 0.1,
            "start_frame": 1,
            "end_frame": 24,
            "scattering": {"wavevector_q": 0.0054},
            "geometry": {"stator_rotor_gap": 2e6},
            "shear_convention": "literature",
            "drop_first_frame": True,
        }
        assert found["experimental_data"] == {"file_path": "run.h5"}

    def test_static_needs_no_gap(self):
        found = run_yaml(SimulationRequest(model="static", **SMALL))
        assert "geometry" not in found["analyzer_parameters"]
        assert found["initial_parameters"]["parameter_names"] == [
            "D0",
            "alpha",
            "D_offset",
        ]

    def test_array_names_its_dataset(self):
        found = run_yaml(SimulationRequest(layout="array", **SMALL))
        assert found["experimental_data"]["dataset"] == "c2"

    @pytest.mark.parametrize("convention", Convention)
    def test_truth_stands_in_it_and_the_start_is_off(self, convention):
        request = SimulationRequest(convention=convention, **SMALL)
        found = run_yaml(request)
        truth = found["simulation"]["truth"]
        assert truth == pytest.approx(request.truth)
        assert found["simulation"]["convention"] == str(convention)
        initial = found["initial_parameters"]
        assert initial["parameter_names"] == list(truth)
        for name, start in zip(truth, initial["values"], strict=True):
            assert 0.29 < abs(start / truth[name] - 1) < 0.41

    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"D0": 1.0, "D_offset": -5e10, "gamma_dot_t0": 1e-9, "phi0": 150.0},
            {"alpha": 0.0, "beta": 5.0, "gamma_dot_t_offset": -3.0, "D0": 1e12},
        ],
    )
    def test_truth_and_start_are_inside_the_bounds(self, values):
        found = run_yaml(SimulationRequest(values=values, **SMALL))
        truth = found["simulation"]["truth"]
        starts = found["initial_parameters"]["values"]
        for bound, start in zip(
            found["parameter_space"]["bounds"], starts, strict=True
        ):
            assert bound["min"] < truth[bound["name"]] < bound["max"]
            assert bound["min"] < start < bound["max"]
            if bound["name"] in {"D0", "gamma_dot_t0"}:
                assert bound["min"] > 0

    def test_kind_of_noise(self):
        assert run_yaml(SimulationRequest(noise=0.03))["simulation"]["noise"] == 0.03
        notes = run_yaml(SimulationRequest(speckles=500))["simulation"]
        assert notes["speckles"] == 500
        assert "noise" not in notes


class TestWriting:
    def request(self):
        return SimulationRequest(n_frames=8, phi=(0.0,))

    @pytest.mark.parametrize("existing", ["run.h5", "run.yaml"])
    def test_nothing_is_overwritten_unless_asked(self, tmp_path, existing):
        (tmp_path / existing).write_text("precious")
        with pytest.raises(OutputError, match=f"{existing} exists.*--overwrite"):
            write_simulation(tmp_path / "run.h5", self.request())
        assert (tmp_path / existing).read_text() == "precious"
        assert len(list(tmp_path.iterdir())) == 1
        write_simulation(tmp_path / "run.h5", self.request(), overwrite=True)
        assert load(DataRequest(file=tmp_path / "run.h5")).n_frames == 8

    def test_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(OutputError, match=r"folder .* does not exist"):
            write_simulation(tmp_path / "none" / "run.h5", self.request())

    def test_a_folder_that_cannot_be_written(self, tmp_path, monkeypatch):
        """What HDF5 says of it, and what the system does."""

        def refuse(path, *_args, **_settings):
            raise PermissionError(errno.EACCES, f"Unable to ... (name = '{path}', ...)")

        expected = (
            f"{tmp_path / 'run.h5'} cannot be written (Permission denied); choose "
            "another place"
        )
        for owner, name in ((layouts_module, "write_data"), (Path, "touch")):
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, refuse)
                with pytest.raises(OutputError) as refused:
                    write_simulation(tmp_path / "run.h5", self.request())
            assert str(refused.value) == expected
            assert list(tmp_path.iterdir()) == []

    def test_failure_leaves_nothing_behind(self, tmp_path, monkeypatch):
        def fail(path, _run):
            path.write_bytes(b"half")
            raise OSError("disk full")

        monkeypatch.setattr(layouts_module, "write_data", fail)
        with pytest.raises(OutputError, match="disk full"):
            write_simulation(tmp_path / "run.h5", self.request())
        assert list(tmp_path.iterdir()) == []
