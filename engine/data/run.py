"""The measured two-time matrices of one q ring, as every reader returns them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.matrices import Matrices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunData:
    """Two-time correlation of one q ring on one window of frames.

    The matrices are full (mirrored), symmetric, with baseline about 1 and frame 1 of
    the window at index 0; nothing is corrected on the diagonal, which is never fitted.
    A reader's arrays are read-only.
    """

    path: Path
    """The data file."""
    layout: str
    """aps_old, aps_u, nexus, cache or array."""
    q: float
    """Wavevector of the ring [1/Å]."""
    dt: float
    """Time between frames [s]."""
    dt_source: str
    """Where dt came from, for the user: ``"run file"``, ``"file"``, ``"option"``."""
    phi: NDArray[np.float64]
    """Azimuth of each matrix [deg] in (-180, 180], in file order, shape (K,)."""
    bin_ids: tuple[str, ...]
    """What the file calls each matrix, e.g. ``"c2_00012"``."""
    c2: Matrices
    """Matrices by number, shape (K, N, N); NaN where the file has no value."""
    first_frame: int
    """Frame number in the file of index 0, 1-based."""
    n_frames_file: int
    """Number of frames in the file."""
    q_list: tuple[float, ...] = ()
    """Every q the file offers [1/Å], ascending."""
    load_s: float = 0.0
    """Wall time of reading [s]."""
    warnings: tuple[str, ...] = ()
    """What was repaired, assumed or differs, in words for the user."""

    @property
    def in_memory(self) -> bool:
        """Whether the matrices are in memory, or each is read from the file."""
        return isinstance(self.c2, np.ndarray)

    @property
    def read_again(self) -> tuple[str, ...]:
        """A sentence for each matrix that, since loading, was read at a second attempt.

        Always empty of a run in memory.
        """
        return getattr(self.c2, "read_again", ())

    @property
    def n_frames(self) -> int:
        """Number of frames in the window."""
        return self.c2.shape[1]

    @property
    def last_frame(self) -> int:
        """Frame number in the file of the last index, 1-based, inclusive."""
        return self.first_frame + self.n_frames - 1

    @property
    def times(self) -> NDArray[np.float64]:
        """Time of each frame since the start of the window [s], shape (N,)."""
        return np.arange(self.n_frames, dtype=np.float64) * self.dt
