"""The streaming strategy: four phases, checkpoints and retries.

0. Normalise: every coefficient gets a unit, its range or the size of its start value.
1. Warm up on the coarse grid, by L-BFGS in those units, until it pays to switch.
2. Gauss-Newton on all pixels, streamed from disk, with a checkpoint after every step;
   it is preceded by Gauss-Newton on the coarse grid, which costs next to nothing.
3. Denormalise: the covariance is computed in the units and transformed back.

A warm-up that only made things worse is dropped: the start is always a candidate.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.events import Happening, Phase, never
from engine.fit import checkpoint as checkpoints
from engine.fit.attempt import solve_all, stopped
from engine.fit.beginning import Fit
from engine.fit.checkpoint import Checkpoint
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.fit.layers.ladder import settled
from engine.fit.scaling import scaling_map
from engine.fit.steps import solver_options
from engine.fit.warm_up import after_warm_up, warm_up
from engine.options import HybridOptions, Normalization, RetrySettings
from engine.setup import Scaling
from engine.solver.normalise import normalisation
from engine.solver.options import SolverOptions, SolverState
from engine.solver.status import Reason
from engine.solver.trust_region import SolverResult, SolverStep

Array = NDArray[np.float64]

_AS_CONFIGURED = RetrySettings(1.0, 1.0, 1.0)


class Streaming:
    """The four phases of one fit.

    Parameters
    ----------
    path
        Of the checkpoint; None for none.
    resumed
        The checkpoint to go on from; None to begin at the start.

    Raises
    ------
    OptionError
        When the checkpoint belongs to another fit.
    """

    def __init__(
        self, fit: Fit, path: Path | None, resumed: Checkpoint | None = None
    ) -> None:
        self._fit = fit
        self._path = path if self._options.enable_checkpoints else None
        self._resumed = resumed
        self._lost = False
        if resumed is not None and path is not None:
            checkpoints.check_same(resumed, fit.problem, path)
        self.units = np.ones_like(fit.start.x)
        """Unit of each coefficient, after phase 0."""

    @property
    def _options(self) -> HybridOptions:
        return self._fit.setup.options.hybrid

    def run(self, settings: RetrySettings = _AS_CONFIGURED) -> SolverResult:
        """Run phases 0 to 2.

        Parameters
        ----------
        settings
            What a retry multiplies.
        """
        fit = self._fit
        if fit.cancelled():
            return stopped(fit.start)
        if self._resumed is not None:
            fit.journal.iterations += self._resumed.iterations
        self._normalise()
        if self._resumed is not None:
            begin, state = self._resume(self._resumed)
            if self._resumed.phase == Phase.WARMING_UP:
                begin, state = after_warm_up(replace(fit, start=begin))
            self._resumed = None
        else:
            begin, state = warm_up(fit, self.units, settings)
            self._follow(begin)
            self._save(Phase.WARMING_UP, begin, None)
        if fit.cancelled():
            return stopped(fit.start if begin.cost > fit.start.cost else begin)
        if fit.layers.aborted:
            return stopped(begin, Reason.COLLAPSE)
        return self._gauss_newton(begin, state, settings)

    def restarted(self, best: FitPoint) -> "Streaming":
        """Return the same fit from the best point so far."""
        again = Streaming(replace(self._fit, start=best), self._path)
        again._lost = self._lost
        return again

    def _normalise(self) -> None:
        fit, options = self._fit, self._options
        fit.journal.begin(Phase.NORMALISING)
        if not options.normalize:
            return
        self.units, used = self._normalisation()
        units = dict(zip(fit.equations.names, self.units.tolist(), strict=True))
        fit.journal.happened(
            Happening.NORMALISED,
            f"Parameters are measured in units of {_UNITS[used.value]}.",
            strategy=used.value,
            units=units,
        )

    def _follow(self, point: FitPoint) -> None:
        """Take over the scaling mode of a point; its coefficients have other units."""
        before, self._fit = self._fit, self._fit.following(point)
        if self._fit is not before and self._options.normalize:
            self.units, _ = self._normalisation()

    def _normalisation(self) -> tuple[Array, Normalization]:
        fit = self._fit
        ranges = _ranges(fit.equations)
        return normalisation(self._options.normalization, fit.start.x, *ranges)

    def _gauss_newton(
        self,
        begin: FitPoint,
        state: SolverState | None,
        settings: RetrySettings,
        *,
        from_start: bool = False,
    ) -> SolverResult:
        self._fit.journal.begin(Phase.GAUSS_NEWTON)

        def solve_from(
            fit: Fit, begin: FitPoint, state: SolverState | None = None
        ) -> SolverResult:
            del fit
            self._follow(begin)
            return solve_all(
                self._fit,
                begin,
                self._solver(settings),
                state,
                tolerances=tolerances,
                on_state=self._after_step,
            )

        tolerances = replace(
            self._fit.setup.tolerances,
            max_iterations=self._options.gauss_newton_max_iterations,
        )
        found = solve_from(self._fit, begin, state)
        found = settled(self._fit, found, solve_from)
        fit = self._fit
        # Weights of the angles are part of the way, not of what is compared.
        end = fit.equations.recast(fit_point(found.best))
        if from_start or not end.cost > fit.start.cost:
            return found
        if found.reason is Reason.CANCELLED:
            return stopped(fit.start)
        fit.journal.happened(
            Happening.COST_GUARD,
            "The warm-up led to a minimum above its start: the fit goes on from there.",
            cost=found.best.cost,
            cost_start=fit.start.cost,
        )
        return self._gauss_newton(fit.start, None, settings, from_start=True)

    def _solver(self, settings: RetrySettings) -> SolverOptions:
        """Return how phase 2 takes its steps."""
        fit, options = self._fit, self._options
        return replace(
            solver_options(fit.setup, fit.equations),
            regularization=options.regularization_factor * settings.lambda_multiplier,
            radius=options.trust_region_initial * settings.trust_multiplier,
            radius_units=self.units,
            retry_non_finite=options.validate_numerics,
            joint=options.gauss_newton_tol,
        )

    def _after_step(self, step: SolverStep) -> None:
        journal = self._fit.journal
        if not step.finite:
            journal.happened(
                Happening.NON_FINITE,
                "The model was not finite at a trial point: the step is shortened.",
            )
        every = self._options.checkpoint_frequency or 1
        moved = step.accepted and step.iterations > 0
        point = fit_point(step.best)
        # Steps in another scaling mode, for a while only, are no place to go on from.
        lasting = point.equations.scaling is self._fit.equations.scaling
        kept = lasting and point.equations.scaling.mode is not Scaling.CONSTANT
        if moved and kept and step.iterations % every == 0:
            self._save(Phase.GAUSS_NEWTON, point, step.state)

    def _save(self, phase: Phase, point: FitPoint, state: SolverState | None) -> None:
        """Write a checkpoint; a disk that refuses costs the checkpoint, not the fit."""
        if self._path is None or self._lost or not np.isfinite(point.cost):
            return
        journal = self._fit.journal
        try:
            checkpoints.save(self._path, self._checkpoint(phase, point, state))
        except OSError as error:
            self._lost = True
            journal.happened(
                Happening.CHECKPOINT_LOST,
                f"No checkpoint could be written to {self._path} "
                f"({error.strerror or error}): the fit goes on without.",
            )
            return
        journal.happened(
            Happening.CHECKPOINT,
            f"Checkpoint after step {journal.iterations}.",
            path=str(self._path),
        )

    def _checkpoint(
        self, phase: Phase, point: FitPoint, state: SolverState | None
    ) -> Checkpoint:
        fit = self._fit
        data, setup = checkpoints.identity(fit.problem)
        return Checkpoint(
            data=data,
            setup=setup,
            saved=checkpoints.now(),
            phase=phase.value,
            names=point.equations.names,
            scaling=point.equations.scaling.mode.value,
            layers=fit.layers.kept(),
            x=point.x.tolist(),
            start=list(fit.setup.parameters.values),
            cost_initial=fit.start.cost,
            cost=point.cost,
            units=self.units.tolist(),
            iterations=fit.journal.iterations,
            damping=None if state is None else state.damping,
            growth=None if state is None else state.growth,
            radius=None if state is None else state.radius,
            scale=None if state is None else state.scale.tolist(),
        )

    def _resume(self, resumed: Checkpoint) -> tuple[FitPoint, SolverState | None]:
        fit = self._fit
        checkpoints.restore_layers(resumed, fit.layers, self._path)
        scaling = scaling_map(fit.problem, Scaling(resumed.scaling))
        here = fit.layers.dressed(replace(fit.equations, scaling=scaling))
        whole = replace(here, cancelled=never)
        point = whole.at(np.array(resumed.x, float), improve=False)
        self._fit = fit.following(point)
        self.units = np.array(resumed.units, float)
        fit.journal.happened(
            Happening.RESUMED,
            f"The fit goes on from the checkpoint of {resumed.saved_at}, after step "
            f"{resumed.iterations}.",
            phase=resumed.phase,
            cost=point.cost,
        )
        return point, resumed.state


def _ranges(equations: FitEquations) -> tuple[Array, Array]:
    """Return the bounds, with one turn for a coefficient that goes round."""
    lower, upper = (bound.copy() for bound in equations.bounds)
    mapping = equations.parameters
    for row, low, period in mapping.turns:
        place = int(np.argmax(mapping.matrix[row] != 0))
        lower[place], upper[place] = low, low + period
    return lower, upper


_UNITS = {
    "bounds": "the ranges of their bounds",
    "p0": "their start values",
    "none": "their own",
}
