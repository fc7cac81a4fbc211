"""Errors of the coefficients: against a plain inverse, and where there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fit.covariance import at_bounds, uncertainties, without_errors
from engine.fit.null_space import NullDirection, sparsest

NAMES = ("a", "b", "c")
WIDE = (np.full(3, -10.0), np.full(3, 10.0))


def normal_matrix(columns, scales=(1.0, 1e-4, 1e6)):
    jacobian = np.random.default_rng(3).normal(size=(50, 3)) @ columns * scales
    return jacobian.T @ jacobian


def test_covariance_is_the_scaled_inverse():
    hessian = normal_matrix(np.eye(3))
    found = uncertainties(np.zeros(3), hessian, WIDE, NAMES, 2.5)
    expected = 2.5 * np.linalg.inv(hessian)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-9)
    np.testing.assert_allclose(found.stderr, np.sqrt(np.diag(expected)), rtol=1e-9)
    assert found.names == NAMES
    assert not found.undetermined.any()


def test_a_coefficient_at_its_bound_is_left_out():
    hessian = normal_matrix(np.eye(3))
    found = uncertainties(np.array([0.0, 10.0, 0.0]), hessian, WIDE, NAMES, 1.0)
    inner = np.linalg.inv(hessian[np.ix_([0, 2], [0, 2])])
    assert found.names == ("a", "c")
    assert np.isnan(found.stderr[1])
    np.testing.assert_allclose(found.stderr[[0, 2]] ** 2, np.diag(inner), rtol=1e-9)


def test_what_only_a_sum_determines_has_no_error_and_no_correlation():
    """Columns a and b are proportional: their difference is not measured."""
    columns = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    found = uncertainties(np.zeros(3), normal_matrix(columns), WIDE, NAMES, 1.0)
    np.testing.assert_array_equal(found.undetermined, [True, True, False])
    assert np.isnan(found.stderr[:2]).all()
    assert np.isfinite(found.stderr[2])
    assert np.isnan(found.correlation[0, 1])
    assert np.isnan(found.correlation[0, 2])
    assert found.condition_number == np.inf


def from_jacobian(jacobian, names, scale=1.0, **options):
    n = jacobian.shape[1]
    wide = (np.full(n, -1e9), np.full(n, 1e9))
    return uncertainties(
        np.zeros(n), jacobian.T @ jacobian, wide, tuple(names), scale, **options
    )


def columns_of(n_rows=60, n_columns=4, seed=5):
    return np.random.default_rng(seed).normal(size=(n_rows, n_columns))


class TestLostDirections:
    """What the data leave open is named, and nothing is printed in its place."""

    def test_a_regular_matrix_loses_nothing(self):
        found = from_jacobian(columns_of(), "abcd")
        assert not found.singular
        assert found.lost == ()

    @pytest.mark.parametrize(
        ("factor", "text"),
        [
            (1.0, "only a + b"),
            (-1.0, "only a − b"),
            (2e-5, "only a + 2e-05·b"),
            (-250.0, "only a − 250·b"),
        ],
    )
    def test_the_combination_that_is_determined(self, factor, text):
        """The model depends on a + factor · b alone, whatever the units."""
        a, c = columns_of(n_columns=2).T
        found = from_jacobian(np.stack([a, factor * a, c], axis=1), "abc")
        assert found.singular
        assert [d.determined for d in found.lost] == [text]
        np.testing.assert_array_equal(found.undetermined, [True, True, False])
        np.testing.assert_allclose(found.stderr[2], 1 / np.linalg.norm(c), rtol=0.05)

    def test_no_number_stands_where_there_is_none(self):
        a, c = columns_of(n_columns=2).T
        found = from_jacobian(np.stack([a, a, c], axis=1), "abc", scale=2.0)
        assert np.isnan(found.stderr[:2]).all()
        assert np.isnan(found.covariance[:2]).all()
        assert np.isnan(found.covariance[:, :2]).all()
        assert found.covariance[2, 2] == pytest.approx(found.stderr[2] ** 2)
        assert found.condition_number == np.inf

    def test_two_pairs_are_told_apart(self):
        a, b = columns_of(n_columns=2).T
        found = from_jacobian(np.stack([a, b, 3 * a, -2 * b], axis=1), "abcd")
        texts = {d.determined for d in found.lost}
        assert texts == {"only a + 3·c", "only b − 2·d"}
        assert found.undetermined.all()

    def test_a_dead_coefficient_has_no_influence(self):
        jacobian = columns_of(n_columns=3)
        jacobian[:, 1] = 0.0
        found = from_jacobian(jacobian, "abc")
        assert [d.sentence for d in found.lost] == ["b has no influence on the fit."]
        np.testing.assert_array_equal(found.undetermined, [False, True, False])
        assert np.isfinite(found.stderr[[0, 2]]).all()

    def test_of_three_the_step_that_changes_nothing_is_told(self):
        a, b = columns_of(n_columns=2).T
        jacobian = np.stack([a, b, a + 2 * b], axis=1)
        found = from_jacobian(jacobian, ["D0", "alpha", "D_offset"])
        (direction,) = found.lost
        assert direction.names == ("D0", "alpha", "D_offset")
        np.testing.assert_allclose(jacobian @ direction.step, 0, atol=1e-9)
        assert "1 : 2 : −1" in direction.sentence

    @pytest.mark.parametrize("n", [4, 30, 60])
    def test_small_shares_of_many_are_seen(self, n):
        """The last column is the sum of all others, each with little weight in it."""
        jacobian = columns_of(n_rows=90, n_columns=n)
        jacobian[:, -1] = jacobian[:, :-1].sum(axis=1)
        found = from_jacobian(jacobian, [f"c{k}" for k in range(n)])
        assert len(found.lost) == 1
        assert found.undetermined.all()
        assert len(found.lost[0].sentence) < 120

    def test_everything_dead(self):
        found = from_jacobian(np.zeros((5, 3)), "abc")
        assert found.undetermined.all()
        assert np.isnan(found.covariance).all()
        assert len(found.lost) == 3

    def test_nothing_to_fit(self):
        found = from_jacobian(np.zeros((5, 0)), "")
        assert (len(found.stderr), found.singular) == (0, False)
        assert found.condition_number == 1.0

    @pytest.mark.parametrize(("size", "lost"), [(1e-4, False), (1e-8, True)])
    def test_what_is_lost_in_rounding_is_lost(self, size, lost):
        """Eigenvalues of the scaled matrix below 10⁻¹² of the largest."""
        a, b = columns_of(n_columns=2).T
        found = from_jacobian(np.stack([a, a + size * b], axis=1), "ab")
        assert found.singular == lost
        assert np.isfinite(found.stderr).all() != lost

    @given(st.integers(0, 10_000), st.integers(0, 3), st.integers(4, 7))
    def test_lost_directions_do_change_nothing(self, seed, rank_lost, n):
        rng = np.random.default_rng(seed)
        scales = 10.0 ** rng.uniform(-4, 4, n)
        kept = rng.normal(size=(40, n - rank_lost))
        mixing = np.hstack(
            [np.eye(n - rank_lost), rng.normal(size=(n - rank_lost, rank_lost))]
        )
        scaled = kept @ mixing
        found = from_jacobian(scaled * scales, [f"c{k}" for k in range(n)])
        assert len(found.lost) == rank_lost
        determined = ~found.undetermined
        np.testing.assert_array_equal(np.isfinite(found.stderr), determined)
        assert (found.stderr[determined] > 0).all()

    def test_what_else_has_no_error_keeps_its_covariance(self):
        found = from_jacobian(columns_of(), "abcd")
        less = without_errors(found, np.array([True, False, False, False]))
        assert np.isnan(less.stderr[0])
        np.testing.assert_array_equal(less.covariance, found.covariance)


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_the_sparsest_basis_spans_the_same_space(seed, k):
    null = np.linalg.qr(np.random.default_rng(seed).normal(size=(7, k)))[0]
    sparse = sparsest(null)
    projector = null @ null.T
    np.testing.assert_allclose(projector @ sparse, sparse, atol=1e-7)
    assert np.linalg.matrix_rank(sparse) == k


def test_units_are_changed_throughout():
    """The covariance of x = 2⁻ⁿ-scaled z, made twice."""
    a, b, c = columns_of(n_columns=3).T
    jacobian = np.stack([a, 3 * a, b, c], axis=1)
    units = np.array([10.0, 0.5, 1e3, 2.0])
    x = np.array([0.0, 0.0, 1e6, 0.0])
    lower, upper = np.full(4, -1e6), np.full(4, 1e6)
    gradient = np.array([0.0, 0.0, -0.3, 0.0])
    direct = uncertainties(
        x, jacobian.T @ jacobian, (lower, upper), tuple("abcd"), 2.0, gradient
    )
    scaled = jacobian * units
    through = uncertainties(
        x / units,
        scaled.T @ scaled,
        (lower / units, upper / units),
        tuple("abcd"),
        2.0,
        gradient * units,
    ).in_units(units)
    for name in ("stderr", "covariance", "one_sided", "undetermined", "at_bound"):
        np.testing.assert_allclose(
            getattr(through, name), getattr(direct, name), rtol=1e-9, err_msg=name
        )
    assert [d.determined for d in direct.lost] == ["only a + 3·b"]
    assert [d.determined for d in through.lost] == ["only a + 3·b"]


class TestOneSided:
    """How far from its bound χ² has risen by s², the others following."""

    @pytest.mark.parametrize("side", [-1, 1])
    @pytest.mark.parametrize("slope", [0.0, 0.4, 50.0])
    def test_against_the_profile_of_the_cost(self, side, slope):
        jacobian, scale = columns_of(n_columns=3), 1.7
        hessian = jacobian.T @ jacobian
        x = np.array([0.0, 10.0 * side, 0.0])
        gradient = np.array([0.0, -side * slope, 0.0])
        found = uncertainties(x, hessian, WIDE, NAMES, scale, gradient)
        d = found.one_sided[1]
        step = -side * d
        others = -np.linalg.solve(
            hessian[np.ix_([0, 2], [0, 2])], hessian[[0, 2], 1] * step
        )
        moved = np.array([others[0], step, others[1]])
        rise = 2 * gradient @ moved + moved @ hessian @ moved
        assert rise == pytest.approx(scale)
        assert d > 0
        assert np.isnan(found.one_sided[[0, 2]]).all()
        assert np.isnan(found.stderr[1])

    def test_unknown_without_a_gradient(self):
        x = np.array([0.0, 10.0, 0.0])
        found = uncertainties(x, normal_matrix(np.eye(3)), WIDE, NAMES, 1.0)
        assert np.isnan(found.one_sided).all()

    def test_unknown_where_the_cost_does_not_rise(self):
        hessian = np.diag([1.0, 0.0, 1.0])
        x = np.array([0.0, 10.0, 0.0])
        found = uncertainties(x, hessian, WIDE, NAMES, 1.0, np.zeros(3))
        assert np.isnan(found.one_sided[1])


def test_a_direction_in_other_units():
    direction = NullDirection(("a", "b"), (1.0, -2.0))
    changed = direction.in_units({"a": 10.0, "b": 5.0})
    assert changed.step == (1.0, -1.0)
    assert changed.determined == "only a + b"


@pytest.mark.parametrize(
    ("value", "expected"), [(10.0, True), (10.0 - 1e-9, True), (9.99, False)]
)
def test_at_bounds(value, expected):
    assert (
        at_bounds(np.array([value]), (np.array([-10.0]), np.array([10.0]))) == expected
    )


def test_the_tolerance_of_a_bound_may_be_wider():
    near, bounds = np.array([9.99]), (np.array([-10.0]), np.array([10.0]))
    assert not at_bounds(near, bounds)[0]
    assert at_bounds(near, bounds, 1e-3)[0]
    found = uncertainties(near, np.eye(1), bounds, ("a",), 1.0, tolerance=1e-3)
    assert found.at_bound[0]


def test_nothing_is_at_a_bound_that_is_not_there():
    infinite = (np.array([-np.inf]), np.array([np.inf]))
    assert not at_bounds(np.zeros(1), infinite)[0]
