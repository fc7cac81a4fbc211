"""What a user does to the window."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from app.documents.parameter_model import Column


def row_of(session, name):
    model = session.window.panels.parameters.model
    return next(
        r
        for r in range(model.rowCount())
        if (p := model.parameter(r)) is not None and p.name == name
    )


def type_number(session, name, text, column=Column.VALUE):
    """Edit a cell of the table with the keyboard."""
    view = session.window.panels.parameters.view
    view.setFocus()
    index = view.model().index(row_of(session, name), column)
    view.setCurrentIndex(index)
    view.edit(index)
    editor = view.findChildren(QLineEdit)[-1]
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    # Qt commits once the editor has seen the key.
    QApplication.processEvents()


def fit(qtbot, session):
    with qtbot.waitSignal(session.fitting.ended, timeout=10_000):
        session.window.actions_["fit.start"].trigger()
    let_it_settle()


def let_it_settle():
    """Let everything happen that waits for its turn."""
    QTest.qWait(20)


def start_value(session, name="D0"):
    return session.workspace.current.setup.parameters[name].value
