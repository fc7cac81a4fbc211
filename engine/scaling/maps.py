"""Scaling modes as linear maps: contrast and offset of every angle from coefficients.

``contrast = base_contrast + contrast_map @ s`` and likewise for the offset. A mode is
nothing but the two matrices; reduction, solver and models know none of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.scaling.fourier import (
    coefficient_labels,
    condition,
    fourier_basis,
    least_angles,
    within,
)
from engine.setup import Scaling
from engine.solver.limits import Limits

Array = NDArray[np.float64]

LARGEST_CONDITION = 1e6
"""Condition of a Fourier basis above which angles do not determine its harmonics."""


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
    limits: Limits | None = None
    """On the values at every angle, where no coefficient is one by itself."""

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
        inside = np.clip(np.asarray(nearest, float), self.lower, self.upper)
        return inside if self.limits is None else _calmed(inside, self)


def _calmed(coefficients: Array, scaling: ScalingMap) -> Array:
    """Return coefficients with the harmonics shrunk until every value is allowed."""
    found = coefficients.copy()
    order = scaling.n_coefficients // 4
    half = 1 + 2 * order
    limits = scaling.limits
    assert limits is not None
    k = len(scaling.contrast_map)
    for group, rows in ((np.s_[:half], np.s_[:k]), (np.s_[half:], np.s_[k:])):
        basis = limits.matrix[rows, group]
        bounds = float(limits.lower[rows][0]), float(limits.upper[rows][0])
        found[group] = within(basis @ coefficients[group], basis, *bounds)
    return found


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


def fourier(
    phi: Array,
    contrast_bounds: tuple[float, float],
    offset_bounds: tuple[float, float],
    order: int,
) -> ScalingMap:
    """Return contrast and offset as Fourier series of the angle.

    The bounds are on the values at the angles; the coefficients have none.

    Raises
    ------
    ValueError
        With fewer angles than coefficients, or angles that do not tell them apart.
    """
    k, basis = len(phi), fourier_basis(phi, order)
    if k < least_angles(order) or condition(basis) > LARGEST_CONDITION:
        raise ValueError(f"{k} angles do not determine harmonics up to {order}")
    none = np.zeros_like(basis)
    contrast_map, offset_map = np.hstack([basis, none]), np.hstack([none, basis])
    count = contrast_map.shape[1]
    names = (
        *coefficient_labels("contrast", order),
        *coefficient_labels("offset", order),
    )
    return ScalingMap(
        mode=Scaling.FOURIER,
        names=names,
        contrast_map=contrast_map,
        offset_map=offset_map,
        base_contrast=np.zeros(k),
        base_offset=np.zeros(k),
        lower=np.full(count, -np.inf),
        upper=np.full(count, np.inf),
        limits=Limits(
            np.vstack([contrast_map, offset_map]),
            np.repeat([contrast_bounds[0], offset_bounds[0]], k),
            np.repeat([contrast_bounds[1], offset_bounds[1]], k),
        ),
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
