import pytest

from app.documents.angle_bars import angle_bars
from engine.degeneracy import AngleInformation

UNSORTED = AngleInformation(
    name="gamma_dot_t0",
    share=(0.1, 0.6, 0.3),
    known_scaling=(1.0, 4.0, 5.0),
    free_scaling=(0.5, 3.0, 1.0),
)


def test_angles_ascend_and_bars_are_parts_of_what_could_be_known():
    bars = angle_bars((90.0, -45.0, 0.0), UNSORTED)
    assert bars.phi == (-45.0, 0.0, 90.0)
    assert bars.share == pytest.approx((60, 30, 10))
    assert bars.known == pytest.approx((40, 50, 10))
    assert bars.free == pytest.approx((30, 10, 5))
    assert bars.absorbed == pytest.approx((25, 80, 50))
    assert bars.absorbed_in_all == pytest.approx(55)
    assert bars.best == 0


def test_an_angle_that_tells_nothing_absorbs_nothing():
    nothing = AngleInformation(
        name="D0",
        share=(0.0, 0.0),
        known_scaling=(0.0, 0.0),
        free_scaling=(0.0, 0.0),
    )
    bars = angle_bars((0.0, 90.0), nothing)
    assert bars.absorbed == (0.0, 0.0)
    assert bars.absorbed_in_all == 0.0
