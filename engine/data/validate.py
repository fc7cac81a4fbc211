"""Looks at the matrices for what makes a fit worthless, without changing anything.

Each matrix is visited once, so that one is enough in memory: `examine` keeps what is
worth a word, and `sentences` puts it into words for all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.phi import SAME_ANGLE, distance
from engine.data.run import RunData
from engine.data.text import degrees, listed, spans

_DEAD_SPREAD = 1e-6
_FIRST_LAG = (0.5, 2.5)
"""Where the mean of c2 one frame off the diagonal lies in sound data."""
_STRIPE_Z = 6.0
_STRIPE_LEAST = 2e-3
"""Smallest shift of a row mean worth a word, in units of c2."""
_AT_90 = 1.645
"""Magnitude, in standard deviations, that one in ten of normal numbers exceeds."""
_END_SHARE = 0.5
"""Shift of a row at either end that is a stripe, as a share of the contrast."""
_NEIGHBOURS = 4
"""Frames on either side that a row mean is compared with."""

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatrixFacts:
    """What is worth knowing of one matrix; NaN where there is no value to tell from."""

    n_missing: int
    """Pixels without a finite value."""
    least: float
    """Smallest value."""
    greatest: float
    """Largest value."""
    first_lag: float
    """Mean one frame off the diagonal."""
    striped: NDArray[np.intp]
    """Rows that stand out of their neighbours."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no value at all."""
        return bool(np.isnan(self.greatest - self.least))

    @property
    def is_constant(self) -> bool:
        """Whether every value is the same."""
        return self.greatest - self.least < _DEAD_SPREAD

    @property
    def has_odd_first_lag(self) -> bool:
        """Whether c2 at the shortest lag is not that of sound data."""
        low, high = _FIRST_LAG
        return not (np.isnan(self.first_lag) or low <= self.first_lag <= high)


def check(run: RunData) -> tuple[str, ...]:
    """Return a sentence for each thing about the data that the user should know."""
    return sentences(run, [examine(matrix) for matrix in run.c2])


def examine(matrix: Matrix) -> MatrixFacts:
    """Collect the facts of one matrix (N, N)."""
    finite = np.isfinite(matrix)
    n_missing = matrix.size - int(np.count_nonzero(finite))
    lag = np.diagonal(matrix, offset=1)
    lag = lag[np.isfinite(lag)]
    return MatrixFacts(
        n_missing=n_missing,
        least=float(np.fmin.reduce(matrix, axis=None)),
        greatest=float(np.fmax.reduce(matrix, axis=None)),
        first_lag=float(lag.mean()) if lag.size else float("nan"),
        striped=_striped_rows(matrix, _row_means(matrix, finite)),
    )


def sentences(run: RunData, facts: Sequence[MatrixFacts]) -> tuple[str, ...]:
    """Return what `check` does, from the facts of each matrix of the run."""
    labels = [
        f"{label} (φ = {phi:.6g}°)"
        for label, phi in zip(run.bin_ids, run.phi, strict=True)
    ]

    def those(is_so: Callable[[MatrixFacts], bool]) -> str:
        """Return the names of the matrices for which something holds."""
        return listed([name for name, f in zip(labels, facts, strict=True) if is_so(f)])

    found = [
        _non_finite(run, facts),
        _negative(those(lambda f: f.least < 0)),
        _dead("no finite value", those(lambda f: f.is_empty)),
        _dead("every value the same", those(lambda f: f.is_constant)),
        _first_lag(those(lambda f: f.has_odd_first_lag)),
        _stripes(run, facts),
        _repeated_angles(run),
    ]
    return tuple(sentence for sentence in found if sentence)


def _non_finite(run: RunData, facts: Sequence[MatrixFacts]) -> str:
    affected = [f.n_missing for f in facts if f.n_missing]
    if not affected:
        return ""
    share = 100 * sum(affected) / (len(facts) * run.n_frames**2)
    return (
        f"{sum(affected)} pixels ({share:.2g} %) in {len(affected)} of {len(facts)} "
        "matrices hold no finite value and are left out of the fit"
    )


def _negative(labels: str) -> str:
    if not labels:
        return ""
    return f"values below 0, impossible for c2 with baseline 1, in {labels}"


def _dead(what: str, labels: str) -> str:
    """Return the sentence about matrices with nothing in them."""
    return f"no signal at all, {what}: {labels}; switch it off" if labels else ""


def _first_lag(labels: str) -> str:
    if not labels:
        return ""
    return (
        f"c2 one frame off the diagonal is outside {_FIRST_LAG[0]:g} to "
        f"{_FIRST_LAG[1]:g} in {labels}; expected contrast + 1: check the "
        "normalisation"
    )


def _stripes(run: RunData, facts: Sequence[MatrixFacts]) -> str:
    """Frames whose row stands out of its neighbours: beam dumps, dropped frames."""
    frames = {run.first_frame + int(i) for f in facts for i in f.striped}
    if not frames:
        return ""
    count = sum(bool(len(f.striped)) for f in facts)
    shown = listed(spans(sorted(frames)), shown=12)
    return (
        f"stripes in {count} of {len(facts)} matrices, at frames {shown}: a beam dump "
        "or dropped frames? leave them out with masks.frames"
    )


def _striped_rows(matrix: Matrix, means: NDArray[np.float64]) -> NDArray[np.intp]:
    if np.count_nonzero(np.isfinite(means)) <= 2 * _NEIGHBOURS:
        return np.empty(0, dtype=np.intp)
    shift = np.abs(means - _running_median(means))
    # Where the means rise steadily each is the median itself, which is no noise.
    scattered = shift[shift > 0]
    noise = float(np.quantile(scattered, 0.9)) / _AT_90 if scattered.size else 0.0
    height = abs(_median(np.diagonal(matrix, offset=1)) - _median(means))
    height = height if np.isfinite(height) else 0.0
    # A sound matrix rises towards its diagonal, whose share of a short row is large.
    least = max(_STRIPE_LEAST, 2 * height / len(means))
    limit = np.full(len(means), max(_STRIPE_Z * noise, least))
    # At the ends of a run its dynamics may well change within a few frames.
    limit[:_NEIGHBOURS] = limit[-_NEIGHBOURS:] = max(limit[0], _END_SHARE * height)
    return np.flatnonzero(shift > limit)


def _row_means(matrix: Matrix, finite: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the mean of each row without its diagonal element, NaN if it has none.

    The diagonal of `finite` is cleared for it.
    """
    np.fill_diagonal(finite, val=False)
    counts = np.count_nonzero(finite, axis=1)
    sums = np.sum(matrix, axis=1, where=finite, dtype=np.float64)
    return np.divide(sums, counts, out=np.full(len(matrix), np.nan), where=counts > 0)


def _running_median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of the nearest frames, which at an end are all on one side."""
    width = 2 * _NEIGHBOURS + 1
    starts = np.clip(np.arange(len(values)) - _NEIGHBOURS, 0, len(values) - width)
    windows = np.lib.stride_tricks.sliding_window_view(values, width)[starts]
    if np.isfinite(values).all():
        return np.median(windows, axis=1)
    return np.array([_median(w) for w in windows])


def _median(values: NDArray[np.floating]) -> float:
    """Return the median of the finite values, NaN where there is none."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else float("nan")


def _repeated_angles(run: RunData) -> str:
    repeated = {
        float(phi)
        for k, phi in enumerate(run.phi)
        if np.any(distance(run.phi[:k], phi) <= 2 * SAME_ANGLE)
    }
    if not repeated:
        return ""
    return f"several matrices share φ = {degrees(sorted(repeated))}: all are kept"
