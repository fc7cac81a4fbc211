"""What a running fit has told so far: its steps, its log, and one line about it."""

from dataclasses import dataclass

from engine.events import (
    Event,
    Happened,
    PassAdvanced,
    PhaseStarted,
    StepTaken,
)
from engine.units import format_duration

_LONG_PASS_S = 1.5
"""A pass expected to take less is not worth a bar."""
WHOLE = 1000
"""Value of the bar for a whole pass."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line about a running fit, and how far the present pass has come."""

    text: str
    done: int = 0
    total: int = 0
    """0 while it is not known or not worth showing."""


class PassMeter:
    """Judges which passes take long enough to be followed."""

    def __init__(self) -> None:
        self.fraction: float | None = None
        """How far the present pass has come; None when it is not to be shown."""
        self._first: PassAdvanced | None = None
        self._last = 0.0
        self._long = False

    def advance(self, event: PassAdvanced) -> None:
        """Take notice of how far a pass has come."""
        if self._first is None or event.fraction < self._last:
            self._first = event
        self._last = event.fraction
        gained = event.fraction - self._first.fraction
        if gained > 0:
            expected = (event.elapsed_s - self._first.elapsed_s) / gained
            self._long = self._long or expected >= _LONG_PASS_S
        self.fraction = event.fraction if self._long else None

    def next_pass(self) -> None:
        """Begin again; the next pass takes as long as the last."""
        self._first, self._last = None, 0.0
        self.fraction = 0.0 if self._long else None

    def next_phase(self) -> None:
        """Begin again, with passes that may take any time."""
        self._long = False
        self.next_pass()


class FitCourse:
    """Notes every event of a fit."""

    def __init__(self, phase: str) -> None:
        self.phase = phase
        """What goes on, in words."""
        self.trace: list[StepTaken] = []
        self._lines: list[str] = []
        self._meter = PassMeter()

    @property
    def log(self) -> str:
        """The log of the fit, one line for each event."""
        return "".join(f"{line}\n" for line in self._lines)

    def note(self, text: str) -> None:
        """Add a line to the log."""
        self._lines.append(text)

    def take(self, event: Event) -> None:
        """Note an event."""
        if isinstance(event, PassAdvanced):
            self._meter.advance(event)
            return
        if isinstance(event, PhaseStarted):
            self.phase = event.phase.value
            self._meter.next_phase()
            text = event.phase.value
        elif isinstance(event, Happened):
            text = f"[{event.what.value}] {event.message}"
        else:
            self.trace.append(event)
            self._meter.next_pass()
            text = _step_text(event)
        self.note(f"{event.elapsed_s:8.2f} s  {text}")

    def line(self, elapsed_s: float) -> Line:
        """Return one line about the fit as it is now."""
        step = self.trace[-1] if self.trace else None
        fraction = self._meter.fraction
        text = progress_text(self.phase, elapsed_s, step, fraction)
        if fraction is None:
            return Line(text)
        return Line(text, round(WHOLE * fraction), WHOLE)


def progress_text(
    phase: str, elapsed_s: float, step: StepTaken | None, fraction: float | None = None
) -> str:
    """Return one line about a running fit.

    Parameters
    ----------
    fraction
        How far the present pass over the data has come, if that is worth telling.
    """
    parts = [phase]
    if step is not None:
        cost = f"cost {step.cost:.6g}"
        if step.coarse:
            cost = f"cost about {step.cost:.4g}"
            if "coarse" not in phase:
                cost += " (coarse grid)"
        parts.append(f"step {step.iteration}, {cost}")
    if fraction is not None:
        parts.append(f"pass {100 * fraction:.0f} %")
    parts.append(format_duration(elapsed_s))
    if step is not None and step.eta_s is not None:
        low, high = (format_duration(s) for s in step.eta_s)
        parts.append(
            f"about {low} left" if low == high else f"about {low} to {high} left"
        )
    return "  ·  ".join(parts)


def _step_text(step: StepTaken) -> str:
    where = ", coarse grid" if step.coarse else ""
    rejected = "" if step.accepted else ", rejected"
    return (
        f"step {step.iteration}{where}, cost {step.cost:.8g}, "
        f"EDM {step.edm:.3g}{rejected}"
    )
