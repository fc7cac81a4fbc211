"""NeXus files by the NXxpcs definition: ``/entry/twotime/two_time_corr_func``.

Four attributes say how the matrices are stored, and each of them turns the data into
something else when it is missed: the order of the axes, the value of c2 without
correlation, the corner where time starts, and the triangle that is filled.
"""

import h5py
import numpy as np
from numpy.typing import NDArray

from engine.data.halves import Half
from engine.data.hdf5 import (
    Hdf5Source,
    Node,
    Plane,
    dataset,
    entries_of,
    natural_order,
    node,
    number,
    numbers,
    planes,
    required_numbers,
    stack,
    texts,
)
from engine.data.source import MatrixEntry
from engine.data.units import phi_in_degrees, q_in_inverse_angstrom
from engine.errors import DataError

_ENTRY = "entry"
_MATRICES = "entry/twotime/two_time_corr_func"
_Q = "entry/instrument/masks/dynamic_q_list"
_PHI = "entry/instrument/masks/dynamic_phi_list"

_ALLOWED = {
    "storage_mode": (
        "one_array_q_first",
        "one_array_q_last",
        "data_exchange_keys",
        "other",
    ),
    "time_origin_location": ("upper_left", "lower_left"),
    "populated_elements": ("all", "upper_half", "lower_half"),
}
_INSTEAD = {
    "storage_mode": "the shape tells",
    "time_origin_location": "upper_left is assumed",
    "populated_elements": "the values tell",
}


class NexusSource(Hdf5Source):
    """Matrices of ``/entry/twotime``."""

    layout = "nexus"
    flipped: bool = False
    """Whether time runs upwards along the first axis."""

    def _stored(self, entry: MatrixEntry, frames: slice) -> NDArray[np.generic]:
        if not self.flipped:
            return super()._stored(entry, frames)
        rows = slice(entry.n_frames - frames.stop, entry.n_frames - frames.start)
        return self._planes[entry.index].read(rows, frames)[::-1]


def find(file: h5py.File) -> Node | None:
    """Return where the file holds two-time matrices of this layout, None if not."""
    return node(file, _MATRICES)


def open_source(file: h5py.File, found: Node) -> NexusSource:
    """Tell what the file offers.

    Raises
    ------
    DataError
        When lists and matrices do not go together.
    """
    notes: list[str] = []
    storage = _stated(found, "storage_mode", notes)
    matrices = _matrices(file, found, storage)
    q = q_in_inverse_angstrom(
        required_numbers(file, _Q, "q list"), _unit(file, _Q), f"/{_Q}"
    )
    phi = _phi(file, notes)
    for key, values in ((_Q, q.values), (_PHI, phi)):
        if values is not None and len(values) != len(matrices):
            raise DataError(
                f"{file.filename}: /{key} has {len(values)} values, but "
                f"/{_MATRICES} holds {len(matrices)} matrices; expected one per matrix"
            )
    entries = entries_of(
        file.filename,
        matrices,
        q.values.tolist(),
        [None] * len(matrices) if phi is None else phi.tolist(),
    )
    notes += q.notes
    origin = _stated(found, "time_origin_location", notes)
    populated = _stated(found, "populated_elements", notes)
    baseline = _baseline(found, notes)
    notes += _confirmation(origin, populated, baseline)
    source = NexusSource(file, entries, matrices, dt_file=_dt(file), notes=notes)
    source.flipped = origin == "lower_left"
    source.baseline = baseline
    source.stated_half = _half(populated, flipped=source.flipped)
    return source


def _stated(found: Node, name: str, notes: list[str]) -> str | None:
    """Return an attribute; None, with a note, where it is missing or unknown."""
    value = found.attrs.get(name)
    text = texts(value)[0].strip().lower() if value is not None else None
    if text in _ALLOWED[name]:
        return text
    expected = ", ".join(_ALLOWED[name])
    says = "is missing" if text is None else f"is {text!r}, none of {expected}"
    notes.append(f"/{_MATRICES}: the attribute {name} {says}; {_INSTEAD[name]}")
    return None


def _baseline(found: Node, notes: list[str]) -> int | None:
    value = np.asarray(found.attrs.get("baseline_reference", "")).reshape(-1)
    for level in (0, 1):
        if value.size and texts(value)[0].strip() in {str(level), f"{level}.0"}:
            return level
    notes.append(
        f"/{_MATRICES}: the attribute baseline_reference is neither 0 nor 1; the "
        "values tell"
    )
    return None


def _confirmation(
    origin: str | None, populated: str | None, baseline: int | None
) -> list[str]:
    """Return what the attributes made us do, for the user to confirm."""
    did = []
    if populated in {"upper_half", "lower_half"}:
        did.append(f"{populated.replace('_', ' ')} stored: mirrored")
    if baseline == 0:
        did.append("baseline 0: 1 added")
    if origin == "lower_left":
        did.append("time starts in the lower left corner: rows turned over")
    return [f"as /{_MATRICES} says: {'; '.join(did)}"] if did else []


def _half(populated: str | None, *, flipped: bool) -> Half | None:
    """Return the stored triangle of the matrix whose time starts upper left."""
    if populated not in {"upper_half", "lower_half"}:
        return None
    half = Half.UPPER if populated == "upper_half" else Half.LOWER
    return half.other if flipped else half


def _matrices(file: h5py.File, found: Node, storage: str | None) -> list[Plane]:
    if isinstance(found, h5py.Group):
        return planes(found, natural_order(list(found)))
    if found.dtype.kind in "OS":
        return [_linked(file, key) for key in texts(found[()])]
    if found.ndim == 0:
        raise DataError(
            f"{file.filename}: /{_MATRICES} is a single number, not a matrix; the "
            "file is an NXxpcs skeleton without two-time data"
        )
    q_last = storage == "one_array_q_last"
    if storage not in {"one_array_q_first", "one_array_q_last"} and found.ndim == 3:
        q_last = found.shape[0] == found.shape[1] != found.shape[2]
    return stack(found, last_axis=q_last)


def _linked(file: h5py.File, key: str) -> Plane:
    """Return the matrix that a list of keys names."""
    data = dataset(file, key.strip())
    if data is None:
        raise DataError(
            f"{file.filename}: /{_MATRICES} names the matrix {key!r}, which is not "
            "in the file; expected the path of a dataset"
        )
    return Plane(data)


def _unit(file: h5py.File, key: str) -> str | None:
    data = dataset(file, key)
    unit = data.attrs.get("units") if data is not None else None
    return texts(unit)[0] if unit is not None else None


def _phi(file: h5py.File, notes: list[str]) -> NDArray[np.float64] | None:
    values = numbers(file, _PHI)
    if values is None:
        return None
    phi = phi_in_degrees(values, _unit(file, _PHI), f"/{_PHI}")
    notes += phi.notes
    return phi.values


def _dt(file: h5py.File) -> float | None:
    """Return the frame time of the first detector that tells one."""
    instrument = node(file, f"{_ENTRY}/instrument")
    if not isinstance(instrument, h5py.Group):
        return None
    for name in natural_order(list(instrument)):
        dt = number(file, f"{_ENTRY}/instrument/{name}/frame_time")
        if dt is not None:
            return dt
    return None
