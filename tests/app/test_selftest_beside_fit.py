"""The self-test of the real engine beside a real fit: neither disturbs the other."""

import threading

import pytest

from app.bridge.engine import real_engine
from engine.result import State

pytestmark = [pytest.mark.gui, pytest.mark.slow]


@pytest.fixture
def fake():
    """Stand in for the fake engine of the other tests."""
    return Real()


class Real:
    """What the session of the other tests asks of its engine."""

    def __init__(self):
        self.finish = self.load_gate = self.save_gate = threading.Event()

    def functions(self):
        return real_engine()


def test_fit_and_self_test_at_the_same_time(qtbot, session):
    with qtbot.waitSignal(session.maps.drawn, timeout=60_000):
        session.files.open_example()

    def fit():
        with qtbot.waitSignal(session.fitting.ended, timeout=120_000):
            session.window.actions_["fit.start"].trigger()
        return session.workspace.current.fits[-1]

    alone = fit()
    both = []
    session.fitting.started.connect(lambda _: both.append(session.selftest.show()))
    beside = fit()
    (dialog,) = both
    qtbot.waitUntil(lambda: not dialog.running, timeout=120_000)
    assert dialog.verdict.startswith("Everything works"), dialog.text
    assert beside.state is alone.state is State.CONVERGED
    assert beside.result.values == pytest.approx(alone.result.values, rel=1e-9)
    dialog.close()
