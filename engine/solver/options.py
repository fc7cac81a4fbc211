"""How the trust-region solver measures and limits its steps, and where it stands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.solver.equations import Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SolverOptions:
    """What may be changed about the steps; the defaults suit nearly every fit.

    None of it changes where the minimum is or how good a point must be to count as
    one, except `joint`, which adds a criterion.

    Raises
    ------
    ValueError
        On a scale, factor, unit or radius that is not above 0, or a negative
        regularization.
    """

    scale: Array | None = None
    """Reciprocal typical size of each coefficient, NaN for its column norm; None for
    all column norms. Only ratios matter, see `engine.solver.metric`."""
    scale_factor: float = 1.0
    """Multiplies every typical size, so the first damping is divided by its square."""
    regularization: float = 0.0
    """Least damping, relative to the squared metric, which is diag H for column
    norms."""
    radius: float | None = None
    """Longest first step in `radius_units`; None for no limit."""
    radius_units: Array | None = None
    """Per coefficient; an infinite one does not count. None for 1."""
    retry_non_finite: bool = True
    """Whether a trial that is not finite is tried again, shorter, or ends the fit."""
    joint: float | None = None
    """Tolerance of the joint criterion on steps and cost; None for without."""
    eliminated: NDArray[np.bool_] | None = None
    """Coefficients that are never damped: they follow the others to first order, as if
    eliminated by a Schur complement. None for none."""

    def __post_init__(self) -> None:
        for name, value in (
            ("scale", self.scale),
            ("scale_factor", self.scale_factor),
            ("radius", self.radius),
            ("radius_units", self.radius_units),
            ("joint", self.joint),
        ):
            if value is not None and (np.asarray(value) <= 0).any():
                raise ValueError(f"{name} is {value}; it must be above 0")
        if self.regularization < 0:
            raise ValueError(
                f"regularization is {self.regularization}; it must not be negative"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SolverState:
    """All that a solver needs, besides its best point, to go on as if never stopped."""

    damping: float
    growth: float
    """Factor of the damping at the next refused step."""
    radius: float | None
    iterations: int
    evaluations: int
    scale: Array
    """The metric d, shape (n,)."""
