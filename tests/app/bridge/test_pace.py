import gc
import os
import sys
import threading

import pytest

from app.bridge import pace
from app.bridge.pace import favour_window, importing, step_back
from app.bridge.task_runner import TaskRunner

LINUX = sys.platform.startswith("linux")


def niceness():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def in_thread(work):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(work()))
    thread.start()
    thread.join()
    return answers[0]


@pytest.mark.skipif(not LINUX, reason="niceness belongs to the process elsewhere")
class TestStepBack:
    def test_the_thread_and_those_it_starts_give_way_and_no_other(self):
        before = niceness()

        def work():
            step_back()
            return niceness(), in_thread(niceness)

        own, inherited = in_thread(work)
        assert own == inherited == min(before + 10, 19)
        assert niceness() == before

    def test_no_thread_is_nicer_than_there_is(self):
        assert in_thread(lambda: [step_back() for _ in range(3)] and niceness()) <= 19

    def test_work_is_done_on_a_thread_that_has_stepped_back(self, qtbot):
        runner = TaskRunner("test")
        task = runner.submit(lambda *_: niceness())
        with qtbot.waitSignal(task.finished, timeout=5000) as blocker:
            pass
        runner.shut_down()
        assert blocker.args[0] > niceness()


def test_the_lock_is_handed_over_soon():
    before = sys.getswitchinterval()
    try:
        favour_window()
        assert sys.getswitchinterval() <= 0.001
    finally:
        sys.setswitchinterval(before)


class TestImporting:
    @pytest.fixture(autouse=True)
    def frozen(self, monkeypatch):
        """Nothing is really frozen: it would never be collected again."""
        times = []
        monkeypatch.setattr(pace, "_freeze", lambda: times.append(gc.isenabled()))
        return times

    def test_the_collector_rests_meanwhile_and_goes_on_afterwards(self, frozen):
        assert gc.isenabled()
        with importing():
            assert not gc.isenabled()
        assert gc.isenabled()
        # What came in is taken out of its sight before it looks again.
        assert frozen == [False]

    def test_it_goes_on_after_a_failure(self):
        with pytest.raises(ImportError), importing():
            raise ImportError("no such library")
        assert gc.isenabled()

    def test_one_that_was_off_stays_off(self):
        gc.disable()
        try:
            with importing():
                pass
            assert not gc.isenabled()
        finally:
            gc.enable()
