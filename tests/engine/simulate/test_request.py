"""What may be simulated, and what the defaults are."""

import numpy as np
import pytest

from engine.conventions import Convention
from engine.errors import OptionError
from engine.simulate import SimulationRequest


def test_default_is_the_benchmark_run():
    """Whose truth is written in the convention homodyne2."""
    request = SimulationRequest(convention=Convention.HOMODYNE2)
    assert list(request.truth.values()) == [6000, -0.35, 300, 2e-3, -0.3, 1e-4, 4]
    np.testing.assert_allclose(request.contrasts, [0.318, 0.3217, 0.3], atol=5e-5)
    np.testing.assert_allclose(request.offsets, [0.997, 1.0028, 1.007], atol=5e-5)
    assert (request.q, request.gap, request.dt, request.n_frames) == (
        0.0054,
        2e6,
        0.1,
        1002,
    )


@pytest.mark.parametrize(
    ("convention", "factor"),
    [
        # sinc² (A) and sinc⁴(A/π) agree to second order for 1/3 = 2/3 · (k/π)²
        (Convention.LITERATURE, np.sqrt(2) / np.pi),
        (Convention.LEGACY, 1 / np.pi),
    ],
)
def test_default_shear_rates_are_those_of_the_convention(convention, factor):
    truth = SimulationRequest(convention=convention).truth
    assert truth["gamma_dot_t0"] == pytest.approx(2e-3 * factor)
    assert truth["gamma_dot_t_offset"] == pytest.approx(1e-4 * factor)
    assert truth["beta"] == -0.3


def test_static_model_has_three_parameters():
    request = SimulationRequest(model="static_isotropic")
    assert request.truth == {"D0": 6000, "alpha": -0.35, "D_offset": 300}


def test_given_values_replace_defaults_under_any_alias():
    truth = SimulationRequest(values={"D0": 1.0, "gamma_dot_0": 0.5}).truth
    assert (truth["D0"], truth["gamma_dot_t0"]) == (1.0, 0.5)
    assert truth["alpha"] == -0.35


def test_one_contrast_for_all():
    request = SimulationRequest(contrast=(0.2,), offset=(1.1, 1.2, 1.3))
    assert request.contrasts == (0.2, 0.2, 0.2)
    assert request.offsets == (1.1, 1.2, 1.3)


def test_angles_are_normalised():
    assert SimulationRequest(phi=(0, 270, -180)).angles == (0, -90, 180)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"values": {"speed": 1.0}}, "unknown parameter 'speed'"),
        ({"values": {"D0": float("nan")}}, "not a finite number"),
        ({"model": "static", "values": {"beta": 1.0}}, "unknown parameter 'beta'"),
        ({"model": "heterodyne"}, "cannot be fitted yet"),
        ({"layout": "hdf9"}, "expected aps_old, aps_u, nexus, array"),
        ({"phi": ()}, "--phi"),
        ({"phi": (0.0, float("inf"))}, "not a finite number"),
        ({"contrast": (0.1, 0.2)}, "contrast has 2 values for 3 angles"),
        ({"offset": (1, 1, 1, 1)}, "offset has 4 values"),
        ({"n_frames": 7}, "frames is 7; expected a number of at least 8"),
        ({"noise": -0.1}, "noise is -0.1"),
        ({"noise": float("nan")}, "noise is nan"),
        ({"speckles": 1}, "speckles is 1"),
        ({"seed": -1}, "seed is -1"),
        ({"q": 0.0}, "q is 0.0; expected a number above 0"),
        ({"dt": float("inf")}, "dt is inf"),
        ({"gap": -1.0}, "gap is -1.0"),
    ],
)
def test_impossible(changes, words):
    with pytest.raises(OptionError, match=words):
        SimulationRequest(**changes)
