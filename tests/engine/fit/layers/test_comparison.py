"""Scaling modes compared: the result itself among fits of their own, one per mode."""

from functools import cache

import numpy as np
import pytest

from engine.api import fit
from engine.degeneracy import PENALISED
from engine.events import Phase
from engine.layer_options import (
    LayerOptions,
    RegularizationOptions,
    ScalingOptions,
    ShearWeightingOptions,
)
from engine.options import Options
from engine.setup import Loss, Scaling, Tolerances
from tests.engine.fit.layers.support import (
    TIGHT,
    UNEQUAL,
    N,
    measured,
    scaled_run,
)
from tests.engine.fit.support import phases, watched
from tests.engine.known_runs import known
from tests.marking import quick

pytestmark = pytest.mark.slow

A, F, I, C = (  # noqa: E741
    Scaling.AVERAGED,
    Scaling.FOURIER,
    Scaling.INDIVIDUAL,
    Scaling.CONSTANT,
)
MODES = [A, F, I]
COUNTS = {A: 2, F: 10, I: 14}
PENALTY = RegularizationOptions(enable=True, strength=30.0)
UNPOLISHED = ShearWeightingOptions(enable=True, polish=False)
NOISES = {
    "given": {},
    "estimated": {"sigma": None},
    "too small": {"sigma": UNEQUAL.sigma / 2},
    "robust": {"loss": Loss.SOFT_L1},
}


def setup(mode, *, compare=True, run=UNEQUAL, layers=None, **changes):
    scaling = ScalingOptions(compare=compare)
    options = Options(layers=LayerOptions(scaling=scaling, **(layers or {})))
    settings = {"sigma": run.sigma, "tolerances": TIGHT, **changes}
    return run.setup(scaling=mode, options=options, **settings)


@cache
def fitted(mode, noise="given", *, compare=True, run=UNEQUAL):
    chosen = setup(mode, compare=compare, run=run, **NOISES[noise])
    return fit(measured(run), chosen)


def rows(result):
    return result.degeneracy.comparison


def chosen_of(result):
    """Return the one row that stands for the result."""
    (row,) = [r for r in rows(result) if r.chosen]
    return row


def check_is_the_result(row, result):
    assert row.values == {p.name: p.value for p in result.parameters}
    assert row.errors == {p.name: p.stderr for p in result.parameters}
    assert row.chi_squared == result.quality.chi_squared
    assert row.n_coefficients == result.scaling.n_coefficients
    assert row.converged


@pytest.mark.parametrize("noise", quick(NOISES, "too small", "robust"))
@pytest.mark.parametrize("mode", quick(MODES, F))
def test_the_result_is_one_of_them(mode, noise):
    result = fitted(mode, noise)
    assert [(r.mode, r.n_coefficients) for r in rows(result)] == list(COUNTS.items())
    chosen = chosen_of(result)
    assert chosen.mode == result.scaling.mode == mode
    check_is_the_result(chosen, result)


@pytest.mark.parametrize("noise", quick(NOISES, "too small", "robust"))
def test_the_others_are_what_a_fit_of_theirs_gives(noise):
    for row in rows(fitted(A, noise)):
        alone = fitted(Scaling(row.mode), noise, compare=False)
        there = {p.name: p.value for p in alone.parameters}
        sigma = {p.name: p.stderr for p in alone.parameters}
        for name, value in row.values.items():
            assert abs(value - there[name]) < 1e-3 * sigma[name]
        assert row.errors == pytest.approx(sigma, rel=1e-3)
        assert row.chi_squared == pytest.approx(alone.quality.chi_squared, rel=1e-6)


def bic(result, scatter):
    """Return BIC from a finished fit; a robust cost is a likelihood by itself."""
    count = N + result.scaling.n_coefficients
    return 2 * result.status.cost_final / scatter + count * np.log(
        result.input.n_points
    )


@pytest.mark.parametrize("noise", quick(NOISES, "too small", "robust"))
def test_differences_of_the_bic_are_those_of_separate_fits(noise):
    alone = [fitted(mode, noise, compare=False) for mode in MODES]
    scatter = 1.0
    if noise != "robust":
        freedom = alone[-1].input.n_points - N - COUNTS[I]
        scatter = alone[-1].quality.chi_squared / freedom
    expected = np.diff([bic(result, scatter) for result in alone])
    assert np.abs(expected).min() > 10
    found = np.diff([r.bic for r in rows(fitted(F, noise))])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_mode_that_biases_is_marked():
    admissible = [r.admissible for r in rows(fitted(I))]
    assert admissible == [False, False, True]
    alike = rows(fitted(A, run=scaled_run(0.3)))
    assert all(r.admissible for r in alike)
    assert min(alike, key=lambda r: r.bic).mode == "averaged"


BENT = {PENALISED: {"regularization": PENALTY}, "": {"shear_weighting": UNPOLISHED}}


@pytest.mark.parametrize("name", quick(BENT, PENALISED))
def test_a_bent_result_stands_beside_the_plain_fit_of_its_mode(name):
    result = fit(measured(UNEQUAL), setup(I, layers=BENT[name]))
    *plain, chosen = rows(result)
    assert chosen is chosen_of(result)
    assert chosen.mode == f"individual{name}"
    check_is_the_result(chosen, result)
    assert [r.mode for r in plain] == MODES
    for row, there in zip(plain, rows(fitted(I)), strict=True):
        assert row.values == pytest.approx(there.values, rel=1e-5)
        assert row.chi_squared == pytest.approx(there.chi_squared, rel=1e-8)
    assert chosen.chi_squared > plain[-1].chi_squared + 0.1


def test_a_frozen_scaling_has_a_row_of_its_own():
    result = fitted(C)
    *plain, chosen = rows(result)
    assert [r.mode for r in plain] == MODES
    assert (chosen.mode, chosen.n_coefficients) == ("constant", 0)
    assert chosen.chosen
    check_is_the_result(chosen, result)
    own = plain[-1]
    assert chosen.values == pytest.approx(own.values, rel=1e-4)
    assert all(chosen.errors[name] < own.errors[name] for name in own.errors)
    assert chosen.admissible


def test_too_few_angles_for_a_series_leave_two_rows():
    run = known("laminar-small")
    assert [r.mode for r in rows(fitted(I, run=run))] == [A, I]


def test_one_angle_has_one_mode():
    run = known("static-small")
    (row,) = rows(fitted(I, run=run))
    check_is_the_result(row, fitted(I, run=run))


@pytest.mark.parametrize("mode", quick([Scaling.AUTO, *MODES, C], Scaling.AUTO, A))
def test_asking_for_it_changes_nothing_else(mode):
    asked, alone = (fitted(mode, compare=c).degeneracy for c in (True, False))
    assert asked.comparison
    assert alone.comparison == ()
    assert asked.reason == alone.reason
    assert asked.tests == alone.tests
    assert asked.layers["scaling"] == alone.layers["scaling"]


@pytest.mark.parametrize("mode", quick([Scaling.AUTO, *MODES], Scaling.AUTO, A))
def test_a_comparison_that_is_stopped_leaves_nothing(mode):
    seen = []
    stopped = fit(
        measured(UNEQUAL),
        setup(mode),
        on_event=seen.append,
        cancelled=lambda: Phase.COMPARING in phases(seen),
    )
    whole, alone = fitted(mode), fitted(mode, compare=False)
    assert stopped.degeneracy.comparison == ()
    assert stopped.degeneracy.tests == alone.degeneracy.tests
    assert stopped.degeneracy.reason == alone.degeneracy.reason
    assert stopped.status == whole.status
    words = "The comparison of scaling modes was stopped."
    assert words in stopped.quality.warnings
    assert words not in whole.quality.warnings


def test_there_is_none_of_a_fit_that_did_not_converge():
    short = {"tolerances": Tolerances(max_iterations=1)}
    result, seen = watched(measured(UNEQUAL), setup(A, **short))
    assert result.status.reason == "max_iterations"
    assert rows(result) == ()
    assert Phase.COMPARING not in phases(seen)
