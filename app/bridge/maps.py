"""Model and residual of one angle, evaluated off the GUI thread."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.bridge.engine import Engine
from engine.api import closest_scaling
from engine.data.run import RunData
from engine.setup import Setup


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapRequest:
    """What to draw."""

    data: RunData
    setup: Setup
    values: Mapping[str, float]
    index: int
    """Into ``data.phi``."""
    scaling: tuple[float, float] | None = None
    """Contrast and offset; None takes those that suit the data best."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapPair:
    """Data, model and residual on the fitted time axis."""

    request: MapRequest
    data: NDArray[np.float32]
    """The measured part of the request's angle, as `fitted_part` gives it."""
    model: NDArray[np.float32]
    residual: NDArray[np.float32]
    contrast: float
    offset: float


def fitted_part(data: RunData, setup: Setup, index: int) -> NDArray[np.float32]:
    """Return the matrix of one angle on the fitted time axis (a view).

    Of a run that stays in its file (``not data.in_memory``) this reads the matrix: call
    it on a worker thread.

    Raises
    ------
    DataError
        When the matrix cannot be read any more.
    """
    first = 1 if setup.drop_first_frame else 0
    return data.c2[index][first:, first:]


def evaluate_pair(engine: Engine, request: MapRequest) -> MapPair:
    """Evaluate the model of one angle and its difference to the data."""
    engine.start_up()
    data = fitted_part(request.data, request.setup, request.index)
    contrast, offset = request.scaling or (1.0, 0.0)
    model = engine.model_maps(
        request.data,
        request.setup,
        request.values,
        [(request.index, contrast, offset)],
    )[0]
    if request.scaling is None:
        contrast, offset = closest_scaling(model, data)
        model = np.float32(contrast) * model + np.float32(offset)
    residual = data - model
    # The diagonal is never fitted: there is no residual.
    np.fill_diagonal(residual, np.nan)
    return MapPair(
        request=request,
        data=data,
        model=model,
        residual=residual,
        contrast=contrast,
        offset=offset,
    )
