"""What an HDF5 file without two-time matrices does hold, in words."""

import h5py
import numpy as np

from engine.data.hdf5 import dataset, node, numbers
from engine.data.text import listed

_G2 = (
    ("xpcs/multitau/normalized_g2", "xpcs/qmap/dynamic_v_list_dim0"),
    ("exchange/norm-0-g2", "xpcs/dqlist"),
    ("entry/data/g2", "entry/instrument/masks/dynamic_q_list"),
)
_DEPTH = 3
_PROGRAM = "entry/process_fit_1/program"


def is_result(file: h5py.File) -> bool:
    """Whether a file is `fit.h5` of a result of Twotime."""
    program = dataset(file, _PROGRAM)
    return program is not None and program.shape == () and program[()] == b"twotime"


def without_twotime(file: h5py.File) -> str:
    """Return a clause about a file that holds no two-time matrices."""
    g2 = multi_tau(file)
    if g2 is not None:
        return f"multi-tau g2 only, no two-time data here: {g2}"
    held = listed(keys(file), shown=20)
    return f"no two-time group; it holds {held or 'nothing'}"


def multi_tau(file: h5py.File) -> str | None:
    """Return ``g2 at 61 delays for 27 q, …``, None when there is no g2 either."""
    for key, q_key in _G2:
        g2 = dataset(file, key)
        if g2 is not None and g2.ndim in {1, 2}:
            n_bins = g2.shape[1] if g2.ndim == 2 else 1
            return f"g2 at {g2.shape[0]} delays for {_bins(file, q_key, n_bins)}"
    return None


def _bins(file: h5py.File, q_key: str, n_bins: int) -> str:
    q = numbers(file, q_key)
    if q is None or q.size == 0:
        return f"{n_bins} bins"
    limits = f"{np.min(q):.4g} to {np.max(q):.4g} as stored"
    if np.unique(q).size == n_bins:
        return f"{n_bins} q ({limits})"
    return f"{n_bins} (q, φ) bins (q {limits})"


def keys(file: h5py.File) -> list[str]:
    """Return the paths in a file, to a depth of three."""
    found: list[str] = []
    _collect(file, 1, found)
    return found


def _collect(group: h5py.Group, depth: int, found: list[str]) -> None:
    for name in map(str, group):
        member = node(group, name)
        if isinstance(member, h5py.Group) and depth < _DEPTH and len(member):
            _collect(member, depth + 1, found)
        else:
            found.append(f"{str(group.name).rstrip('/')}/{name}")
