"""Simulated matrices: the model, its noise, and the statistics of speckles."""

import numpy as np
import pytest

from engine.conventions import Convention
from engine.data.noise import estimate_sigma
from engine.errors import OptionError
from engine.reference.dense import DenseModel
from engine.simulate import SimulationRequest, simulate
from engine.simulate.speckles import field_sign, speckle_c2

SMALL = {"n_frames": 60, "phi": (0.0, 50.0)}


def reference(request):
    model = DenseModel(
        model=request.spec.name,
        times=np.arange(request.n_frames) * request.dt,
        phi=np.array(request.phi),
        q=request.q,
        gap=request.gap,
        convention=request.convention,
    )
    theta = list(request.truth.values())
    return model.c2(theta, request.contrasts, request.offsets)


@pytest.mark.parametrize("convention", Convention)
@pytest.mark.parametrize("model", ["static", "laminar_flow"])
def test_without_noise_it_is_the_model(model, convention):
    request = SimulationRequest(model=model, convention=convention, noise=0, **SMALL)
    run = simulate(request)
    off = ~np.eye(60, dtype=bool)
    np.testing.assert_allclose(run.c2[:, off], reference(request)[:, off], atol=1e-6)


def test_noise_is_symmetric_independent_and_of_the_wanted_size():
    request = SimulationRequest(n_frames=200, phi=(0.0, 50.0), noise=0.05)
    run = simulate(request)
    np.testing.assert_array_equal(run.c2, np.swapaxes(run.c2, 1, 2))
    above = np.triu_indices(200, 1)
    first, second = (run.c2 - reference(request))[:, *above]
    for noise in (first, second):
        assert noise.std() == pytest.approx(0.05, rel=0.03)
        assert abs(noise.mean()) < 4 * 0.05 / np.sqrt(noise.size)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(first.size)
    assert estimate_sigma(run, [0, 1]) == pytest.approx(0.05, rel=0.03)


def test_diagonal_stands_out_as_in_a_measurement():
    run = simulate(SimulationRequest(noise=0, **SMALL))
    diagonal = np.diagonal(run.c2, axis1=1, axis2=2)
    beside = np.diagonal(run.c2, offset=1, axis1=1, axis2=2)
    assert (diagonal[:, 1:] - beside > 0.4).all()


def test_seed_decides():
    one, same, other = (
        simulate(SimulationRequest(seed=s, **SMALL)).c2 for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_run_as_a_reader_returns_it():
    run = simulate(SimulationRequest(n_frames=20, phi=(0.0, 270.0), dt=0.5))
    assert run.phi.tolist() == [0, -90]
    assert (run.q, run.dt, run.first_frame, run.n_frames_file) == (0.0054, 0.5, 1, 20)
    assert run.c2.dtype == np.float32
    assert not run.c2.flags.writeable


class TestSpeckles:
    def test_mean_over_many_is_the_model(self):
        """One angle at a strain where g1 changes its sign several times."""
        request = SimulationRequest(
            n_frames=40,
            phi=(0.0,),
            values={"gamma_dot_t0": 0.02, "D0": 1000.0},
            speckles=20_000,
            contrast=(0.5,),
            offset=(1.02,),
        )
        expected = reference(request)[0]
        assert np.count_nonzero(np.diff(np.sign(np.diff(expected[0]))) != 0) >= 3
        c2 = simulate(request).c2[0]
        above = np.triu_indices(40, 1)
        error = c2[above] - expected[above]
        # A pixel of contrast 0.5 scatters by about 0.5 √(1 + 4 g² + g⁴ …) / √speckles.
        assert np.abs(error).max() < 6 * 0.5 * 3 / np.sqrt(20_000)
        assert error.std() < 0.5 * 2 / np.sqrt(20_000)

    @pytest.mark.parametrize("convention", Convention)
    def test_every_convention_has_a_field(self, convention):
        request = SimulationRequest(convention=convention, speckles=50, n_frames=300)
        assert np.isfinite(simulate(request).c2).all()

    def test_scatter_falls_with_the_number_of_speckles(self):
        def scatter(count):
            request = SimulationRequest(model="static", speckles=count, **SMALL)
            above = np.triu_indices(60, 20)
            return (simulate(request).c2 - reference(request))[:, *above].std()

        assert scatter(200) / scatter(3200) == pytest.approx(4, rel=0.4)

    def test_pixels_that_share_a_frame_are_correlated(self):
        """Unlike independent noise; over many seeds, far from the diagonal."""

        def pixels(**noise):
            values = []
            for seed in range(150):
                request = SimulationRequest(
                    model="static", n_frames=12, phi=(0.0,), seed=seed, **noise
                )
                c2 = simulate(request).c2[0]
                values.append((c2[0, 10], c2[1, 10]))
            return np.corrcoef(np.array(values).T)[0, 1]

        assert pixels(speckles=100) > 0.5
        assert abs(pixels(noise=0.02)) < 0.3

    def test_correlation_that_no_field_has(self):
        g1 = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
        with pytest.raises(OptionError, match="--noise"):
            speckle_c2(g1, 10, np.random.default_rng(0))

    def test_frozen_and_unrelated_fields(self):
        rng = np.random.default_rng(0)
        frozen = speckle_c2(np.ones((4, 4)), 5000, rng)
        np.testing.assert_allclose(frozen, frozen[0, 0], rtol=1e-2)
        assert frozen[0, 1] == pytest.approx(2, abs=0.2)
        unrelated = speckle_c2(np.eye(4), 5000, rng)
        np.testing.assert_allclose(unrelated, 1 + np.eye(4), atol=0.2)

    def test_sign_of_the_field(self):
        """Constant shear: sin(A)/A is negative where A is in (π, 2π)."""
        times = np.arange(30) * 0.1
        values = {
            "gamma_dot_t0": 0.01,
            "beta": 0.0,
            "gamma_dot_t_offset": 0.0,
            "phi0": 10.0,
        }
        geometry = {"q": 0.005, "gap": 2e6, "phi": 70.0}
        sign = field_sign(values, Convention.LITERATURE, times, **geometry)
        argument = 0.5 * 0.005 * 2e6 * 0.5 * 0.01 * 0.1 * np.arange(30)
        expected = np.where(np.sin(argument) * argument < 0, -1, 1)
        np.testing.assert_array_equal(sign[0], expected)
        assert (sign < 0).any()
        np.testing.assert_array_equal(sign, sign.T)
        for convention in (Convention.LEGACY, Convention.HOMODYNE2):
            assert (field_sign(values, convention, times, **geometry) == 1).all()
