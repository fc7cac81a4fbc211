"""A fit with its tiles in place and its start evaluated, ready to be solved."""

from dataclasses import dataclass, replace

from engine.errors import CancelledError
from engine.events import Cancelled, Phase
from engine.fit.equations import FitEquations, FitPoint
from engine.fit.journal import Journal
from engine.fit.layer_run import LayerRun
from engine.fit.problem import Problem
from engine.fit.scaling import starting_equations, starting_point
from engine.fit.start import estimate_start
from engine.fit.start_scaling import with_quantiles
from engine.setup import Loss, Setup, Strategy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A fit under way: what to solve, from where, and who is told."""

    problem: Problem
    equations: FitEquations
    start: FitPoint
    journal: Journal
    cancelled: Cancelled
    layers: LayerRun
    iterations_before: int = 0
    """Steps of earlier attempts, which do not count against the limit."""

    @property
    def setup(self) -> Setup:
        """What was asked for."""
        return self.problem.setup

    @property
    def coarse(self) -> FitEquations | None:
        """The equations on the coarse grid."""
        if self.problem.coarse is None:
            return None
        return replace(
            self.equations,
            reduction=self.problem.coarse,
            tally=self.journal.coarse,
            advanced=None,
        )

    def following(self, point: FitPoint) -> "Fit":
        """Return the fit in the scaling mode, and with the penalty, of a point.

        It may be one of the grid: pixels, tallies and watchers stay those of the fit.
        """
        made = point.equations
        now = self.equations
        if made.scaling is now.scaling and made.penalty == now.penalty:
            return self
        equations = replace(
            now, scaling=made.scaling, penalty=made.penalty, weights=None
        )
        return replace(self, equations=equations, start=equations.recast(self.start))

    @property
    def iterations_left(self) -> int:
        """Steps the user still allows."""
        done = self.journal.iterations - self.iterations_before
        return max(self.setup.tolerances.max_iterations - done, 0)


def begin_fit(problem: Problem, journal: Journal, cancelled: Cancelled) -> Fit:
    """Evaluate the start, or estimate one; return the fit ready to be solved.

    The first evaluation is never cancelled, so that a stopped fit has a best point.
    """
    journal.begin(Phase.COMPILING)
    fit = _at_start(problem, journal, cancelled)
    if problem.setup.start_given or cancelled():
        return fit
    journal.begin(Phase.STARTING)
    try:
        parameters = estimate_start(problem, cancelled)
    except CancelledError:
        return fit
    setup = replace(problem.setup, parameters=parameters)
    return _at_start(replace(problem, setup=setup), journal, cancelled)


def _at_start(problem: Problem, journal: Journal, cancelled: Cancelled) -> Fit:
    advanced = None if problem.strategy is Strategy.STANDARD else journal.advanced
    layers = LayerRun(problem)
    equations = replace(
        layers.dressed(starting_equations(problem)),
        tally=journal.full,
        advanced=advanced,
    )
    x, given = starting_point(problem, equations)
    if not given and problem.setup.loss is not Loss.LINEAR:
        linear = replace(problem.reduction, loss=Loss.LINEAR)
        x = replace(equations, reduction=linear).at(x, improve=True).x
    point = equations.at(x, improve=not given and equations.exact_scaling)
    if not given:
        point = with_quantiles(problem, point, journal)
    return Fit(
        problem=problem,
        equations=replace(equations, cancelled=cancelled),
        start=point,
        journal=journal,
        cancelled=cancelled,
        layers=layers,
        iterations_before=journal.iterations,
    )
