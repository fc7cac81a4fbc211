"""Runs a fit from data and setup to its record: routes, retries, falls back."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.data.run import RunData
from engine.data.stored import in_memory
from engine.errors import (
    CancelledError,
    OptionError,
    ReadError,
    StrategiesFailedError,
)
from engine.events import Cancelled, Happening, Phase, Watcher
from engine.fit import checkpoint as checkpoints
from engine.fit.attempt import refine
from engine.fit.beginning import Fit, begin_fit
from engine.fit.checkpoint import Checkpoint
from engine.fit.diagnosis import diagnose, failure_kind
from engine.fit.ending import Ending
from engine.fit.equations import fit_point
from engine.fit.journal import Journal
from engine.fit.other_side import cross_over
from engine.fit.outcome import build_result
from engine.fit.problem import Problem, build_problem
from engine.fit.recovery import (
    applied,
    better,
    better_result,
    described,
    gave_up,
    nothing_left,
    rungs,
    worth_retrying,
)
from engine.fit.streaming import Streaming
from engine.machine import file_sha256
from engine.precision import prepare_jax
from engine.result import Attempt, Diagnosis, FitResult, State
from engine.routing.failures import FailureKind, next_after
from engine.routing.run import plan_run
from engine.setup import Setup, Strategy
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult

_FALLING = (MemoryError, OSError, ArithmeticError, np.linalg.LinAlgError, ReadError)
"""What another strategy may get round; jaxlib's errors are `RuntimeError`s."""


def run_fit(
    data: RunData,
    setup: Setup,
    *,
    on_event: Watcher,
    cancelled: Cancelled,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> FitResult:
    """See `engine.api.fit`."""
    prepare_jax()
    with ThreadPoolExecutor(1, thread_name_prefix="hash") as pool:
        digest = pool.submit(file_sha256, data.path)
        run = _Run(data, setup, on_event, cancelled)
        if resume:
            run.resume_from(checkpoint)
        run.checkpoint = checkpoint
        return run.result(digest)


class _Run:
    """A fit over all its attempts."""

    def __init__(
        self, data: RunData, setup: Setup, on_event: Watcher, cancelled: Cancelled
    ) -> None:
        self._data, self._setup = data, setup
        self._cancelled = cancelled
        self._journal = Journal(on_event, setup.parameters.names)
        self._attempts: list[Attempt] = []
        self._cost_initial: float | None = None
        self._starts: tuple[float, ...] | None = None
        self._resumed: Checkpoint | None = None
        self._plan = plan_run(data, setup)
        self.checkpoint: Path | None = None

    def resume_from(self, path: Path | None) -> None:
        """Go on from a checkpoint.

        Raises
        ------
        OptionError
            When there is none, or the fit does not stream.
        """
        if path is None or self._plan.strategy is not Strategy.STREAMING:
            raise OptionError(
                "only a fit with the strategy streaming writes checkpoints and can be "
                "resumed; add --strategy streaming, or leave --resume out"
            )
        self._resumed = checkpoints.load(path)

    def result(self, digest: Future[str | None]) -> FitResult:
        """Try strategies until one gives a result."""
        journal = self._journal
        journal.begin(Phase.PREPARING)
        journal.happened(
            Happening.ROUTED,
            self._plan.reason,
            strategy=self._plan.strategy.value,
            estimated_gb=self._plan.estimated_gb,
            threshold_gb=self._plan.threshold_gb,
        )
        strategy: Strategy | None = self._plan.strategy
        best: FitResult | None = None
        tried: set[Strategy] = set()
        while strategy is not None:
            tried.add(strategy)
            following = None
            try:
                found = self._with(strategy, digest)
            except CancelledError:
                if best is None:
                    raise
                self._stopped(strategy)
            except (*_FALLING, RuntimeError) as error:
                kind = failure_kind(error)
                if kind is None:
                    raise
                self._failed(strategy, error)
                following = self._next(strategy, kind, tried)
                if following is None and best is None:
                    raise StrategiesFailedError(nothing_left(self._attempts)) from error
            else:
                best = better_result(best, found)
                if strategy is Strategy.STREAMING and gave_up(found):
                    following = self._next(strategy, FailureKind.NUMERICAL, tried)
            strategy = following
        assert best is not None
        attempts = tuple(self._attempts)
        return replace(best, strategy=replace(best.strategy, attempts=attempts))

    def _with(self, strategy: Strategy, digest: Future[str | None]) -> FitResult:
        """Fit with one strategy."""
        held = strategy in {Strategy.STANDARD, Strategy.LARGE}
        again: tuple[str, ...] = ()
        if held and not self._data.in_memory:
            on_disk = self._data
            self._data = in_memory(on_disk, cancelled=self._cancelled)
            again = on_disk.read_again
        problem = build_problem(
            self._data,
            self._setup,
            strategy,
            cancelled=self._cancelled,
            advanced=self._journal.advanced,
        )
        problem = replace(problem, read_before=again)
        try:
            streams = (
                strategy is Strategy.STREAMING and self._setup.options.hybrid.enable
            )
            ending = self._stream(problem) if streams else self._climb(problem)
            return build_result(ending, digest.result())
        finally:
            problem.close()

    def _climb(self, problem: Problem) -> Ending:
        """Fit by the first ladder: as given, perturbed, with relaxed tolerances."""
        best: tuple[Fit, SolverResult] | None = None
        setup = problem.setup
        for number, rung in enumerate(rungs(setup.options.recovery)):
            if number:
                setup = replace(setup, start_given=True)
                problem = replace(problem, setup=applied(setup, rung, seed=number))
                self._retry(rung.action, number)
            fit = begin_fit(problem, self._journal, self._cancelled)
            if not number:
                setup = fit.setup
            found = cross_over(fit, refine(fit))
            self._ended(fit, found, (rung.action,) if number else ())
            best = _kept(best, (fit, found))
            if not worth_retrying(found.reason):
                break
        assert best is not None
        return self._ending(*best)

    def _stream(self, problem: Problem) -> Ending:
        """Fit by the second ladder: from the best point so far, ever more careful."""
        retries, recovery = self._setup.options.retries, self._setup.options.recovery
        count = retries.max_retries if recovery.enable else 0
        fit = begin_fit(problem, self._journal, self._cancelled)
        streaming = Streaming(fit, self.checkpoint, self._resumed)
        self._resumed = None
        found = cross_over(fit, streaming.run())
        self._ended(fit, found, ())
        best = found
        for number in range(1, count + 1):
            if not worth_retrying(best.reason):
                break
            settings = retries.get_retry_settings(number)
            action = described(settings)
            if retries.log_retries:
                self._retry(action, number)
            streaming = streaming.restarted(fit_point(best.best))
            found = cross_over(fit, streaming.run(settings))
            self._ended(fit, found, (action,))
            _, best = _kept((fit, best), (fit, found))
        return self._ending(fit, best, streaming)

    def _ending(
        self, fit: Fit, found: SolverResult, streaming: Streaming | None = None
    ) -> Ending:
        streamed = streaming is not None
        self._journal.tell_reads(fit.problem.read_again)
        self._journal.begin(Phase.DENORMALISING if streamed else Phase.UNCERTAINTIES)
        initial = self._cost_initial
        return Ending(
            problem=fit.problem,
            equations=fit_point(found.best).equations,
            layers=fit.layers,
            starts=self._starts or fit.setup.parameters.values,
            cost_initial=fit.start.pieces.total_cost if initial is None else initial,
            found=found,
            plan=self._plan,
            journal=self._journal,
            evaluations=self._journal.full.passes,
            units=None if streaming is None else streaming.units,
        )

    def _ended(self, fit: Fit, found: SolverResult, actions: tuple[str, ...]) -> None:
        if self._starts is None:
            self._starts = tuple(fit.setup.parameters.values)
        if self._cost_initial is None or not np.isfinite(self._cost_initial):
            self._cost_initial = fit.start.pieces.total_cost
        self._attempts.append(
            Attempt(
                strategy=fit.problem.strategy.value,
                outcome=found.reason.state.value,
                reason=found.reason.sentence,
                actions=actions,
                cost=fit_point(found.best).pieces.total_cost,
            )
        )

    def _failed(self, strategy: Strategy, error: Exception) -> None:
        diagnosis: Diagnosis = diagnose(error)
        self._attempts.append(
            Attempt(
                strategy=strategy.value,
                outcome=State.FAILED.value,
                reason=diagnosis.message,
                diagnosis=diagnosis,
            )
        )

    def _stopped(self, strategy: Strategy) -> None:
        reason = Reason.CANCELLED
        self._attempts.append(
            Attempt(
                strategy=strategy.value,
                outcome=reason.state.value,
                reason=reason.sentence,
            )
        )

    def _next(
        self, strategy: Strategy, kind: FailureKind, tried: set[Strategy]
    ) -> Strategy | None:
        """Return the strategy to fall back to, None when there is none left.

        One that needs more memory than there is to use is passed over.
        """
        following = next_after(strategy, kind)
        while following is not None:
            needed, allowed = self._plan.estimates[following], self._plan.threshold_gb
            roomier = kind is not FailureKind.MEMORY
            if following not in tried and not (roomier and needed > allowed):
                self._journal.happened(
                    Happening.FALLBACK,
                    f"The strategy {strategy.value} failed; {following.value} is "
                    "tried.",
                    failed=strategy.value,
                    following=following.value,
                    kind=kind.value,
                )
                return following
            if following not in tried:
                self._attempts.append(
                    Attempt(
                        strategy=following.value,
                        outcome="skipped",
                        reason=f"It needs about {needed:.3g} GB of {allowed:.3g} GB.",
                    )
                )
            following = next_after(following, kind)
        return None

    def _retry(self, action: str, number: int) -> None:
        self._journal.happened(Happening.RETRY, action, attempt=number + 1)


def _kept(
    best: tuple[Fit, SolverResult] | None, new: tuple[Fit, SolverResult]
) -> tuple[Fit, SolverResult]:
    if best is None:
        return new
    return best if better(best[1], new[1]) is best[1] else new
