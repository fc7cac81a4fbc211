r"""Layer 4: tells when the shear loses its influence on the way to the minimum.

Everything comes from sums already in hand. In units of the noise the gradient of a
coefficient is :math:`\hat g_i = g_i/\sqrt{H_{ii}}`, so the ratio of the norms of the
physical and the scaling part has no unit. With the scaling eliminated that ratio says
little, and what does is the signal to noise of a watched parameter,

.. math::

    \mathrm{sens}_i = \sqrt{A^*_{ii}}\,\lvert\theta_i\rvert, \qquad
    A^* = A - U S^{-1} U^{\mathsf T},

the number of standard errors between it and zero, all other physical parameters known;
or simply that it sits at its lower bound. The prefactor of a rate is watched together
with the constant of that rate: where both grow in proportion the flow grows, and if
that is not seen there is none, however large the two are that cancel.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.fit.covariance import at_bounds
from engine.fit.equations import FitPoint
from engine.layer_options import MonitorOptions
from engine.models.specs import RATE_GROUPS

Array = NDArray[np.float64]

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Look:
    """What the monitor sees at a point."""

    ratio: float
    """Of the scaled gradients of physics and scaling."""
    sensitivity: Mapping[str, float]
    """Signal to noise of the watched parameters that are free."""
    at_bound: tuple[str, ...]
    """Watched parameters at their lower bound."""

    def lost(self, threshold: float) -> tuple[str, ...]:
        """Return the watched parameters without influence."""
        return tuple(
            name
            for name, value in self.sensitivity.items()
            if value < threshold or name in self.at_bound
        )


@dataclass(slots=True)
class CollapseMonitor:
    """Counts the checks in a row that trigger; fires after enough of them."""

    options: MonitorOptions
    steps: int = 0
    """Accepted steps it has seen."""
    low_ratio: int = 0
    lost: int = 0
    armed: bool = True
    events: list[dict[str, Any]] = field(default_factory=list)
    first: Look | None = None
    last: Look | None = None

    @property
    def status(self) -> str:
        """``"ok"``, ``"warning"`` while it counts, ``"collapsed"`` once it fired."""
        if self.events:
            return "collapsed"
        return "warning" if self.low_ratio or self.lost else "ok"

    def check(self, point: FitPoint, *, far: bool) -> bool:
        """Look at an accepted step; return whether the shear has collapsed.

        Parameters
        ----------
        far
            Whether the point is still away from the minimum: near it every gradient
            vanishes, and their ratio means nothing.
        """
        self.steps += 1
        options = self.options
        if not self.armed or self.steps % options.check_interval:
            return False
        look = self.look(point)
        low = far and look.ratio < options.ratio_threshold
        self.low_ratio = self.low_ratio + 1 if low else 0
        early = self.steps < options.watch_min_iteration
        gone = not early and bool(look.lost(options.watch_threshold))
        self.lost = self.lost + 1 if gone else 0
        return (
            self.low_ratio >= options.consecutive_triggers
            or self.lost >= options.watch_consecutive_triggers
        )

    def collapsed(self, point: FitPoint) -> bool:
        """Whether a fit that has ended ended without influence of the shear."""
        return self.armed and bool(self.look(point).lost(self.options.watch_threshold))

    def look(self, point: FitPoint) -> Look:
        """Return what is to be seen at a point."""
        seen = look_at(point, self.options.watch_parameters)
        self.first = self.first or seen
        self.last = seen
        return seen

    def fired(self, **details: object) -> None:
        """Record a collapse, and begin to count anew."""
        self.events.append(dict(details))
        self.low_ratio = self.lost = 0


def look_at(point: FitPoint, watched: tuple[str, ...]) -> Look:
    """Return ratio and sensitivities at a point."""
    equations, n = point.equations, point.equations.n_physical
    norms = np.sqrt(np.maximum(np.diag(point.hessian), 0.0))
    scaled = point.gradient / np.where(norms > 0, norms, 1.0)
    ratio = np.linalg.norm(scaled[:n]) / (np.linalg.norm(scaled[n:]) + _TINY)
    information = reduced_information(point.hessian, n)
    lower, upper = equations.bounds
    low = at_bounds(point.x, (lower, np.full_like(upper, np.inf)))
    names = equations.parameters.names
    places = [i for i, name in enumerate(names) if name in watched]
    return Look(
        ratio=float(ratio),
        sensitivity={names[i]: _signal(information, point, names[i]) for i in places},
        at_bound=tuple(names[i] for i in places if low[i]),
    )


def _signal(information: Array, point: FitPoint, name: str) -> float:
    """Return how many standard errors a parameter, or its whole rate, is from zero."""
    names = point.equations.parameters.names
    together = next((g[::2] for g in RATE_GROUPS if g[0] == name), (name,))
    grown = np.array([other in together for other in names])
    change = np.where(grown, point.x[: len(names)], 0.0)
    return float(np.sqrt(max(change @ information @ change, 0.0)))


def reduced_information(hessian: Array, n: int) -> Array:
    """Return A* = A - U S⁻¹ Uᵀ: what the physics keeps once the scaling is unknown.

    Parameters
    ----------
    n
        Number of physical coefficients, which come first.
    """
    a, u, s = hessian[:n, :n], hessian[:n, n:], hessian[n:, n:]
    if not s.size:
        return a
    norms = np.sqrt(np.maximum(np.diag(s), 0.0))
    safe = np.where(norms > 0, norms, 1.0)
    scaled = s / np.outer(safe, safe)
    return a - (u / safe) @ np.linalg.pinv(scaled, hermitian=True) @ (u / safe).T
