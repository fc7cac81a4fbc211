"""The real window with an engine that does as it is told."""

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from app.settings import Settings
from app.theme import ThemeManager
from tests.app.fakes import FakeEngine


@pytest.fixture(autouse=True)
def nothing_left_behind(request, qapp):
    """Fail when a test leaves a window or a thread behind."""
    before = set(QApplication.topLevelWidgets())
    threads = set(threading.enumerate())
    yield
    qapp.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    now = set(QApplication.topLevelWidgets())
    left = [w for w in now - before if w.isVisible()]
    assert not left, f"windows left open: {left}"
    more = [t for t in threading.enumerate() if t not in threads and not t.daemon]
    assert not more, f"threads left running: {more}"


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path / "window.ini")


@pytest.fixture(scope="session")
def theme(qapp):
    manager = ThemeManager()
    manager.set_mode("light")
    manager.apply(qapp)
    return manager


@pytest.fixture
def fake():
    return FakeEngine()


@pytest.fixture
def checkpoints(tmp_path):
    """Return the folder streaming fits note their way in."""
    return tmp_path / "checkpoints"


@pytest.fixture
def session(qtbot, qapp, fake, settings, theme, checkpoints):
    """A session whose window is shown; ended and deleted after the test."""
    from app.controllers.session import Session

    theme.set_mode("light")
    made = Session(fake.functions(), settings, theme, checkpoints)
    made.window.show()
    made.start([])
    yield made
    fake.finish.set()
    fake.load_gate.set()
    fake.save_gate.set()
    made.closing.allow()
    made.shut_down()
    assert not any(r.running for r in made.runners)
    for box in made.errors.dialogs:
        box.close()
    made.window.close()
    made.window.deleteLater()
    made.deleteLater()
    qapp.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def run_path(tmp_path) -> Path:
    path = tmp_path / "run.yaml"
    path.touch()
    return path


@pytest.fixture
def opened(qtbot, session, run_path):
    """The session with one run open and its model drawn."""
    with qtbot.waitSignal(session.maps.drawn, timeout=10_000):
        session.loading.open_paths([run_path])
    return session
