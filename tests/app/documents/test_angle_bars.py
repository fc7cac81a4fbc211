import pytest

from app.documents.angle_bars import angle_bars
from engine.degeneracy import AngleInformation

UNSORTED = AngleInformation(
    name="gamma_dot_t0",
    share=(0.1, 0.6, 0.3),
    known_scaling=(1.0, 4.0, 5.0),
    free_scaling=(0.5, 3.0, 1.0),
)


def test_angles_ascend_and_keep_part_of_what_they_could_tell():
    bars = angle_bars((90.0, -45.0, 0.0), UNSORTED)
    assert bars.phi == (-45.0, 0.0, 90.0)
    assert bars.share == pytest.approx((60, 30, 10))
    assert bars.kept == pytest.approx((75, 20, 50))
    assert bars.kept_in_all == pytest.approx(45)
    assert bars.best == 0


def test_where_there_is_nothing_nothing_is_kept():
    nothing = AngleInformation(
        name="D0",
        share=(0.0, 0.0),
        known_scaling=(0.0, 0.0),
        free_scaling=(0.0, 0.0),
    )
    bars = angle_bars((0.0, 90.0), nothing)
    assert bars.kept == (0.0, 0.0)
    assert bars.kept_in_all == 0.0


def test_rounding_leads_to_no_more_than_everything():
    rounded = AngleInformation(
        name="D0", share=(1.0,), known_scaling=(1.0,), free_scaling=(1.0 + 1e-12,)
    )
    assert angle_bars((0.0,), rounded).kept == (100.0,)
