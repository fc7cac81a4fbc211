"""What a setup can ask for, one request at a time."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from engine.api import fit
from engine.parameters import Tie
from engine.reference.normal import normal_equations
from engine.result import State
from engine.setup import Loss, PhiRange, PhiSelection, Scaling, Strategy, Tolerances
from tests.engine.fit.support import errors, steps, values
from tests.engine.known_runs import known
from tests.marking import quick

STATIC = known("static-small")
LAMINAR = known("laminar-small")


@pytest.fixture(scope="module")
def static():
    return STATIC.data(20)


@pytest.fixture(scope="module")
def laminar():
    return LAMINAR.data(21)


def test_fixed_parameters_stay_and_have_no_error(laminar):
    result = fit(laminar, LAMINAR.setup(fixed=("alpha", "phi0"), start={"phi0": 4.0}))
    by_name = {p.name: p for p in result.parameters}
    for name, value in (("alpha", -0.7), ("phi0", 4.0)):
        assert by_name[name].value == value
        assert by_name[name].stderr is None
        assert by_name[name].fixed
        assert not by_name[name].at_bound
        assert name not in result.covariance_names
    assert by_name["D0"].stderr > 0
    assert result.status.state is State.CONVERGED


def test_fixing_at_the_optimum_changes_nothing_but_shrinks_the_errors(static):
    free = fit(static, STATIC.setup())
    held = fit(
        static, STATIC.setup(fixed=("alpha",), start={"alpha": free.values["alpha"]})
    )
    assert np.all(
        np.abs(values(held) - values(free))[[0, 2]] < 2e-3 * errors(free)[[0, 2]]
    )
    assert np.all(errors(held)[[0, 2]] < errors(free)[[0, 2]])


def test_all_physical_parameters_fixed_leaves_the_scaling(static):
    names = ("D0", "alpha", "D_offset")
    setup = STATIC.setup(fixed=names, start=dict(zip(names, STATIC.theta, strict=True)))
    result = fit(static, setup)
    assert result.status.state is State.CONVERGED
    pull = (values(result) - STATIC.truth) / errors(result)
    assert np.abs(pull[3:]).max() < 4
    assert result.covariance_names == ("contrast[0]", "offset[0]")


def test_nothing_left_to_fit_is_a_result_too(static):
    names = ("D0", "alpha", "D_offset")
    setup = STATIC.setup(
        fixed=names,
        start=dict(zip(names, STATIC.theta, strict=True)),
        scaling=Scaling.FIXED_CONSTANT,
        contrast_start=tuple(STATIC.scaling[0]),
        offset_start=tuple(STATIC.scaling[1]),
    )
    result = fit(static, setup)
    assert abs(result.quality.reduced_chi_squared - 1) < 0.1
    assert result.covariance.shape == (0, 0)


def test_a_tied_parameter_follows(laminar):
    setup = LAMINAR.setup()
    ratio = LAMINAR.theta[5] / LAMINAR.theta[3]
    parameters = setup.parameters.replaced(
        replace(
            setup.parameters["gamma_dot_t_offset"],
            tie=Tie(to="gamma_dot_t0", factor=ratio),
        )
    )
    result = fit(laminar, replace(setup, parameters=parameters))
    by_name = {p.name: p for p in result.parameters}
    tied, leader = by_name["gamma_dot_t_offset"], by_name["gamma_dot_t0"]
    assert result.status.state is State.CONVERGED
    assert tied.value == pytest.approx(ratio * leader.value, rel=1e-12)
    assert tied.stderr == pytest.approx(ratio * leader.stderr, rel=1e-12)
    assert tied.fixed
    assert "gamma_dot_t_offset" not in result.covariance_names
    pull = (values(result) - LAMINAR.truth) / errors(result)
    assert np.abs(pull).max() < 4
    free = fit(laminar, setup)
    assert result.status.cost_final >= free.status.cost_final


def test_given_scaling_is_where_the_fit_starts(static):
    setup = STATIC.setup(sigma=0.005, contrast_start=(0.25,), offset_start=(1.02,))
    result = fit(static, setup)
    x = np.array([*STATIC.start, 0.25, 1.02])
    expected = normal_equations(STATIC.dense(), x, static.c2[:, 1:, 1:], sigma=0.005)
    assert result.status.cost_initial == pytest.approx(expected.cost, rel=1e-10)
    free = fit(static, STATIC.setup(sigma=0.005))
    assert np.all(np.abs(values(result) - values(free)) < 2e-3 * errors(free))


@pytest.mark.slow
@pytest.mark.parametrize("loss", quick(Loss, Loss.HUBER))
def test_costs_are_those_of_the_reference_for_every_loss(static, loss):
    """Of the first and last point, with the scaling that was reported there."""
    setup = STATIC.setup(sigma=0.005, loss=loss, loss_scale=1.5)
    result, seen = steps(static, setup)

    def cost(theta, contrast, offset):
        x = np.array([*theta, *contrast, *offset])
        return normal_equations(
            STATIC.dense(),
            x,
            static.c2[:, 1:, 1:],
            sigma=0.005,
            loss=loss.value,
            loss_scale=1.5,
        ).cost

    assert result.status.state is State.CONVERGED
    scaling = result.scaling
    final = cost(result.values.values(), scaling.contrast, scaling.offset)
    assert result.status.cost_final == pytest.approx(final, rel=1e-9)
    for event in seen:
        expected = cost(event.values.values(), event.contrast, event.offset)
        assert event.cost == pytest.approx(expected, rel=1e-9)
    # the start is evaluated at a scaling of its own, which is not reported
    best = minimize(
        lambda pair: cost(STATIC.start, pair[:1], pair[1:]),
        (0.3, 1.0),
        method="Nelder-Mead",
        bounds=((0.2, 0.4), (0.9, 1.1)),
    ).fun
    assert result.status.cost_initial >= 0.98 * best
    assert result.status.cost_initial < cost(STATIC.start, [0.2], [1.0]) * (1 + 1e-9)


def test_scaling_that_is_frozen_stays_as_given(laminar):
    contrast, offset = (tuple(v) for v in LAMINAR.scaling)
    result = fit(
        laminar,
        LAMINAR.setup(
            scaling=Scaling.FIXED_CONSTANT,
            contrast_start=contrast,
            offset_start=offset,
        ),
    )
    assert result.scaling.contrast == contrast
    assert result.scaling.offset == offset
    assert result.scaling.contrast_stderr == (None,) * 3
    assert result.scaling.n_coefficients == 0
    pull = (values(result) - LAMINAR.truth)[:7] / errors(result)[:7]
    assert np.abs(pull).max() < 4


def test_only_the_selected_angles_are_fitted(laminar):
    selection = PhiSelection(ranges=(PhiRange(-10, 60),))
    result = fit(laminar, LAMINAR.setup(phi=selection))
    assert result.scaling.phi == (0.0, 50.0)
    assert result.angle_indices == (0, 1)
    assert result.input.n_points == 2 * 61 * 60 // 2
    spoiled = np.array(laminar.c2)
    spoiled[2] = 7.0
    same = fit(replace(laminar, c2=spoiled), LAMINAR.setup(phi=selection))
    np.testing.assert_array_equal(values(result), values(same))


def test_order_of_the_angles_does_not_matter(laminar):
    turned = replace(
        laminar,
        phi=laminar.phi[::-1].copy(),
        c2=laminar.c2[::-1].copy(),
        bin_ids=laminar.bin_ids[::-1],
    )
    plain, other = (fit(d, LAMINAR.setup(sigma=0.005)) for d in (laminar, turned))
    assert other.scaling.phi == plain.scaling.phi[::-1]
    error = errors(plain)[:7]
    assert np.all(np.abs(values(plain) - values(other))[:7] < 1e-3 * error)


def test_lower_triangle_and_diagonal_are_never_looked_at(static):
    spoiled = np.array(static.c2)
    spoiled[:, *np.tril_indices(82)] = 1e9
    plain, same = (
        fit(d, STATIC.setup(sigma=0.005)) for d in (static, replace(static, c2=spoiled))
    )
    np.testing.assert_array_equal(values(plain), values(same))


@pytest.mark.parametrize("strategy", Strategy)
def test_strategy_is_recorded(static, strategy):
    result = fit(static, STATIC.setup(strategy=strategy))
    chosen = Strategy.STANDARD if strategy is Strategy.AUTO else strategy
    assert result.strategy.name == chosen.value
    assert [a.outcome for a in result.strategy.attempts] == ["converged"]
    assert result.strategy.reason
    assert result.status.iterations > 0


def test_iteration_limit_is_not_convergence(laminar):
    result = fit(laminar, LAMINAR.setup(tolerances=Tolerances(max_iterations=1)))
    assert result.status.state is State.NOT_CONVERGED
    assert result.status.reason == "max_iterations"
    assert result.status.iterations == 1
    assert result.quality.flag.value == "poor"


def test_refitting_from_the_optimum_takes_no_step_and_says_why(static):
    first = fit(static, STATIC.setup(tolerances=Tolerances(edm=1e-12)))
    again = fit(static, STATIC.setup(start=first.values))
    assert again.status.state is State.CONVERGED
    assert again.status.reason == "start_is_minimum"
    assert again.status.iterations == 0
    assert again.status.edm < 1e-6
    np.testing.assert_allclose(errors(again), errors(first), rtol=1e-5)


def test_events_tell_the_story_of_the_fit(laminar):
    result, seen = steps(laminar, LAMINAR.setup())
    accepted = [e for e in seen[1:] if e.accepted]
    costs = [e.cost for e in seen]
    assert costs == sorted(costs, reverse=True)
    assert result.status.iterations == len(accepted) == seen[-1].iteration
    assert seen[-1].evaluations == len(seen)
    # One more looks at the other side of the angle at 95°.
    assert result.status.evaluations == len(seen) + 1
    assert seen[0].iteration == 0
    assert result.status.cost_initial == costs[0] > costs[1]
    assert result.status.cost_final == costs[-1]
    assert dict(seen[-1].values) == result.values
    assert seen[-1].contrast == result.scaling.contrast
    times = [e.elapsed_s for e in seen]
    assert times == sorted(times)


def test_covariance_is_that_of_the_reported_errors(laminar):
    result = fit(laminar, LAMINAR.setup())
    stderr = np.sqrt(np.diag(result.covariance))
    np.testing.assert_allclose(stderr, errors(result), rtol=1e-12)
    np.testing.assert_allclose(
        result.correlation, result.covariance / np.outer(stderr, stderr), rtol=1e-12
    )
    assert result.covariance_names[:7] == LAMINAR.dense().names
    assert len(result.covariance_names) == 13
