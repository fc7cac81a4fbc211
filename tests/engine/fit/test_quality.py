"""The judgement of a fit: flags and sentences."""

from dataclasses import replace

import numpy as np
import pytest

from engine.degeneracy import Entanglement
from engine.fit.evidence import Evidence
from engine.fit.quality import judge
from engine.options import QualityOptions
from engine.result import Flag, State
from tests.engine.report.fixtures import parameter

PHI = (0.0, 45.0, 90.0)
FREE = (
    parameter("D0", 1e4, 100.0, unit="Å²/s", lower=100.0, upper=1e10),
    parameter("alpha", -0.5, 0.01, lower=-2.0, upper=2.0),
    parameter("gamma_dot_t0", 2e-3, 1e-5, unit="s⁻¹", lower=1e-6, upper=0.5),
)


def evidence(**more):
    """A flawless fit, except for what is said."""
    settings = {
        "state": State.CONVERGED,
        "reduced_chi_squared": 1.02,
        "sigma_estimated": True,
        "parameters": FREE,
        "covariance_names": ("D0", "alpha", "gamma_dot_t0", "contrast[0]"),
        "correlation": np.eye(4),
        "condition_number": 1e3,
        "n_frames": 1000,
        "phi": PHI,
        "contrast_at_bound": (False, False, False),
        "offset_at_bound": (False, False, False),
        "angle_chi_squared": (1.0, 1.1, 0.9),
    }
    return Evidence(**{**settings, **more})


def entangled(first, second, correlation):
    percent = 100 * abs(correlation)
    return Entanglement(
        names=(first, second),
        correlation=correlation,
        sentence=f"{first} and {second} are {percent:.1f} % anti-correlated.",
        remedy=None,
    )


def correlated(i, j, value):
    matrix = np.eye(4)
    matrix[i, j] = matrix[j, i] = value
    return matrix


def at_bound(name, value, **more):
    return tuple(
        parameter(
            p.name, value, None, unit=p.unit, lower=p.lower, upper=p.upper,
            at_bound=True, **more,
        )
        if p.name == name
        else p
        for p in FREE
    )  # fmt: skip


CASES = [
    ("flawless", {}, Flag.GOOD, ""),
    ("chi below 1.5", {"reduced_chi_squared": 1.499}, Flag.GOOD, ""),
    (
        "chi from 1.5",
        {"reduced_chi_squared": 1.5},
        Flag.ACCEPTABLE,
        "residuals are larger than the noise",
    ),
    ("chi of 3", {"reduced_chi_squared": 3.0}, Flag.ACCEPTABLE, "is 3:"),
    (
        "chi above 3",
        {"reduced_chi_squared": 3.01},
        Flag.POOR,
        "does not describe the data",
    ),
    (
        "chi above 3, sigma from the data",
        {"reduced_chi_squared": 30.0},
        Flag.POOR,
        "or neighbouring pixels share their noise and σ is estimated too small",
    ),
    (
        "chi above 3, sigma given",
        {"reduced_chi_squared": 30.0, "sigma_estimated": False},
        Flag.POOR,
        "or the sigma given is too small",
    ),
    ("chi not finite", {"reduced_chi_squared": np.nan}, Flag.POOR, "too few pixels"),
    (
        "not converged",
        {"state": State.NOT_CONVERGED},
        Flag.POOR,
        "did not converge",
    ),
    ("cancelled", {"state": State.CANCELLED}, Flag.POOR, "best point so far"),
    ("failed", {"state": State.FAILED}, Flag.POOR, "The fit failed"),
    (
        "given sigma too large",
        {"reduced_chi_squared": 0.25, "sigma_estimated": False},
        Flag.GOOD,
        "sigma given is larger",
    ),
    (
        "undetermined",
        {"undetermined": ("D0",)},
        Flag.ACCEPTABLE,
        "D0 is not determined by the data",
    ),
    (
        "undetermined together",
        {"undetermined": ("D0", "alpha", "gamma_dot_t0")},
        Flag.ACCEPTABLE,
        "D0, alpha and gamma_dot_t0 are not determined separately",
    ),
    (
        "ill conditioned",
        {"condition_number": 1e11},
        Flag.ACCEPTABLE,
        "condition number is 1.0e+11",
    ),
    (
        "at lower bound",
        {"parameters": at_bound("alpha", -2.0)},
        Flag.ACCEPTABLE,
        "alpha is at its lower bound (-2) and has no error",
    ),
    (
        "at upper bound",
        {"parameters": at_bound("D0", 1e10)},
        Flag.ACCEPTABLE,
        "D0 is at its upper bound (1×10¹⁰ Å²/s)",
    ),
    (
        "no shear",
        {"parameters": at_bound("gamma_dot_t0", 1e-6)},
        Flag.ACCEPTABLE,
        "No shear was detected: gamma_dot_t0 is at its lower bound (1×10⁻⁶ s⁻¹)",
    ),
    (
        "fixed at its bound is nobody's problem",
        {"parameters": at_bound("alpha", -2.0, fixed=True)},
        Flag.GOOD,
        "",
    ),
    (
        "contrast at bound",
        {"contrast_at_bound": (True, False, True)},
        Flag.ACCEPTABLE,
        "The contrast is at a bound at φ = 0.00°, 90.00°",
    ),
    (
        "offset at bound",
        {"offset_at_bound": (False, True, False)},
        Flag.ACCEPTABLE,
        "The offset is at a bound at φ = 45.00°",
    ),
    (
        "clipped diffusion",
        {"clipped_diffusion": 12},
        Flag.GOOD,
        "D(t) is clipped at zero in 12 of 1000 frames",
    ),
    (
        "a rate as large as its error",
        {"parameters": (replace(FREE[0], stderr=1.1e4), *FREE[1:])},
        Flag.ACCEPTABLE,
        "D0 is not larger than its standard error",
    ),
    (
        "an offset smaller than its error",
        {"parameters": (*FREE, parameter("D_offset", 10.0, 500.0, unit="Å²/s"))},
        Flag.GOOD,
        "",
    ),
    (
        "nothing determined",
        {"parameters": tuple(replace(p, stderr=None) for p in FREE)},
        Flag.POOR,
        "No free parameter has an error",
    ),
    (
        "clipped diffusion in every frame",
        {"clipped_diffusion": 1000},
        Flag.POOR,
        "no diffusion was fitted; start from other values",
    ),
    (
        "clipped shear",
        {"clipped_shear": 3},
        Flag.GOOD,
        "The shear rate is clipped at zero in 3 of 1000 frames",
    ),
    (
        "correlated",
        {"entanglements": (entangled("D0", "alpha", -0.991),)},
        Flag.GOOD,
        "D0 and alpha are 99.1 % anti-correlated",
    ),
    (
        "fully correlated",
        {"correlation": correlated(0, 1, 0.99999)},
        Flag.ACCEPTABLE,
        "D0 and alpha are fully correlated",
    ),
    (
        "correlation with scaling is not named",
        {"correlation": correlated(0, 3, 0.999)},
        Flag.GOOD,
        "",
    ),
    (
        "one bad angle",
        {"angle_chi_squared": (1.0, 1.0, 4.1)},
        Flag.GOOD,
        "φ = 90.00° has a reduced χ² of 4.1, the median angle 1",
    ),
    (
        "all angles equally bad",
        {"angle_chi_squared": (4.0, 4.1, 4.2)},
        Flag.GOOD,
        "",
    ),
]


@pytest.mark.parametrize(
    ("changes", "flag", "sentence"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_flag_and_sentence(changes, flag, sentence):
    judged, warnings = judge(evidence(**changes))
    assert judged is flag
    if sentence:
        assert len(warnings) == 1
        assert sentence in warnings[0]
        assert warnings[0].endswith(".")
    else:
        assert warnings == ()


CHANGES = [
    {"state": State.NOT_CONVERGED},
    {"state": State.FAILED},
    {"reduced_chi_squared": 1.3},
    {"reduced_chi_squared": 12.0},
    {"parameters": at_bound("alpha", -2.0)},
    {"parameters": at_bound("gamma_dot_t0", 1e-6)},
    {"contrast_at_bound": (True, False, True)},
    {"undetermined": ("D0",)},
]
OFF = [
    {"enable": False},
    {"warn_on_bounds_hit": False},
    {"warn_on_convergence_failure": False},
    {"reduced_chi_squared_threshold": 1.2},
    {"reduced_chi_squared_threshold": 1e9},
]


@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("off", OFF)
def test_the_flag_does_not_depend_on_what_is_said(changes, off):
    everything = judge(evidence(**changes))[0]
    assert judge(evidence(**changes, options=QualityOptions(**off)))[0] is everything


@pytest.mark.parametrize(
    ("changes", "off"),
    [
        ({"state": State.NOT_CONVERGED}, {"warn_on_convergence_failure": False}),
        ({"state": State.FAILED}, {"warn_on_convergence_failure": False}),
        ({"state": State.FAILED}, {"enable": False}),
        ({"parameters": at_bound("D0", 1e10)}, {"warn_on_bounds_hit": False}),
        ({"offset_at_bound": (True, True, True)}, {"warn_on_bounds_hit": False}),
        ({"offset_at_bound": (True, True, True)}, {"enable": False}),
    ],
)
def test_optional_findings_can_be_left_out(changes, off):
    assert len(judge(evidence(**changes))[1]) == 1
    assert judge(evidence(**changes, options=QualityOptions(**off)))[1] == ()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"undetermined": ("D0",)}, "D0 is not determined"),
        ({"state": State.CANCELLED}, "best point so far"),
        ({"parameters": at_bound("gamma_dot_t0", 1e-6)}, "No shear was detected"),
        ({"reduced_chi_squared": 30.0}, "The reduced χ² is 30: the model does not"),
    ],
)
def test_what_is_not_optional_is_always_said(changes, sentence):
    silent = QualityOptions(
        enable=False, warn_on_bounds_hit=False, warn_on_convergence_failure=False
    )
    (text,) = judge(evidence(**changes, options=silent))[1]
    assert sentence in text


@pytest.mark.parametrize(
    ("chi", "threshold", "sentence"),
    [
        (1.3, 1.2, "The reduced χ² is 1.3, above the threshold of 1.2."),
        (2.0, 1.2, "The reduced χ² is 2, above the threshold of 1.2: the residuals"),
        (10.5, 10.0, "10.5, above the threshold of 10: the model does not describe"),
        (9.5, 10.0, "The reduced χ² is 9.5: the model does not describe"),
    ],
)
def test_threshold_of_chi_squared(chi, threshold, sentence):
    options = QualityOptions(reduced_chi_squared_threshold=threshold)
    (text,) = judge(evidence(reduced_chi_squared=chi, options=options))[1]
    assert sentence in text


def test_gravest_first():
    _, warnings = judge(
        evidence(
            state=State.NOT_CONVERGED,
            reduced_chi_squared=9.0,
            undetermined=("alpha",),
            parameters=at_bound("D0", 100.0),
            clipped_diffusion=1,
        )
    )
    order = ["converge", "χ²", "alpha", "D0", "D(t)"]
    assert [word in text for word, text in zip(order, warnings, strict=True)] == (
        [True] * 5
    )


def test_an_undetermined_parameter_is_not_also_called_correlated():
    _, warnings = judge(
        evidence(undetermined=("D0",), correlation=correlated(0, 1, 0.99999))
    )
    assert len(warnings) == 1


def test_many_angles_are_counted_not_listed():
    n = 23
    _, (text,) = judge(
        evidence(
            phi=tuple(float(k) for k in range(n)),
            contrast_at_bound=(True,) * n,
            offset_at_bound=(False,) * n,
            angle_chi_squared=(1.0,) * n,
        )
    )
    assert "and 19 more" in text


def test_no_diffusion_is_no_fault_where_none_was_fitted():
    held = tuple(replace(p, fixed=p.name != "gamma_dot_t0") for p in FREE)
    flag, warnings = judge(evidence(clipped_diffusion=1000, parameters=held))
    assert flag is Flag.GOOD
    assert not any("no diffusion" in w for w in warnings)
    assert any("1000 of 1000 frames" in w for w in warnings)


@pytest.mark.parametrize(("ratio", "told"), [(1.9, False), (24.0, True)])
def test_shared_noise_is_told_where_it_matters(ratio, told):
    free = (replace(FREE[0], stderr_robust=ratio * FREE[0].stderr), *FREE[1:])
    flag, warnings = judge(evidence(parameters=free))
    assert flag is Flag.GOOD
    assert any("of D0 24 times" in w for w in warnings) is told
