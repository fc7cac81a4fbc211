"""What is where on the dial of azimuth."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QSize

from app.widgets.phi_geometry import FULL, contains, polar, position, width
from engine.setup import PhiRange

HIT = 12.0
"""Half the size of what can be clicked [px]."""
BAND = 14.0
"""Width of the band of the arcs [px]."""
DOT = 4.0
_GAP = 8
"""Between circle, label and edge [px]."""
_ABOVE = 24
"""Room for the labels at 90° [px]."""
_STACK = 10.0
"""Distance of dots that share an angle [px]."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Radii of the dial in a widget of a given size [px]."""

    centre: QPointF
    radius: float
    """Of the outer circle."""

    @classmethod
    def fit(cls, size: QSize, left: int, right: int) -> "Layout":
        """Return the largest dial that leaves room for labels of these widths [px]."""
        across = (size.width() - left - right) / 2 - _GAP
        along = size.height() / 2 - _ABOVE
        middle = (left + size.width() - right) / 2
        return cls(QPointF(middle, size.height() / 2), max(40.0, min(across, along)))

    @property
    def band(self) -> float:
        """Radius of the middle of the arcs."""
        return self.radius - BAND / 2 - 3

    @property
    def dots(self) -> float:
        """Radius of the dots of the angles."""
        return self.radius - BAND - 14

    def dot_positions(self, phi: Sequence[float]) -> list[QPointF]:
        """Return where the dots are; those of one angle are stacked inwards."""
        seen: Counter[float] = Counter()
        points = []
        for angle in phi:
            key = round(angle % FULL, 1)
            radius = max(8.0, self.dots - _STACK * seen[key])
            points.append(position(self.centre, radius, angle))
            seen[key] += 1
        return points

    def dot_at(self, phi: Sequence[float], point: QPointF) -> int | None:
        """Return the dot at a point, the nearest if several are."""
        distances = [
            math.hypot(dot.x() - point.x(), dot.y() - point.y())
            for dot in self.dot_positions(phi)
        ]
        if not distances or min(distances) > HIT * 0.75:
            return None
        return distances.index(min(distances))

    def arc_at(
        self, ranges: Sequence[PhiRange], current: int, point: QPointF
    ) -> tuple[int, str] | None:
        """Return the arc at a point and its part; ends win over middles.

        The parts are ``minimum``, ``maximum`` and ``body``; the current arc lies on
        top of those it overlaps.
        """
        radius, phi = polar(self.centre, point)
        if abs(radius - self.band) > HIT:
            return None
        found: list[tuple[float, int, str]] = []
        for i, limits in enumerate(ranges):
            rank = 0.0 if i == current else 0.1
            for part in ("minimum", "maximum"):
                end = position(self.centre, self.band, getattr(limits, part))
                distance = math.hypot(end.x() - point.x(), end.y() - point.y())
                if distance <= HIT and width(limits) < FULL:
                    found.append((distance + rank, i, part))
            if contains(limits, phi):
                found.append((2 * HIT + rank, i, "body"))
        if not found:
            return None
        _, index, part = min(found)
        return index, part
