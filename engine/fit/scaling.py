"""The scaling mode of a fit as a map, and the coefficients it starts from."""

import numpy as np
from numpy.typing import NDArray

from engine.errors import OptionError
from engine.events import never
from engine.fit.equations import FitEquations
from engine.fit.parameter_map import parameter_map
from engine.fit.problem import Problem
from engine.scaling.fourier import condition, fourier_basis, least_angles
from engine.scaling.maps import (
    LARGEST_CONDITION,
    ScalingMap,
    averaged,
    fourier,
    frozen,
    individual,
)
from engine.setup import Scaling

Array = NDArray[np.float64]

_KEY = "optimization.nlsq.anti_degeneracy."


def starting_equations(problem: Problem) -> FitEquations:
    """Return the equations of a problem with the scaling mode it begins with.

    They are not cancellable yet, so that a stopped fit has its start at least.
    """
    return FitEquations(
        reduction=problem.reduction,
        parameters=parameter_map(problem.setup.parameters),
        scaling=scaling_map(problem, first_mode(problem)),
        cancelled=never,
    )


def first_mode(problem: Problem) -> Scaling:
    """Return the scaling mode a fit begins with.

    `auto` begins with what the fewest coefficients can tell and is checked at the end;
    `constant` begins with every angle by itself and freezes what it found.
    """
    setup, k = problem.setup, len(problem.phi)
    layers = setup.options.layers
    if setup.scaling is Scaling.AUTO:
        shared = layers.enable and k >= layers.scaling.constant_scaling_threshold
        return Scaling.AVERAGED if shared and k > 1 else Scaling.INDIVIDUAL
    if setup.scaling is Scaling.CONSTANT:
        return Scaling.INDIVIDUAL
    if setup.scaling is Scaling.FOURIER and not fourier_possible(problem):
        return Scaling.INDIVIDUAL
    return setup.scaling


def fourier_possible(problem: Problem) -> bool:
    """Whether there are as many angles as a Fourier series has coefficients."""
    order = problem.setup.options.layers.scaling.fourier_order
    return len(problem.phi) >= least_angles(order)


def fourier_condition(problem: Problem) -> float:
    """Return how well the angles tell the harmonics apart, 1 at best."""
    order = problem.setup.options.layers.scaling.fourier_order
    return condition(fourier_basis(problem.phi, order))


def scaling_map(problem: Problem, mode: Scaling) -> ScalingMap:
    """Return the map of a scaling mode.

    Raises
    ------
    OptionError
        For `fourier` where several angles are the same, or `fixed_constant` without
        values.
    """
    setup, phi = problem.setup, problem.phi
    bounds = setup.contrast_bounds, setup.offset_bounds
    if mode is Scaling.AVERAGED:
        return averaged(phi, *bounds)
    if mode is Scaling.FIXED_CONSTANT:
        return frozen(mode, *given_scaling(problem, required=True))
    if mode is Scaling.FOURIER:
        if fourier_condition(problem) > LARGEST_CONDITION:
            raise OptionError(
                f"the {len(phi)} fitted angles do not tell the harmonics of the "
                "scaling mode fourier apart (several are the same or nearly so); use "
                "individual or averaged, or a lower fourier_order "
                f"({_KEY}fourier_order)"
            )
        return fourier(phi, *bounds, setup.options.layers.scaling.fourier_order)
    return individual(phi, *bounds)


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
