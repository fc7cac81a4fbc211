"""Widgets alone, shown at a fixed size."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication


@pytest.fixture
def shown(qtbot, theme):
    """Return a function that shows a widget at a size and lets it settle."""
    theme.set_mode("light")

    def show(widget, width, height):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        QApplication.processEvents()
        return widget

    return show


@pytest.fixture(scope="session")
def surfaces():
    """Data and model of c2, 120 frames: a decaying band and noise."""
    rng = np.random.default_rng(3)
    t = np.arange(1, 121) * 0.1
    lag = np.abs(t[:, None] - t[None, :])
    model = (1.0 + 0.25 * np.exp(-0.4 * lag) * np.sinc(0.15 * lag) ** 2).astype("f4")
    noise = np.triu(rng.normal(0, 0.02, lag.shape), 1)
    data = (model + noise + noise.T).astype("f4")
    np.fill_diagonal(data, 2.0)
    return data, model
