"""Angles in one interval, ranges that wrap, selection."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.phi import distance, inside, normalise, parse_ranges, select_angles
from engine.errors import DataError, OptionError
from engine.setup import PhiRange, PhiSelection

DEGREES = st.floats(-1000, 1000, allow_nan=False)
WHOLE = st.integers(-720, 720)


@pytest.mark.parametrize(
    ("angle", "expected"),
    [(0, 0), (180, 180), (-180, 180), (181, -179), (350, -10), (-350, 10), (540, 180)],
)
def test_interval_is_open_below_and_closed_above(angle, expected):
    assert normalise(angle) == expected


@given(DEGREES)
def test_normalised_angle_points_the_same_way(angle):
    a = float(normalise(angle))
    assert -180 < a <= 180
    assert np.cos(np.deg2rad(a)) == pytest.approx(np.cos(np.deg2rad(angle)), abs=1e-9)
    assert np.sin(np.deg2rad(a)) == pytest.approx(np.sin(np.deg2rad(angle)), abs=1e-9)


def test_smallest_negative_angle_stays_in_the_interval():
    assert normalise(-1e-300) == 0.0


@given(WHOLE, WHOLE, st.integers(0, 359), st.integers(-3, 3))
def test_range_means_the_same_however_it_is_written(phi, low, width, turns):
    """Membership is arithmetic on whole degrees, modulo the circle."""
    expected = (phi - low) % 360 <= width
    limits = PhiRange(low + 360 * turns, low + width + 360 * turns)
    assert bool(inside(phi, limits)) is expected
    wrapped = PhiRange(float(normalise(low)), float(normalise(low + width)))
    assert bool(inside(phi, wrapped)) is expected


@given(WHOLE, st.floats(360, 2000))
def test_a_full_circle_accepts_everything(low, width):
    assert inside(np.arange(-180, 181), PhiRange(low, low + width)).all()


@pytest.mark.parametrize("limits", [(-180, 180), (0, 360)])
def test_full_circles_as_people_write_them(limits):
    assert inside([-170, -90, 0, 90, 170], PhiRange(*limits)).all()


@given(DEGREES, DEGREES)
def test_distance_is_symmetric_and_at_most_half_a_circle(a, b):
    assert distance(a, b) == pytest.approx(distance(b, a), abs=1e-9)
    assert 0 <= distance(a, b) <= 180


def test_ranges_select_inclusively_and_through_180():
    selection = PhiSelection(ranges=(PhiRange(-10, 10), PhiRange(170, -170)))
    mask, warnings = select_angles([-10, 10, 10.1, 45, 170, 190, -175, 90], selection)
    assert mask.tolist() == [True, True, False, False, True, True, True, False]
    assert warnings == ()


def test_no_ranges_select_everything_and_disabled_angles_go():
    mask, warnings = select_angles(
        [0, 45, 359.99, 90], PhiSelection(disabled=(0.0, 30.0))
    )
    assert mask.tolist() == [False, True, False, True]
    assert warnings == ("the angle 30° is switched off but not in the run",)


def test_nothing_in_the_ranges_names_the_angles_there_are():
    selection = PhiSelection(ranges=(PhiRange(20, 30),))
    with pytest.raises(DataError, match=r"20:30.*0°, 45°, 90°.*--phi"):
        select_angles([0, 45, 90], selection)


def test_fallback_takes_all_and_says_so():
    selection = PhiSelection(ranges=(PhiRange(20, 30),), fallback_to_all=True)
    mask, warnings = select_angles([0, 45], selection)
    assert mask.all()
    assert "all 2 are used" in warnings[0]


def test_everything_switched_off_is_an_error():
    with pytest.raises(DataError, match=r"switched off.*45°"):
        select_angles([45], PhiSelection(disabled=(45,)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-10:10,80:100", (PhiRange(-10, 10), PhiRange(80, 100))),
        (" 170 : -170 ", (PhiRange(170, -170),)),
        ("45", (PhiRange(45, 45),)),
    ],
)
def test_parse_ranges(text, expected):
    assert parse_ranges(text) == expected


@pytest.mark.parametrize("text", ["", "a:b", "1:2:3", "10:", "nan:5", "0:10,,5:6"])
def test_nonsense_ranges_are_refused(text):
    with pytest.raises(OptionError, match="expected two angles"):
        parse_ranges(text)
