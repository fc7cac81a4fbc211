"""What is told of degeneracy at the end of a fit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.conventions import SHEAR_RATE_PARAMETERS
from engine.degeneracy import (
    SHEAR_SEEN_ABOVE,
    Degeneracy,
    LayerReport,
    ScalingTest,
)
from engine.errors import CancelledError
from engine.events import Phase
from engine.fit.covariance import Uncertainties
from engine.fit.degeneracy import shear_gain
from engine.fit.ending import Ending
from engine.fit.equations import FitEquations, FitPoint
from engine.fit.layers import reports
from engine.fit.layers.comparison import compared
from engine.fit.layers.coupling import coupling, information
from engine.fit.layers.entanglement import entanglements
from engine.fit.layers.ladder import tested
from engine.fit.layers.score_test import scatter_of_score
from engine.fit.layers.shear_limit import shear_limit
from engine.fit.scaling import scaling_map
from engine.fit.statistics import cancelling
from engine.result import State
from engine.setup import Scaling

Array = NDArray[np.float64]
T = TypeVar("T")


def degeneracy_of(ending: Ending, point: FitPoint, errors: Uncertainties) -> Degeneracy:
    """Return what the layers did, and what the data leave open."""
    problem, layers = ending.problem, ending.layers
    mode = point.equations.scaling.mode
    requested = problem.setup.scaling
    if not point.finite:
        return Degeneracy(
            layers=_layers(ending, point, None, None),
            requested=requested.value,
            chosen=mode.value,
        )
    converged = ending.found.reason.state is State.CONVERGED
    bent = mode is not Scaling.INDIVIDUAL or point.equations.penalty is not None
    if bent and converged and len(problem.phi) > 1 and layers.tests_scaling:
        tested(problem, layers, point, n_points=layers.n_points)
    own = replace(
        point.equations,
        scaling=scaling_map(problem, Scaling.INDIVIDUAL),
        penalty=None,
        weights=None,
    )
    free = ~errors.at_bound[: own.n_physical]
    scatter = scatter_of_score(point.equations, point, layers.n_points)
    after = coupling(point, free)
    gain = shear_gain(ending.equations, point)
    seen = None if gain is None else gain / scatter
    comparison = None
    wanted = layers.options.scaling.compare
    if wanted and converged:
        comparison = _unless_stopped(lambda: compared(ending, point, errors))
        if comparison is None:
            layers.notes.append("The comparison of scaling modes was stopped.")
    return Degeneracy(
        layers=_layers(ending, point, after.rho_squared if after else None, seen),
        requested=requested.value,
        chosen=mode.value,
        reason=reports.reason_of(ending, point),
        tests=_tests(layers.tests.values(), mode),
        comparison=comparison or (),
        before=coupling(own.recast(point), free),
        after=after,
        information=information(point, free, scatter),
        entanglements=entanglements(
            own.parameters.names,
            point.x[: own.n_physical],
            errors,
            problem.setup.parameters,
            cancelling(ending, point),
        ),
        shear_gain=seen,
        shear_limit=_limit(ending, point, errors, scatter) if _unseen(seen) else None,
    )


def _unseen(gain: float | None) -> bool:
    return gain is not None and gain < SHEAR_SEEN_ABOVE


def _tests(tests: Iterable[ScalingTest], mode: Scaling) -> tuple[ScalingTest, ...]:
    """Return the tests with that of the result's mode last."""
    return tuple(sorted(tests, key=lambda t: t.narrow.startswith(mode.value)))


def _layers(
    ending: Ending,
    point: FitPoint,
    rho_squared: float | None,
    seen: float | None,
) -> Mapping[str, LayerReport]:
    return {
        "scaling": reports.scaling(ending, point),
        "hierarchical": reports.hierarchical(ending, rho_squared),
        "regularization": reports.regularization(ending, point),
        "gradient_monitoring": reports.monitoring(ending, unseen=_unseen(seen)),
        "shear_weighting": reports.weighting(ending, point),
    }


def _limit(
    ending: Ending, point: FitPoint, errors: Uncertainties, scatter: float
) -> float | None:
    """Return the upper limit of a shear rate that ended at its lower bound."""
    names = ending.equations.parameters.names
    name = SHEAR_RATE_PARAMETERS[0]
    if name not in names or ending.found.reason.state is not State.CONVERGED:
        return None
    place = names.index(name)
    lower, upper = (b[place] for b in point.equations.bounds)
    low = point.x[place] - lower < upper - point.x[place]
    if not errors.at_bound[place] or not low:
        return None
    ending.journal.begin(Phase.LIMIT)
    return _unless_stopped(
        lambda: shear_limit(
            _search_on(ending, point),
            point,
            ending.problem.setup.convention,
            name,
            scatter,
        )
    )


def _search_on(ending: Ending, point: FitPoint) -> FitEquations:
    """Return equations of the grid where there is one."""
    coarse = ending.problem.coarse
    if coarse is None:
        return point.equations
    return replace(
        point.equations,
        reduction=coarse,
        tally=ending.journal.coarse,
        advanced=None,
    )


def _unless_stopped(make: Callable[[], T]) -> T | None:
    """Return what is made, None where the user stopped it: the fit itself is done."""
    try:
        return make()
    except CancelledError:
        return None
