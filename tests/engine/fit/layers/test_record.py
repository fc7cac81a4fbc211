"""What is told at the end of a shear rate at its lower bound, when a flow is seen."""

from dataclasses import replace

import pytest

from engine.events import Phase
from engine.result import State
from tests.engine.fit.layers.support import SMALL, measured, scaled_run
from tests.engine.fit.support import phases, watched

STEADY = scaled_run(
    0.3,
    (0.0, 45.0, 90.0),
    like=replace(SMALL, theta=(4000.0, -1.0, 500.0, 0.0, -1.2, 5e-4, 4.0)),
)
"""A constant flow, which gamma_dot_t_offset describes."""
START = {"gamma_dot_t0": 1e-4, "beta": -1.2, "gamma_dot_t_offset": 4e-4}


@pytest.mark.slow
def test_a_constant_flow_is_no_missing_shear():
    setup = STEADY.setup(
        sigma=STEADY.sigma,
        start=START,
        fixed=("beta",),
        bounds={"gamma_dot_t0": (1e-7, 0.5)},
    )
    result, seen = watched(measured(STEADY), setup)
    assert result.status.state is State.CONVERGED
    rate, _, constant, _ = result.parameters[3:]
    assert rate.at_bound
    assert abs(constant.value - 5e-4) < 3 * constant.stderr
    assert result.degeneracy.shear_gain > 1e4
    assert result.degeneracy.shear_limit is None
    assert Phase.LIMIT not in phases(seen)
    (sentence,) = [w for w in result.quality.warnings if "gamma_dot_t0" in w]
    assert sentence == (
        "gamma_dot_t0 is at its lower bound (1×10⁻⁷ s⁻¹): the flow that is seen is "
        "constant, and gamma_dot_t_offset carries it; fix gamma_dot_t0 there, or try "
        "other start values."
    )
    assert not [w for w in result.quality.warnings if "No shear" in w]
