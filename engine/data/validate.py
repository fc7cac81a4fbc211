"""Looks at the matrices for what makes a fit worthless, without changing anything."""

from collections.abc import Callable

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


def check(run: RunData) -> tuple[str, ...]:
    """Return a sentence for each thing about the data that the user should know."""
    found = [_non_finite(run), _negative(run), *_dead(run), _first_lag(run)]
    found += [_stripes(run), _repeated_angles(run)]
    return tuple(sentence for sentence in found if sentence)


def _labels(run: RunData, is_so: Callable[[Matrix], bool | np.bool_]) -> list[str]:
    """Return the names of the matrices for which something holds."""
    return [
        f"{label} (φ = {phi:.6g}°)"
        for label, phi, matrix in zip(run.bin_ids, run.phi, run.c2, strict=True)
        if is_so(matrix)
    ]


def _non_finite(run: RunData) -> str:
    counts = [int(np.count_nonzero(np.isnan(m))) for m in run.c2]
    affected = [n for n in counts if n]
    if not affected:
        return ""
    share = 100 * sum(affected) / run.c2.size
    return (
        f"{sum(affected)} pixels ({share:.2g} %) in {len(affected)} of {len(counts)} "
        "matrices hold no finite value and are left out of the fit"
    )


def _negative(run: RunData) -> str:
    labels = _labels(run, lambda m: _least(m) < 0)
    if not labels:
        return ""
    return f"values below 0, impossible for c2 with baseline 1, in {listed(labels)}"


def _least(matrix: Matrix) -> float:
    return float(np.fmin.reduce(matrix, axis=None))


def _dead(run: RunData) -> list[str]:
    """Matrices with nothing in them, by what is wrong with them."""
    kinds = (("no finite value", _is_empty), ("every value the same", _is_constant))
    named = ((what, _labels(run, is_so)) for what, is_so in kinds)
    return [
        f"no signal at all, {what}: {listed(labels)}; switch it off"
        for what, labels in named
        if labels
    ]


def _spread(matrix: Matrix) -> float:
    """Largest less smallest value, NaN where there is none."""
    return float(np.fmax.reduce(matrix, axis=None) - np.fmin.reduce(matrix, axis=None))


def _is_empty(matrix: Matrix) -> bool:
    return bool(np.isnan(_spread(matrix)))


def _is_constant(matrix: Matrix) -> bool:
    return _spread(matrix) < _DEAD_SPREAD


def _first_lag(run: RunData) -> str:
    labels = _labels(run, _has_odd_first_lag)
    if not labels:
        return ""
    return (
        f"c2 one frame off the diagonal is outside {_FIRST_LAG[0]:g} to "
        f"{_FIRST_LAG[1]:g} in {listed(labels)}; expected contrast + 1: check the "
        "normalisation"
    )


def _has_odd_first_lag(matrix: Matrix) -> bool:
    lag = np.diagonal(matrix, offset=1)
    lag = lag[np.isfinite(lag)]
    return bool(lag.size) and not _FIRST_LAG[0] <= float(lag.mean()) <= _FIRST_LAG[1]


def _stripes(run: RunData) -> str:
    """Frames whose row stands out of its neighbours: beam dumps, dropped frames."""
    frames: set[int] = set()
    count = 0
    for matrix in run.c2:
        rows = _striped_rows(matrix)
        frames.update(run.first_frame + int(i) for i in rows)
        count += bool(len(rows))
    if not frames:
        return ""
    shown = listed(spans(sorted(frames)), shown=12)
    return (
        f"stripes in {count} of {len(run.c2)} matrices, at frames {shown}: a beam dump "
        "or dropped frames? leave them out with masks.frames"
    )


def _striped_rows(matrix: Matrix) -> NDArray[np.intp]:
    means = _row_means(matrix)
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


def _row_means(matrix: Matrix) -> NDArray[np.float64]:
    """Return the mean of each row without its diagonal element, NaN if it has none."""
    finite = np.isfinite(matrix)
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
