"""Simulated measurements from the dense model, for tests only."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.run import RunData
from engine.reference.dense import DenseModel

DIAGONAL_SPIKE = 0.5


def noisy_c2(
    clean: NDArray[np.float64], sigma: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return symmetric matrices with independent normal noise above the diagonal.

    The diagonal gets the spike that a measured one has; it must never matter.
    """
    noise = np.triu(rng.normal(0.0, sigma, clean.shape), k=1)
    noise += np.swapaxes(noise, 1, 2)
    noise += DIAGONAL_SPIKE * np.eye(clean.shape[-1])
    return (clean + noise).astype(np.float32)


def run_data(
    c2: NDArray[np.float32], *, phi: Sequence[float], q: float, dt: float
) -> RunData:
    """Wrap matrices as a reader would return them."""
    matrices = np.ascontiguousarray(c2, dtype=np.float32)
    matrices.flags.writeable = False
    return RunData(
        path=Path("simulated.h5"),
        layout="array",
        q=q,
        dt=dt,
        dt_source="option",
        phi=np.asarray(phi, dtype=np.float64),
        bin_ids=tuple(f"c2_{k:05d}" for k in range(len(phi))),
        c2=matrices,
        first_frame=1,
        n_frames_file=matrices.shape[-1],
        q_list=(q,),
    )


def simulated_run(
    model: DenseModel,
    theta: Sequence[float],
    scaling: tuple[Sequence[float], Sequence[float]],
    *,
    sigma: float,
    seed: int | Sequence[int],
) -> RunData:
    """Return a noisy run of known truth on the time axis of `model`.

    Parameters
    ----------
    scaling
        Contrast and offset of each angle.
    """
    contrast, offset = scaling
    clean = model.c2(theta, contrast, offset)
    c2 = noisy_c2(clean, sigma, np.random.default_rng(seed))
    return run_data(c2, phi=model.phi.tolist(), q=model.q, dt=model.dt)
