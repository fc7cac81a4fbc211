"""Peak memory of a headless fit with each strategy, as a sum of named terms.

The peak is that of the stage that needs most: reading the run, cutting it into tiles,
fitting, writing the result. Each needs the program itself and what of the data lives
then; all of it in GB of 10⁹ bytes of resident memory. The constants are measured, by
the peak of every stage of the whole command on simulated runs of 10⁵ to 5·10⁷ pixels;
`tests/bench/bench_memory.py` repeats the comparison.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.data.tiles import tile_layout
from engine.machine import available_cores
from engine.options import ChunkOptions
from engine.routing.chunks import ON_DISK, buffered_chunks, chunk_tiles
from engine.routing.coarse import COARSE_FROM, coarse_bytes
from engine.routing.plan import RunSize
from engine.setup import Strategy


class Stage(StrEnum):
    """Stages of a headless fit; the value is the text the user reads."""

    READING = "reading"
    CUTTING = "cutting tiles"
    FITTING = "fitting"
    WRITING = "writing the result"


class Part(StrEnum):
    """What takes memory; the value is the text the user reads."""

    PROGRAM = "program"
    KERNELS = "compiled kernels"
    MATRICES = "matrices"
    TILES = "tiles"
    BUFFERS = "buffers"
    COARSE = "coarse grid"
    WEIGHTS = "masks and weights"
    ONE_MATRIX = "work on one matrix"
    EQUATIONS = "normal equations"


_PROGRAM = {
    Stage.READING: 0.06,
    Stage.CUTTING: 0.21,
    Stage.FITTING: 0.33,
    Stage.WRITING: 0.36,
}
"""Interpreter and libraries [GB]; JAX is there from the cutting on, and the drawing
library when the result is written. Between a first fit, which compiles, and later ones,
which need about 0.06 less."""
_KERNEL_GB = 0.024
"""For each shape of chunk: each is compiled for itself, and each thread works on it."""
_COARSE_KERNELS = 2
_VALUE = 4
"""Bytes of a pixel, as of a weight."""
_READING_BYTES = 4.4
"""Per pixel of the matrix that is being read and completed."""
_KEPT_MATRICES = 2
"""Matrices in memory of a run that stays on disk: in use, and read ahead."""
_MASKING_BYTES = 8
"""Per pixel of the matrix being masked: the mask, and a copy without what it hides."""
_WEIGHING_BYTES = 20
"""Per pixel of the matrix whose sigma is read: sigma and 1/sigma², and the weights."""
_WRITING_BYTES = 12
"""Per pixel of the matrix whose map is written: the model in double and in single
precision, the residual."""
_EQUATIONS_COPIES = 16
"""Matrices of the normal equations that live at a time, about."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Memory of every stage [GB], term by term."""

    stages: Mapping[Stage, Mapping[Part, float]] = field(hash=False)

    @property
    def stage(self) -> Stage:
        """The stage that needs most."""
        return max(self.stages, key=lambda s: sum(self.stages[s].values()))

    @property
    def terms(self) -> Mapping[Part, float]:
        """The terms of that stage [GB]."""
        return self.stages[self.stage]

    @property
    def total(self) -> float:
        """Peak memory of the process [GB]."""
        return sum(self.terms.values())


def footprint(
    size: RunSize,
    strategy: Strategy,
    options: ChunkOptions | None = None,
    *,
    cores: int | None = None,
) -> Footprint:
    """Return the memory a fit will need with a strategy (not AUTO).

    Parameters
    ----------
    cores
        Cores the process may use; None asks the machine.
    """
    need = _Need(size, strategy, options or ChunkOptions(), cores or available_cores())
    stages = {
        Stage.READING: {
            Part.MATRICES: need.run,
            Part.ONE_MATRIX: need.one(_READING_BYTES),
        },
        Stage.CUTTING: {
            Part.MATRICES: need.matrices,
            Part.TILES: need.tiles,
            Part.COARSE: need.coarse,
            Part.WEIGHTS: need.weights,
            Part.ONE_MATRIX: need.one(need.cutting_bytes),
        },
        Stage.FITTING: {
            Part.MATRICES: need.matrices,
            Part.TILES: need.tiles,
            Part.COARSE: need.coarse,
            Part.WEIGHTS: need.weights,
            Part.BUFFERS: need.buffers,
            Part.EQUATIONS: need.equations,
        },
        # The tiles are done with, but hardly any of their memory is given back.
        Stage.WRITING: {
            Part.MATRICES: need.matrices,
            Part.TILES: need.tiles,
            Part.COARSE: need.coarse,
            Part.ONE_MATRIX: need.one(_WRITING_BYTES),
        },
    }
    return Footprint(
        {
            stage: {
                Part.PROGRAM: _PROGRAM[stage],
                **need.kernels(stage),
                **{part: value / 1e9 for part, value in terms.items() if value},
            }
            for stage, terms in stages.items()
        }
    )


class _Need:
    """The terms of one run and strategy [bytes]."""

    def __init__(
        self, size: RunSize, strategy: Strategy, options: ChunkOptions, cores: int
    ) -> None:
        self._size = size
        self._strategy = strategy
        self._cores = cores
        chunk = chunk_tiles(strategy, size.n_angles, options)
        self._layout = tile_layout(size.n_fitted, chunk_tiles=chunk)
        self._planes = 2 if size.sigma_arrays else 1

    def kernels(self, stage: Stage) -> dict[Part, float]:
        """Return the term of the kernels [GB], once there are any."""
        if stage in {Stage.READING, Stage.CUTTING}:
            return {}
        shapes = {(c.apart, len(c.rows)) for c in self._layout.chunks}
        count = len(shapes) + (_COARSE_KERNELS if self.coarse else 0)
        return {Part.KERNELS: count * _KERNEL_GB}

    def one(self, bytes_per_pixel: float) -> float:
        """Return what is needed for each pixel of a matrix, times those pixels."""
        return bytes_per_pixel * self._size.n_frames**2

    @property
    def run(self) -> float:
        """All matrices, where they are in memory."""
        if self._strategy in ON_DISK and not self._size.held:
            return 0.0
        return self._size.n_matrices * self.one(_VALUE)

    @property
    def matrices(self) -> float:
        """Matrices in memory once the run is open."""
        kept = min(_KEPT_MATRICES, self._size.n_matrices)
        return self.run or kept * self.one(_VALUE)

    @property
    def tiles(self) -> float:
        """Packed tiles of the upper triangle, with their weights."""
        if self._strategy is not Strategy.STANDARD:
            return 0.0
        return self._size.n_angles * self._layout.n_tiles * self._one_tile

    @property
    def buffers(self) -> float:
        """Chunks cut or read ahead of the threads that reduce them."""
        largest = max(len(c.rows) for c in self._layout.chunks)
        chunk = self._size.n_angles * largest * self._one_tile
        whole = self._size.n_angles * self._layout.n_tiles * self._one_tile
        n_angles = self._size.n_angles
        buffered = buffered_chunks(self._strategy, n_angles, self._cores)
        return min(buffered * chunk, whole)

    @property
    def coarse(self) -> float:
        """The coarse grid, where there is one."""
        n = self._size.n_fitted
        pixels = self._size.n_angles * n * (n - 1) / 2
        on_disk = self._strategy in ON_DISK
        if not on_disk and pixels < COARSE_FROM:
            return 0.0
        return coarse_bytes(self._layout, self._size.n_angles, on_disk=on_disk)

    @property
    def weights(self) -> float:
        """What of masks and weights stays beside matrices that are cut at each pass."""
        if self._strategy is not Strategy.LARGE:
            return 0.0
        mask = 1 if self._size.masked else 0
        weight = _VALUE if self._size.sigma_arrays else 0
        return self._size.n_angles * self.one(mask + weight)

    @property
    def cutting_bytes(self) -> float:
        """Per pixel of the matrix that is being cut."""
        reading = _READING_BYTES - _VALUE if self._strategy in ON_DISK else 0.0
        masking = _MASKING_BYTES if self._size.masked else 0.0
        weighing = _WEIGHING_BYTES if self._size.sigma_arrays else 0.0
        return max(reading, masking, weighing)

    @property
    def equations(self) -> float:
        """Normal equations."""
        return _EQUATIONS_COPIES * 8.0 * self._size.n_coefficients**2

    @property
    def _one_tile(self) -> float:
        return self._planes * _VALUE * self._layout.tile**2
