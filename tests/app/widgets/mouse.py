"""The mouse, driven event by event, with buttons held while it moves."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

_LEFT = Qt.MouseButton.LeftButton
_NONE = Qt.MouseButton.NoButton


def send(widget, kind, point, button, held):
    point = QPointF(point)
    everywhere = QPointF(widget.mapToGlobal(point))
    plain = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(
        widget, QMouseEvent(kind, point, everywhere, button, held, plain)
    )


def hover(widget, point):
    send(widget, QEvent.Type.MouseMove, point, _NONE, _NONE)


def press(widget, point):
    send(widget, QEvent.Type.MouseButtonPress, point, _LEFT, _LEFT)


def move(widget, point):
    send(widget, QEvent.Type.MouseMove, point, _NONE, _LEFT)


def release(widget, point):
    send(widget, QEvent.Type.MouseButtonRelease, point, _LEFT, _NONE)


def click(widget, point):
    press(widget, point)
    release(widget, point)


def double_click(widget, point):
    click(widget, point)
    send(widget, QEvent.Type.MouseButtonDblClick, point, _LEFT, _LEFT)
    release(widget, point)


def drag(widget, *points):
    """Press at the first point, pass the others, release at the last."""
    press(widget, points[0])
    for point in points[1:]:
        move(widget, point)
    release(widget, points[-1])


def wheel(widget, point, by):
    """Turn the wheel by so many eighths of a degree; return whether it was taken."""
    event = QWheelEvent(
        QPointF(point),
        QPointF(widget.mapToGlobal(point)),
        QPoint(),
        QPoint(0, by),
        _NONE,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()
