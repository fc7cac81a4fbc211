"""Makes maps ready to be drawn, on a worker thread.

Evaluating, dividing by the noise, percentiles and block means all take milliseconds
that would hold up the window; what arrives there only has to be coloured.
"""

from dataclasses import dataclass

from app.bridge.engine import Engine
from app.bridge.maps import MapRequest, evaluate_pair, fitted_part
from app.widgets.picture import Picture, in_sigmas
from engine.data.run import RunData


@dataclass(frozen=True, slots=True)
class ShownData:
    """Which data are on the maps."""

    data: RunData
    first_dropped: bool
    index: int
    """Into ``data.phi``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnMaps:
    """The maps of one angle; None is what was not asked for."""

    data: Picture | None
    model: Picture | None = None
    residual: Picture | None = None
    """In units of the noise, where that was given."""
    contrast: float | None = None
    offset: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DrawJob:
    """What is to be drawn."""

    generation: int
    request: MapRequest
    title: str
    sigma: float | None = None
    """Noise of c2 the residual is divided by; None leaves it as it is."""
    data_only: bool = False

    @property
    def shown(self) -> ShownData:
        """The data it belongs to."""
        request = self.request
        return ShownData(request.data, request.setup.drop_first_frame, request.index)

    def draw(self, engine: Engine, *, reduction: int, with_data: bool) -> DrawnMaps:
        """Return the maps; call it on a worker thread.

        Parameters
        ----------
        reduction
            How many elements are going to be drawn as one.
        with_data
            Whether the data are wanted beside the model.

        Raises
        ------
        InputError
            When the model cannot be evaluated or the data cannot be read.
        """
        request = self.request
        if self.data_only:
            part = fitted_part(request.data, request.setup, request.index)
            return DrawnMaps(data=Picture(part).ready(reduction))
        pair = evaluate_pair(engine, request)
        residual = Picture(in_sigmas(pair.residual, self.sigma))
        return DrawnMaps(
            data=Picture(pair.data).ready(reduction) if with_data else None,
            model=Picture(pair.model).ready(reduction),
            residual=residual.ready(reduction, diverging=True),
            contrast=pair.contrast,
            offset=pair.offset,
        )
