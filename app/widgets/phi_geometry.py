"""Ranges of azimuth as arcs of a circle: widths, moves and screen positions.

Which angles a range holds is for `engine.data.phi` to say; this is what a hand does to
an arc. Ranges that were moved have their ends in (−180°, 180°], whole degrees where the
mouse set them, and wrap through 180° when minimum > maximum.
"""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF

from app.documents.numbers import angle_text
from engine.data.phi import inside
from engine.setup import PhiRange

FULL = 360.0
_LEAST = 1.0
_MOST = 359.0


def normalised(phi: float) -> float:
    """Return an angle [deg] in (−180, 180]."""
    turned = math.fmod(phi, FULL)
    if turned > FULL / 2:
        return turned - FULL
    return turned + FULL if turned <= -FULL / 2 else turned


def width(limits: PhiRange) -> float:
    """Return how many degrees a range covers, 0 to 360."""
    raw = limits.maximum - limits.minimum
    return FULL if raw >= FULL else raw % FULL


def contains(limits: PhiRange, phi: float) -> bool:
    """Return whether an angle [deg] lies on an arc."""
    return (phi - limits.minimum) % FULL <= width(limits)


def used_angles(
    phi: Sequence[float], ranges: Sequence[PhiRange], disabled: Sequence[bool]
) -> tuple[bool, ...]:
    """Return which angles would be used; no range stands for every angle."""
    inside_any = np.ones(len(phi), dtype=bool)
    if ranges:
        inside_any = np.any([inside(phi, limits) for limits in ranges], axis=0)
    chosen = inside_any & ~np.asarray(disabled, dtype=bool)
    return tuple(chosen.tolist())


def around(phi: float, half_width: float) -> PhiRange:
    """Return the range of so many degrees to either side of an angle."""
    return PhiRange(normalised(phi - half_width), normalised(phi + half_width))


def moved(limits: PhiRange, by: float) -> PhiRange:
    """Return a range turned by some degrees."""
    if width(limits) >= FULL:
        return limits
    return PhiRange(
        normalised(_clean(limits.minimum + by)), normalised(_clean(limits.maximum + by))
    )


def with_start(limits: PhiRange, by: float, snap: float = 0.0) -> PhiRange:
    """Return a range whose minimum is turned by some degrees, never past the end."""
    wide = min(max(_open_width(limits) - by, _LEAST), _MOST)
    start = _snapped(limits.maximum - wide, snap)
    return PhiRange(normalised(start), normalised(limits.maximum))


def with_end(limits: PhiRange, by: float, snap: float = 0.0) -> PhiRange:
    """Return a range whose maximum is turned by some degrees, never past the start."""
    wide = min(max(_open_width(limits) + by, _LEAST), _MOST)
    end = _snapped(limits.minimum + wide, snap)
    return PhiRange(normalised(limits.minimum), normalised(end))


def widened(limits: PhiRange, by: float) -> PhiRange:
    """Return a range with both ends moved outwards by some degrees."""
    if not _LEAST <= width(limits) + 2 * by <= _MOST:
        return limits
    return PhiRange(
        normalised(_clean(limits.minimum - by)), normalised(_clean(limits.maximum + by))
    )


def describe(limits: PhiRange) -> str:
    """Return a range in words."""
    ends = (angle_text(v, 6) for v in (limits.minimum, limits.maximum))
    return " to ".join(ends)


def position(centre: QPointF, radius: float, phi: float) -> QPointF:
    """Return the point on a circle at an angle: 0° right, counter-clockwise."""
    angle = math.radians(phi)
    return QPointF(
        centre.x() + radius * math.cos(angle), centre.y() - radius * math.sin(angle)
    )


def polar(centre: QPointF, point: QPointF) -> tuple[float, float]:
    """Return radius [px] and angle [deg] of a point."""
    x, y = point.x() - centre.x(), centre.y() - point.y()
    return math.hypot(x, y), math.degrees(math.atan2(y, x))


def _open_width(limits: PhiRange) -> float:
    """Return the width of an arc that has two ends to hold."""
    return min(width(limits), _MOST)


def _snapped(value: float, snap: float) -> float:
    return round(value / snap) * snap if snap else _clean(value)


def _clean(value: float) -> float:
    """Drop the noise of adding, so that 0.1 + 0.2 is shown as 0.3."""
    return round(value, 9)
