"""What the window says between things: the status line, hints and questions."""

from collections.abc import Callable, Mapping
from datetime import datetime

from PySide6.QtCore import QObject

from app.documents.checkpoints import interrupted_text
from app.documents.fit_record import FitRecord
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
        self._asked = ""
        self._refusal = ""
        self._told_of: FitRecord | None = None
        self._slots: dict[str, Callable[[], object]] = {}
        window.panels.banner.action_requested.connect(self._on_action)

    def connect_slots(self, slots: Mapping[str, Callable[[], object]]) -> None:
        """Say what the buttons of the banner do, by key."""
        self._slots.update(slots)

    def tell(self, text: str) -> None:
        """Say something in the status line for a while."""
        self._refusal = ""
        self._told_of = None
        self._window.statusBar().showMessage(text, _TOLD_FOR_MS)

    def tell_refusal(self, text: str) -> None:
        """Say why an edit was refused, until another one is made."""
        self.tell(text)
        self._refusal = text

    def forget_refusal(self) -> None:
        """Say no more why an edit was refused."""
        if self._refusal:
            self.forget_told()

    def tell_of_fit(self, text: str, record: FitRecord) -> None:
        """Say something about a fit, until another one is shown."""
        self.tell(text)
        self._told_of = record

    def forget_other_fits(self, shown: FitRecord | None) -> None:
        """Take away what was said about fits that are not shown."""
        if self._told_of not in (None, shown):
            self.forget_told()
        banner = self._window.panels.banner
        if isinstance(banner.subject, FitRecord) and banner.subject is not shown:
            banner.subject = None
            banner.hide()

    def show_hint(self, sentence: str) -> None:
        """Say why a fit cannot be started, with what would mend it."""
        self._asked = sentence
        self._show(sentence)

    def review_hint(self, reason: str) -> None:
        """Take the hint away unless it is still the reason why no fit can start."""
        if self._asked and reason != self._asked:
            self._take_away(self._asked)
            self._asked = ""

    def hint_once(self, sentence: str) -> None:
        """Say why the model cannot be drawn, unless that was said already."""
        if sentence != self._hint:
            self._hint = sentence
            self._show(sentence)

    def forget_hint(self) -> None:
        """Take the hint away: what it asked for was done."""
        if self._hint:
            self._take_away(self._hint)
        self._hint = ""

    def forget_all(self) -> None:
        """Take everything away; another run is looked at."""
        self._hint = self._asked = ""
        self._window.panels.banner.hide()
        self.forget_told()

    def forget_told(self) -> None:
        """Clear the status line."""
        self._refusal = ""
        self._told_of = None
        self._window.statusBar().clearMessage()

    def ask_to_resume(self, _: RunDocument, when: datetime) -> None:
        """Ask whether a fit that was interrupted is to go on."""
        self._window.panels.banner.show_message(
            interrupted_text(when, datetime.now()),
            "accent",
            (("resume_fit", "Continue it"), ("fit_anew", "Start anew")),
        )
        self._window.panels.banner.focus_first_button()

    def _show(self, sentence: str) -> None:
        actions = _REMEDIES.get(sentence, ())
        self._window.panels.banner.show_message(sentence, "warn", actions)

    def _take_away(self, sentence: str) -> None:
        if self._window.panels.banner.text == sentence:
            self._window.panels.banner.hide()

    def _on_action(self, key: str) -> None:
        self._window.panels.banner.hide()
        self._slots[key]()
