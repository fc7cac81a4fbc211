"""Maps of a run whose matrices stay in their file: none is read by the window."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.widgets.c2_layout import DATA, MODEL
from engine.errors import DataError
from tests.app.driving import fit
from tests.app.fakes import FakeEngine, make_data

pytestmark = [pytest.mark.gui, pytest.mark.slow]


class OnDisk:
    """Matrices that are read one at a time, when the gate is open."""

    def __init__(self, matrices):
        self._matrices = matrices
        self.shape, self.dtype = matrices.shape, matrices.dtype
        self.nbytes = matrices.nbytes
        self.by_window = 0
        self.gate = threading.Event()
        self.gate.set()
        self.lost = False

    def __len__(self):
        return len(self._matrices)

    def __getitem__(self, index):
        self.by_window += threading.current_thread() is threading.main_thread()
        assert self.gate.wait(10)
        if self.lost:
            raise DataError("run.h5 cannot be read any more; was it moved?")
        return self._matrices[index]


class DiskEngine(FakeEngine):
    """Reads nothing into memory but small pictures."""

    def __init__(self):
        super().__init__()
        self.stored = []

    def _load_data(self, request, **told):
        data = super()._load_data(request, **told)
        self.stored.append(OnDisk(data.c2))
        return replace(data, c2=self.stored[-1])


@pytest.fixture
def fake():
    return DiskEngine()


@pytest.fixture
def stored(opened, fake):
    return fake.stored[0]


def array(session, name=DATA):
    return session.window.panels.c2_view._canvas.panels[name].array


def title(session):
    return session.window.panels.c2_view.accessibleDescription()


def part(index):
    return make_data().c2[index][1:, 1:]


def test_data_and_model_come_together_from_a_worker(opened, stored):
    np.testing.assert_array_equal(array(opened), part(0))
    assert array(opened, MODEL) is not None
    assert stored.by_window == 0


def test_levels_are_those_of_the_data(opened):
    low, high = opened.window.panels.c2_view.levels
    assert part(0).min() < low < high < part(0).max()


def test_the_angle_before_stays_under_its_own_title_until_the_next_is_read(
    qtbot, opened, stored
):
    before = title(opened)
    stored.gate.clear()
    opened.window.actions_["setup.next_angle"].trigger()
    qtbot.wait(50)
    assert title(opened) == before
    np.testing.assert_array_equal(array(opened), part(0))
    with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
        stored.gate.set()
    assert "φ = 4°" in title(opened)
    np.testing.assert_array_equal(array(opened), part(1))
    assert stored.by_window == 0


def test_nothing_is_shown_of_another_run_while_the_next_is_read(
    qtbot, opened, fake, tmp_path, monkeypatch
):
    gate = threading.Event()
    load = fake._load_data

    def held(request, **told):
        data = load(request, **told)
        fake.stored[-1].gate = gate
        return data

    monkeypatch.setattr(fake, "_load_data", held)
    # The engine handed to the session holds the function as it was.
    object.__setattr__(opened.engine, "load_data", held)
    other = tmp_path / "other.yaml"
    other.touch()
    with qtbot.waitSignal(opened.loading.opened, timeout=5000):
        opened.loading.open_paths([other])
    assert array(opened) is None
    assert array(opened, MODEL) is None
    assert title(opened).startswith("other")
    with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
        gate.set()
    np.testing.assert_array_equal(array(opened), part(0))


def test_without_a_model_the_data_come_alone(qtbot, session, fake, tmp_path):
    path = tmp_path / "no_gap.yaml"
    path.touch()
    session.loading.open_paths([path])
    qtbot.waitUntil(lambda: array(session) is not None)
    np.testing.assert_array_equal(array(session), part(0))
    assert array(session, MODEL) is None
    assert title(session).endswith("data")
    assert fake.stored[0].by_window == 0


def test_what_cannot_be_read_is_said_and_not_tried_for_ever(qtbot, opened, stored):
    stored.lost = True
    with qtbot.waitSignal(opened.maps.refused, timeout=5000) as blocker:
        opened.window.actions_["setup.next_angle"].trigger()
    assert "cannot be read" in blocker.args[0]
    assert array(opened) is None
    assert "φ = 4°" in title(opened)
    with qtbot.assertNotEmitted(opened.maps.refused, wait=100):
        QApplication.processEvents()
    stored.lost = False
    with qtbot.waitSignal(opened.maps.drawn, timeout=5000):
        opened.window.actions_["setup.previous_angle"].trigger()
    np.testing.assert_array_equal(array(opened), part(0))


def test_a_fit_is_followed_without_the_window_reading(qtbot, opened, stored):
    fit(qtbot, opened)
    qtbot.waitUntil(lambda: "fit #1" in title(opened))
    np.testing.assert_array_equal(array(opened), part(0))
    assert stored.by_window == 0
