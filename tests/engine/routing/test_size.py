"""How many coefficients are really fitted, against the maps of the scaling modes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.layer_options import LayerOptions, ScalingOptions
from engine.models.specs import LAMINAR_FLOW, STATIC
from engine.options import Options
from engine.parameters import Tie
from engine.routing.size import effective_coefficients, run_size
from engine.scaling.maps import averaged, frozen, individual
from engine.setup import Masks, Scaling, Setup

BOUNDS = (0.0, 1.0), (0.5, 1.5)


def setup(spec=LAMINAR_FLOW, fixed=(), tied=(), **changes):
    parameters = spec.default_parameters()
    for name in fixed:
        parameters = parameters.replaced(replace(parameters[name], fixed=True))
    for name in tied:
        parameters = parameters.replaced(replace(parameters[name], tie=Tie(to="D0")))
    return Setup(model=spec.name, parameters=parameters, **changes)


@pytest.mark.parametrize("n_angles", [1, 3, 23])
@pytest.mark.parametrize(
    ("scaling", "build"),
    [
        (Scaling.AUTO, lambda phi: individual(phi, *BOUNDS)),
        (Scaling.INDIVIDUAL, lambda phi: individual(phi, *BOUNDS)),
        (Scaling.AVERAGED, lambda phi: averaged(phi, *BOUNDS)),
        (Scaling.CONSTANT, lambda phi: frozen(Scaling.CONSTANT, phi, phi)),
        (Scaling.FIXED_CONSTANT, lambda phi: frozen(Scaling.FIXED_CONSTANT, phi, phi)),
    ],
)
def test_as_many_as_the_map_of_the_mode_has(n_angles, scaling, build):
    phi = np.linspace(0, 90, n_angles)
    expected = 7 + build(phi).n_coefficients
    assert effective_coefficients(setup(scaling=scaling), n_angles) == expected


@pytest.mark.parametrize(("n_angles", "expected"), [(1, 2), (4, 8), (5, 10), (23, 10)])
def test_a_fourier_series_is_never_longer_than_a_pair_for_each_angle(
    n_angles, expected
):
    scaled = setup(STATIC, scaling=Scaling.FOURIER)
    assert effective_coefficients(scaled, n_angles) == 3 + expected


@pytest.mark.parametrize(("order", "expected"), [(1, 6), (3, 14), (11, 46), (12, 46)])
def test_the_order_of_the_series_is_the_one_asked_for(order, expected):
    layers = LayerOptions(scaling=ScalingOptions(fourier_order=order))
    scaled = setup(STATIC, scaling=Scaling.FOURIER, options=Options(layers=layers))
    assert effective_coefficients(scaled, 23) == 3 + expected


def test_fixed_and_tied_parameters_are_left_out():
    free = setup(fixed=("alpha", "phi0"), tied=("D_offset",), scaling=Scaling.AVERAGED)
    assert effective_coefficients(free, 23) == 7 - 3 + 2


def test_size_of_a_run():
    given = setup(drop_first_frame=False, sigma=0.02)
    size = run_size(5, 1001, 3, given)
    assert (size.n_matrices, size.n_frames, size.n_angles) == (5, 1001, 3)
    assert size.n_coefficients == 13
    assert size.n_fitted == 1001
    assert (size.sigma_arrays, size.masked) == (0, False)


def test_what_is_left_out_and_what_comes_with_it():
    given = setup(sigma=Path("sigma.npy"), masks=Masks(frames=((3, 9),)))
    size = run_size(5, 1001, 3, given)
    assert size.n_fitted == 1000
    assert (size.sigma_arrays, size.masked) == (5, True)
