"""What the window says between things: the status line, hints and questions."""

from collections.abc import Callable, Mapping
from datetime import datetime

from PySide6.QtCore import QObject

from app.documents.checkpoints import interrupted_text
from app.documents.readiness import NO_ANGLE, NO_GAP
from app.documents.run_document import RunDocument
from app.main_window import MainWindow

_TOLD_FOR_MS = 15_000
_REMEDIES = {
    NO_ANGLE: (("use_all", "Use all angles"),),
    NO_GAP: (("show_setup", "Show set-up"),),
}


class MessagesController(QObject):
    """Knows what the banner and the status line say, and what its buttons do."""

    def __init__(self, window: MainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._hint = ""
        self._slots: dict[str, Callable[[], object]] = {}
        window.panels.banner.action_requested.connect(self._on_action)

    def connect_slots(self, slots: Mapping[str, Callable[[], object]]) -> None:
        """Say what the buttons of the banner do, by key."""
        self._slots.update(slots)

    def tell(self, text: str) -> None:
        """Say something in the status line for a while."""
        self._window.statusBar().showMessage(text, _TOLD_FOR_MS)

    def show_hint(self, sentence: str) -> None:
        """Say what is missing, with what would mend it."""
        actions = _REMEDIES.get(sentence, ())
        self._window.panels.banner.show_message(sentence, "warn", actions)

    def hint_once(self, sentence: str) -> None:
        """Show a hint unless it has been shown already."""
        if sentence != self._hint:
            self._hint = sentence
            self.show_hint(sentence)

    def forget_hint(self) -> None:
        """Take the hint away: what it asked for was done."""
        if self._hint and self._window.panels.banner.text == self._hint:
            self._window.panels.banner.hide()
        self._hint = ""

    def forget_all(self) -> None:
        """Take everything away; another run is looked at."""
        self._hint = ""
        self._window.panels.banner.hide()
        self.forget_told()

    def forget_told(self) -> None:
        """Clear the status line."""
        self._window.statusBar().clearMessage()

    def ask_to_resume(self, _: RunDocument, when: datetime) -> None:
        """Ask whether a fit that was interrupted is to go on."""
        self._window.panels.banner.show_message(
            interrupted_text(when, datetime.now()),
            "accent",
            (("resume_fit", "Continue it"), ("fit_anew", "Start anew")),
        )
        self._window.panels.banner.focus_first_button()

    def _on_action(self, key: str) -> None:
        self._window.panels.banner.hide()
        self._slots[key]()
