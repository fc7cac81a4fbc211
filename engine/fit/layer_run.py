"""What the layers do during one fit: what is switched on, and what has happened."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.degeneracy import ScalingTest
from engine.fit.collapse_monitor import CollapseMonitor
from engine.fit.equations import FitEquations, FitPoint
from engine.fit.problem import Problem
from engine.layer_options import CollapseResponse, LayerOptions
from engine.scaling.penalty import CvPenalty, tuned_strength
from engine.scaling.shear_weights import moved, shear_weights
from engine.setup import Scaling

Array = NDArray[np.float64]

DIRECTION = "phi0"
_FEWEST_WEIGHTED = 3
"""Angles from which weights along the flow mean something."""
_MOST_UPDATES = 3
"""Updates after which the weights stay: they must not chase the direction for ever."""


@dataclass(slots=True)
class Weighting:
    """The weights of layer 5, as they are now."""

    phi0: float
    values: Array
    updates: int = 0
    steps: int = 0
    """Accepted steps since the last look at the direction."""
    taken: int = 0
    """Accepted steps under weights."""
    history: list[Mapping[str, Any]] = field(default_factory=list)


class LayerRun:
    """The layers of one attempt to fit; counts what each did.

    Parameters
    ----------
    problem
        With the start values that are used.
    """

    def __init__(self, problem: Problem) -> None:
        self.options: LayerOptions = problem.setup.options.layers
        self._problem = problem
        regularization = self.options.regularization
        on = self.options.enable
        self.penalised = on and regularization.enable
        self.strength = tuned_strength(regularization)
        """λ of layer 3, as it is now."""
        self.eliminates = on and self.options.hierarchical.enable
        self.eliminated_steps = 0
        self.stages: list[Mapping[str, Any]] = []
        """Cost after the physical and after the scaling stage of every step."""
        self.alternations: list[Mapping[str, Any]] = []
        self.tests: dict[tuple[str, str], ScalingTest] = {}
        """The last score test of each pair of scaling modes."""
        self.decisive: ScalingTest | None = None
        """The one that led to the scaling mode of the end."""
        self.modes: list[Mapping[str, Any]] = []
        """Changes of the scaling mode."""
        self.weighting = self._first_weights() if on else None
        watching = on and self.options.monitor.enable and problem.setup.spec.sheared
        self.monitor = CollapseMonitor(self.options.monitor) if watching else None
        self.notes: list[str] = []
        """What the user is warned of."""

    @property
    def aborted(self) -> bool:
        """Whether the collapse monitor has ended the fit."""
        events = [] if self.monitor is None else self.monitor.events
        return bool(events) and events[-1]["response"] == CollapseResponse.ABORT

    @property
    def n_points(self) -> int:
        """Fitted pixels."""
        return sum(self._problem.n_points)

    @property
    def tests_scaling(self) -> bool:
        """Whether shared contrasts and offsets are tested at all."""
        return self.options.scaling.score_test

    @property
    def checks_scaling(self) -> bool:
        """Whether something follows from the test."""
        return self.options.enable and self.tests_scaling

    def dressed(
        self, equations: FitEquations, *, weighted: bool = False
    ) -> FitEquations:
        """Return equations with the penalty, and with the weights where asked for."""
        shared = equations.scaling.mode is Scaling.AVERAGED
        penalty = self._penalty() if self.penalised and not shared else None
        weighting = self.weighting if weighted else None
        values = None if weighting is None else weighting.values
        return replace(equations, penalty=penalty, weights=values)

    def wants_new_weights(self, point: FitPoint, *, accepted: bool) -> bool:
        """Count a step of a weighted fit; return whether the direction has turned."""
        now = self.weighting
        if now is None or not accepted:
            return False
        now.steps += 1
        now.taken += 1
        due = now.steps >= self.options.shear_weighting.update_frequency
        if now.updates >= _MOST_UPDATES or not due:
            return False
        now.steps = 0
        return moved(self._direction(point), now.phi0)

    def reweigh(self, point: FitPoint) -> None:
        """Take the weights at the flow direction of a point."""
        now = self.weighting
        assert now is not None
        now.phi0 = self._direction(point)
        now.updates += 1
        self._weigh(now)

    def count_stages(self, point: FitPoint) -> None:
        """Count a step with the scaling eliminated."""
        if not point.equations.scaling.n_coefficients:
            return
        self.eliminated_steps += 1
        self.stages.append(
            {"cost_physical": point.cost_before, "cost_scaling": point.cost}
        )

    def kept(self) -> dict[str, Any]:
        """Return what a fit that goes on later has to know, plain data."""
        now, monitor = self.weighting, self.monitor
        return {
            "modes": [dict(change) for change in self.modes],
            "decisive": None if self.decisive is None else asdict(self.decisive),
            "strength": self.strength,
            "weighting": now and [now.phi0, now.updates, now.taken],
            "events": [] if monitor is None else monitor.events,
            "armed": monitor is None or monitor.armed,
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Take over what `kept` returned.

        Raises
        ------
        KeyError, TypeError, ValueError
            When it is not that.
        """
        self.modes = [{str(k): str(v) for k, v in c.items()} for c in kept["modes"]]
        decisive = kept["decisive"]
        self.decisive = None if decisive is None else ScalingTest(**decisive)
        self.strength = float(kept["strength"])
        if self.weighting is not None:
            phi0, updates, taken = kept["weighting"]
            self.weighting.phi0 = float(phi0)
            self.weighting.updates, self.weighting.taken = int(updates), int(taken)
            self._weigh(self.weighting)
        if self.monitor is not None:
            self.monitor.events = [dict(event) for event in kept["events"]]
            self.monitor.armed = bool(kept["armed"])

    def strengthen(self) -> None:
        """Multiply λ after a collapse."""
        if self.penalised:
            self.strength *= self.options.monitor.lambda_multiplier

    def _penalty(self) -> CvPenalty:
        sigma = self._problem.noise.sigma
        return CvPenalty(
            mode=self.options.regularization.mode,
            strength=self.strength,
            # What χ² is where the model describes the data.
            chi_squared=float(self.n_points),
            total_weight=self.n_points / sigma**2,
        )

    def _first_weights(self) -> Weighting | None:
        problem, options = self._problem, self.options.shear_weighting
        few = len(problem.phi) < _FEWEST_WEIGHTED
        if not options.enable or few or not problem.setup.spec.sheared:
            return None
        given = options.initial_phi0
        start = problem.setup.parameters[DIRECTION].value if given is None else given
        weighting = Weighting(phi0=start, values=np.empty(0))
        self._weigh(weighting)
        return weighting

    def _weigh(self, weighting: Weighting) -> None:
        options = self.options.shear_weighting
        weighting.values = shear_weights(self._problem.phi, weighting.phi0, options)
        weighting.history.append(
            {"phi0": weighting.phi0, "weights": weighting.values.tolist()}
        )

    def _direction(self, point: FitPoint) -> float:
        names = self._problem.setup.parameters.names
        return float(point.theta[names.index(DIRECTION)])
