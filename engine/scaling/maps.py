"""Scaling modes as linear maps: contrast and offset of every angle from coefficients.

``contrast = base_contrast + contrast_map @ s`` and likewise for the offset. A mode is
nothing but the two matrices; reduction, solver and models know none of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.setup import Scaling

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ScalingMap:
    """A scaling mode for K angles with S coefficients."""

    mode: Scaling
    names: tuple[str, ...]
    """Names of the coefficients."""
    contrast_map: Array
    """Shape (K, S)."""
    offset_map: Array
    """Shape (K, S)."""
    base_contrast: Array
    """Shape (K,): what the frozen modes use."""
    base_offset: Array
    lower: Array
    """Bounds of the coefficients, shape (S,)."""
    upper: Array

    @property
    def n_coefficients(self) -> int:
        """Number of fitted coefficients."""
        return self.contrast_map.shape[1]

    def expand(self, coefficients: Array) -> tuple[Array, Array]:
        """Return contrast and offset per angle."""
        return (
            self.base_contrast + self.contrast_map @ coefficients,
            self.base_offset + self.offset_map @ coefficients,
        )

    def coefficients(self, contrast: Array, offset: Array) -> Array:
        """Return the coefficients nearest to given values, within the bounds."""
        if not self.n_coefficients:
            return np.zeros(0)
        stacked = np.concatenate([self.contrast_map, self.offset_map])
        wanted = np.concatenate(
            [contrast - self.base_contrast, offset - self.base_offset]
        )
        nearest = np.linalg.lstsq(stacked, wanted, rcond=None)[0]
        return np.clip(np.asarray(nearest, float), self.lower, self.upper)


def individual(
    phi: Array, contrast_bounds: tuple[float, float], offset_bounds: tuple[float, float]
) -> ScalingMap:
    """Return one contrast and one offset for every matrix (not for every phi)."""
    k = len(phi)
    eye, none = np.eye(k), np.zeros((k, k))
    names = [f"contrast[{i}]" for i in range(k)] + [f"offset[{i}]" for i in range(k)]
    return ScalingMap(
        mode=Scaling.INDIVIDUAL,
        names=tuple(names),
        contrast_map=np.hstack([eye, none]),
        offset_map=np.hstack([none, eye]),
        base_contrast=np.zeros(k),
        base_offset=np.zeros(k),
        lower=np.repeat([contrast_bounds[0], offset_bounds[0]], k),
        upper=np.repeat([contrast_bounds[1], offset_bounds[1]], k),
    )


def averaged(
    phi: Array, contrast_bounds: tuple[float, float], offset_bounds: tuple[float, float]
) -> ScalingMap:
    """Return one fitted contrast and one fitted offset for all angles."""
    k = len(phi)
    one, none = np.ones((k, 1)), np.zeros((k, 1))
    return ScalingMap(
        mode=Scaling.AVERAGED,
        names=("contrast", "offset"),
        contrast_map=np.hstack([one, none]),
        offset_map=np.hstack([none, one]),
        base_contrast=np.zeros(k),
        base_offset=np.zeros(k),
        lower=np.array([contrast_bounds[0], offset_bounds[0]]),
        upper=np.array([contrast_bounds[1], offset_bounds[1]]),
    )


def frozen(mode: Scaling, contrast: Array, offset: Array) -> ScalingMap:
    """Return a map without coefficients: contrast and offset stay as given."""
    k = len(contrast)
    return ScalingMap(
        mode=mode,
        names=(),
        contrast_map=np.zeros((k, 0)),
        offset_map=np.zeros((k, 0)),
        base_contrast=contrast,
        base_offset=offset,
        lower=np.zeros(0),
        upper=np.zeros(0),
    )
