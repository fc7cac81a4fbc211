"""What the data leave open, from covariances made by hand, and against refits."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.api import fit
from engine.fit.covariance import Uncertainties
from engine.fit.layers.entanglement import entanglements
from engine.fit.null_space import NullDirection
from engine.models.specs import LAMINAR_FLOW
from tests.engine.known_runs import known
from tests.marking import quick

DIFFUSION = ("D0", "alpha", "D_offset")
FLOW = ("gamma_dot_t0", "beta", "gamma_dot_t_offset")
NAMES = (*DIFFUSION, *FLOW, "phi0")
SIGMA = np.array([100.0, 0.02, 30.0, 1e-5, 0.05, 2e-6, 0.1])
VALUES = np.array([4000.0, -1.0, 60.0, 5e-4, -1.2, 1e-5, 4.0])


def correlated(pairs):
    """Return a covariance with these correlations."""
    matrix = np.eye(len(NAMES))
    for (first, second), value in pairs.items():
        i, j = NAMES.index(first), NAMES.index(second)
        matrix[i, j] = matrix[j, i] = value
    return matrix * np.outer(SIGMA, SIGMA)


def errors_of(covariance, lost=(), names=NAMES):
    n = len(covariance)
    sigma = np.sqrt(np.diag(covariance))
    none = np.zeros(n, bool)
    return Uncertainties(
        stderr=sigma,
        at_bound=none,
        undetermined=none,
        names=names,
        covariance=covariance,
        inverse=covariance,
        correlation=covariance / np.outer(sigma, sigma),
        condition_number=1.0,
        one_sided=np.full(n, np.nan),
        lost=lost,
    )


def told(covariance, *, lost=(), cancelling=(), fixed=(), **values):
    """Return what is told of a fit with these values and this covariance."""
    start = LAMINAR_FLOW.default_parameters()
    for name in fixed:
        start = start.replaced(replace(start[name], fixed=True))
    at = {**dict(zip(NAMES, VALUES.tolist(), strict=True)), **values}
    return entanglements(
        NAMES,
        np.array(list(at.values())),
        errors_of(covariance, lost),
        start,
        cancelling,
    )


def without(covariance, name):
    """Return the errors with a parameter known: of the information without it."""
    place = NAMES.index(name)
    inner = np.delete(np.delete(np.linalg.inv(covariance), place, 0), place, 1)
    left = np.sqrt(np.diag(np.linalg.inv(inner)))
    return dict(zip(np.delete(NAMES, place).tolist(), left.tolist(), strict=True))


PAIR = ("alpha", "D_offset")


class TestPair:
    def test_is_told_with_its_correlation_and_a_remedy(self):
        covariance = correlated({PAIR: -0.996})
        (found,) = told(covariance)
        assert found.names == PAIR
        assert found.correlation == pytest.approx(-0.996)
        assert found.sentence == (
            "alpha and D_offset are 99.6 % anti-correlated in this run; fixing "
            "D_offset at 0 changes χ² by about 4.0."
        )
        assert (found.remedy.name, found.remedy.value) == ("D_offset", 0.0)
        assert found.remedy.chi_squared_rise == pytest.approx((60 / 30) ** 2)
        after = without(covariance, "D_offset")
        assert found.remedy.stderr_after == pytest.approx({"alpha": after["alpha"]})
        assert after["alpha"] == pytest.approx(0.02 * np.sqrt(1 - 0.996**2))

    def test_everyone_who_gains_is_named(self):
        """Those whose errors hardly change are not."""
        pairs = {PAIR: -0.99, ("D0", "D_offset"): 0.7, ("D0", "alpha"): -0.7}
        pairs |= {("phi0", "D_offset"): 0.3, ("phi0", "alpha"): -0.3}
        covariance = correlated(pairs)
        (found,) = told(covariance)
        after = without(covariance, "D_offset")
        gaining = {n: after[n] for n in ("D0", "alpha")}
        assert found.remedy.stderr_after == pytest.approx(gaining)
        assert after["phi0"] > 0.8 * 0.1

    @pytest.mark.parametrize(
        ("correlation", "words"),
        [
            (0.97, "97.0 % correlated"),
            (0.9996, "99.96 % correlated"),
            (-0.9996, "99.96 % anti-correlated"),
            (1 - 1e-7, "99.99 % correlated"),
        ],
    )
    def test_words(self, correlation, words):
        (found,) = told(correlated({PAIR: correlation}))
        assert f"alpha and D_offset are {words} in this run" in found.sentence

    def test_a_weak_one_is_not_told(self):
        assert told(correlated({PAIR: -0.94})) == ()

    @pytest.mark.parametrize("ratio", [3.1, 3.3])
    def test_a_fix_that_the_data_refuse_is_no_remedy(self, ratio):
        (found,) = told(correlated({PAIR: -0.996}), D_offset=30 * ratio)
        if ratio**2 < 10:
            assert found.remedy.chi_squared_rise == pytest.approx(ratio**2)
        else:
            assert found.remedy is None
            assert found.sentence.endswith("99.6 % anti-correlated in this run.")

    def test_the_cheapest_of_two_fixes(self):
        pair = ("gamma_dot_t_offset", "phi0")
        values = {"gamma_dot_t_offset": 4e-6, "phi0": 0.1}
        (found,) = told(correlated({pair: 0.99}), **values)
        assert found.remedy.name == "phi0"
        assert found.remedy.chi_squared_rise == pytest.approx(1.0)

    def test_an_exponent_is_no_remedy_while_two_constants_are_free(self):
        """At zero it would make them the same."""
        covariance = correlated({("D0", "alpha"): 0.998})
        (found,) = told(covariance, alpha=-0.03)
        assert found.remedy is None
        (found,) = told(covariance, alpha=-0.03, fixed=("D_offset",))
        assert (found.remedy.name, found.remedy.value) == ("alpha", 0.0)
        assert found.remedy.chi_squared_rise == pytest.approx(2.25)

    def test_the_strongest_goes_first(self):
        pairs = {PAIR: -0.96, ("gamma_dot_t0", "phi0"): 0.98, FLOW[1:]: 0.97}
        found = told(correlated(pairs))
        strengths = [abs(e.correlation) for e in found]
        assert strengths == pytest.approx([0.98, 0.97, 0.96])


def imitating(members, strength):
    """Return a covariance in which the sum of some scaled parameters is hardly seen."""
    inside = [NAMES.index(name) for name in members]
    information = np.eye(len(NAMES))
    for i in inside:
        for j in inside:
            if i != j:
                information[i, j] = -strength
    return np.linalg.inv(information) * np.outer(SIGMA, SIGMA)


class TestDirection:
    def test_of_three_parameters_without_a_correlated_pair(self):
        covariance = imitating(DIFFUSION, 0.48)
        (found,) = told(covariance, D_offset=30.0)
        assert found.names == DIFFUSION
        assert found.correlation is None
        alone = 1 / np.sqrt(np.diag(np.linalg.inv(covariance)))
        inflated = (np.sqrt(np.diag(covariance)) / alone)[:3].max()
        rise = 30.0**2 / covariance[2, 2]
        assert found.sentence == (
            "D0, alpha and D_offset imitate one another in this run: together they "
            f"leave an error up to {inflated:.3g} times that of each alone; fixing "
            f"D_offset at 0 changes χ² by about {rise:.1f}."
        )
        after = without(covariance, "D_offset")
        expected = {n: after[n] for n in ("D0", "alpha")}
        assert found.remedy.stderr_after == pytest.approx(expected)

    def test_seen_well_enough_it_is_not_told(self):
        assert told(imitating(DIFFUSION, 0.47)) == ()

    def test_a_pair_explains_its_direction(self):
        found = told(imitating(("D0", "alpha", "phi0"), 0.499))
        assert found
        assert all(e.correlation is not None for e in found)


class TestOrder:
    LOST = NullDirection(names=("beta",), step=(1.0,))

    def test_what_is_not_told_apart_at_all_goes_first(self):
        covariance = correlated({PAIR: -0.996, ("gamma_dot_t_offset", "phi0"): 0.999})
        covariance[4] = covariance[:, 4] = np.nan
        first, second, third = told(
            covariance, lost=(self.LOST,), cancelling=(DIFFUSION,)
        )
        assert first.names == DIFFUSION
        assert first.sentence.startswith("D0 and D_offset nearly cancel")
        remedy = first.remedy
        assert (remedy.name, remedy.value) == ("D_offset", 0.0)
        # To second order it would be told, and would be wrong.
        assert remedy.chi_squared_rise is None
        assert second.names == ("beta",)
        assert second.sentence == "beta has no influence on the fit."
        assert (second.remedy.name, second.remedy.chi_squared_rise) == ("beta", 0.0)
        assert third.names == ("gamma_dot_t_offset", "phi0")

    def test_what_is_told_already_is_not_told_again(self):
        """Neither as a pair nor as a direction."""
        lost = NullDirection(names=("D0", "D_offset"), step=(1.0, -1.0))
        covariance = correlated({PAIR: -0.996, ("D0", "alpha"): 0.1})
        (found,) = told(covariance, lost=(lost,), cancelling=(DIFFUSION,))
        assert found.names == DIFFUSION

    def test_a_lost_combination_is_fixed_where_it_makes_sense(self):
        lost = NullDirection(names=("D0", "D_offset"), step=(1.0, -1.0))
        covariance = correlated({})
        covariance[[0, 2]] = covariance[:, [0, 2]] = np.nan
        (found,) = told(covariance, lost=(lost,))
        assert found.sentence == lost.sentence
        assert (found.remedy.name, found.remedy.value) == ("D_offset", 0.0)

    def test_three_are_told_at_most(self):
        pairs = {PAIR: 0.96, ("gamma_dot_t0", "beta"): 0.97, FLOW[2:] + NAMES[6:]: 0.98}
        found = told(correlated(pairs), lost=(NullDirection(("D0",), (1.0,)),))
        assert len(found) == 3


RUN = replace(
    known("static-small"),
    theta=(2000.0, -0.25, 500.0),
    start=(2500.0, -0.12, 300.0),
)
"""A slow power law that a constant imitates."""


@cache
def free(seed):
    data = RUN.data(seed)
    return data, fit(data, RUN.setup(sigma=RUN.sigma))


@pytest.mark.parametrize("seed", quick([0, 2], 0))
def test_a_refit_costs_about_what_was_told(seed):
    data, result = free(seed)
    (remedy,) = {
        (e.remedy.name, e.remedy.value): e.remedy
        for e in result.degeneracy.entanglements
        if e.remedy is not None
    }.values()
    held = {"fixed": (remedy.name,), "start": {remedy.name: remedy.value}}
    again = fit(data, RUN.setup(sigma=RUN.sigma, **held))
    rise = again.quality.chi_squared - result.quality.chi_squared
    assert 1 < remedy.chi_squared_rise < 10
    assert 0.5 < remedy.chi_squared_rise / rise < 2
    sigma = {p.name: p.stderr for p in again.parameters}
    before = {p.name: p.stderr for p in result.parameters}
    assert remedy.stderr_after
    for name, after in remedy.stderr_after.items():
        assert after == pytest.approx(sigma[name], rel=0.5)
        assert sigma[name] < 0.8 * before[name]
