import math

import numpy as np
import pytest

from app.theme import DARK
from app.widgets.convergence_view import ConvergenceView


@pytest.fixture
def view(shown):
    return shown(ConvergenceView(), 700, 180)


def points(item):
    x, y = item.getData()
    return list(zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True))


def test_points_are_drawn_as_logarithms_by_kind(view):
    view.add_point(1, 1000.0, 100.0, accepted=True)
    view.add_point(2, 2000.0, 1e-3, accepted=False)
    view.add_point(4, 10.0, 1e-5, accepted=True)
    cost, edm = view._curves
    assert points(cost.accepted) == [(1, 3.0), (4, 1.0)]
    assert points(cost.line) == [(1, 3.0), (4, 1.0)]
    assert points(cost.rejected) == [(2, pytest.approx(math.log10(2000)))]
    assert points(edm.accepted) == [(1, 2.0), (4, -5.0)]
    (_, _), (low, high) = cost.plot.getViewBox().viewRange()
    assert low < 1.0
    assert high > math.log10(2000)


@pytest.mark.parametrize("odd", [0.0, -3.0, math.nan, math.inf, -math.inf])
def test_numbers_without_a_logarithm_are_left_out(view, odd):
    view.add_point(1, odd, odd, accepted=True)
    view.add_point(2, 5.0, odd, accepted=False)
    view.add_point(3, 5.0, 1.0, accepted=True)
    cost, edm = view._curves
    assert [x for x, _ in points(cost.accepted)] == [3]
    assert [x for x, _ in points(cost.rejected)] == [2]
    assert [x for x, _ in points(edm.accepted)] == [3]
    assert not view.grab().isNull()


def test_accepted_are_filled_and_rejected_open(view):
    view.apply_theme(DARK)
    cost = view._curves[0]
    assert cost.accepted.opts["brush"].color().name() == DARK.accent
    assert cost.rejected.opts["brush"].color().name() == DARK.plot_background
    assert cost.rejected.opts["pen"].color().name() == DARK.accent


def test_empty_view_says_what_will_come(view):
    assert view._empty.isVisible()
    view.add_point(1, 5.0, 1.0, accepted=True)
    assert not view._empty.isVisible()
    assert view._graphics.isVisible()
    view.clear()
    assert view._empty.isVisible()
    assert points(view._curves[0].accepted) == []


def test_summary_in_words(view):
    view.add_point(3, 1234.5678, 0.0125, accepted=True)
    view.add_point(4, 2000.0, 1.0, accepted=False)
    expected = "2 steps, 1 rejected; after 4 evaluations cost 2000, EDM 1"
    assert view.accessibleDescription() == expected


def test_curves_stand_side_by_side_or_stacked(view, qapp):
    view.add_point(1, 5.0, 1.0, accepted=True)

    def corners():
        qapp.processEvents()
        return [c.plot.sceneBoundingRect().topLeft() for c in view._curves]

    cost, edm = corners()
    assert edm.x() > cost.x() + 100
    view.resize(260, 320)
    cost, edm = corners()
    assert edm.x() == pytest.approx(cost.x())
    assert edm.y() > cost.y() + 50


def test_a_cost_that_hardly_falls_is_drawn_as_it_is(view):
    for evaluation, cost in enumerate((758_921.0, 749_600.0, 749_512.0), start=2):
        view.add_point(evaluation, cost, 10.0**-evaluation, accepted=True)
    cost, edm = view._curves
    assert [y for _, y in points(cost.line)] == [758_921.0, 749_600.0, 749_512.0]
    assert [y for _, y in points(edm.line)] == [-2, -3, -4]
    (_, _), (low, high) = cost.plot.getViewBox().viewRange()
    assert 749_512 - 2000 < low < 749_512
    assert 758_921 < high < 758_921 + 2000
    # Once it has fallen far, decades say more.
    view.add_point(5, 1000.0, 1e-5, accepted=True)
    assert points(cost.line)[-1] == (5, 3.0)


def test_evaluations_have_whole_numbers(view):
    axis = view._curves[0].plot.getAxis("bottom")
    assert all(step >= 1 for step, _ in axis.tickSpacing(2.0, 3.0, 300))


@pytest.mark.parametrize("size", [(195, 112), (300, 110), (340, 112), (700, 180)])
def test_numbers_and_titles_do_not_overlap(view, qapp, size):
    for evaluation, cost in enumerate((758_921.0, 749_600.0, 749_512.0), start=2):
        view.add_point(evaluation, cost, 10.0**-evaluation, accepted=True)
    view.resize(*size)
    qapp.processEvents()
    view.grab()
    shown = [c.plot for c in view._curves if c.plot.scene() is not None]
    boxes = [plot.sceneBoundingRect() for plot in shown]
    assert all(box.width() >= 140 and box.height() >= 60 for box in boxes)
    for plot in shown:
        (low, high), axis = plot.getViewBox().viewRange()[1], plot.getAxis("left")
        if not axis.logMode:
            step = axis.tickSpacing(low, high, axis.height())[0][0]
            assert step / (high - low) * axis.height() >= 12


def test_a_fit_without_a_step_says_so(view):
    view.clear("No step was made.")
    assert view._empty.text() == "No step was made."
    view.clear()
    assert "will be drawn" in view._empty.text()
