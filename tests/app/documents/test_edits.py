import math
from dataclasses import replace

import pytest

from app.documents.angles import flow_information, selected_angles
from app.documents.edits import (
    with_all_angles,
    with_angle,
    with_convention,
    with_fitted_values,
    with_model,
    with_parameter,
    with_ranges,
)
from engine.conventions import Convention
from engine.errors import ParameterError
from engine.setup import PhiRange
from tests.app.fakes import PHI, make_data, make_result, make_setup


def test_a_typed_start_value_ends_estimating_but_fixing_does_not():
    setup = replace(make_setup(), start_given=False)
    d0 = setup.parameters["D0"]
    assert with_parameter(setup, replace(d0, value=2000.0)).start_given
    assert not with_parameter(setup, replace(d0, fixed=True)).start_given


def test_changing_the_model_and_back_keeps_common_parameters():
    setup = make_setup()
    changed = setup.parameters.replaced(replace(setup.parameters["D0"], value=4321.0))
    setup = replace(setup, parameters=changed)
    static = with_model(setup, "static")
    assert static.parameters.names == ("D0", "alpha", "D_offset")
    back = with_model(static, "laminar_flow")
    assert back.parameters["D0"].value == 4321.0


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        (Convention.LEGACY, Convention.HOMODYNE2, math.pi),
        (Convention.LITERATURE, Convention.LEGACY, 1 / math.sqrt(2)),
    ],
)
def test_converting_rescales_rates_and_bounds(source, target, factor):
    setup = replace(make_setup(), convention=source)
    changed = with_convention(setup, target, convert=True)
    before, after = setup.parameters, changed.parameters
    for field in ("value", "lower", "upper"):
        old = getattr(before["gamma_dot_t0"], field)
        assert getattr(after["gamma_dot_t0"], field) == pytest.approx(old * factor)
    assert after["phi0"] == before["phi0"]
    kept = with_convention(setup, target, convert=False)
    assert kept.parameters == before
    assert kept.convention is target


def test_adopting_takes_values_and_nothing_else():
    setup = make_setup()
    result = make_result(setup, make_data())
    adopted = with_fitted_values(setup, result)
    assert adopted.parameters["D0"].value == result.values["D0"]
    assert adopted.parameters["D0"].lower == setup.parameters["D0"].lower


def test_adopting_beyond_the_bounds_is_refused():
    setup = make_setup()
    result = make_result(setup, make_data(), shift=1e9)
    with pytest.raises(ParameterError, match="outside its bounds"):
        with_fitted_values(setup, result)


def test_adopting_a_fit_of_another_convention_converts_it():
    setup = make_setup()
    result = make_result(setup, make_data())
    other = replace(setup, convention=Convention.LEGACY)
    adopted = with_fitted_values(other, result)
    expected = result.values["gamma_dot_t0"] / math.sqrt(2)
    assert adopted.parameters["gamma_dot_t0"].value == pytest.approx(expected)


def test_angles_are_switched_off_and_on_again():
    setup = make_setup()
    everything = selected_angles(PHI, setup)
    assert everything == (True,) * 4
    without = with_angle(setup, PHI, everything, 2)
    assert selected_angles(PHI, without) == (True, True, False, True)
    again = with_angle(without, PHI, selected_angles(PHI, without), 2)
    assert selected_angles(PHI, again) == everything


def test_an_angle_outside_the_ranges_gets_a_range_of_its_own():
    setup = with_ranges(make_setup(), [PhiRange(-10, 10)])
    assert selected_angles(PHI, setup) == (True, True, False, False)
    more = with_angle(setup, PHI, selected_angles(PHI, setup), 3)
    assert selected_angles(PHI, more) == (True, True, False, True)
    assert selected_angles(PHI, with_all_angles(more)) == (True,) * 4


def test_no_angle_is_a_state_not_an_error():
    setup = with_ranges(make_setup(), [PhiRange(100, 110)])
    assert selected_angles(PHI, setup) == (False,) * 4


def test_information_on_flow_is_largest_along_it():
    setup = make_setup()
    assert flow_information(4.0, setup, 4.0) == pytest.approx(1.0)
    assert flow_information(94.0, setup, 4.0) == pytest.approx(0.0)
    assert flow_information(4.0, make_setup("static"), 4.0) is None
