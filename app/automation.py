"""Opens, fits, reports and quits by itself: how an installed program is tried out.

Imported only when an environment variable asks for it (`application.AUTOMATE`).
"""

import json
import logging
import math
import os
import platform
import sys
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from app.bridge.process_age import process_age_s
from app.controllers.fitting import Begin
from app.controllers.session import Session
from app.documents.fit_record import FitRecord
from app.documents.run_document import RunDocument
from app.first_paint import FirstPaint
from app.logs import log_file
from engine import __version__
from engine.result import State

log = logging.getLogger(__name__)

SCREENSHOT = "TWOTIME_AUTOMATE_SCREENSHOT"
"""Environment variable: picture of the window with the fit, as a PNG file."""
LIMIT = "TWOTIME_AUTOMATE_LIMIT_S"
"""Environment variable: give up after so many seconds."""
_LIMIT_S = 120.0
_DRAWN_WITHIN_MS = 3000
"""What the fit looks like is drawn within that time, or not at all."""


class Exit(IntEnum):
    """Exit codes of an automated run."""

    CONVERGED = 0
    NOT_CONVERGED = 1
    ERROR = 3


class Automation(QObject):
    """Takes the part of the user.

    Parameters
    ----------
    report
        JSON file written at the end, whatever happens.
    seen
        Knows when the window was seen first.
    opens
        Whether runs were given that are about to be opened.
    """

    def __init__(
        self, session: Session, report: Path, seen: FirstPaint, *, opens: bool
    ) -> None:
        super().__init__(session)
        self._session = session
        self._file = report
        self._report: dict[str, Any] = {
            "visible_s": _age_at(seen),
            "ready_s": None,
            "fitted_s": None,
            "state": None,
            "chi_squared": None,
            "parameters": {},
            "version": __version__,
            "platform": platform.platform(),
            "log": str(log_file()),
            "screenshot": None,
            "error": None,
        }
        self.exit_code: Exit | None = None
        """None until the report is written."""
        self._fitted = False
        report.unlink(missing_ok=True)
        session.maps.drawn.connect(self._on_drawn)
        session.maps.refused.connect(self._fail)
        session.errors.shown.connect(self._fail)
        session.fitting.finished.connect(self._on_fitted)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(lambda: self._fail("the window was closed"))
        self._later(0, self._set_limit)
        if not opens:
            self._later(0, lambda: self._fail("no run was given that could be fitted"))

    def _set_limit(self) -> None:
        text = os.environ.get(LIMIT, "") or str(_LIMIT_S)
        try:
            limit_s = float(text)
        except ValueError:
            self._fail(f"{LIMIT} is {text}; expected a number of seconds")
            return
        self._later(
            max(0, round(1000 * limit_s)),
            lambda: self._fail(f"there was no end within {limit_s:g} s"),
        )

    def _on_drawn(self, _: str) -> None:
        if self._report["ready_s"] is None:
            self._report["ready_s"] = _now()
            # Later: the window is still busy with what it draws.
            self._later(0, self._start_fit)
        elif self._fitted:
            self._later(0, self._finish)

    def _start_fit(self) -> None:
        reason = self._session.fitting.why_not()
        if reason:
            self._fail(reason)
        else:
            self._session.start_fit(Begin.ANEW)

    def _on_fitted(self, _: RunDocument, record: FitRecord) -> None:
        result = record.result
        self._fitted = True
        self._report |= {
            "fitted_s": _now(),
            "state": record.state.value,
            "chi_squared": _finite(result.quality.chi_squared),
            "parameters": {
                p.name: {"value": _finite(p.value), "stderr": _finite(p.stderr)}
                for p in result.parameters
            },
        }
        self._later(_DRAWN_WITHIN_MS, self._finish)

    def _finish(self) -> None:
        picture = os.environ.get(SCREENSHOT, "")
        if picture and self.exit_code is None:
            if not self._session.window.grab().save(picture):
                self._fail(f"the picture {picture} cannot be written")
                return
            self._report["screenshot"] = picture
        converged = self._report["state"] == State.CONVERGED.value
        self._end(Exit.CONVERGED if converged else Exit.NOT_CONVERGED)

    def _fail(self, reason: str) -> None:
        if self.exit_code is None:
            self._report["error"] = reason
            self._end(Exit.ERROR)

    def _end(self, code: Exit) -> None:
        """Write the report and quit, once."""
        if self.exit_code is not None:
            return
        self.exit_code = code
        try:
            _write(self._file, self._report)
        except OSError as error:
            self.exit_code = Exit.ERROR
            sys.stderr.write(f"twotime: {self._file} cannot be written: {error}\n")
        log.info("automated run ends with exit code %d", self.exit_code)
        QCoreApplication.exit(self.exit_code)

    def _later(self, milliseconds: int, do: Callable[[], object]) -> None:
        QTimer.singleShot(milliseconds, self, do)


def _now() -> float:
    return round(process_age_s(), 3)


def _age_at(seen: FirstPaint) -> float | None:
    """Return how old the process was when the window was seen."""
    return None if seen.ago_s is None else round(process_age_s() - seen.ago_s, 3)


def _finite(value: float | None) -> float | None:
    """Return a number that JSON has."""
    return value if value is not None and math.isfinite(value) else None


def _write(path: Path, report: dict[str, Any]) -> None:
    """Write the report whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(report, indent=1, allow_nan=False), encoding="utf-8")
    part.replace(path)
