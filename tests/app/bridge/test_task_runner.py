import threading

import pytest

from app.bridge.task_runner import TaskRunner
from engine.errors import CancelledError, DataError


@pytest.fixture
def runner(qapp):
    made = TaskRunner("test")
    yield made
    made.shut_down()
    assert not made.running


def test_work_runs_elsewhere_and_answers_here(qtbot, runner):
    here = threading.get_ident()
    told = []

    def work(report, _):
        report(threading.get_ident())
        return threading.get_ident()

    task = runner.submit(work)
    task.reported.connect(lambda ident: told.append((ident, threading.get_ident())))
    with qtbot.waitSignal(task.finished, timeout=5000) as blocker:
        pass
    assert blocker.args[0] != here
    assert told == [(blocker.args[0], here)]
    assert not runner.busy


def test_one_at_a_time_in_order(qtbot, runner):
    order = []
    tasks = [runner.submit(lambda *_, i=i: order.append(i)) for i in range(5)]
    with qtbot.waitSignal(tasks[-1].finished, timeout=5000):
        pass
    assert order == [0, 1, 2, 3, 4]


def test_wrong_input_arrives_as_it_is(qtbot, runner):
    def work(*_):
        raise DataError("no such file")

    task = runner.submit(work)
    with qtbot.waitSignal(task.failed, timeout=5000) as blocker:
        pass
    assert isinstance(blocker.args[0], DataError)


def test_a_defect_is_logged_with_its_traceback(qtbot, runner, caplog):
    def work(*_):
        return 1 // 0

    task = runner.submit(work)
    with qtbot.waitSignal(task.failed, timeout=5000) as blocker:
        pass
    assert isinstance(blocker.args[0], ZeroDivisionError)
    assert "1 // 0" in caplog.text
    later = runner.submit(lambda *_: "alive")
    with qtbot.waitSignal(later.finished, timeout=5000):
        pass


def test_cancelling_reaches_running_and_waiting_work(qtbot, runner):
    started = threading.Event()

    def endless(_, cancelled):
        started.set()
        while not cancelled():
            pass
        raise CancelledError("stopped")

    ran = []
    first = runner.submit(endless)
    second = runner.submit(lambda *_: ran.append(1))
    assert started.wait(5)
    runner.cancel_all()
    with qtbot.waitSignals([first.failed, second.failed], timeout=5000):
        pass
    assert not ran


def test_shutting_down_with_work_under_way_ends_the_thread(qapp):
    runner = TaskRunner("closing")
    runner.submit(lambda _, cancelled: threading.Event().wait(0.1) or cancelled())
    runner.shut_down()
    assert not runner.running


def test_busy_is_told_once_each_way(qtbot, runner):
    told = []
    runner.busy_changed.connect(told.append)
    runner.submit(lambda *_: 1)
    last = runner.submit(lambda *_: 2)
    with qtbot.waitSignal(last.finished, timeout=5000):
        pass
    assert told == [True, False]
