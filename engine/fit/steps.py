"""From the options of a setup to those of the solver."""

import numpy as np
from numpy.typing import NDArray

from engine.errors import OptionError
from engine.fit.equations import FitEquations
from engine.scaling.fourier import least_angles
from engine.setup import Scaling, Setup
from engine.solver.options import SolverOptions

_CHANGING = {Scaling.AUTO, Scaling.CONSTANT}
_KEY = "optimization.nlsq."


def solver_options(setup: Setup, equations: FitEquations) -> SolverOptions:
    """Return how the solver measures its steps.

    Raises
    ------
    OptionError
        When x_scale is a list that is not one size per free coefficient.
    """
    steps = setup.options.steps
    return SolverOptions(
        scale=_scale(setup, equations), scale_factor=steps.trust_region_scale
    )


def _scale(setup: Setup, equations: FitEquations) -> NDArray[np.float64] | None:
    """Return reciprocal typical sizes, NaN for those not given; None for none."""
    steps, names = setup.options.steps, equations.names
    if steps.x_scale == "jac" and not steps.x_scale_map:
        return None
    sizes = np.full(len(names), np.nan)
    if steps.x_scale is None:
        sizes[:] = 1.0
    elif isinstance(steps.x_scale, float | int):
        sizes[:] = steps.x_scale
    elif not isinstance(steps.x_scale, str):
        sizes = _sizes(setup, steps.x_scale, equations)
    for place, name in enumerate(names):
        if name in steps.x_scale_map:
            sizes[place] = steps.x_scale_map[name]
    return 1.0 / sizes


def _sizes(
    setup: Setup, given: tuple[float, ...], equations: FitEquations
) -> NDArray[np.float64]:
    """Return the sizes of a list: of all coefficients, or of all parameters."""
    names = equations.names
    if len(given) == len(names):
        return np.array(given, float)
    parameters = setup.parameters.names
    if len(given) == len(parameters):
        by_name = dict(zip(parameters, given, strict=True))
        return np.array([by_name.get(name, np.nan) for name in names], float)
    physical, angles = equations.n_physical, len(equations.scaling.contrast_map)
    series = 2 * least_angles(setup.options.layers.scaling.fourier_order)
    if setup.scaling in _CHANGING and len(given) - physical in {2, series, 2 * angles}:
        # The scaling mode, and with it the list, changes on the way.
        return np.array([*given[:physical], *[np.nan] * (len(names) - physical)])
    raise OptionError(
        f"{_KEY}x_scale has {len(given)} numbers; expected one for each of the "
        f"{len(parameters)} parameters of the model, or for each of the {len(names)} "
        "fitted coefficients"
    )
