"""`fit.h5`: maps, parameters and covariance of a fit, NeXus-style.

The maps are written one angle at a time and uncompressed: they are mostly noise, which
no filter shrinks, and writing them should cost no more than the disk does.
"""

from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

import h5py
import numpy as np

import engine
from engine.data.run import RunData
from engine.report.maps import AngleMaps, fitted_times
from engine.result import FitResult

MAP_NAMES = ("data", "model", "residual")
_CHUNK = 1024


def write_h5(
    path: Path,
    maps: Iterable[AngleMaps],
    *,
    data: RunData,
    result: FitResult,
    note: str,
) -> None:
    """Write `fit.h5`.

    Parameters
    ----------
    maps
        Every fitted angle, in order; taken one at a time.
    note
        The run file that reproduces the fit.

    Raises
    ------
    OSError
        When the disk is full or refuses.
    """
    times = fitted_times(data, result)
    with path.open("w+b", buffering=0) as raw:
        disk = _Disk(raw)
        with h5py.File(disk, "w") as file:
            process = _write_head(file, result, times)
            _write_note(process, note)
            shape = (len(result.angle_indices), times.size, times.size)
            _write_maps(process, _checked(maps, disk), shape)
        disk.check()


class _Disk:
    """A file that never fails while HDF5 writes to it, and says afterwards if it did.

    The HDF5 library crashes the process when it closes a file on a full disk. So a
    write that fails is remembered, it and all later ones are passed over in silence,
    and HDF5 closes in peace what is thrown away then.
    """

    def __init__(self, raw: FileIO) -> None:
        self._raw = raw
        self._failure: OSError | None = None
        self.seek = raw.seek
        self.tell = raw.tell
        self.read = raw.read
        self.readinto = raw.readinto

    def check(self) -> None:
        """Raise what went wrong so far."""
        if self._failure is not None:
            raise self._failure

    def write(self, data: memoryview) -> int:
        """Write everything, or pretend to."""
        written = 0
        while self._failure is None and written < len(data):
            try:
                written += self._raw.write(data[written:]) or 0
            except OSError as error:
                self._failure = error
        return len(data)

    def truncate(self, size: int | None = None) -> int:
        """Set the size, or pretend to."""
        try:
            return self._raw.truncate(size)
        except OSError as error:
            self._failure = self._failure or error
            return size or 0

    def flush(self) -> None:
        """Do nothing: the file has no buffer."""


def _checked(maps: Iterable[AngleMaps], disk: _Disk) -> Iterator[AngleMaps]:
    """Pass the angles on until the disk refuses."""
    for angle in maps:
        yield angle
        del angle
        disk.check()


def _write_head(file: h5py.File, result: FitResult, times: np.ndarray) -> h5py.Group:
    """Write everything but the maps and return the group they belong to."""
    file.attrs["NX_class"] = "NXroot"
    file.attrs["default"] = "entry"
    entry = _group(file, "entry", "NXentry")
    entry.attrs["default"] = "plot"
    process = _group(entry, "process_fit_1", "NXprocess")
    process["program"] = "twotime"
    process["version"] = engine.__version__
    _write_axes(process, result, times)
    _write_parameters(process, result)
    process["covariance"] = result.covariance
    process["covariance"].attrs["names"] = list(result.covariance_names)
    _link_plot(entry)
    return process


def _write_maps(
    process: h5py.Group, maps: Iterable[AngleMaps], shape: tuple[int, int, int]
) -> None:
    side = min(shape[-1], _CHUNK)
    datasets = [
        process.create_dataset(
            name, shape=shape, dtype=np.float32, chunks=(1, side, side)
        )
        for name in MAP_NAMES
    ]
    for angle in maps:
        _write_angle(datasets, angle)
        # Let go of it before the next one is made.
        del angle


def _write_angle(datasets: Iterable[h5py.Dataset], angle: AngleMaps) -> None:
    images = (angle.data, angle.model, angle.residual)
    for dataset, image in zip(datasets, images, strict=True):
        dataset[angle.position] = image


def _write_axes(process: h5py.Group, result: FitResult, times: np.ndarray) -> None:
    process["phi"] = np.asarray(result.input.phi)
    process["phi"].attrs["units"] = "deg"
    process["t"] = times
    process["t"].attrs["units"] = "s"
    process["q"] = result.input.q
    process["q"].attrs["units"] = "1/angstrom"


def _write_parameters(process: h5py.Group, result: FitResult) -> None:
    group = _group(process, "parameters", "NXparameters")
    group.attrs["model"] = result.model
    group.attrs["shear_convention"] = result.convention
    parameters = result.parameters
    text = h5py.string_dtype()
    group.create_dataset("name", data=[p.name for p in parameters], dtype=text)
    group.create_dataset("unit", data=[p.unit for p in parameters], dtype=text)
    group["value"] = [p.value for p in parameters]
    group["stderr"] = _errors([p.stderr for p in parameters])
    scaling = _group(process, "scaling", "NXparameters")
    scaling.attrs["mode"] = result.scaling.mode
    scaling["contrast"] = result.scaling.contrast
    scaling["contrast_stderr"] = _errors(result.scaling.contrast_stderr)
    scaling["offset"] = result.scaling.offset
    scaling["offset_stderr"] = _errors(result.scaling.offset_stderr)


def _write_note(process: h5py.Group, note: str) -> None:
    group = _group(process, "note", "NXnote")
    group["type"] = "application/yaml"
    group["file_name"] = "run.yaml"
    group["data"] = note
    group["author"] = f"twotime {engine.__version__}"


def _link_plot(entry: h5py.Group) -> None:
    """Let NeXus viewers draw the maps without knowing the layout."""
    plot = _group(entry, "plot", "NXdata")
    plot.attrs["signal"] = "data"
    plot.attrs["auxiliary_signals"] = ["model", "residual"]
    plot.attrs["axes"] = ["phi", "t", "t"]
    for name in (*MAP_NAMES, "phi", "t"):
        plot[name] = h5py.SoftLink(f"/entry/process_fit_1/{name}")


def _group(parent: h5py.Group, name: str, nexus_class: str) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs["NX_class"] = nexus_class
    return group


def _errors(values: Iterable[float | None]) -> list[float]:
    return [np.nan if value is None else value for value in values]
