"""`fit.h5`: the maps are those of the fit, and only one angle is held at a time."""

import subprocess
import sys
import weakref
from pathlib import Path

import h5py
import numpy as np
import pytest

from engine.data.inspect import inspect_file
from engine.data.load import load
from engine.errors import DataError
from engine.report.h5 import write_h5
from engine.report.maps import angle_maps
from engine.setup import DataRequest
from tests.engine.report.fixtures import (
    CONTRAST,
    OFFSET,
    PARAMETERS,
    decay,
    fit_result,
    run_data,
)

NOTE = "model: laminar_flow\n"


@pytest.fixture
def written(tmp_path, model_maps):
    """A file with the second and third angle of a run."""
    data = run_data()
    result = fit_result(data, angles=(1, 2))
    path = tmp_path / "fit.h5"
    maps = angle_maps(data, None, result)
    write_h5(path, maps, data=data, result=result, note=NOTE)
    assert [scaling for _, scaling in model_maps] == [
        [(1, CONTRAST[1], OFFSET[1])],
        [(2, CONTRAST[2], OFFSET[2])],
    ]
    with h5py.File(path) as file:
        yield file, data, result


def test_maps_are_on_the_fitted_axis(written):
    file, data, _ = written
    process = file["entry/process_fit_1"]
    n = data.n_frames - 1
    for name in ("data", "model", "residual"):
        assert process[name].shape == (2, n, n)
        assert process[name].dtype == np.float32
    np.testing.assert_array_equal(process["data"][0], data.c2[1, 1:, 1:])
    np.testing.assert_array_equal(process["model"][1], decay(n, *_scaling(2)))
    np.testing.assert_allclose(
        process["residual"][1], data.c2[2, 1:, 1:] - decay(n, *_scaling(2))
    )
    np.testing.assert_allclose(process["t"], data.dt * np.arange(1, n + 1))
    np.testing.assert_allclose(process["phi"], data.phi[1:])


def test_it_is_known_again_as_a_result(written):
    path = Path(written[0].filename)
    written[0].close()
    said = "is a result of Twotime, not measured data; open run.yaml beside it"
    found = inspect_file(path)
    assert found.holds == "a result of Twotime: maps of data, model and residual"
    assert found.problems[0].startswith(f"{path} {said}")
    with pytest.raises(DataError, match=said):
        load(DataRequest(file=path))


def test_missing_pixels_stay_missing(tmp_path, model_maps):
    del model_maps
    data = run_data()
    result = fit_result(data)
    maps = angle_maps(data, None, result)
    write_h5(tmp_path / "fit.h5", maps, data=data, result=result, note=NOTE)
    with h5py.File(tmp_path / "fit.h5") as file:
        process = file["entry/process_fit_1"]
        assert np.isnan(process["residual"][0, 6]).all()
        assert np.isfinite(process["model"][()]).all()


def test_parameters_covariance_and_note(written):
    file, _, result = written
    process = file["entry/process_fit_1"]
    names = [name.decode() for name in process["parameters/name"]]
    assert names == [p.name for p in PARAMETERS]
    np.testing.assert_array_equal(
        process["parameters/value"], [p.value for p in PARAMETERS]
    )
    assert np.isnan(process["parameters/stderr"][4])
    assert process["parameters"].attrs["shear_convention"] == "literature"
    np.testing.assert_array_equal(process["covariance"], result.covariance)
    assert list(process["covariance"].attrs["names"]) == list(result.covariance_names)
    assert process["note/data"][()].decode() == NOTE
    assert process["program"][()].decode() == "twotime"


def test_groups_have_nexus_classes_and_a_default_plot(written):
    file, _, _ = written
    assert file.attrs["default"] == "entry"
    classes = {
        "entry": "NXentry",
        "entry/process_fit_1": "NXprocess",
        "entry/process_fit_1/parameters": "NXparameters",
        "entry/process_fit_1/note": "NXnote",
        "entry/plot": "NXdata",
    }
    for name, expected in classes.items():
        assert file[name].attrs["NX_class"] == expected
    plot = file[f"entry/{file['entry'].attrs['default']}"]
    assert plot[plot.attrs["signal"]].shape[0] == 2


def test_one_angle_is_held_at_a_time(tmp_path):
    """The maps of an angle are gone before those of the next one are made."""
    data = run_data()
    result = fit_result(data)
    alive = []

    def maps(angles):
        for angle in angles:
            assert all(reference() is None for reference in alive)
            model = np.array(angle.model)
            alive.append(weakref.ref(model))
            yield type(angle)(angle.position, angle.phi, angle.data, model)
            del model

    made = [
        _maps(position, data, data.n_frames - 1)
        for position in range(len(result.angle_indices))
    ]
    write_h5(tmp_path / "x.h5", maps(made), data=data, result=result, note=NOTE)
    assert len(alive) == 3


def _scaling(index):
    return CONTRAST[index], OFFSET[index]


def _maps(position, data, n):
    from engine.report.maps import AngleMaps

    return AngleMaps(
        position, float(data.phi[position]), data.c2[position, 1:, 1:],
        decay(n, *_scaling(position)),
    )  # fmt: skip


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from engine.report.h5 import write_h5
from engine.report.maps import AngleMaps
from tests.engine.report.fixtures import decay, fit_result, run_data

data = run_data(n=201)
result = fit_result(data)
model = decay(200, 0.3, 1.0)
maps = (AngleMaps(k, 0.0, data.c2[k, 1:, 1:], model) for k in range(3))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    write_h5(Path(sys.argv[1]), maps, data=data, result=result, note="")
except OSError as error:
    print(error.strerror)
"""


def test_a_full_disk_is_an_error_and_no_crash(tmp_path):
    """The HDF5 library ends the process when it closes a file it could not write."""
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "fit.h5")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == "File too large\n"
    assert done.stderr == ""
