"""c2 of the model on the fitted axis of a run: for display and result files."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.data.run import RunData
from engine.fit.problem import check_setup, fitted_frames
from engine.models.evaluate import c2_map
from engine.setup import Setup


def evaluate_maps(
    data: RunData,
    setup: Setup,
    values: Mapping[str, float],
    scaling: Sequence[tuple[int, float, float]],
) -> NDArray[np.float32]:
    """See `engine.api.model_maps`."""
    gap = check_setup(setup)
    times = data.times[fitted_frames(data, setup)]
    maps = np.empty((len(scaling), len(times), len(times)), np.float32)
    for place, (index, contrast, offset) in enumerate(scaling):
        maps[place] = c2_map(
            setup.model,
            setup.convention,
            values,
            times,
            q=data.q,
            gap=gap,
            phi=float(data.phi[index]),
            contrast=contrast,
            offset=offset,
        )
    return maps
