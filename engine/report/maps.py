"""Data, fit and residual of the fitted angles, one angle at a time.

The maps of all angles together are several times the data; whoever writes or draws them
takes one angle, is done with it, and takes the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import api
from engine.data.run import RunData
from engine.result import FitResult
from engine.setup import Setup


@dataclass(frozen=True, slots=True, eq=False)
class AngleMaps:
    """c2 of one angle on the fitted time axis; NaN where the data have no value."""

    position: int
    """Index among the fitted angles."""
    phi: float
    """Azimuth [deg]."""
    data: NDArray[np.float32]
    model: NDArray[np.float32]

    @property
    def residual(self) -> NDArray[np.float32]:
        """Data minus model."""
        return self.data - self.model


def angle_maps(data: RunData, setup: Setup, result: FitResult) -> Iterator[AngleMaps]:
    """Evaluate the fitted model angle by angle, in file order."""
    first = int(result.input.first_frame_dropped)
    scaling = result.scaling
    for position, index in enumerate(result.angle_indices):
        wanted = (index, scaling.contrast[position], scaling.offset[position])
        yield AngleMaps(
            position=position,
            phi=float(data.phi[index]),
            data=data.c2[index][first:, first:],
            model=api.model_maps(data, setup, result.values, [wanted])[0],
        )


def fitted_times(data: RunData, result: FitResult) -> NDArray[np.float64]:
    """Return the time of each frame on the fitted axis [s]."""
    return data.times[int(result.input.first_frame_dropped) :]
