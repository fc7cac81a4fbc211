"""What a headless command says while it works: a bar, plain lines, or JSON lines.

Everything said is kept, with the time since the start, for the log of the result
folder. A reader that went away (``| head``) silences the console, not the fit.
"""

import math
import shutil
import sys
import time
from collections.abc import Mapping
from enum import Enum
from typing import Any, TextIO

from engine.events import Event, PhaseStarted, StepTaken
from engine.report.record import to_json
from engine.units import format_duration

READING = "Reading data"
"""Phase before the engine's own ones."""
_BAR = 16
_REDRAW_S = 0.1


class Mode(Enum):
    """Who reads the output."""

    TEXT = "text"
    JSON = "json"
    QUIET = "quiet"


class Console:
    """Standard output of a command, and the log of what it did."""

    def __init__(self, mode: Mode = Mode.TEXT, stream: TextIO | None = None) -> None:
        self.mode = mode
        self._stream = sys.stdout if stream is None else stream
        self._started = time.monotonic()
        self._log: list[str] = []
        self._bar = mode is Mode.TEXT and self._stream.isatty()
        self._drawn = 0
        self._last_draw = 0.0
        self._phase = ""
        self._progress = Progress()

    @property
    def log(self) -> str:
        """Everything said so far, with times."""
        return "".join(line + "\n" for line in self._log)

    def say(self, text: str = "") -> None:
        """Tell the user something, in text mode; always keep it in the log."""
        for line in text.splitlines() or [""]:
            self.note(line)
        if self.mode is Mode.TEXT:
            self._erase()
            self._write(text + "\n")

    def note(self, line: str) -> None:
        """Keep a line in the log only."""
        elapsed = time.monotonic() - self._started
        self._log.append(f"{elapsed:9.3f} s  {line}".rstrip())

    def record(self, event: str, fields: Mapping[str, Any]) -> None:
        """Write one JSON line, in JSON mode."""
        if self.mode is Mode.JSON:
            self._write(to_json({"event": event, **fields}) + "\n")

    def phase(self, phase: str, elapsed_s: float) -> None:
        """Say that a phase begins."""
        self._phase = phase
        self.note(phase)
        self.record("phase", {"phase": phase, "elapsed_s": elapsed_s})
        if self._bar:
            self._draw(phase)
        elif self.mode is Mode.TEXT:
            self._write(phase + "\n")

    def fraction(self, done: float) -> None:
        """Show how much of the present phase is done, on a terminal."""
        if self._bar and self._due():
            self._draw(f"{self._phase}  {_bar(done)}")

    def watch(self, event: Event) -> None:
        """Follow a fit."""
        if isinstance(event, PhaseStarted):
            self.phase(event.phase.value, event.elapsed_s)
            return
        line = _step_line(event)
        self.note(line)
        self.record("step", _step_fields(event))
        if self._bar and self._due():
            done = self._progress.after(event)
            self._draw(f"{self._phase}  {_bar(done)}  {line}")
        elif self.mode is Mode.TEXT and not self._bar:
            self._write(f"  {line}\n")

    def finish(self) -> None:
        """Take the bar away."""
        self._erase()

    def _due(self) -> bool:
        now = time.monotonic()
        if now - self._last_draw < _REDRAW_S:
            return False
        self._last_draw = now
        return True

    def _draw(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        shown = text[:width]
        self._write("\r" + shown + " " * max(self._drawn - len(shown), 0))
        self._drawn = len(shown)

    def _erase(self) -> None:
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            self.mode = Mode.QUIET
            self._bar = False
            self._drawn = 0


class Progress:
    """How far the solver is, judged by the distance to the minimum it still estimates.

    On a logarithmic scale from the first estimate down to the tolerance; it never
    goes back.
    """

    def __init__(self, tolerance: float = 1e-6) -> None:
        self._tolerance = tolerance
        self._first = math.nan
        self._done = 0.0

    def after(self, step: StepTaken) -> float:
        """Return the fraction done, 0 to 1."""
        if math.isfinite(step.edm) and step.edm > 0:
            if math.isnan(self._first):
                self._first = max(step.edm, 10 * self._tolerance)
            whole = math.log(self._first / self._tolerance)
            self._done = max(self._done, math.log(self._first / step.edm) / whole)
        return min(self._done, 1.0)


def _bar(done: float) -> str:
    filled = round(_BAR * min(max(done, 0.0), 1.0))
    return f"[{'#' * filled}{'.' * (_BAR - filled)}]"


def _step_line(step: StepTaken) -> str:
    text = (
        f"iteration {step.iteration}, cost {step.cost:.6g}, EDM {step.edm:.2g}, "
        f"{format_duration(step.elapsed_s)}"
    )
    if not step.accepted:
        text += ", step rejected"
    if step.eta_s is not None:
        low, high = step.eta_s
        text += f", about {format_duration(low)} to {format_duration(high)} left"
    return text


def _step_fields(step: StepTaken) -> dict[str, Any]:
    return {
        "iteration": step.iteration,
        "evaluations": step.evaluations,
        "accepted": step.accepted,
        "cost": step.cost,
        "edm": step.edm,
        "values": step.values,
        "contrast": step.contrast,
        "offset": step.offset,
        "elapsed_s": step.elapsed_s,
        "eta_s": step.eta_s,
    }
