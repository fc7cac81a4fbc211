from dataclasses import replace

import pytest

from app.documents.degeneracy_edits import (
    layer_edit_title,
    remedy_value,
    with_comparison,
    with_layer_option,
    with_remedy,
)
from app.documents.edits import with_convention
from engine.conventions import Convention, conversion
from engine.degeneracy import Remedy
from engine.errors import OptionError, ParameterError
from engine.layer_options import CollapseResponse, LayerOptions
from engine.parameters import Tie
from tests.app.degeneracy_records import REMEDY
from tests.app.fakes import make_data, make_result, make_setup


@pytest.fixture
def setup():
    return make_setup()


@pytest.fixture
def result(setup):
    return make_result(setup, make_data())


def fixed(setup, name, value):
    changed = replace(setup.parameters[name], value=value, fixed=True)
    return replace(setup, parameters=setup.parameters.replaced(changed))


def test_a_remedy_fixes_one_parameter_and_leaves_given_start_values(setup, result):
    changed = with_remedy(setup, result, replace(REMEDY, value=5.0))
    p = changed.parameters["D_offset"]
    assert (p.value, p.fixed) == (5.0, True)
    assert changed.start_given
    assert changed.parameters.replaced(setup.parameters["D_offset"]) == setup.parameters
    assert changed.options == setup.options


def test_placeholders_become_the_values_of_the_fit(setup, result):
    changed = with_remedy(replace(setup, start_given=False), result, REMEDY)
    assert changed.start_given
    assert changed.parameters["D0"].value == result.values["D0"] == 1250.0
    assert changed.parameters["D_offset"].value == 0.0


def test_a_second_remedy_keeps_the_first(setup, result):
    other = replace(REMEDY, name="gamma_dot_t_offset")
    changed = with_remedy(with_remedy(setup, result, REMEDY), result, other)
    assert {p.name for p in changed.parameters if p.fixed} == {
        "D_offset",
        "gamma_dot_t_offset",
    }


def test_a_shear_rate_is_fixed_in_the_convention_of_the_set_up(setup, result):
    remedy = Remedy(
        name="gamma_dot_t0", value=0.002, chi_squared_rise=1.0, stderr_after={}
    )
    legacy = with_convention(setup, Convention.LEGACY, convert=False)
    factor = conversion(Convention.LITERATURE, Convention.LEGACY).factor
    assert factor != 1.0
    assert remedy_value(legacy, result, remedy) == 0.002 * factor
    assert remedy_value(setup, result, remedy) == 0.002
    assert remedy_value(legacy, result, REMEDY) == REMEDY.value
    changed = with_remedy(legacy, result, remedy)
    assert changed.parameters["gamma_dot_t0"].value == 0.002 * factor


def test_a_comparison_starts_from_the_fit_and_keeps_what_is_fixed(setup, result):
    before = fixed(setup, "D_offset", 7.0)
    changed = with_comparison(before, result)
    assert changed.options.layers.scaling.compare
    assert not before.options.layers.scaling.compare
    assert changed.parameters["D0"].value == 1250.0
    assert changed.parameters["D_offset"] == before.parameters["D_offset"]
    assert changed.start_given


def test_a_comparison_keeps_ties(setup, result):
    tied = replace(setup.parameters["beta"], tie=Tie(to="alpha"))
    before = replace(setup, parameters=setup.parameters.replaced(tied))
    assert with_comparison(before, result).parameters["beta"] == tied


def test_a_fit_outside_the_bounds_of_the_set_up_is_refused(setup, result):
    narrow = replace(setup.parameters["D0"], upper=1100.0)
    narrowed = replace(setup, parameters=setup.parameters.replaced(narrow))
    with pytest.raises(ParameterError, match="outside its bounds"):
        with_comparison(narrowed, result)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("enable", False, False),
        ("scaling.fourier_order", 3.0, 3),
        ("hierarchical.enable", False, False),
        ("hierarchical.max_outer_iterations", 12.0, 12),
        ("hierarchical.outer_tolerance", 1e-4, 1e-4),
        ("regularization.strength", 2.5, 2.5),
        ("regularization.strength", None, None),
        ("regularization.target_cv", 0.2, 0.2),
        ("monitor.response", CollapseResponse.ABORT, CollapseResponse.ABORT),
        ("monitor.consecutive_triggers", 2.0, 2),
        ("shear_weighting.min_weight", 0.0, 0.0),
        ("shear_weighting.min_weight", 1.0, 1.0),
        ("shear_weighting.update_frequency", 50.0, 50),
    ],
)
def test_an_option_is_replaced_and_nothing_else(setup, path, value, expected):
    changed = with_layer_option(setup, path, value)
    layers = changed.options.layers
    layer, _, name = path.rpartition(".")
    found = getattr(getattr(layers, layer) if layer else layers, name)
    assert found == expected
    assert type(found) is type(expected)
    default = LayerOptions()
    if layer:
        restored = replace(
            layers,
            **{
                layer: replace(
                    getattr(layers, layer),
                    **{name: getattr(getattr(default, layer), name)},
                )
            },
        )
    else:
        restored = replace(layers, **{name: getattr(default, name)})
    assert replace(changed.options, layers=restored) == setup.options


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("scaling.fourier_order", 0.0, "Fourier order is 0; expected a whole number"),
        ("scaling.fourier_order", 1.5, "is 1.5; expected a whole number above 0"),
        ("hierarchical.max_outer_iterations", -1.0, "a whole number above 0"),
        ("hierarchical.outer_tolerance", 0.0, "tolerance is 0; expected a number abov"),
        ("regularization.strength", -2.0, "λ of the penalty is -2; expected a number"),
        ("regularization.target_cv", 1.0, "above 0 and below 1"),
        ("monitor.ratio_threshold", 0.0, "a number above 0"),
        ("monitor.consecutive_triggers", 2.5, "a whole number above 0"),
        ("shear_weighting.alpha", 0.0, "a number above 0"),
        ("shear_weighting.min_weight", 1.1, "a number from 0 to 1"),
        ("shear_weighting.min_weight", -0.1, "a number from 0 to 1"),
        ("shear_weighting.alpha", float("inf"), "is inf; expected a number above 0"),
    ],
)
def test_impossible_options_are_refused(setup, path, value, expected):
    with pytest.raises(OptionError, match=expected):
        with_layer_option(setup, path, value)


def test_an_emptied_field_is_the_default(setup):
    changed = with_layer_option(setup, "monitor.ratio_threshold", 0.5)
    again = with_layer_option(changed, "monitor.ratio_threshold", None)
    assert again == setup


def test_undo_names_the_layer():
    assert layer_edit_title("regularization.mode") == "Change CV penalty"
    assert layer_edit_title("enable") == "Switch the layers"
