import math

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.theme import DARK, LIGHT
from app.widgets.convergence_view import ConvergencePoint, ConvergenceView


@pytest.fixture
def view(shown):
    return shown(ConvergenceView(), 700, 180)


class Steps:
    """Adds steps one by one, as a fit does, and waits until they are drawn."""

    def __init__(self, view, qtbot):
        self._view, self._qtbot = view, qtbot
        view._pending.setInterval(0)

    def __call__(self, *args, **options):
        self._view.add_point(ConvergencePoint(*args, **options))
        self._qtbot.waitUntil(lambda: not self._view._pending.isActive())


@pytest.fixture
def add(view, qtbot):
    return Steps(view, qtbot)


def points(item):
    x, y = item.getData()
    return list(zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True))


def test_points_are_drawn_as_logarithms_by_kind(view, add):
    add(1, 1000.0, 100.0, accepted=True)
    add(2, 2000.0, 1e-3, accepted=False)
    add(4, 10.0, 1e-5, accepted=True)
    cost, edm = view._curves
    assert points(cost.accepted) == [(1, 3.0), (4, 1.0)]
    assert points(cost.line) == [(1, 3.0), (4, 1.0)]
    assert points(cost.rejected) == [(2, pytest.approx(math.log10(2000)))]
    assert points(edm.accepted) == [(1, 2.0), (4, -5.0)]
    (_, _), (low, high) = cost.plot.getViewBox().viewRange()
    assert low < 1.0
    assert high > math.log10(2000)


@pytest.mark.parametrize("odd", [0.0, -3.0, math.nan, math.inf, -math.inf])
def test_numbers_without_a_logarithm_are_left_out(view, add, odd):
    add(1, odd, odd, accepted=True)
    add(2, 5.0, odd, accepted=False)
    add(3, 5.0, 1.0, accepted=True)
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


def test_empty_view_says_what_will_come(view, add):
    assert view._empty.isVisible()
    add(1, 5.0, 1.0, accepted=True)
    assert not view._empty.isVisible()
    assert view._graphics.isVisible()
    view.clear()
    assert view._empty.isVisible()
    assert points(view._curves[0].accepted) == []


def test_summary_in_words(view, add):
    add(3, 1234.5678, 0.0125, accepted=True)
    add(4, 2000.0, 1.0, accepted=False)
    expected = "2 steps, 1 rejected; after 4 evaluations cost 2000, EDM 1"
    assert view.accessibleDescription() == expected


def test_curves_stand_side_by_side_or_stacked(view, add, qapp):
    add(1, 5.0, 1.0, accepted=True)

    def corners():
        qapp.processEvents()
        return [c.plot.sceneBoundingRect().topLeft() for c in view._curves]

    cost, edm = corners()
    assert edm.x() > cost.x() + 100
    view.resize(260, 320)
    cost, edm = corners()
    assert edm.x() == pytest.approx(cost.x())
    assert edm.y() > cost.y() + 50


def test_a_cost_that_hardly_falls_is_drawn_as_it_is(view, add):
    for evaluation, cost in enumerate((758_921.0, 749_600.0, 749_512.0), start=2):
        add(evaluation, cost, 10.0**-evaluation, accepted=True)
    cost, edm = view._curves
    assert [y for _, y in points(cost.line)] == [758_921.0, 749_600.0, 749_512.0]
    assert [y for _, y in points(edm.line)] == [-2, -3, -4]
    (_, _), (low, high) = cost.plot.getViewBox().viewRange()
    assert 749_512 - 2000 < low < 749_512
    assert 758_921 < high < 758_921 + 2000
    # Once it has fallen far, decades say more.
    add(5, 1000.0, 1e-5, accepted=True)
    assert points(cost.line)[-1] == (5, 3.0)


def test_evaluations_have_whole_numbers(view):
    axis = view._curves[0].plot.getAxis("bottom")
    assert all(step >= 1 for step, _ in axis.tickSpacing(2.0, 3.0, 300))


@pytest.mark.parametrize("size", [(195, 112), (300, 110), (340, 112), (700, 180)])
def test_numbers_and_titles_do_not_overlap(view, add, qapp, size):
    for evaluation, cost in enumerate((758_921.0, 749_600.0, 749_512.0), start=2):
        add(evaluation, cost, 10.0**-evaluation, accepted=True)
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


WITH_COARSE = (
    ConvergencePoint(1, 1e5, 10.0, accepted=True),
    ConvergencePoint(1, 1e4, 1.0, accepted=True, coarse=True),
    ConvergencePoint(1, 9e4, 2.0, accepted=False, coarse=True),
    ConvergencePoint(1, 1e3, 0.1, accepted=True, coarse=True),
    ConvergencePoint(2, 1e2, 1e-3, accepted=True),
    ConvergencePoint(3, 1e1, 1e-4, accepted=True),
)


def joined(line):
    """Pairs of x that a line joins."""
    x, _ = line.getData()
    to_next = line.opts["connect"]
    return [(x[i], x[i + 1]) for i in range(len(x) - 1) if to_next[i]]


def test_steps_on_the_coarse_grid_have_places_and_marks_of_their_own(view):
    view.set_points(WITH_COARSE)
    cost = view._curves[0]
    assert points(cost.coarse) == [(2, 4.0), (4, 3.0)]
    assert [x for x, _ in points(cost.coarse_rejected)] == [3]
    # Evaluations of all pixels follow after those on the coarse grid.
    assert points(cost.accepted) == [(1, 5.0), (5, 2.0), (6, 1.0)]


def test_dashes_lead_over_the_coarse_grid_and_a_line_over_the_rest(view):
    view.set_points(WITH_COARSE)
    for curve in view._curves:
        assert joined(curve.dashes) == [(1, 2), (2, 4), (4, 5)]
        assert joined(curve.line) == [(5, 6)]
    view.set_points([p for p in WITH_COARSE if not p.coarse])
    for curve in view._curves:
        assert joined(curve.dashes) == []
        assert joined(curve.line) == [(1, 2), (2, 3)]


def test_what_ends_on_the_coarse_grid_is_dashed_to_its_end(view):
    view.set_points(WITH_COARSE[:4])
    cost = view._curves[0]
    assert joined(cost.dashes) == [(1, 2), (2, 4)]
    assert joined(cost.line) == []


def distance(one, other):
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
def test_the_coarse_grid_is_fainter_yet_seen(view, tokens):
    view.apply_theme(tokens)
    ground = QColor(tokens.plot_background)
    for curve in view._curves:
        full = distance(curve.accepted.opts["brush"].color(), ground)
        faint = distance(curve.coarse.opts["brush"].color(), ground)
        assert 0.5 * full < faint < 0.8 * full
        assert curve.dashes.opts["pen"].color() == curve.coarse.opts["brush"].color()


def test_the_legend_names_the_coarse_grid_where_there_is_one(shown, view):
    tall = shown(ConvergenceView(), 700, 220)
    tall.set_points(WITH_COARSE)
    assert "dashed: coarse grid (estimate)" in tall._across.text()
    assert "coarse grid (estimate)" in tall.toolTip()
    assert "3 on the coarse grid" in tall.accessibleDescription()
    tall.resize(190, 300)
    width = tall._across.fontMetrics().horizontalAdvance
    assert "coarse grid" in tall._across.text()
    assert width(tall._across.text()) <= 190
    tall.set_points([p for p in WITH_COARSE if not p.coarse])
    assert "coarse" not in tall._across.text() + tall.toolTip()


def test_what_comes_in_quick_succession_is_drawn_at_once(view, monkeypatch, qtbot):
    drawn = []
    cost = view._curves[0]
    monkeypatch.setattr(cost, "draw", lambda points: drawn.append(len(points)))
    for point in WITH_COARSE:
        view.add_point(point)
    qtbot.waitUntil(lambda: bool(drawn))
    assert drawn == [len(WITH_COARSE)]
