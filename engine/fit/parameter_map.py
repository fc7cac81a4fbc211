"""Physical parameters of the model from those that are free: fixed, tied, periodic."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.models.specs import PERIODS
from engine.parameters import ParameterSet

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ParameterMap:
    """Physical parameters as a linear map of the free ones."""

    names: tuple[str, ...]
    """Names of the free parameters."""
    base: Array
    """Shape (P,)."""
    matrix: Array
    """Shape (P, F)."""
    start: Array
    lower: Array
    """Bounds; infinite for a periodic parameter whose bounds leave a whole period."""
    upper: Array
    turns: tuple[tuple[int, float, float], ...] = ()
    """Row, lower end and period of such parameters."""

    def theta(self, free: Array) -> Array:
        """Return the physical parameters in model order, periodic ones in bounds."""
        theta = self.base + self.matrix @ free
        for row, lower, period in self.turns:
            theta[row] = lower + np.mod(theta[row] - lower, period)
        return theta


def parameter_map(parameters: ParameterSet) -> ParameterMap:
    """Return the map of a parameter set: fixed ones are constant, tied ones follow."""
    free = [p for p in parameters if p.free]
    column = {p.name: n for n, p in enumerate(free)}
    base = np.zeros(len(parameters))
    matrix = np.zeros((len(parameters), len(free)))
    for row, p in enumerate(parameters):
        source, factor = (p.tie.to, p.tie.factor) if p.tie else (p.name, 1.0)
        if source in column:
            matrix[row, column[source]] = factor
        else:
            base[row] = factor * parameters[source].value
    rows = {p.name: row for row, p in enumerate(parameters)}
    turning = {
        p.name
        for p in free
        if p.name in PERIODS
        and np.isfinite(p.lower)
        and p.upper - p.lower >= PERIODS[p.name]
    }
    open_ended = [p.name in turning for p in free]
    return ParameterMap(
        names=tuple(column),
        base=base,
        matrix=matrix,
        start=np.array([p.value for p in free], float),
        lower=np.where(open_ended, -np.inf, [p.lower for p in free]),
        upper=np.where(open_ended, np.inf, [p.upper for p in free]),
        turns=tuple(
            (rows[name], parameters[name].lower, PERIODS[name])
            for name in sorted(turning)
        ),
    )
