from PySide6.QtCore import QObject, QTimer

from app.controllers.turns import in_turns


def test_steps_come_in_order_and_timers_in_between(qtbot):
    parent, seen = QObject(), []
    tick = QTimer(parent, interval=0)
    tick.timeout.connect(lambda: seen.append("tick"))
    tick.start()
    in_turns(parent, *(lambda n=n: seen.append(n) for n in range(3)))
    assert seen == []
    qtbot.waitUntil(lambda: 2 in seen)
    assert [s for s in seen if s != "tick"] == [0, 1, 2]
    assert "tick" in seen[seen.index(0) : seen.index(1)]
    assert "tick" in seen[seen.index(1) : seen.index(2)]


def test_nothing_is_done_for_what_is_gone(qtbot):
    parent, seen = QObject(), []

    def first():
        seen.append(1)
        parent.deleteLater()

    in_turns(parent, first, lambda: seen.append(2))
    qtbot.wait(30)
    assert seen == [1]


def test_no_step_is_no_work():
    in_turns(QObject())
