"""Who says how much memory a fit may use, and that nonsense is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import OptionError
from engine.machine import MemoryLimit, memory_limit
from engine.options import MemoryOptions
from engine.routing.threshold import FRACTION_VARIABLE, memory_threshold

TOTAL = MemoryLimit(25.3, "the memory of this machine")


def threshold(environment=None, **options):
    return memory_threshold(
        MemoryOptions(**options), total=TOTAL, environment=environment or {}
    )


@pytest.mark.parametrize(
    ("options", "environment", "gb", "source"),
    [
        ({}, {}, 0.75 * 25.3, "0.75 of 25.3 GB (the memory of this machine)"),
        (
            {},
            {FRACTION_VARIABLE: "0.2"},
            0.2 * 25.3,
            "0.2 (NLSQ_MEMORY_FRACTION) of 25.3 GB (the memory of this machine)",
        ),
        (
            {"fraction": 0.5},
            {FRACTION_VARIABLE: "0.2"},
            0.5 * 25.3,
            "0.5 (memory_fraction) of 25.3 GB (the memory of this machine)",
        ),
        (
            {"fraction": 0.5, "threshold_gb": 3.0},
            {FRACTION_VARIABLE: "0.2"},
            3.0,
            "memory_threshold_gb",
        ),
        # An empty variable is one that is not set.
        ({}, {FRACTION_VARIABLE: " "}, 0.75 * 25.3, None),
        ({}, {FRACTION_VARIABLE: " 0.9 "}, 0.9 * 25.3, None),
        ({}, {FRACTION_VARIABLE: "0.1"}, 0.1 * 25.3, None),
    ],
)
def test_precedence(options, environment, gb, source):
    found = threshold(environment, **options)
    assert found.gb == pytest.approx(gb)
    assert source is None or found.source == source


@pytest.mark.parametrize("text", ["0.95", "0.05", "75%", "nan", "inf", "-0.5", "half"])
def test_a_fraction_that_cannot_be_names_the_variable(text):
    with pytest.raises(OptionError, match=FRACTION_VARIABLE) as caught:
        threshold({FRACTION_VARIABLE: text})
    assert repr(text) in str(caught.value)
    assert "0.1 to 0.9" in str(caught.value)


@pytest.mark.parametrize("options", [{"fraction": 0.5}, {"threshold_gb": 2.0}])
def test_what_goes_first_makes_a_wrong_variable_harmless(options):
    threshold({FRACTION_VARIABLE: "nonsense"}, **options)


@pytest.mark.parametrize("fraction", [0.05, 0.95, float("nan"), -1.0])
def test_a_configured_fraction_that_cannot_be_names_its_key(fraction):
    with pytest.raises(OptionError, match="memory_fraction"):
        MemoryOptions(fraction=fraction)


def test_a_limit_of_a_container_is_said():
    limit = MemoryLimit(4.0, "the limit of this container or job")
    found = memory_threshold(MemoryOptions(), total=limit, environment={})
    assert found.gb == 3.0
    assert "4 GB (the limit of this container or job)" in found.source


def test_without_a_total_the_machine_is_asked():
    found = memory_threshold(MemoryOptions(fraction=0.5), environment={})
    assert found.gb == pytest.approx(0.5 * memory_limit().gb)


@given(st.floats(0.1, 0.9), st.floats(0.5, 4096))
def test_every_fraction_in_range_is_that_part(fraction, total):
    limit = MemoryLimit(total, "a test")
    given_here = MemoryOptions(fraction=fraction)
    by_key = memory_threshold(given_here, total=limit, environment={})
    environment = {FRACTION_VARIABLE: repr(fraction)}
    by_variable = memory_threshold(
        MemoryOptions(), total=limit, environment=environment
    )
    assert by_key.gb == by_variable.gb == fraction * total
