"""Where things stand on the page of `fit.png`, in inches from its upper left corner.

Up to three angles stand below one another with the text beside them; more stand in two
blocks side by side, with the text below. The page is as high as what is on it.
"""

from dataclasses import dataclass

WIDTH = 16.5
TEXT_POINTS = 8.0
LINE_SPACING = 1.35
"""In units of the height of a line."""
_LINE = 0.152
_TOP, _LEFT, _RIGHT, _BOTTOM = 0.75, 0.85, 0.25, 0.25
_GAP = 0.12
"""Between two maps."""
_BLOCK_GAP = 0.95
_BARS = 1.05
"""Below the last row: numbers, axis labels and colour bars."""
_ONE_BLOCK = 3
"""Angles that fit into one block."""
_SIDE_ALONE = 2.83
_TEXT_GAP = 0.35


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page of some angles and some columns of text."""

    n_angles: int
    lines: tuple[int, ...]
    """Lines of the text: numbers, angles, remarks."""

    @property
    def blocks(self) -> int:
        """Blocks of maps side by side."""
        return 1 if self.n_angles <= _ONE_BLOCK else 2

    @property
    def rows(self) -> int:
        """Rows of maps."""
        return -(-self.n_angles // self.blocks)

    @property
    def side(self) -> float:
        """Side of a map."""
        if self.blocks == 1:
            return _SIDE_ALONE
        free = WIDTH - _LEFT - _RIGHT - _BLOCK_GAP - 4 * _GAP
        return free / 6

    @property
    def height(self) -> float:
        """Height of the page."""
        lowest = max(
            y + lines * _LINE
            for (_, y), lines in zip(self.texts(), self.lines, strict=True)
        )
        return max(self._maps_end + _BARS, lowest) + _BOTTOM

    def map(self, angle: int, column: int) -> tuple[float, float]:
        """Return the upper left corner of a map."""
        block, row = divmod(angle, self.rows)
        step = self.side + _GAP
        x = _LEFT + block * (3 * step - _GAP + _BLOCK_GAP) + column * step
        return x, _TOP + row * step

    def is_last(self, angle: int) -> bool:
        """Return whether no map stands below those of an angle."""
        return angle % self.rows == self.rows - 1 or angle == self.n_angles - 1

    def last_of_blocks(self) -> list[int]:
        """Return the lowest angle of each block."""
        ends = (min((b + 1) * self.rows, self.n_angles) - 1 for b in range(self.blocks))
        return list(ends)

    def texts(self) -> list[tuple[float, float]]:
        """Return the upper left corner of each column of text."""
        gaps = [0, self.lines[0] + 1, sum(self.lines[:2]) + 2]
        if self.blocks == 1:
            x = self.map(0, 2)[0] + self.side + _TEXT_GAP
            return [(x, _TOP + gap * _LINE) for gap in gaps]
        y = self._maps_end + _BARS + 0.2
        left, right = 0.3, self.map(self.rows, 0)[0] - 0.5
        return [(left, y), (right, y), (right, y + (self.lines[1] + 1) * _LINE)]

    @property
    def _maps_end(self) -> float:
        return _TOP + self.rows * (self.side + _GAP) - _GAP
