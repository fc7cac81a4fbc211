"""A hand-made fit: small, complete, and with every awkward number in it."""

import math
from pathlib import Path

import numpy as np

from engine.data.run import RunData
from engine.result import (
    Attempt,
    FitResult,
    FittedParameter,
    Flag,
    InputSummary,
    Quality,
    ScalingResult,
    State,
    Status,
    StrategyRecord,
    Timing,
)

PHI = (-5.79, 4.88, 90.01)
CONTRAST = (0.31, 0.32, 0.30)
OFFSET = (1.0, 1.01, 0.99)
SIGMA = 0.01
Q = 0.0054
DT = 0.1


def parameter(name, value, stderr, *, unit="", lower=-1.0, upper=1.0, **more):
    """One fitted parameter; everything not said is ordinary."""
    settings = {"symbol": name, "start": value, "fixed": False, "at_bound": False}
    settings.update(more)
    return FittedParameter(
        name=name, value=value, stderr=stderr, unit=unit, lower=lower, upper=upper,
        **settings,
    )  # fmt: skip


PARAMETERS = (
    parameter("D0", 19000.0, 160.0, unit="Å²/s", lower=100.0, upper=1e10, start=1.2e4),
    parameter("alpha", -0.7, 0.0123, lower=-2.0, upper=2.0),
    parameter("D_offset", 3.1, math.nan, unit="Å²/s", lower=-math.inf, upper=1e10),
    parameter("gamma_dot_t0", 1.94e-3, 1.6e-5, unit="s⁻¹", lower=1e-6, upper=0.5),
    parameter("beta", -2.0, None, lower=-2.0, upper=2.0, at_bound=True),
    parameter("gamma_dot_t_offset", 0.0, None, unit="s⁻¹", fixed=True),
    parameter("phi0", 2.0, 0.3, unit="°", lower=-90.0, upper=90.0),
)


def decay(n, contrast, offset, rate=0.03):
    """A plausible c2 map."""
    lag = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return (offset + contrast * np.exp(-rate * lag)).astype(np.float32)


def run_data(path=Path("run.h5"), n=41, phi=PHI, seed=0):
    """Noisy maps whose diagonal is far from the rest and never to be shown."""
    rng = np.random.default_rng(seed)
    c2 = np.stack(
        [decay(n, CONTRAST[k % 3], OFFSET[k % 3]) for k in range(len(phi))]
    ) + rng.normal(0, SIGMA, (len(phi), n, n)).astype(np.float32)
    c2 = (c2 + c2.transpose(0, 2, 1)) / 2
    c2[:, np.arange(n), np.arange(n)] = 5.0
    c2[0, 7, :] = c2[0, :, 7] = np.nan
    return RunData(
        path=path, layout="aps_old", q=Q, dt=DT, dt_source="run file",
        phi=np.array(phi), bin_ids=tuple(f"c2_{k:05d}" for k in range(len(phi))),
        c2=c2.astype(np.float32), first_frame=11, n_frames_file=100,
    )  # fmt: skip


def fit_result(data, *, state=State.CONVERGED, warnings=(), angles=None, **more):
    """A finished fit of `data`; the angles fitted are all, or those given."""
    angles = tuple(range(len(data.phi))) if angles is None else angles
    phi = tuple(float(data.phi[k]) for k in angles)
    n = data.n_frames - 1
    names = ("D0", "alpha", "D_offset", "gamma_dot_t0", "phi0")
    settings = {
        "status": Status(
            state=state, reason="edm", message="Converged: the distance is 2e-9.",
            iterations=7, evaluations=9, cost_initial=5.4e6, cost_final=1180.5,
            gradient_norm=1e-5, edm=2e-9,
        ),
        "input": InputSummary(
            path=str(data.path), sha256="ab" * 32, layout=data.layout, q=data.q,
            dt=data.dt, frames=(data.first_frame, data.last_frame), n_frames=n,
            phi=phi, n_points=len(phi) * n * (n - 1) // 2, first_frame_dropped=True,
        ),
        "model": "laminar_flow",
        "convention": "literature",
        "gap": 2e6,
        "parameters": PARAMETERS,
        "scaling": ScalingResult(
            requested="auto", mode="individual", n_coefficients=2 * len(phi), phi=phi,
            contrast=tuple(CONTRAST[k % 3] for k in angles),
            contrast_stderr=tuple(0.002 for _ in angles),
            offset=tuple(OFFSET[k % 3] for k in angles),
            offset_stderr=tuple(None for _ in angles),
        ),
        "quality": Quality(
            chi_squared=2361.0, reduced_chi_squared=1.01, noise_sigma=SIGMA,
            noise_source="estimated", condition_number=math.inf, flag=Flag.ACCEPTABLE,
            warnings=tuple(warnings), angle_chi_squared=tuple(1.0 for _ in angles),
        ),
        "strategy": StrategyRecord(
            name="standard", reason="the data fit in memory", estimated_gb=0.01,
            threshold_gb=4.0,
            attempts=(
                Attempt(
                    strategy="standard",
                    outcome="converged",
                    reason="Converged.",
                    cost=1.0,
                ),
            ),
        ),
        "covariance_names": names,
        "covariance": np.eye(5),
        "correlation": np.eye(5),
        "angle_indices": angles,
        "timing": Timing(load_s=0.1, compile_s=1.2, solve_s=0.24, total_s=1.9),
        "peak_rss_gb": 0.4,
        "software": {
            "name": "twotime", "version": "0.1.0", "python": "3.11", "jax": "0.8",
            "numpy": "2.0", "platform": "Linux", "device": "cpu", "commit": None,
        },
    }  # fmt: skip
    return FitResult(**{**settings, **more})
