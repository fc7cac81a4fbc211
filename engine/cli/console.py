"""What a headless command says while it works: a bar, plain lines, or JSON lines.

Everything said is kept, with the time since the start, for the log of the result
folder. A reader that went away (``| head``) or a full disk silences the console, not
the fit.
"""

import math
import shutil
import sys
import time
from collections.abc import Mapping
from enum import Enum
from typing import Any, TextIO

from engine.cli.lines import (
    ROUTINE,
    bar,
    happened_fields,
    step_fields,
    step_line,
    values_line,
)
from engine.events import Event, Happened, PassAdvanced, PhaseStarted, StepTaken
from engine.options import ProgressOptions, Verbosity
from engine.report.record import to_json

READING = "Reading data"
"""Phase before the engine's own ones."""
_REDRAW_S = 0.1


class Mode(Enum):
    """Who reads the output."""

    TEXT = "text"
    JSON = "json"
    QUIET = "quiet"


class Console:
    """Standard output of a command, and the log of what it did.

    Parameters
    ----------
    progress
        What is shown of the steps of a fit, in text mode.
    """

    def __init__(
        self,
        mode: Mode = Mode.TEXT,
        stream: TextIO | None = None,
        *,
        progress: ProgressOptions | None = None,
    ) -> None:
        self.mode = mode
        self._shown = ProgressOptions() if progress is None else progress
        self._stream = sys.stdout if stream is None else stream
        self._started = time.monotonic()
        self._log: list[str] = []
        moving = self._shown.bar and self._shown.verbosity is not Verbosity.QUIET
        self._bar = mode is Mode.TEXT and moving and self._stream.isatty()
        self._drawn = 0
        self._last_draw = 0.0
        self._phase = ""
        self._step = ""
        self._n_steps = 0
        self._progress = Progress()

    @property
    def log(self) -> str:
        """Everything said so far, with times."""
        return "".join(line + "\n" for line in self._log)

    def say(self, text: str = "") -> None:
        """Tell the user something, in text mode; always keep it in the log."""
        for line in text.splitlines() or [""]:
            self.note(line)
        self._line(text)

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
        self._phase, self._step = phase, ""
        self._progress = Progress()
        self.note(phase)
        self.record("phase", {"phase": phase, "elapsed_s": elapsed_s})
        if self._bar:
            self._draw(phase)
        else:
            self._line(phase)

    def fraction(self, done: float) -> None:
        """Show how much of the present phase is done, on a terminal."""
        if self._bar and self._due():
            self._draw(f"{self._phase}  {bar(done)}")

    def watch(self, event: Event) -> None:
        """Follow a fit."""
        if isinstance(event, PhaseStarted):
            self.phase(event.phase.value, event.elapsed_s)
        elif isinstance(event, StepTaken):
            self._show_step(event)
        elif isinstance(event, Happened):
            self._show_happened(event)
        else:
            self._show_pass(event)

    def _show_step(self, step: StepTaken) -> None:
        self._step = step_line(step)
        self._progress.after(step)
        self.note(self._step)
        self.record("step", step_fields(step))
        if self._bar and self._due():
            self._draw(f"{self._phase}  {bar(self._progress.done)}  {self._step}")
        elif not self._bar and self._shown.verbosity is not Verbosity.QUIET:
            self._line(f"  {self._step}")
        everything = self._shown.verbosity is Verbosity.EVERYTHING
        if everything and self._n_steps % self._shown.log_interval == 0:
            self.note(values_line(step))
            self._line(f"    {values_line(step)}")
        self._n_steps += 1

    def _show_happened(self, event: Happened) -> None:
        self.note(f"[{event.what.value}] {event.message}")
        self.record("happened", happened_fields(event))
        if event.what not in ROUTINE or self._shown.verbosity is Verbosity.EVERYTHING:
            self._line(f"  {event.message}")

    def _show_pass(self, event: PassAdvanced) -> None:
        """Show a long pass: as the bar itself, or beside it once steps were taken."""
        fields = {"fraction": event.fraction, "elapsed_s": event.elapsed_s}
        self.record("pass", fields)
        if not self._step:
            self.fraction(event.fraction)
        elif self._bar and self._due():
            done = f"{self._phase}  {bar(self._progress.done)}"
            self._draw(f"{done}  pass {event.fraction:.0%}, {self._step}")

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

    def _line(self, text: str) -> None:
        """Write a whole line, in text mode."""
        if self.mode is Mode.TEXT:
            self._erase()
            self._write(text + "\n")

    def _erase(self) -> None:
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
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
        self.done = 0.0
        """From 0 to 1."""

    def after(self, step: StepTaken) -> float:
        """Return the fraction done, 0 to 1."""
        if math.isfinite(step.edm) and step.edm > 0:
            if math.isnan(self._first):
                self._first = max(step.edm, 10 * self._tolerance)
            whole = math.log(self._first / self._tolerance)
            done = math.log(self._first / step.edm) / whole
            self.done = min(max(self.done, done), 1.0)
        return self.done
