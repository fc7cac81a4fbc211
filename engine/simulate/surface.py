"""Simulated two-time matrices of known truth."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.run import RunData
from engine.simulate.request import SimulationRequest
from engine.simulate.speckles import field_sign, speckle_c2

DIAGONAL_SPIKE = 0.5
"""Height of the diagonal above its neighbours, as detector noise makes it."""


def simulate(request: SimulationRequest) -> RunData:
    """Return the matrices a reader would return from a simulated measurement.

    Raises
    ------
    OptionError
        When no speckle field has the wanted correlation.
    """
    n, count = request.n_frames, len(request.phi)
    c2 = np.empty((count, n, n), dtype=np.float32)
    for k in range(count):
        rng = np.random.default_rng([request.seed, k])
        c2[k] = (
            _speckled(request, k, rng) if request.speckles else _noisy(request, k, rng)
        )
    c2.flags.writeable = False
    phi = np.asarray(request.angles)
    phi.flags.writeable = False
    return RunData(
        path=Path("simulated"),
        layout=request.layout,
        q=request.q,
        dt=request.dt,
        dt_source="file",
        phi=phi,
        bin_ids=tuple(f"c2_{k + 1:05d}" for k in range(count)),
        c2=c2,
        first_frame=1,
        n_frames_file=n,
        q_list=(request.q,),
    )


def _clean(
    request: SimulationRequest, phi: float, contrast: float, offset: float
) -> NDArray[np.float64]:
    """Return c2 without noise; frame 0 is at t = 0."""
    # Imports JAX, which reading a request must not.
    from engine.models.evaluate import c2_map

    return c2_map(
        request.spec.name,
        request.convention,
        request.truth,
        request.times,
        q=request.q,
        gap=request.gap if request.spec.sheared else None,
        phi=phi,
        contrast=contrast,
        offset=offset,
    )


def _noisy(
    request: SimulationRequest, k: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return c2 with independent normal noise above the diagonal, mirrored."""
    clean = _clean(request, request.angles[k], request.contrasts[k], request.offsets[k])
    noise = np.triu(rng.normal(0.0, request.noise, clean.shape), k=1)
    return clean + noise + noise.T + DIAGONAL_SPIKE * np.eye(len(clean))


def _speckled(
    request: SimulationRequest, k: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    phi = request.angles[k]
    g1 = np.sqrt(np.maximum(_clean(request, phi, 1.0, 0.0), 0.0))
    if request.spec.sheared:
        g1 *= field_sign(
            request.truth,
            request.convention,
            request.times,
            q=request.q,
            gap=request.gap,
            phi=phi,
        )
    correlated = speckle_c2(g1, request.speckles or 0, rng) - 1.0
    c2 = request.offsets[k] + request.contrasts[k] * correlated
    return c2 + DIAGONAL_SPIKE * np.eye(len(c2))
