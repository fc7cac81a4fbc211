"""The Jacobian is never formed: scratch memory does not grow with the data."""

import jax
import numpy as np
import pytest

from engine.conventions import Convention
from engine.kernel.reduce import Pixels, Point, Sides, reduce_chunk
from engine.models.registry import build_model
from engine.setup import Loss

TILE = 64


def scratch_bytes(n_tiles, loss):
    model = build_model("laminar_flow", Convention.LITERATURE)

    def shape(*sizes, dtype=np.float64):
        return jax.ShapeDtypeStruct(sizes, dtype)

    columns = tuple(shape(n_tiles, TILE, c.n_columns) for c in model.channels)
    sides = Sides(shape(n_tiles, len(model.channels), TILE), columns)
    pixels = Pixels(shape(n_tiles, TILE, TILE, dtype=np.float32), shape())
    point = Point(shape(len(model.channels)), shape(), shape(), shape())
    lowered = reduce_chunk.lower(model, loss, pixels, (sides, sides), point, apart=True)
    return lowered.compile().memory_analysis().temp_size_in_bytes


@pytest.mark.slow
@pytest.mark.parametrize("loss", [Loss.LINEAR, Loss.CAUCHY])
def test_scratch_memory_depends_on_the_tile_alone(loss):
    few, many = (scratch_bytes(n, loss) for n in (4, 64))
    jacobian = 60 * TILE * TILE * 9 * 8
    assert few < 40 * TILE * TILE * 8
    # what is kept of the frames: a few numbers per row and column of each tile
    assert many - few < 60 * TILE * 40 * 8
    assert many - few < 0.1 * jacobian
