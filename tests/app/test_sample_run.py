"""The real window and the real engine: open, look, choose, edit, fit, stop, save."""

import json
import time
from dataclasses import replace

import pytest

from app.bridge.engine import real_engine
from engine.data.phi import select_angles
from engine.events import Happening, StepTaken
from engine.result import State
from engine.sample import sample_run
from engine.setup import PhiRange, Strategy

pytestmark = pytest.mark.gui


@pytest.fixture
def fake():
    """Stand in for the fake engine of the other tests."""
    return Real()


class Real:
    """The real engine; on request a fit waits at its second full step until stopped."""

    def __init__(self):
        self.hold = False
        self._real = real_engine()

    def functions(self):
        return replace(self._real, fit=self._fit)

    def _fit(self, data, setup, *, on_event, cancelled, **how):
        seen = []

        def watch(event):
            on_event(event)
            seen.append(isinstance(event, StepTaken) and not event.coarse)
            deadline = time.monotonic() + 30
            while self.hold and sum(seen) == 2 and not cancelled():
                assert time.monotonic() < deadline, "nobody stopped the fit"
                time.sleep(0.005)

        return self._real.fit(data, setup, on_event=watch, cancelled=cancelled, **how)


@pytest.fixture
def session(qtbot, qapp, fake, settings, theme, checkpoints):
    from app.controllers.session import Session

    made = Session(fake.functions(), settings, theme, checkpoints)
    made.window.show()
    made.start([])
    yield made
    made.closing.allow()
    made.shut_down()
    made.window.close()
    made.window.deleteLater()
    made.deleteLater()
    qapp.processEvents()


def run_fit(qtbot, session):
    with qtbot.waitSignal(session.fitting.ended, timeout=60_000):
        session.window.actions_["fit.start"].trigger()
    return session.workspace.current.fits[-1]


def test_the_whole_path(qtbot, session, fake, tmp_path):
    with qtbot.waitSignal(session.maps.drawn, timeout=60_000):
        session.files.open_example()
    assert session.workspace.current.path == sample_run()
    assert not session.errors.dialogs

    chosen = edit_undo_redo(session)
    first = fit_and_watch(qtbot, session, chosen)
    stop_keeps_the_best_point(qtbot, session, fake)
    last = fit_again_with_all_angles(qtbot, session, first)
    save_and_read_back(qtbot, session, last, tmp_path / "out")


def edit_undo_redo(session):
    """Choose angles, edit, be refused, undo, redo; return the choice of angles."""
    window, document = session.window, session.workspace.current
    window.panels.phi_panel.ranges_edited.emit((PhiRange(-35, 35),))
    chosen, _ = select_angles(document.data.phi, document.setup.phi)
    assert 0 < chosen.sum() < len(chosen)
    model = window.panels.parameters.model
    row = next(
        r
        for r in range(model.rowCount())
        if (p := model.parameter(r)) and p.name == "D0"
    )
    start = document.setup.parameters["D0"].value
    assert model.setData(model.index(row, 1), repr(start * 1.1))
    assert not model.setData(model.index(row, 1), "-5")
    assert document.setup.parameters["D0"].value == start * 1.1
    document.undo_stack.undo()
    assert document.setup.parameters["D0"].value == start
    document.undo_stack.redo()
    return chosen


def fit_and_watch(qtbot, session, chosen):
    steps: list[StepTaken] = []
    session.fitting.stepped.connect(lambda _, step: steps.append(step))
    first = run_fit(qtbot, session)
    assert first.state is State.CONVERGED
    assert len(first.result.angle_indices) == chosen.sum()
    assert len(steps) >= 3
    assert steps[-1].cost < steps[0].cost
    return first


def stop_keeps_the_best_point(qtbot, session, fake):
    fake.hold = True
    steps: list[StepTaken] = []

    def stop_at_the_first_step(_, step):
        steps.append(step)
        if step.iteration == 1:
            session.window.actions_["fit.stop"].trigger()

    session.fitting.stepped.connect(stop_at_the_first_step)
    stopped = run_fit(qtbot, session)
    session.fitting.stepped.disconnect(stop_at_the_first_step)
    fake.hold = False
    assert stopped.state is State.CANCELLED
    assert stopped.result.status.iterations == 1
    assert stopped.result.values == dict(steps[-1].values)
    assert steps[-1].cost < steps[0].cost


def fit_again_with_all_angles(qtbot, session, first):
    window, document = session.window, session.workspace.current
    document.show_fit(first)
    window.actions_["setup.adopt"].trigger()
    window.actions_["setup.toggle_all_angles"].trigger()
    last = run_fit(qtbot, session)
    assert last.state is State.CONVERGED
    assert last.result.quality.reduced_chi_squared == pytest.approx(1.0, abs=0.1)
    assert len(last.result.angle_indices) == len(document.data.phi)
    return last


def save_and_read_back(qtbot, session, last, target):
    document = session.workspace.current
    with qtbot.waitSignal(session.saving.saved, timeout=60_000):
        session.saving.save(document, last, target)
    written = json.loads((target / "result.json").read_text())
    assert written["status"]["state"] == "converged"
    d0 = written["parameters"]["D0"]["value"]
    assert d0 == pytest.approx(last.result.values["D0"], rel=1e-12)
    again = real_engine().open_run(target / "run.yaml")
    assert again.setup.parameters.names == document.setup.parameters.names


@pytest.mark.slow
def test_a_streaming_fit_that_was_stopped_goes_on(qtbot, session, fake, checkpoints):
    with qtbot.waitSignal(session.maps.drawn, timeout=60_000):
        session.files.open_example()
    session.window.panels.setup.setup_edited.emit("strategy", Strategy.STREAMING)
    fake.hold = True
    full: list[StepTaken] = []

    def stop_in_phase_2(_, step):
        if not step.coarse:
            full.append(step)
        if len(full) == 2:
            session.fitting.stop()

    session.fitting.stepped.connect(stop_in_phase_2)
    assert run_fit(qtbot, session).state is State.CANCELLED
    session.fitting.stepped.disconnect(stop_in_phase_2)
    fake.hold = False
    assert len(list(checkpoints.iterdir())) == 1

    session.window.actions_["fit.start"].trigger()
    assert "was interrupted" in session.window.panels.banner.text
    told = []
    session.fitting.happened.connect(lambda _, event: told.append(event.what))
    with qtbot.waitSignal(session.fitting.ended, timeout=60_000):
        session.window.panels.banner.action_requested.emit("resume_fit")
    last = session.workspace.current.fits[-1]
    assert Happening.RESUMED in told
    assert last.state is State.CONVERGED
    assert last.result.strategy.name == "streaming"
    # The warm-up was not made again.
    assert "Warming up" not in last.log
    assert list(checkpoints.iterdir()) == []
