"""Which strategy is chosen, and that the sentence says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import OptionError
from engine.options import ChunkOptions, HybridOptions, MemoryOptions, Options
from engine.routing.memory import footprint
from engine.routing.plan import FRUGAL_ORDER, RunSize
from engine.routing.route import plan_fit
from engine.routing.threshold import FRACTION_VARIABLE
from engine.setup import Strategy

S = Strategy
RUN = RunSize(n_angles=23, n_matrices=23, n_frames=4001, n_coefficients=53)
NEEDS = {s: footprint(RUN, s).total for s in FRUGAL_ORDER}


def limited(gb, **options):
    return Options(memory=MemoryOptions(threshold_gb=gb), **options)


def plan(strategy=S.AUTO, gb=1000.0, **options):
    return plan_fit(RUN, strategy, limited(gb, **options), environment={})


def between(a, b):
    return (NEEDS[a] + NEEDS[b]) / 2


@pytest.mark.parametrize(
    ("gb", "expected"),
    [
        (2 * NEEDS[S.STANDARD], S.STANDARD),
        (NEEDS[S.STANDARD], S.STANDARD),
        (between(S.STANDARD, S.LARGE), S.LARGE),
        (between(S.LARGE, S.CHUNKED), S.CHUNKED),
        (0.1, S.CHUNKED),
    ],
)
def test_the_fastest_that_fits_is_taken(gb, expected):
    found = plan(gb=gb)
    assert (found.strategy, found.requested) == (expected, S.AUTO)
    assert found.estimates == pytest.approx(NEEDS)
    assert found.threshold_gb == gb
    assert found.n_coefficients == 53


@pytest.mark.parametrize("strategy", FRUGAL_ORDER)
def test_what_is_asked_for_is_taken_even_where_it_does_not_fit(strategy):
    roomy, tight = plan(strategy), plan(strategy, gb=0.1)
    assert roomy.strategy is tight.strategy is strategy
    assert roomy.fits
    assert not tight.fits
    assert "needs more than is allowed" not in roomy.reason
    assert "needs more than is allowed" in tight.reason


def test_streaming_is_never_chosen_by_itself():
    for gb in (0.01, 0.5, 2.0, 20.0):
        assert plan(gb=gb).strategy is not S.STREAMING


def test_streaming_without_its_phases_is_chunked_and_says_so():
    found = plan(S.STREAMING, hybrid=HybridOptions(enable=False))
    assert found.strategy is S.CHUNKED
    assert found.requested is S.STREAMING
    assert "hybrid_streaming.enable is false" in found.reason


def test_data_that_may_not_stay_on_disk_stay_in_memory_and_the_way_out_is_said():
    chunks = ChunkOptions(out_of_core=False)
    found = plan(gb=between(S.LARGE, S.CHUNKED), chunks=chunks)
    assert found.strategy is S.LARGE
    assert "streaming.enable is false" in found.reason
    assert "more than is allowed" in found.reason
    assert "fewer angles" in found.reason


def test_the_reason_names_need_limit_source_and_coefficients():
    options = Options(memory=MemoryOptions(fraction=0.5))
    found = plan_fit(RUN, S.AUTO, options, total_gb=10.0, environment={})
    for words in ("of 5 GB", "53 coefficients", "0.5 (memory_fraction) of 10 GB"):
        assert words in found.reason, words
    assert "\n" not in found.reason
    assert found.threshold_source in found.reason


def test_the_environment_changes_the_route():
    options = Options()
    total = NEEDS[S.STANDARD] / 0.8
    usual = plan_fit(
        RUN, S.AUTO, options, total_gb=total, environment={FRACTION_VARIABLE: "0.9"}
    )
    less = plan_fit(
        RUN, S.AUTO, options, total_gb=total, environment={FRACTION_VARIABLE: "0.1"}
    )
    assert usual.strategy is S.STANDARD
    assert less.strategy is S.CHUNKED
    with pytest.raises(OptionError, match=FRACTION_VARIABLE):
        plan_fit(RUN, S.AUTO, options, environment={FRACTION_VARIABLE: "2"})


@given(st.integers(1, 60), st.integers(4, 6000), st.floats(0.2, 200), st.booleans())
def test_the_choice_fits_whenever_any_allowed_one_in_memory_does(
    n_angles, n_frames, gb, out_of_core
):
    run = RunSize(
        n_angles=n_angles, n_matrices=n_angles, n_frames=n_frames, n_coefficients=9
    )
    options = limited(gb, chunks=ChunkOptions(out_of_core=out_of_core))
    found = plan_fit(run, S.AUTO, options, environment={})
    in_memory = [S.STANDARD, S.LARGE]
    if any(found.estimates[s] <= gb for s in in_memory):
        assert found.strategy in in_memory
        assert found.fits
    else:
        assert found.strategy is (S.CHUNKED if out_of_core else S.LARGE)
