"""A run in memory, without a file."""

from pathlib import Path

import numpy as np

from engine.data.run import RunData


def run_of(c2, *, first_frame=1, n_frames_file=None, dt=0.1, phi=None):
    c2 = np.asarray(c2, dtype=np.float32)
    last = first_frame - 1 + c2.shape[-1]
    return RunData(
        path=Path("some.h5"),
        layout="array",
        q=0.0054,
        dt=dt,
        dt_source="file",
        phi=np.asarray(range(len(c2)) if phi is None else phi, dtype=np.float64),
        bin_ids=tuple(f"c2_{k}" for k in range(len(c2))),
        c2=c2,
        first_frame=first_frame,
        n_frames_file=n_frames_file or last,
    )
