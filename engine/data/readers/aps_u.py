"""APS-U 8-ID results (boost_corr), and older ones with ``c2_half``.

The matrices are numbered by the bins of the (q, φ) map. Bins without a pixel are left
out of the numbering, so a bin is found through ``dynamic_index_mapping``; only where
that is missing is it taken as q number × number of φ + φ number.
"""

import re
from collections.abc import Sequence

import h5py
import numpy as np
from numpy.typing import NDArray

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
    texts,
)
from engine.data.text import listed
from engine.data.units import phi_in_degrees, q_in_inverse_angstrom
from engine.errors import DataError

_MAPS = ("xpcs/twotime/correlation_map", "xpcs/twotime/c2_half")
_BINS = "xpcs/twotime/processed_bins"
_Q = "xpcs/qmap/dynamic_v_list_dim0"
_PHI = "xpcs/qmap/dynamic_v_list_dim1"
_COUNTS = "xpcs/qmap/dynamic_num_pts"
_MAPPING = "xpcs/qmap/dynamic_index_mapping"
_FRAME_TIME = "entry/instrument/detector_1/frame_time"
_FRAME_FACTORS = ("xpcs/twotime/config/stride_frame", "xpcs/twotime/config/avg_frame")


class ApsUSource(Hdf5Source):
    """Matrices of ``/xpcs/twotime``."""

    layout = "aps_u"


def find(file: h5py.File) -> Node | None:
    """Return where the file holds two-time matrices of this layout, None if not."""
    return node(file, _MAPS[0]) or node(file, _MAPS[1])


def open_source(file: h5py.File, found: Node) -> ApsUSource:
    """Tell what the file offers.

    Raises
    ------
    DataError
        When lists and matrices do not go together.
    """
    units = _units(file)
    notes: list[str] = []
    q = q_in_inverse_angstrom(required_numbers(file, _Q, "q list"), units[0], f"/{_Q}")
    stored_phi = numbers(file, _PHI)
    if stored_phi is None or stored_phi.size == 0:
        stored_phi = np.zeros(1)
        notes.append(f"/{_PHI} is missing: φ = 0° is taken for every matrix")
    phi = phi_in_degrees(stored_phi, units[1], f"/{_PHI}")
    _check_counts(file, q.values.size, phi.values.size)
    matrices, bins = _matrices(file, found)
    flat, skipped = _flat_indices(file, bins, q.values.size * phi.values.size)
    placed = [
        (m, index) for m, index in zip(matrices, flat, strict=True) if index is not None
    ]
    if not placed:
        raise DataError(
            f"{file.filename}: none of the bins in /{_BINS} lies in the map of "
            f"{q.values.size} q × {phi.values.size} φ; check /{_COUNTS}"
        )
    matrices = [m for m, _ in placed]
    q_index, phi_index = np.divmod([index for _, index in placed], phi.values.size)
    entries = entries_of(
        file.filename,
        matrices,
        q.values[q_index].tolist(),
        phi.values[phi_index].tolist(),
    )
    notes += [*q.notes, *phi.notes, *skipped]
    return ApsUSource(file, entries, matrices, dt_file=_dt(file), notes=notes)


def _units(file: h5py.File) -> tuple[str | None, str | None]:
    found = dataset(file, "xpcs/qmap/map_units")
    units = texts(found[()]) if found is not None else []
    return (units[0], units[1]) if len(units) == 2 else (None, None)


def _dt(file: h5py.File) -> float | None:
    """Frame time times stride times average: the matrix may skip or merge frames."""
    dt = number(file, _FRAME_TIME)
    if dt is None:
        return None
    for key in _FRAME_FACTORS:
        dt *= number(file, key) or 1.0
    return dt


def _check_counts(file: h5py.File, n_q: int, n_phi: int) -> None:
    counts = numbers(file, _COUNTS)
    if counts is not None and counts.tolist() != [n_q, n_phi]:
        stated = " × ".join(f"{n:g}" for n in counts)
        raise DataError(
            f"{file.filename}: /{_COUNTS} says {stated} (q × φ) bins, but the lists "
            f"beside it hold {n_q} q and {n_phi} φ; the map is damaged"
        )


def _matrices(file: h5py.File, found: Node) -> tuple[list[Plane], NDArray[np.int64]]:
    """Return the matrices and the bin number, 1-based, of each."""
    names = natural_order(list(found)) if isinstance(found, h5py.Group) else []
    matrices = planes(found, names)
    if not matrices:
        raise DataError(
            f"{file.filename}: {found.name} is empty; expected one two-time matrix "
            "per bin"
        )
    stated = numbers(file, _BINS)
    if stated is None:
        raise DataError(
            f"{file.filename}: /{_BINS} is missing; expected the bin number of each "
            f"of the {len(matrices)} matrices in {found.name}"
        )
    bins = stated.astype(np.int64)
    if len(bins) != len(matrices):
        raise DataError(
            f"{file.filename}: /{_BINS} lists {len(bins)} bins, but {found.name} holds "
            f"{len(matrices)} matrices; expected one bin per matrix; correlate again"
        )
    named = _numbers_in([m.label for m in matrices])
    by_name = isinstance(found, h5py.Group) and sorted(named) == sorted(bins.tolist())
    return matrices, np.asarray(named, dtype=np.int64) if by_name else bins


def _numbers_in(names: Sequence[str]) -> list[int]:
    """Return the number each name ends with, 0 where it ends with none."""
    found = (re.search(r"(\d+)$", name) for name in names)
    return [int(m.group(1)) if m else 0 for m in found]


def _flat_indices(
    file: h5py.File, bins: NDArray[np.int64], n_map: int
) -> tuple[list[int | None], list[str]]:
    """Return the place of each bin in the flattened map, None outside of it."""
    mapping = numbers(file, _MAPPING)
    notes: list[str] = []
    if mapping is None:
        table = np.arange(n_map)
        notes += _renumbering_suspected(file, bins, n_map)
    else:
        table = mapping.astype(np.int64)
    flat: list[int | None] = []
    for number_ in bins.tolist():
        index = int(table[number_ - 1]) if 1 <= number_ <= len(table) else -1
        flat.append(index if 0 <= index < n_map else None)
    outside = [str(b) for b, index in zip(bins, flat, strict=True) if index is None]
    if outside:
        notes.append(
            f"bins outside the map of {n_map} (q, φ) bins are skipped: "
            f"{listed(outside)}"
        )
    return flat, notes


def _renumbering_suspected(
    file: h5py.File, bins: NDArray[np.int64], n_map: int
) -> list[str]:
    """Return a warning when bins without pixels were probably left out."""
    g2 = dataset(file, "xpcs/multitau/normalized_g2")
    if g2 is None or g2.ndim != 2 or not bins.max() <= g2.shape[1] < n_map:
        return []
    return [
        f"/{_MAPPING} is missing and only {g2.shape[1]} of {n_map} (q, φ) bins hold "
        "pixels: the bins were probably renumbered, so q and φ may be wrong"
    ]
