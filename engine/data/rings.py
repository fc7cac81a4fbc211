"""Matrices of one wavevector, and the choice between several.

Values of q are never mixed silently: a ring is the matrices with the same q. Where a
file gives every bin its own mean q, those within a percent of each other form a ring.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.data.source import MatrixEntry
from engine.data.text import wavevectors
from engine.errors import DataError

_SAME_Q = 1e-6
"""Relative difference up to which two q are the same number."""
_STEP_INSIDE = 0.01
"""Largest relative step between neighbours of a ring whose bins differ in q."""
_WIDTH_INSIDE = 0.10
_FARTHEST = 0.10
"""A ring farther from the wanted q than this fraction is not what was wanted."""


@dataclass(frozen=True, slots=True)
class Ring:
    """The matrices of one wavevector."""

    q: float
    """Wavevector [1/Å]: the mean over the bins."""
    entries: tuple[MatrixEntry, ...]
    """In file order."""
    notes: tuple[str, ...] = ()


def rings(entries: Sequence[MatrixEntry]) -> tuple[Ring, ...]:
    """Return the rings of a file by ascending q; none when it does not tell q."""
    known = sorted(
        ((e.q, e) for e in entries if e.q is not None), key=lambda pair: pair[0]
    )
    same = _grouped(known, _SAME_Q)
    merged = _grouped(known, _STEP_INSIDE)
    groups = merged if all(_is_one_ring(g) for g in merged) else same
    return tuple(_ring(group) for group in groups)


def choose_ring(
    path: Path, entries: Sequence[MatrixEntry], wanted: float | None
) -> tuple[Ring, tuple[float, ...], tuple[str, ...]]:
    """Return the ring to read, every q of the file, and what the user should know.

    Parameters
    ----------
    wanted
        Wavevector asked for [1/Å]; it selects, and stands in only where the file
        says nothing about q.

    Raises
    ------
    DataError
        When q is not known, or no ring is within 10 % of the wanted one.
    """
    if wanted is not None and not (np.isfinite(wanted) and wanted > 0):
        raise DataError(
            f"q is {wanted:g} 1/Å (analyzer_parameters.scattering.wavevector_q or "
            "--q); expected a number above 0"
        )
    offered = rings(entries)
    if not offered:
        if wanted is None:
            raise DataError(
                f"{path} does not tell q; give it in 1/Å with --q or as "
                "analyzer_parameters.scattering.wavevector_q in the run file"
            )
        return Ring(wanted, tuple(entries)), (wanted,), ()
    all_q = tuple(r.q for r in offered)
    ring, notes = (
        _largest(offered) if wanted is None else _nearest(path, offered, wanted)
    )
    if not ring.q > 0:
        raise DataError(
            f"{path}: q of the matrices is {ring.q:g} 1/Å; expected a number above 0; "
            "correct the q list of the file"
        )
    return ring, all_q, (*notes, *ring.notes)


def _largest(offered: Sequence[Ring]) -> tuple[Ring, tuple[str, ...]]:
    """Return the ring with the most angles, the lowest q of several such."""
    ring = max(offered, key=lambda r: (len(r.entries), -r.q))
    if len(offered) == 1:
        return ring, ()
    return ring, (
        f"the file holds {len(offered)} q and none was asked for: q = {ring.q:.6g} 1/Å "
        f"with {len(ring.entries)} angles is read; there are "
        f"{wavevectors(r.q for r in offered)}",
    )


def _nearest(
    path: Path, offered: Sequence[Ring], wanted: float
) -> tuple[Ring, tuple[str, ...]]:
    ring = min(offered, key=lambda r: abs(r.q - wanted))
    difference = abs(ring.q - wanted) / wanted
    if difference > _FARTHEST:
        raise DataError(
            f"{path} has no matrices within 10 % of q = {wanted:.6g} 1/Å; it holds q = "
            f"{wavevectors(r.q for r in offered)}; change --q or "
            "analyzer_parameters.scattering.wavevector_q"
        )
    if difference <= _SAME_Q:
        return ring, ()
    return ring, (
        f"q = {wanted:.6g} 1/Å was asked for; the nearest in the file, "
        f"q = {ring.q:.6g} 1/Å, is read and used",
    )


Group = list[tuple[float, MatrixEntry]]


def _grouped(known: Group, step: float) -> list[Group]:
    """Split ascending q wherever the next one is farther than a relative step."""
    groups: list[Group] = []
    for q, entry in known:
        if groups and abs(q - groups[-1][-1][0]) <= step * abs(q):
            groups[-1].append((q, entry))
        else:
            groups.append([(q, entry)])
    return groups


def _is_one_ring(group: Group) -> bool:
    """Whether bins of slightly different q can be one ring: near, and no φ twice."""
    if group[-1][0] - group[0][0] <= _SAME_Q * abs(group[-1][0]):
        return True
    angles = [e.phi for _, e in group]
    narrow = group[-1][0] - group[0][0] <= _WIDTH_INSIDE * abs(group[0][0])
    return narrow and None not in angles and len(set(angles)) == len(angles)


def _ring(group: Group) -> Ring:
    q = np.array([q for q, _ in group])
    entries = tuple(sorted((e for _, e in group), key=lambda e: e.index))
    if np.ptp(q) <= _SAME_Q * q[-1]:
        # The number in the file itself, not its mean, which may differ by rounding.
        return Ring(float(q[0]), entries)
    mean = float(np.mean(q))
    note = (
        f"the q of the {len(q)} bins of this ring differ, {q[0]:.6g} to {q[-1]:.6g} "
        f"1/Å; their mean {mean:.6g} 1/Å is used"
    )
    return Ring(mean, entries, (note,))
