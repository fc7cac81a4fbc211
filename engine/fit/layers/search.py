"""A search that others may interrupt and go on with."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from engine.fit.beginning import Fit
from engine.fit.equations import FitEquations, FitPoint, fit_point
from engine.setup import Tolerances
from engine.solver.options import SolverOptions, SolverState
from engine.solver.trust_region import SolverResult, SolverStep, solve

_FAR = 1e-4
"""EDM above which a point counts as still on its way."""
_FIRST_DAMPING = 1e-3


@dataclass(slots=True)
class Search:
    """What the parts of one search share."""

    fit: Fit
    tolerances: Tolerances
    options: SolverOptions
    on_step: Callable[[SolverStep], None]
    state: SolverState | None
    weighted: bool = False
    watched: bool = True
    last: SolverStep | None = None
    turned: bool = False
    """Whether the flow direction asked for other weights."""
    collapsed: bool = False
    """Whether the monitor fired."""

    def undamp(self) -> None:
        """Forget a damping that a failed step has driven up."""
        if self.last is not None:
            state = replace(self.last.state, damping=_FIRST_DAMPING, growth=2.0)
            self.last = replace(self.last, state=state)


def run_part(
    search: Search,
    equations: FitEquations,
    begin: FitPoint,
    *,
    steps: int | None = None,
) -> SolverResult:
    """Run the solver until it ends or is interrupted.

    Parameters
    ----------
    steps
        Accepted steps at most from here on, without the monitor; None for no limit.
    """
    layers = search.fit.layers
    search.turned = search.collapsed = False
    begun = search.last is not None
    reports = 0

    def report(step: SolverStep) -> None:
        nonlocal reports
        reports += 1
        search.last = step
        # A part begins where the one before has ended, which was told.
        if reports == 1 and begun:
            return
        if reports > 1 and step.accepted and layers.eliminates:
            layers.count_stages(fit_point(step.best))
        search.on_step(step)

    def interrupt(step: SolverStep) -> bool:
        if reports == 1:
            return False
        point = fit_point(step.best)
        if steps is None and step.accepted and step.iterations > 0:
            search.collapsed = _sees_collapse(search, point, step)
        if search.weighted:
            search.turned = layers.wants_new_weights(point, accepted=step.accepted)
        return search.collapsed or search.turned

    limit = search.tolerances.max_iterations
    if steps is not None:
        done = 0 if search.last is None else search.last.iterations
        limit = min(limit, done + steps)
    return solve(
        equations,
        begin,
        equations.bounds,
        tolerances=replace(search.tolerances, max_iterations=limit),
        on_step=report,
        move=equations.move,
        options=_options(search, equations),
        resume=_resumed(search, equations),
        limits=equations.limits,
        interrupt=interrupt,
    )


def _options(search: Search, equations: FitEquations) -> SolverOptions:
    eliminated = equations.is_scaling if search.fit.layers.eliminates else None
    options = replace(search.options, eliminated=eliminated)
    n = len(equations.names)
    # Another scaling mode has other coefficients: nothing is known of their sizes.
    if options.scale is not None and len(options.scale) != n:
        options = replace(options, scale=None)
    if options.radius_units is not None and len(options.radius_units) != n:
        options = replace(options, radius_units=None, radius=None)
    return options


def _resumed(search: Search, equations: FitEquations) -> SolverState | None:
    """Return the state to go on from; damping and counts stay, the metric may not."""
    state = search.state if search.last is None else search.last.state
    if state is None or len(state.scale) == len(equations.names):
        return state
    return replace(state, radius=None, scale=np.zeros(len(equations.names)))


def _sees_collapse(search: Search, point: FitPoint, step: SolverStep) -> bool:
    monitor = search.fit.layers.monitor
    if monitor is None or not search.watched:
        return False
    return monitor.check(point, far=step.edm > _FAR)
