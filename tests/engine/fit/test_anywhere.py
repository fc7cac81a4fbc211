"""From any start: what is called converged cannot be improved by SciPy."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from engine.api import fit
from engine.result import Flag, State
from tests.engine.fit.support import values
from tests.engine.known_runs import known
from tests.engine.scipy_fit import PixelModel

RUN = known("laminar-small")
NAMES = RUN.dense().names
# nearly everything decayed: rounding once made these look like minima
TREACHEROUS = [
    (955841.804780, 1.795774, 1326.139932, 0.0061467313, -0.010309, 5.862432e-05, 51.4),
    (19871.314475, 1.933339, 2494.845798, 0.0077847867, 1.553960, 0.000262983, -25.9),
]


def anywhere(seed):
    rng = np.random.default_rng([99, seed])
    return (
        10 ** rng.uniform(2, 6),
        rng.uniform(-2, 2),
        rng.uniform(-100, 3000),
        10 ** rng.uniform(-6, -1),
        rng.uniform(-2, 2),
        rng.uniform(-1e-3, 1e-3),
        rng.uniform(-90, 90),
    )


@pytest.fixture(scope="module")
def data():
    return RUN.data(77)


def polished(data, x):
    """Return the cost after SciPy went on from `x` within the bounds."""
    pixels = PixelModel(RUN.dense(), data.c2[:, 1:, 1:], RUN.sigma)
    spec = RUN.setup().parameters
    lower = np.array([*(p.lower for p in spec), 0, 0, 0, 0.5, 0.5, 0.5])
    upper = np.array([*(p.upper for p in spec), 1, 1, 1, 1.5, 1.5, 1.5])
    inset = 1e-9 * np.maximum(np.abs(x), 1e-3)
    start = np.clip(x, lower + inset, upper - inset)
    with np.errstate(all="ignore"):
        found = least_squares(
            pixels.residual,
            start,
            pixels.jacobian,
            (lower, upper),
            x_scale="jac",
            max_nfev=40,
        )
    return found.cost


@pytest.mark.slow
@pytest.mark.parametrize("start", [*TREACHEROUS, *map(anywhere, range(12))])
def test_converged_means_that_nothing_is_left_to_gain(data, start):
    setup = RUN.setup(sigma=RUN.sigma, start=dict(zip(NAMES, start, strict=True)))
    result = fit(data, setup)
    assert result.status.cost_final <= result.status.cost_initial
    assert np.isfinite(values(result)).all()
    if result.status.state is not State.CONVERGED:
        return
    # an EDM of 1e-6 is a cost of 5e-7; a tenth of a standard error is 0.005
    gain = result.status.cost_final - polished(data, values(result))
    assert gain < 0.005
    if result.quality.reduced_chi_squared > 3:
        assert result.quality.flag is Flag.POOR
