"""Writes matrices in the layouts of real files."""

from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np

from engine.data.run import RunData


def write_data(path: Path, run: RunData) -> None:
    """Write a run in its layout; the folder must exist."""
    _WRITERS[run.layout](path, run)


def _aps_old(path: Path, run: RunData) -> None:
    with h5py.File(path, "w") as file:
        file["xpcs/dqlist"] = np.full((1, len(run.phi)), run.q)
        file["xpcs/dphilist"] = run.phi[np.newaxis]
        file["measurement/instrument/detector/exposure_period"] = [[run.dt]]
        matrices = file.create_group("exchange/C2T_all")
        for k, matrix in enumerate(run.c2, start=1):
            matrices[f"g2_{k:05d}"] = np.triu(matrix)


def _aps_u(path: Path, run: RunData) -> None:
    count = len(run.phi)
    with h5py.File(path, "w") as file:
        qmap = file.create_group("xpcs/qmap")
        qmap["dynamic_v_list_dim0"] = [run.q]
        qmap["dynamic_v_list_dim1"] = run.phi
        qmap["dynamic_num_pts"] = [1, count]
        qmap["dynamic_index_mapping"] = np.arange(count)
        qmap["map_names"] = ["q", "phi"]
        qmap["map_units"] = ["Å⁻¹", "deg"]
        twotime = file.create_group("xpcs/twotime")
        twotime["processed_bins"] = np.arange(1, count + 1)
        twotime["config/stride_frame"] = 1
        twotime["config/avg_frame"] = 1
        for k, matrix in enumerate(run.c2, start=1):
            twotime[f"correlation_map/c2_{k:05d}"] = np.triu(matrix)
        file["entry/instrument/detector_1/frame_time"] = run.dt


def _nexus(path: Path, run: RunData) -> None:
    with h5py.File(path, "w") as file:
        entry = _nx_group(file, "entry", "NXentry")
        entry["definition"] = "NXxpcs"
        instrument = _nx_group(entry, "instrument", "NXinstrument")
        detector = _nx_group(instrument, "detector", "NXdetector")
        _with_attributes(detector, "frame_time", run.dt, {"units": "s"})
        masks = _nx_group(instrument, "masks", "NXnote")
        q = np.full(len(run.phi), run.q)
        _with_attributes(masks, "dynamic_q_list", q, {"units": "1/angstrom"})
        _with_attributes(masks, "dynamic_phi_list", run.phi, {"units": "deg"})
        twotime = _nx_group(entry, "twotime", "NXdata")
        stored = {
            "storage_mode": "one_array_q_first",
            "baseline_reference": 1,
            "time_origin_location": "upper_left",
            "populated_elements": "all",
        }
        _with_attributes(twotime, "two_time_corr_func", run.c2, stored)


def _nx_group(parent: h5py.Group, name: str, kind: str) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs["NX_class"] = kind
    return group


def _with_attributes(
    group: h5py.Group, name: str, value: object, attributes: Mapping[str, object]
) -> None:
    data = group.create_dataset(name, data=value)
    for key, attribute in attributes.items():
        data.attrs[key] = attribute


def _array(path: Path, run: RunData) -> None:
    with path.open("wb") as file:
        np.savez(file, c2=np.asarray(run.c2), q=run.q, phi=run.phi, dt=run.dt)


_WRITERS: dict[str, Callable[[Path, RunData], None]] = {
    "aps_old": _aps_old,
    "aps_u": _aps_u,
    "nexus": _nexus,
    "array": _array,
}
