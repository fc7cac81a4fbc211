"""The scaling mode of a fit resolved, and the coefficients it starts from."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import OptionError
from engine.events import never
from engine.fit.equations import FitEquations, parameter_map
from engine.fit.problem import Problem
from engine.scaling.maps import ScalingMap, averaged, frozen, individual
from engine.setup import Loss, Scaling

Array = NDArray[np.float64]


def starting_equations(problem: Problem) -> FitEquations:
    """Return the equations of a problem with the scaling mode resolved.

    They are not cancellable yet, so that a stopped fit has its start at least.
    """
    return FitEquations(
        reduction=problem.reduction,
        parameters=parameter_map(problem.setup.parameters),
        scaling=scaling_map(problem),
        cancelled=never,
    )


def scaling_map(problem: Problem) -> ScalingMap:
    """Resolve the scaling mode: `auto` means individual."""
    setup, phi = problem.setup, problem.phi
    if setup.scaling is Scaling.AVERAGED:
        return averaged(phi, setup.contrast_bounds, setup.offset_bounds)
    every = individual(phi, setup.contrast_bounds, setup.offset_bounds)
    if setup.scaling is Scaling.FIXED_CONSTANT:
        contrast, offset = given_scaling(problem, required=True)
        return frozen(Scaling.FIXED_CONSTANT, contrast, offset)
    if setup.scaling is Scaling.CONSTANT:
        equations = FitEquations(
            problem.reduction, parameter_map(setup.parameters), every, never
        )
        linear = replace(
            equations, reduction=replace(problem.reduction, loss=Loss.LINEAR)
        )
        x, _ = starting_point(problem, linear)
        pieces = linear.at(x, improve=True).pieces
        return frozen(Scaling.CONSTANT, pieces.contrast, pieces.offset)
    return every


def given_scaling(problem: Problem, *, required: bool) -> tuple[Array, Array]:
    """Return contrast and offset of every fitted angle as given in the setup.

    Raises
    ------
    OptionError
        When there are too few or too many, or none although `required`.
    """
    k = len(problem.phi)
    found = []
    for name, given in (
        ("contrast", problem.setup.contrast_start),
        ("offset", problem.setup.offset_start),
    ):
        if given is None or len(given) not in (1, k):
            count = "no" if given is None else str(len(given))
            raise OptionError(
                f"initial_parameters.per_angle_scaling.{name} has {count} values for "
                f"{k} fitted angles; give one per angle in file order, or one for all"
                + (" (the scaling mode fixed_constant needs them)" if required else "")
            )
        found.append(np.resize(np.asarray(given, float), k))
    return found[0], found[1]


def starting_point(problem: Problem, equations: FitEquations) -> tuple[Array, bool]:
    """Return the coefficients at the start, and whether the scaling was given."""
    k = len(problem.phi)
    setup = problem.setup
    given = setup.contrast_start is not None and setup.offset_start is not None
    contrast, offset = (
        given_scaling(problem, required=False)
        if given
        else (np.full(k, 0.2), np.ones(k))
    )
    scaling = equations.scaling.coefficients(contrast, offset)
    return np.concatenate([equations.parameters.start, scaling]), given
