"""The page of `fit.png`: nothing lies on something else or off the page."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from engine.report.panels import MAX_ROWS
from engine.report.sheet import WIDTH, Sheet

LINES = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60))


def maps(sheet):
    return [sheet.map(angle, c) for angle in range(sheet.n_angles) for c in range(3)]


@given(st.integers(1, MAX_ROWS), LINES)
def test_maps_lie_apart_and_on_the_page(n_angles, lines):
    sheet = Sheet(n_angles, lines)
    assert 2.2 < sheet.side < 3.0
    for x, y in maps(sheet):
        assert x > 0.6
        assert x + sheet.side < WIDTH
        assert y + sheet.side < sheet.height
    for (x1, y1), (x2, y2) in combinations(maps(sheet), 2):
        assert max(abs(x1 - x2), abs(y1 - y2)) > sheet.side


@given(st.integers(1, MAX_ROWS), LINES)
def test_text_lies_beside_or_below_the_maps_and_on_the_page(n_angles, lines):
    sheet = Sheet(n_angles, lines)
    for (x, y), count in zip(sheet.texts(), lines, strict=True):
        assert 0 < x < WIDTH - 5
        assert y + 0.15 * count < sheet.height
        for left, top in maps(sheet):
            assert x > left + sheet.side or y > top + sheet.side + 1
    (x1, y1), (x2, y2), (x3, y3) = sheet.texts()
    assert x1 != x2 or y2 > y1 + 0.15 * lines[0]
    assert x2 == x3
    assert y3 > y2 + 0.15 * lines[1]


def test_four_angles_and_more_stand_in_two_blocks():
    assert [Sheet(n, (1, 1, 1)).blocks for n in range(1, 7)] == [1, 1, 1, 2, 2, 2]
    five = Sheet(5, (1, 1, 1))
    assert five.rows == 3
    assert five.last_of_blocks() == [2, 4]
    assert [five.is_last(k) for k in range(5)] == [False, False, True, False, True]
