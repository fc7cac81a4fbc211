import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF

from app.widgets import phi_geometry as geometry
from engine.setup import PhiRange

degrees = st.floats(-720, 720).map(lambda v: round(v, 2))


@pytest.mark.parametrize(
    ("phi", "expected"),
    [
        (0, 0),
        (180, 180),
        (-180, 180),
        (190, -170),
        (540, 180),
        (-541, 179),
        (359.5, -0.5),
    ],
)
def test_angles_lie_in_one_interval(phi, expected):
    assert geometry.normalised(phi) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((-10, 10), 20),
        ((170, -170), 20),
        ((10, -10), 340),
        ((0, 360), 360),
        ((-180, 180), 360),
        ((5, 5), 0),
    ],
)
def test_width(limits, expected):
    assert geometry.width(PhiRange(*limits)) == pytest.approx(expected)


@given(low=degrees, wide=st.floats(1, 358), by=degrees)
def test_turning_keeps_the_width(low, wide, by):
    limits = PhiRange(low, low + wide)
    turned = geometry.moved(limits, by)
    expected = geometry.width(limits)
    assert geometry.width(turned) == pytest.approx(expected, abs=1e-6)
    middle = low + wide / 2 + by
    assert geometry.contains(turned, middle)
    assert -180 < turned.minimum <= 180


@given(low=degrees, wide=st.floats(2, 350), by=st.floats(-400, 400))
def test_ends_never_pass_each_other(low, wide, by):
    limits = PhiRange(low, low + wide)
    for move, kept in (
        (geometry.with_end, "minimum"),
        (geometry.with_start, "maximum"),
    ):
        after = move(limits, by, 1.0)
        assert 0 <= geometry.width(after) < 360
        still, was = getattr(after, kept), getattr(limits, kept)
        assert math.remainder(still - was, 360) == pytest.approx(0, abs=1e-6)


def test_used_angles_are_those_of_the_engine():
    phi = [-180.0, 180.0, 175.0, 10.0, 10.0, 90.0]
    ranges = (PhiRange(170, -170), PhiRange(5, 10))
    off = [False, False, False, False, True, False]
    expected = (True, True, True, True, False, False)
    assert geometry.used_angles(phi, ranges, off) == expected
    assert geometry.used_angles(phi, (), off) == (True, True, True, True, False, True)
    assert geometry.used_angles((), (), ()) == ()


@given(phi=st.floats(-179, 180), radius=st.floats(1, 200))
def test_positions_and_angles_agree(phi, radius):
    centre = QPointF(100, 80)
    back = geometry.polar(centre, geometry.position(centre, radius, phi))
    assert back[0] == pytest.approx(radius)
    assert math.remainder(back[1] - phi, 360) == pytest.approx(0, abs=1e-6)


def test_up_on_screen_is_90_degrees():
    above = geometry.position(QPointF(0, 0), 10, 90)
    assert above.y() == pytest.approx(-10)
