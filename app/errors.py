"""Trouble is shown in one sentence, logged in full, and never ends things silently.

Wrong input is the user's to mend: a dialog with the engine's sentence. Anything else is
ours: a dialog that names the log file, with the details folded away.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from app.logs import log_file
from app.wording import sentence
from engine.errors import CancelledError, EngineError

log = logging.getLogger(__name__)

_MOST_NAMED = 8
"""Of what went wrong together, so many are named at once."""
_INTERNAL = (
    "Something went wrong inside Twotime. Your runs and settings are intact; "
    "the log file tells what happened."
)


class ErrorPresenter(QObject):
    """Shows errors in dialogs that block nothing but the window they belong to.

    Signals
    -------
    shown(str)
        The sentence of an error, for the status line.
    """

    shown = Signal(str)
    _caught = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._open: list[QMessageBox] = []
        # The hook may fire on any thread; the queued signal brings it here.
        self._caught.connect(self.show_error, Qt.ConnectionType.QueuedConnection)

    @property
    def dialogs(self) -> tuple[QMessageBox, ...]:
        """The error dialogs now open."""
        return tuple(self._open)

    def catch(self, error: BaseException) -> None:
        """Show an error that nothing else caught; safe on any thread."""
        self._caught.emit(error)

    def show_error(
        self,
        error: BaseException,
        title: str = "",
        remedy: tuple[str, Callable[[], object]] | None = None,
        *,
        opening: bool = False,
    ) -> None:
        """Show an error; a cancellation is none.

        Parameters
        ----------
        remedy
            Text of a button that may help, and what it does.
        opening
            Whether the error kept a run from being opened.
        """
        if isinstance(error, CancelledError):
            return
        wrong_input = isinstance(error, EngineError)
        box = self._box()
        if wrong_input:
            text = sentence_of(error, opening=opening)
            box.setIcon(QMessageBox.Icon.Warning)
            box.setText(title or "This cannot be used as it is.")
            box.setInformativeText(text)
        else:
            text = _INTERNAL
            box.setIcon(QMessageBox.Icon.Critical)
            box.setText(title or "An internal error occurred.")
            box.setInformativeText(f"{_INTERNAL}\n\nLog file: {log_file()}")
            box.setDetailedText("".join(traceback.format_exception(error)))
        if remedy is not None:
            button = box.addButton(remedy[0], QMessageBox.ButtonRole.ActionRole)
            button.clicked.connect(lambda _=False: remedy[1]())
            box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Ok))
        self._show(box, text)

    def show_several(
        self, failures: Sequence[tuple[str, Exception]], title: str
    ) -> None:
        """Show in one dialog what kept several runs from being opened.

        Parameters
        ----------
        failures
            Name of each file and what went wrong with it.
        """
        names = [name for name, _ in failures]
        more = len(names) - _MOST_NAMED
        if more > 0:
            names[_MOST_NAMED:] = [f"and {more} more"]
        box = self._box()
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(title)
        box.setInformativeText("\n".join(names))
        box.setDetailedText("\n\n".join(_told(*failure) for failure in failures))
        self._show(box, f"{title}.")

    def _box(self) -> QMessageBox:
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("Twotime")
        box.setTextFormat(Qt.TextFormat.PlainText)
        # Without this Qt breaks the sentence at the width of the short title.
        box.setStyleSheet("QLabel#qt_msgbox_informativelabel { min-width: 460px; }")
        return box

    def _show(self, box: QMessageBox, text: str) -> None:
        self._open.append(box)
        box.finished.connect(lambda _: self._open.remove(box))
        box.open()
        self.shown.emit(text)


def _told(name: str, error: Exception) -> str:
    if isinstance(error, EngineError):
        return f"{name}: {sentence_of(error, opening=True)}"
    return f"{name}: {_INTERNAL} Log file: {log_file()}"


def sentence_of(error: BaseException, *, opening: bool = False) -> str:
    """Return the text of an error as a sentence with a capital and a full stop.

    Parameters
    ----------
    opening
        Whether it kept a run from being opened; see `wording.for_window`.
    """
    return sentence(str(error), opening=opening) or "No reason was given."


def install_hooks(catch: Callable[[BaseException], None]) -> Callable[[], None]:
    """Send every exception that nothing caught to the log and to `catch`.

    Returns
    -------
    A function that takes the hooks out again.
    """

    def on_main(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("uncaught exception", exc_info=(kind, error, trace))
        catch(error)

    def on_thread(hook: threading.ExceptHookArgs) -> None:
        if hook.exc_value is not None:
            on_main(hook.exc_type, hook.exc_value, hook.exc_traceback)

    before = sys.excepthook, threading.excepthook
    sys.excepthook = on_main
    threading.excepthook = on_thread

    def remove() -> None:
        sys.excepthook, threading.excepthook = before

    return remove
