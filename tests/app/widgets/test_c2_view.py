import time

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from app.theme import DARK, LIGHT
from app.widgets.c2_layout import DATA, LEVELS, MODEL, RESIDUAL, RESIDUAL_LEVELS
from app.widgets.c2_view import C2View
from app.widgets.images import robust_levels
from tests.app.widgets import mouse

N, DT = 120, 0.1
WHOLE = ((0.05, 12.05), (0.05, 12.05))


@pytest.fixture(autouse=True)
def every_move_counts(monkeypatch):
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", -1)


@pytest.fixture
def view(shown, surfaces):
    data, model = surfaces
    made = C2View()
    made.set_axes(DT, DT, N)
    made.set_data(data)
    made.set_model(model)
    made.set_residual(data - model, 0.02)
    return shown(made, 1200, 560)


def panel(view, name):
    return view._canvas.panels[name]


def at(view, name, t1, t2):
    """Position in the plot's viewport of a pair of times."""
    plot = panel(view, name)._plot
    scene = panel(view, name).view_box.mapViewToScene(QPointF(t1, t2))
    return plot.viewport(), QPointF(plot.mapFromScene(scene))


def test_maps_are_square_equal_and_linked(view):
    boxes = [panel(view, name).view_box for name in (DATA, MODEL, RESIDUAL)]
    for box in boxes:
        assert box.width() == pytest.approx(box.height(), abs=1.5)
        assert box.width() == pytest.approx(boxes[0].width(), abs=1.5)
        np.testing.assert_allclose(box.viewRange(), WHOLE)


def test_t1_runs_right_and_t2_up(view):
    """Checked on the picture itself: one bright element off the diagonal."""
    spot = np.zeros((N, N), dtype=np.float32)
    spot[90:110, 10:30] = 1.0
    view.set_levels_locked(True)
    view.set_levels(0.0, 1.0)
    view.set_data(spot)
    image = view.grab().toImage()
    colours = []
    for t1, t2 in ((10.1, 2.1), (2.1, 10.1)):
        viewport, point = at(view, DATA, t1, t2)
        place = viewport.mapTo(view, point.toPoint())
        colours.append(image.pixelColor(place))
    assert colours[0].lightness() > colours[1].lightness() + 50
    assert panel(view, DATA).value_at(10.1, 2.1) == 1.0


def test_wheel_zooms_all_around_the_mouse(view):
    mouse.wheel(*at(view, MODEL, 4.0, 9.0), 240)
    (x0, x1), (y0, y1) = view.view_range
    assert x1 - x0 == pytest.approx(y1 - y0)
    assert x1 - x0 < 11
    # What was under the mouse still is.
    assert (4.0 - x0) / (x1 - x0) == pytest.approx(3.95 / 12, abs=0.01)
    assert (9.0 - y0) / (y1 - y0) == pytest.approx(8.95 / 12, abs=0.01)
    for name in (DATA, RESIDUAL):
        shown = panel(view, name).view_box.viewRange()
        np.testing.assert_allclose(shown, view.view_range)


def test_new_maps_do_not_move_the_view(view, surfaces):
    data, model = surfaces
    panel(view, MODEL).view_box.setRange(xRange=(2, 5), yRange=(3, 6), padding=0)
    expected = ((2, 5), (3, 6))
    for name in (DATA, MODEL, RESIDUAL):
        shown = panel(view, name).view_box.viewRange()
        np.testing.assert_allclose(shown, expected, atol=1e-9)
    view.set_model(model * 1.1)
    view.set_residual(data - 1.1 * model, 0.02)
    view.set_residual(data - 1.1 * model, None)
    view.set_data(data * 1.01)
    view.set_model(None)
    for name in (DATA, MODEL, RESIDUAL):
        shown = panel(view, name).view_box.viewRange()
        np.testing.assert_allclose(shown, expected, atol=1e-9)


def test_drag_with_the_mouse_pans_all(view):
    view._canvas.set_range((3.0, 6.0), (3.0, 6.0))
    viewport, start = at(view, RESIDUAL, 4.0, 5.0)
    _, end = at(view, RESIDUAL, 5.0, 4.5)
    mouse.drag(viewport, start, (start + end) / 2, end)
    for name in (DATA, MODEL, RESIDUAL):
        t1, t2 = panel(view, name).view_box.viewRange()
        np.testing.assert_allclose(t1, (2.0, 5.0), atol=0.05)
        np.testing.assert_allclose(t2, (3.5, 6.5), atol=0.05)


def test_double_click_shows_everything(view):
    view._canvas.set_range((3.0, 6.0), (3.0, 6.0))
    mouse.double_click(*at(view, DATA, 4.0, 4.0))
    np.testing.assert_allclose(view.view_range, WHOLE)


def test_levels_follow_the_data_until_they_are_locked(view, surfaces):
    data, model = surfaces
    assert view.levels == robust_levels(data)
    view.set_model(model * 3)
    assert view.levels == robust_levels(data)
    view.set_levels_locked(True)
    before = view.levels, view.residual_levels
    view.set_data(data * 2)
    view.set_residual(10 * (data - model), 0.02)
    assert (view.levels, view.residual_levels) == before
    view.set_levels_locked(False)
    assert view.levels == robust_levels(data * 2)
    assert view.residual_levels[1] > 2 * before[1][1]


def test_model_alone_sets_the_levels(shown, surfaces):
    view = shown(C2View(), 900, 500)
    view.set_axes(DT, DT, N)
    view.set_model(surfaces[1])
    assert view.levels == robust_levels(surfaces[1])


def test_good_residual_is_shown_on_four_sigmas(view, surfaces):
    data, model = surfaces
    assert view.residual_levels == (-4.0, 4.0)
    view.set_residual(data - model, None)
    low, high = view.residual_levels
    assert low == -high
    off = ~np.eye(N, dtype=bool)
    expected = np.percentile(np.abs((data - model)[off]), 99.0)
    assert high == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("sigma", [0.0, float("nan"), -1.0])
def test_useless_sigma_leaves_the_residual_absolute(view, surfaces, sigma):
    data, model = surfaces
    view.set_residual(data - model, sigma)
    assert panel(view, RESIDUAL)._title.text() == "Residual"


def test_dragging_a_level_locks_and_double_click_frees(qtbot, view, surfaces):
    bar = view._canvas.bars[LEVELS]
    low, high = view.levels
    y = bar._y(high)
    target = bar._y((low + high) / 2)
    with qtbot.waitSignal(view.levels_lock_changed) as blocker:
        mouse.drag(bar, QPointF(12, y), QPointF(12, target))
    assert blocker.args == [True]
    assert view.levels == pytest.approx((low, (low + high) / 2), rel=1e-3)
    assert panel(view, MODEL)._image._levels == view.levels
    mouse.double_click(bar, QPointF(12, 40))
    assert not view.levels_locked
    assert view.levels == robust_levels(surfaces[0])


def test_levels_can_be_moved_by_keys(qtbot, view):
    bar = view._canvas.bars[RESIDUAL_LEVELS]
    qtbot.keyClick(bar, Qt.Key.Key_Down)
    assert view.residual_levels == pytest.approx((-3.84, 3.84))
    bar = view._canvas.bars[LEVELS]
    low, high = view.levels
    qtbot.keyClick(bar, Qt.Key.Key_Left)
    qtbot.keyClick(bar, Qt.Key.Key_Up)
    assert view.levels == pytest.approx((low + (high - low) / 50, high))


def test_cursor_is_read_out_in_every_map(qtbot, view, surfaces):
    data, model = surfaces
    with qtbot.waitSignal(view.cursor_text_changed) as blocker:
        mouse.hover(*at(view, MODEL, 3.02, 7.99))
    text = blocker.args[0]
    i, j = 29, 79
    assert "t₁ 3.00 s" in text
    assert "t₂ 8.00 s" in text
    assert f"data {data[i, j]:.4f}" in text
    assert f"model {model[i, j]:.4f}" in text
    residual = data[i, j] - model[i, j]
    assert (
        f"residual {residual:+.4f} ({residual / 0.02:+.1f} σ)".replace("-", "−") in text
    )
    for name in (DATA, MODEL, RESIDUAL):
        vertical, horizontal = panel(view, name)._lines
        assert vertical.isVisible()
        assert vertical.value() == pytest.approx(3.02, abs=0.05)
        assert horizontal.value() == pytest.approx(7.99, abs=0.05)
    with qtbot.waitSignal(view.cursor_text_changed) as blocker:
        mouse.hover(*at(view, MODEL, 3.0, 14.0))
    assert blocker.args == [""]


def test_cursor_moves_by_keys(qtbot, view):
    qtbot.keyClick(view._canvas, Qt.Key.Key_Right)
    qtbot.keyClick(view._canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    text = view._footer.readout
    assert "t₁ 6.20 s" in text
    assert "t₂ 7.10 s" in text


def test_zoom_by_keys(qtbot, view):
    qtbot.keyClick(view._canvas, Qt.Key.Key_Plus)
    (low, high), _ = view.view_range
    assert high - low == pytest.approx(12.0 * 0.8)
    qtbot.keyClick(view._canvas, Qt.Key.Key_Minus)
    qtbot.keyClick(view._canvas, Qt.Key.Key_Plus)
    qtbot.keyClick(view._canvas, Qt.Key.Key_Home)
    np.testing.assert_allclose(view.view_range, WHOLE)


def test_panels_cycle_and_keep_the_range(qtbot, view):
    view._canvas.set_range((3.0, 6.0), (2.0, 5.0))
    seen = []
    view.panels_changed.connect(seen.append)
    for expected in ("data", "model", "residual"):
        view.cycle_panels()
        visible = [n for n in (DATA, MODEL, RESIDUAL) if panel(view, n).isVisible()]
        assert visible == [expected]
        np.testing.assert_allclose(view.view_range, ((3, 6), (2, 5)), atol=1e-9)
    view.cycle_panels()
    assert all(panel(view, n).isVisible() for n in (DATA, MODEL, RESIDUAL))
    assert seen == ["data", "model", "residual", "all"]


def test_buttons_do_what_they_say(qtbot, view):
    header = view._header
    qtbot.mouseClick(header._choice_buttons["model"], Qt.MouseButton.LeftButton)
    assert view.panels == "model"
    qtbot.mouseClick(header._lock, Qt.MouseButton.LeftButton)
    assert view.levels_locked
    view._canvas.set_range((3.0, 6.0), (2.0, 5.0))
    qtbot.mouseClick(header._reset, Qt.MouseButton.LeftButton)
    np.testing.assert_allclose(view.view_range, WHOLE)


def test_reduced_display_is_said_and_ends_with_zoom(shown):
    view = shown(C2View(), 900, 420)
    n = 1000
    view.set_axes(0.0, 1.0, n)
    view.set_data(np.ones((n, n), dtype=np.float32))
    side = panel(view, DATA).view_box.width()
    factor = int(np.ceil(n / side - 0.02))
    assert factor > 1
    assert view._footer.badge == f"display reduced {factor}×"
    view._canvas.set_range((100.0, 200.0), (100.0, 200.0))
    assert view._footer.badge == ""


def test_thumbnail_of_the_axes_is_stretched_over_them(shown):
    view = shown(C2View(), 900, 420)
    view.set_axes(0.0, 1.0, 100)
    small = np.arange(2500, dtype=np.float32).reshape(50, 50)
    view.set_model(small)
    assert panel(view, MODEL).value_at(99.0, 99.0) == 2499.0
    assert panel(view, MODEL).value_at(0.0, 2.0) == 1.0
    assert view._footer.badge == "display reduced 2×"


def test_other_axes_forget_maps_and_zoom_and_equal_axes_do_not(view):
    view._canvas.set_range((3.0, 6.0), (2.0, 5.0))
    view.set_axes(DT, DT, N)
    np.testing.assert_allclose(view.view_range, ((3, 6), (2, 5)), atol=1e-9)
    assert panel(view, DATA).array is not None
    view.set_axes(0.0, DT, N)
    assert panel(view, DATA).array is None
    np.testing.assert_allclose(view.view_range, ((-0.05, 11.95), (-0.05, 11.95)))


def test_emptiness_is_explained(view):
    view.set_model(None)
    view.set_residual(None, None)
    assert panel(view, MODEL)._empty.isVisible()
    assert not panel(view, DATA)._empty.isVisible()
    view.set_empty("Drop a file here.")
    view.set_data(None)
    assert view._canvas._empty.isVisible()
    assert view._canvas._empty.text() == "Drop a file here."
    assert not panel(view, DATA).isVisible()


def test_missing_pixels_and_wild_values_are_drawn(view, surfaces):
    data = surfaces[0].copy()
    data[10:20] = np.nan
    data[30, 40] = np.inf
    view.set_data(data)
    index = panel(view, DATA)._image.image
    assert (index == 255).any()
    assert not view.grab().isNull()


def test_all_missing_is_drawn(view):
    view.set_data(np.full((N, N), np.nan, dtype=np.float32))
    view.set_residual(np.full((N, N), np.nan, dtype=np.float32), 0.1)
    assert view.levels == (0.0, 1.0)
    assert not view.grab().isNull()


def test_crop_square_is_dragged_along_the_diagonal(qtbot, view):
    view.set_crop_visible(True)
    start, end = panel(view, DATA).crop.edges
    assert (start, end) == pytest.approx((1.25, 10.85))
    viewport, grip = at(view, DATA, end, end)
    _, target = at(view, DATA, 8.0, 8.1)
    with qtbot.waitSignal(view.frame_window_requested) as blocker:
        mouse.drag(viewport, grip, (grip + target) / 2, target)
    assert blocker.args == pytest.approx([1.3, 8.0], abs=0.11)
    for name in (MODEL, RESIDUAL):
        assert panel(view, name).crop.edges == panel(view, DATA).crop.edges
    viewport, inside = at(view, DATA, 4.0, 5.0)
    _, target = at(view, DATA, 30.0, 30.0)
    width = blocker.args[1] - blocker.args[0]
    with qtbot.waitSignal(view.frame_window_requested) as blocker:
        mouse.drag(viewport, inside, (inside + target) / 2, target)
    assert blocker.args[1] == pytest.approx(12.0)
    assert blocker.args[1] - blocker.args[0] == pytest.approx(width)
    np.testing.assert_allclose(view.view_range, WHOLE)


def test_crop_square_by_keys(qtbot, view):
    view.set_crop_visible(True)
    control = Qt.KeyboardModifier.ControlModifier
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view._canvas, Qt.Key.Key_Left, control)
    qtbot.keyClick(view._canvas, Qt.Key.Key_Right, control | shift)
    with qtbot.waitSignal(view.frame_window_requested) as blocker:
        qtbot.keyClick(view._canvas, Qt.Key.Key_Return)
    assert blocker.args == pytest.approx([1.4, 10.7])


def test_hidden_crop_square_asks_for_nothing(qtbot, view):
    assert not panel(view, DATA).crop.isVisible()
    with qtbot.assertNotEmitted(view.frame_window_requested):
        qtbot.keyClick(view._canvas, Qt.Key.Key_Return)


def test_theme_reaches_the_maps(view):
    view.apply_theme(DARK)
    table = panel(view, DATA)._image.lut
    grey = int(DARK.nan[1:3], 16)
    assert table[255, :3].tolist() == [grey] * 3
    view.apply_theme(LIGHT)
    assert panel(view, DATA)._image.lut[255, 0] == int(LIGHT.nan[1:3], 16)


def test_colour_maps_can_be_chosen(view):
    view.set_colour_maps("greys", "CET-CBD1")
    assert panel(view, MODEL)._image.lut[100, :3].tolist() == [100, 100, 100]


def test_maps_and_bars_are_described_in_words(view):
    view.set_title("sample, φ = 45°")
    assert view.accessibleDescription() == "sample, φ = 45°"
    assert panel(view, DATA).accessibleDescription().startswith("120×120, colours from")
    view.set_level_marks(1.0, 0.25)
    text = view._canvas.bars[LEVELS].accessibleDescription()
    assert text.endswith("offset 1, offset + contrast 1.25")


def test_live_update_is_quick(shown):
    view = shown(C2View(), 1400, 600)
    n = 1000
    rng = np.random.default_rng(0)
    model = rng.normal(1.1, 0.05, (n, n)).astype(np.float32)
    residual = rng.normal(0, 0.05, (n, n)).astype(np.float32)
    view.set_axes(0.0, 1.0, n)
    view.set_data(model)
    durations = []
    for _ in range(9):
        begin = time.perf_counter()
        view.set_model(model)
        view.set_residual(residual, 0.05)
        QApplication.processEvents()
        durations.append(time.perf_counter() - begin)
    # 10 ms on a free core; the best of several, as other work may run beside.
    assert min(durations) < 0.06
