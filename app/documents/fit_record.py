"""One finished fit with everything needed to show it, adopt it or save it again."""

from dataclasses import dataclass

from engine.config.run_file import RunFile
from engine.data.run import RunData
from engine.events import StepTaken
from engine.result import FitResult, Flag, State

_STATE_WORDS = {
    State.CONVERGED: "converged",
    State.NOT_CONVERGED: "not converged",
    State.CANCELLED: "stopped",
    State.FAILED: "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FitRecord:
    """A fit of a run. Immutable: a later fit, good or bad, never changes it."""

    number: int
    result: FitResult
    data: RunData
    run_file: RunFile
    """With the request and set-up that were fitted."""
    trace: tuple[StepTaken, ...] = ()
    log: str = ""

    @property
    def state(self) -> State:
        """How the fit ended."""
        return self.result.status.state

    @property
    def state_words(self) -> str:
        """How the fit ended, in words."""
        return _STATE_WORDS[self.state]

    @property
    def glyph(self) -> str:
        """A mark that does not depend on colour."""
        return {"good": "✓", "warn": "⚠", "bad": "✕"}[self.tone]

    @property
    def tone(self) -> str:
        """Which colour of the theme goes with it: good, warn or bad."""
        if self.state is State.FAILED:
            return "bad"
        flag = self.result.quality.flag
        if self.state is State.CONVERGED and flag is Flag.GOOD:
            return "good"
        if self.state is State.CONVERGED and flag is Flag.POOR:
            return "bad"
        return "warn"

    @property
    def reduced_chi_squared(self) -> float:
        """Reduced chi squared."""
        return self.result.quality.reduced_chi_squared

    @property
    def symbols(self) -> dict[str, str]:
        """Symbols of the parameters by name."""
        return {p.name: p.symbol for p in self.result.parameters}

    def scaling_of(self, index: int) -> tuple[float, float] | None:
        """Return contrast and offset of an angle of the data, None if not fitted."""
        if index not in self.result.angle_indices:
            return None
        place = self.result.angle_indices.index(index)
        scaling = self.result.scaling
        return scaling.contrast[place], scaling.offset[place]

    def chi_squared_of(self, index: int) -> float | None:
        """Return the reduced chi squared of an angle, None if it was not fitted."""
        if index not in self.result.angle_indices:
            return None
        place = self.result.angle_indices.index(index)
        return self.result.quality.angle_chi_squared[place]
