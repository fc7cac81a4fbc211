"""APS 8-ID results from before the upgrade: ``/exchange/C2T_all``.

The matrices are counted in the order of the columns of ``dqlist`` and ``dphilist``:
the order in which the group was filled where it kept that, else by the numbers in the
names, which need not be padded with zeros.
"""

import h5py

from engine.data.hdf5 import (
    Hdf5Source,
    Node,
    entries_of,
    natural_order,
    node,
    number,
    planes,
    required_numbers,
)
from engine.data.units import phi_in_degrees, q_in_inverse_angstrom
from engine.errors import DataError

_MATRICES = "exchange/C2T_all"
_Q = "xpcs/dqlist"
_PHI = "xpcs/dphilist"
_PERIOD = "measurement/instrument/detector/exposure_period"
_FRAME_FACTORS = ("xpcs/stride_frames", "xpcs/avg_frames")


class ApsOldSource(Hdf5Source):
    """Matrices of ``/exchange/C2T_all``."""

    layout = "aps_old"


def find(file: h5py.File) -> Node | None:
    """Return where the file holds two-time matrices of this layout, None if not."""
    return node(file, _MATRICES)


def open_source(file: h5py.File, found: Node) -> ApsOldSource:
    """Tell what the file offers.

    Raises
    ------
    DataError
        When lists and matrices do not go together.
    """
    names, notes = _order(found) if isinstance(found, h5py.Group) else ([], [])
    matrices = planes(found, names)
    if not matrices:
        raise DataError(
            f"{file.filename}: /{_MATRICES} is empty; expected one two-time matrix "
            "per bin"
        )
    q = q_in_inverse_angstrom(required_numbers(file, _Q, "q list"), None, f"/{_Q}")
    phi = phi_in_degrees(required_numbers(file, _PHI, "φ list"), None, f"/{_PHI}")
    for key, values in ((_Q, q.values), (_PHI, phi.values)):
        if len(values) != len(matrices):
            raise DataError(
                f"{file.filename}: /{key} has {len(values)} values, but "
                f"/{_MATRICES} holds {len(matrices)} matrices; expected one per matrix"
            )
    entries = entries_of(
        file.filename, matrices, q.values.tolist(), phi.values.tolist()
    )
    notes += [*q.notes, *phi.notes]
    return ApsOldSource(file, entries, matrices, dt_file=_dt(file), notes=notes)


def _dt(file: h5py.File) -> float | None:
    dt = number(file, _PERIOD)
    if dt is None:
        return None
    for key in _FRAME_FACTORS:
        dt *= number(file, key) or 1.0
    return dt


def _order(group: h5py.Group) -> tuple[list[str], list[str]]:
    """Return the names in the order of the columns, and a note where it is doubtful."""
    natural = natural_order(list(group))
    created = _creation_order(group)
    if created is None or created == natural:
        return natural, []
    return created, [
        f"the names in /{_MATRICES} are not in the order they were written in; the "
        "order of writing is taken for the columns of the q and φ lists"
    ]


def _creation_order(group: h5py.Group) -> list[str] | None:
    """Return the names in the order they were made, None where that is not kept."""
    kept = group.id.get_create_plist().get_link_creation_order()
    if not kept & h5py.h5p.CRT_ORDER_TRACKED:
        return None
    names: list[str] = []
    group.id.links.iterate(
        lambda name: names.append(name.decode()), idx_type=h5py.h5.INDEX_CRT_ORDER
    )
    return names
