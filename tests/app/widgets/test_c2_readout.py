"""A crosshair left standing reads the maps that are drawn, not those before."""

import numpy as np
import pytest

from app.widgets.c2_layout import RESIDUAL
from app.widgets.c2_view import C2View

N, DT = 120, 0.1


@pytest.fixture
def view(shown, surfaces):
    data, model = surfaces
    made = C2View()
    made.set_axes(DT, DT, N)
    made.set_data(data)
    made.set_model(model)
    made.set_residual(data - model, None)
    return shown(made, 1200, 560)


def test_the_read_out_follows_new_maps(view, surfaces):
    data, model = surfaces
    view._canvas.set_cursor((3.0, 6.0))
    before = view._footer.readout
    other = model + np.float32(0.5)
    view.set_model(other)
    view.set_residual(data - other, 0.02)
    i, j = 29, 59
    after = view._footer.readout
    assert after != before
    assert f"model {other[i, j]:.4f}" in after
    assert f"({(data - other)[i, j] / 0.02:+.1f} σ)".replace("-", "−") in after


def test_maps_that_go_leave_the_read_out(view):
    view._canvas.set_cursor((3.0, 6.0))
    view.set_model(None)
    view.set_residual(None, None)
    assert "model" not in view._footer.readout
    assert not any(line.isVisible() for line in view._canvas.panels[RESIDUAL]._lines)
