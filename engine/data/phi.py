"""Azimuth: one interval, ranges that may wrap, and the choice of angles."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.data.text import degrees
from engine.errors import DataError, OptionError
from engine.setup import PhiRange, PhiSelection

SAME_ANGLE = 0.05
"""Two angles closer than this [deg] are the same for the user."""
_ROUNDING = 1e-9


def normalise(phi: ArrayLike) -> NDArray[np.float64]:
    """Return angles [deg] in (-180, 180]."""
    remainder = np.mod(np.asarray(phi, dtype=np.float64), 360.0)
    # A tiny negative angle has the remainder 360 itself in floating point.
    return np.where(remainder > 180.0, remainder - 360.0, remainder)


def distance(phi: ArrayLike, other: ArrayLike) -> NDArray[np.float64]:
    """Return how far angles [deg] are apart around the circle, 0 to 180."""
    return np.abs(normalise(np.subtract(phi, other)))


def inside(phi: ArrayLike, limits: PhiRange) -> NDArray[np.bool_]:
    """Return which angles [deg] lie in a closed range that may wrap through 180°."""
    angles = normalise(phi)
    if limits.maximum - limits.minimum >= 360.0:
        return np.ones(angles.shape, dtype=bool)
    low, high = normalise([limits.minimum, limits.maximum])
    between = (
        (angles >= low) & (angles <= high)
        if low <= high
        else (angles >= low) | (angles <= high)
    )
    at_an_end = np.minimum(distance(angles, low), distance(angles, high)) <= _ROUNDING
    return between | at_an_end


def select_angles(
    phi: ArrayLike, selection: PhiSelection
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Return which angles of a run a selection keeps, and what the user should know.

    Raises
    ------
    DataError
        When no angle is left.
    """
    angles = normalise(phi)
    warnings: list[str] = []
    chosen = np.ones(angles.shape, dtype=bool)
    if selection.ranges:
        chosen = np.any([inside(angles, r) for r in selection.ranges], axis=0)
        if not chosen.any() and selection.fallback_to_all:
            chosen = np.ones(angles.shape, dtype=bool)
            warnings.append(
                f"no angle lies in the phi ranges {_text(selection.ranges)}; all "
                f"{angles.size} are used, as phi_filtering.fallback_to_all_angles says"
            )
        elif not chosen.any():
            raise DataError(
                f"no angle lies in the phi ranges {_text(selection.ranges)}; the run "
                f"has {degrees(angles)}; change --phi or phi_filtering.target_ranges"
            )
    for angle in selection.disabled:
        same = distance(angles, angle) <= SAME_ANGLE
        if not same.any():
            warnings.append(f"the angle {angle:g}° is switched off but not in the run")
        chosen &= ~same
    if not chosen.any():
        raise DataError(
            f"every angle that the phi ranges select is switched off; the run has "
            f"{degrees(angles)}; switch at least one on"
        )
    return chosen, tuple(warnings)


def _text(ranges: Sequence[PhiRange]) -> str:
    return ",".join(f"{r.minimum:g}:{r.maximum:g}" for r in ranges)


def parse_ranges(text: str) -> tuple[PhiRange, ...]:
    """Return the ranges of ``-10:10,80:100``; one number is the range of that angle.

    Raises
    ------
    OptionError
        With the sentence for the user.
    """
    return tuple(_parse_range(part.strip(), text) for part in text.split(","))


def _parse_range(part: str, text: str) -> PhiRange:
    ends = part.split(":")
    try:
        numbers = [float(end) for end in ends]
    except ValueError:
        numbers = []
    if len(numbers) not in {1, 2} or not all(map(math.isfinite, numbers)):
        raise OptionError(
            f"phi ranges {text!r}: {part!r} is not a range; expected two angles in "
            "degrees such as -10:10, several separated by commas"
        )
    return PhiRange(numbers[0], numbers[-1])
