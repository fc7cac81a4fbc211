"""Runs that cannot be determined, or not be used, say so in words."""

from dataclasses import replace

import numpy as np
import pytest

from engine.api import fit
from engine.data.phi import parse_ranges
from engine.errors import DataError, InputError
from engine.result import Flag, State
from engine.setup import Masks, PhiSelection
from tests.engine.fit.support import errors, values
from tests.engine.known_runs import known

STATIC = known("static-small")
LAMINAR = known("laminar-small")


def test_a_run_with_alpha_zero_is_called_degenerate():
    """For alpha = 0 only D0 + D_offset can be measured."""
    run = known("brownian")
    result = fit(run.data(1), run.setup())
    assert result.quality.flag is not Flag.GOOD
    text = " ".join(result.quality.warnings)
    assert "D0" in text
    assert "D_offset" in text
    assert result.quality.condition_number > 1e6
    total = result.values["D0"] + result.values["D_offset"]
    assert total == pytest.approx(1500, rel=0.05)


def test_an_exactly_degenerate_run_has_no_error_for_what_is_lost():
    run = known("brownian")
    result = fit(run.data(1), run.setup(fixed=("alpha",), start={"alpha": 0.0}))
    by_name = {p.name: p for p in result.parameters}
    assert by_name["D0"].stderr is None
    assert by_name["D_offset"].stderr is None
    assert result.scaling.contrast_stderr[0] > 0
    assert result.quality.condition_number > 1e12
    assert result.quality.flag is not Flag.GOOD
    assert by_name["D0"].value + by_name["D_offset"].value == pytest.approx(
        1500, rel=0.02
    )


@pytest.mark.slow
def test_laminar_fit_of_a_run_without_shear_says_so():
    run = replace(STATIC, theta=(*STATIC.theta, 0.0, 0.0, 0.0, 0.0))
    still = replace(
        run, start=(*STATIC.start, 1e-4, 0.0, 0.0, 2.0), phi=(0.0, 50.0, 95.0)
    )
    result = fit(still.data(2), still.setup())
    assert result.quality.flag is not Flag.GOOD
    assert any("No shear was detected" in w for w in result.quality.warnings)
    physical = values(result)[:3]
    assert np.all(np.isfinite(physical))
    assert result.quality.reduced_chi_squared < 1.1


@pytest.mark.parametrize(
    "start", [{"D0": 1e10}, {"D0": 1e9, "alpha": 1.5}], ids=["plateau", "steep"]
)
def test_a_start_where_nothing_correlates_is_never_called_converged(start):
    """All decayed: the cost does not depend on any physical parameter there."""
    result = fit(STATIC.data(3), STATIC.setup(start=start))
    if result.status.state is State.CONVERGED:
        assert result.status.iterations > 0
        pull = (values(result) - STATIC.truth) / errors(result)
        assert np.abs(pull).max() < 4
    assert result.quality.flag is not Flag.GOOD or result.status.iterations > 0


def test_a_start_where_everything_is_clipped_is_never_called_converged():
    setup = STATIC.setup(start={"D0": 100.0, "alpha": 0.0, "D_offset": -1e4})
    result = fit(STATIC.data(3), setup)
    assert result.status.state is not State.CONVERGED
    assert any("clipped" in w for w in result.quality.warnings)


@pytest.mark.parametrize("frames", [1, 60])
def test_dead_angle_is_named_with_the_option_that_leaves_it_out(frames):
    c2 = np.array(LAMINAR.data(4).c2)
    c2[1] = np.nan
    # a lone frame, and the diagonal, are no pixels to fit
    c2[1, 0, :frames] = 1.0
    c2[1, np.arange(62), np.arange(62)] = 1.0
    data = replace(LAMINAR.data(4), c2=c2)
    with pytest.raises(DataError) as caught:
        fit(data, LAMINAR.setup())
    text = str(caught.value)
    assert "50" in text
    assert "--phi" in text
    assert "\n" not in text
    option = text.split('--phi "')[1].split('"')[0]
    result = fit(data, LAMINAR.setup(phi=PhiSelection(ranges=parse_ranges(option))))
    assert result.scaling.phi == (0.0, 95.0)


def test_every_angle_dead_is_refused():
    c2 = np.full((3, 62, 62), np.nan, dtype=np.float32)
    with pytest.raises(InputError) as caught:
        fit(replace(LAMINAR.data(4), c2=c2), LAMINAR.setup())
    assert "…" not in str(caught.value).split("--phi")[-1]


def test_every_frame_masked_is_refused():
    with pytest.raises(InputError):
        fit(LAMINAR.data(4), LAMINAR.setup(masks=Masks(frames=((1, 62),))))


def test_missing_gap_is_refused():
    with pytest.raises(InputError, match="gap"):
        fit(LAMINAR.data(4), LAMINAR.setup(gap=None))


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_sigma_is_refused(sigma):
    with pytest.raises(InputError, match="sigma"):
        fit(STATIC.data(4), STATIC.setup(sigma=sigma))


def test_sigma_array_with_holes_is_refused(tmp_path):
    sigma = np.full((82, 82), 0.005)
    sigma[10, 20] = sigma[20, 10] = np.nan
    sigma[10, 21] = sigma[21, 10] = 0.0
    np.save(tmp_path / "sigma.npy", sigma)
    setup = STATIC.setup(sigma=tmp_path / "sigma.npy")
    with pytest.raises(InputError, match="sigma"):
        fit(STATIC.data(4), setup)


def test_constant_data_do_not_break_anything():
    flat = replace(STATIC.data(5), c2=np.ones((1, 82, 82), dtype=np.float32))
    result = fit(flat, STATIC.setup())
    assert result.quality.flag is not Flag.GOOD


def test_noise_without_any_correlation_is_not_called_good():
    rng = np.random.default_rng(0)
    noise = rng.normal(1.0, 0.02, (1, 82, 82)).astype(np.float32)
    result = fit(replace(STATIC.data(5), c2=noise), STATIC.setup())
    assert result.quality.flag is not Flag.GOOD
