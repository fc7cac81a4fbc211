"""What happens during a fit: told to its watcher as it happens, kept for the record."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.events import (
    Happened,
    Happening,
    PassAdvanced,
    Phase,
    PhaseStarted,
    StepTaken,
    Watcher,
)
from engine.fit.equations import FitPoint, Tally, fit_point
from engine.result import PhaseRecord
from engine.solver.trust_region import SolverStep

_PASS_EVERY_S = 0.1


@dataclass(slots=True)
class _Open:
    """The phase under way, with what the counters said at its beginning."""

    phase: Phase
    began: float
    iterations: int
    full: int
    coarse: int
    cost: float | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Journal:
    """The course of one fit, over all its attempts.

    Parameters
    ----------
    names
        Physical parameters, in model order.
    """

    def __init__(self, watcher: Watcher, names: tuple[str, ...]) -> None:
        self._watcher = watcher
        self._names = names
        self._begun = time.perf_counter()
        self._open: _Open | None = None
        self._records: list[PhaseRecord] = []
        self._last_pass = 0.0
        self.full, self.coarse = Tally(), Tally()
        self.iterations = 0
        """Accepted steps over all phases."""
        self.history: list[Mapping[str, Any]] = []
        """Cost, EDM and damping of every step."""

    @property
    def elapsed(self) -> float:
        """Wall time since the beginning [s]."""
        return time.perf_counter() - self._begun

    @property
    def phases(self) -> tuple[PhaseRecord, ...]:
        """Phases that have ended."""
        return tuple(self._records)

    def seconds(self, *phases: Phase) -> float:
        """Return the wall time of some phases that have ended [s]."""
        names = {phase.value for phase in phases}
        return sum(r.seconds for r in self._records if r.name in names)

    def begin(self, phase: Phase) -> None:
        """End the phase under way and begin another."""
        self.end()
        self._open = _Open(
            phase,
            time.perf_counter(),
            self.iterations,
            self.full.passes,
            self.coarse.passes,
        )
        self._watcher(PhaseStarted(phase=phase, elapsed_s=self.elapsed))

    def end(self) -> None:
        """End the phase under way, if any."""
        now = self._open
        if now is None:
            return
        self._records.append(
            PhaseRecord(
                name=now.phase.value,
                seconds=time.perf_counter() - now.began,
                iterations=self.iterations - now.iterations,
                full_passes=self.full.passes - now.full,
                coarse_passes=self.coarse.passes - now.coarse,
                cost=now.cost,
                details=now.details,
            )
        )
        self._open = None

    def note(self, **details: object) -> None:
        """Keep numbers with the phase under way."""
        if self._open is not None:
            self._open.details.update(details)

    def happened(self, what: Happening, message: str, **details: object) -> None:
        """Tell something, and keep it with the phase under way."""
        if self._open is not None:
            kept = self._open.details.setdefault("happened", [])
            kept.append({"what": what.value, "message": message, **details})
        self._watcher(
            Happened(
                what=what, message=message, details=details, elapsed_s=self.elapsed
            )
        )

    def tell_reads(self, again: tuple[str, ...]) -> None:
        """Tell what could be read at the second try only."""
        for what in again:
            text = f"{what[0].upper()}{what[1:]}."
            self.happened(Happening.READ_AGAIN, text)

    def advanced(self, fraction: float) -> None:
        """Tell how far a pass is; most calls are passed over."""
        now = time.perf_counter()
        if now - self._last_pass >= _PASS_EVERY_S:
            self._last_pass = now
            self._watcher(PassAdvanced(fraction=fraction, elapsed_s=self.elapsed))

    def step(
        self,
        best: FitPoint,
        *,
        accepted: bool,
        edm: float,
        shift: float | None = None,
        eta: tuple[float, float] | None = None,
        **more: object,
    ) -> None:
        """Tell an evaluated trial point; `iterations` counts it already.

        Parameters
        ----------
        best
            The best point so far.
        shift
            Of a step on the coarse grid: what its cost is short of the full one.
        more
            For the history.
        """
        cost = best.cost + (shift or 0.0)
        if self._open is not None:
            self._open.cost = cost
        coarse = shift is not None
        self.history.append(
            {
                "iteration": self.iterations,
                "accepted": accepted,
                "coarse": coarse,
                "cost": cost,
                "edm": edm,
                **more,
            }
        )
        self._watcher(
            StepTaken(
                iteration=self.iterations,
                evaluations=self.full.passes,
                accepted=accepted,
                cost=cost,
                edm=edm,
                values=dict(zip(self._names, best.theta.tolist(), strict=True)),
                contrast=tuple(best.pieces.contrast.tolist()),
                offset=tuple(best.pieces.offset.tolist()),
                elapsed_s=self.elapsed,
                eta_s=eta,
                coarse=coarse,
            )
        )

    def solver_step(
        self,
        step: SolverStep,
        *,
        shift: float | None = None,
        eta: tuple[float, float] | None = None,
    ) -> None:
        """Tell a step as the solver reports it."""
        self.step(
            fit_point(step.best),
            accepted=step.accepted,
            edm=step.edm,
            shift=shift,
            eta=eta,
            damping=step.damping,
        )
