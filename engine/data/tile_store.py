"""Tiles in a scratch file: written once per fit, read at every pass.

The order is chunk, angle, tile, so that one read brings a chunk of every angle. The
file is read into buffers rather than mapped, because mapped pages count as memory of
the process. It has no name where the system allows that, so that nothing is left behind
even when the program is killed.
"""

import contextlib
import errno
import hashlib
import mmap
import os
import shutil
import tempfile
import threading
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from engine.data.tiles import TileLayout

SCRATCH_VARIABLE = "TWOTIME_SCRATCH"
"""Environment variable naming another folder for scratch files."""


def scratch_folder() -> Path:
    """Return where scratch files go: on disk, unlike many a /tmp."""
    wanted = os.environ.get(SCRATCH_VARIABLE)
    if wanted:
        return Path(wanted)
    return Path(platformdirs.user_cache_dir("twotime", False)) / "scratch"


class ScratchError(OSError):
    """There can be no scratch file where it should be."""


class TileStore:
    """A scratch file of tiles; `close` frees the disk.

    Parameters
    ----------
    layout
        How every angle is cut.
    n_angles
        Angles of every chunk.
    weighted
        Whether each pixel has a weight of its own beside its value.

    Raises
    ------
    ScratchError
        When the disk has no room for it or refuses.
    """

    def __init__(
        self,
        layout: TileLayout,
        n_angles: int,
        *,
        weighted: bool = False,
        folder: Path | None = None,
    ) -> None:
        self.n_angles = n_angles
        self._planes = 2 if weighted else 1
        self._tile = layout.tile
        self._tiles = [len(chunk.rows) for chunk in layout.chunks]
        sizes = [self._piece(number) * n_angles for number in range(self.n_chunks)]
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int).tolist()
        self._lock = threading.Lock()
        self._digest = hashlib.blake2b(digest_size=16)
        self.read_again = 0
        """How often a read failed at first."""
        folder = folder or scratch_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _refuse_full_disk(folder, self.nbytes)
            # Closed by `close`: it lives as long as the fit.
            self._file = tempfile.TemporaryFile(  # noqa: SIM115
                prefix="twotime-tiles-", dir=folder, buffering=0
            )
        except ScratchError:
            raise
        except OSError as error:
            raise ScratchError(
                error.errno,
                f"no scratch file can be made ({error.strerror}); name another folder "
                f"in {SCRATCH_VARIABLE}",
                str(folder),
            ) from error

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""
        return len(self._tiles)

    @property
    def nbytes(self) -> int:
        """Size of the file."""
        return self._starts[-1]

    @property
    def digest(self) -> str:
        """Hash of everything put so far, in the order it was put."""
        return self._digest.hexdigest()

    def put(
        self,
        chunk: int,
        angle: int,
        c2: NDArray[np.float32],
        weight: NDArray[np.float32] | None = None,
    ) -> None:
        """Write the tiles of one angle in a chunk, each of shape (G, T, T).

        Raises
        ------
        OSError
            When the disk is full or refuses.
        """
        planes = [c2] if weight is None else [c2, weight]
        if len(planes) != self._planes or len(c2) != self._tiles[chunk]:
            raise ValueError("these tiles do not belong to the chunk")
        place = self._starts[chunk] + angle * self._piece(chunk)
        with self._lock:
            self._file.seek(place)
            for plane in planes:
                data = np.ascontiguousarray(plane, dtype=np.float32)
                self._digest.update(data.data)
                _write_all(self._file, data)

    def read(self, chunk: int) -> NDArray[np.float32]:
        """Return a chunk, shape (n_angles, 1 or 2, G, T, T): values, and weights.

        Raises
        ------
        OSError
            When it cannot be read, also not at a second try.
        """
        try:
            return self._read(chunk)
        except OSError:
            self.read_again += 1
            return self._read(chunk)

    def _read(self, chunk: int) -> NDArray[np.float32]:
        shape = (self.n_angles, self._planes, self._tiles[chunk], self._tile)
        # Memory of its own, given back at once: an allocator would keep some of it.
        memory = mmap.mmap(-1, self._piece(chunk) * self.n_angles)
        view = memoryview(memory)
        with self._lock:
            self._file.seek(self._starts[chunk])
            done = 0
            while done < len(view):
                count = self._file.readinto(view[done:])
                if not count:
                    raise OSError(errno.EIO, "the scratch file of tiles is cut short")
                done += count
        return np.frombuffer(memory, np.float32).reshape(*shape, self._tile)

    def close(self) -> None:
        """Free the disk."""
        with contextlib.suppress(OSError):
            self._file.close()

    def _piece(self, chunk: int) -> int:
        """Return the bytes of one angle in a chunk."""
        return 4 * self._planes * self._tiles[chunk] * self._tile**2


def _refuse_full_disk(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ScratchError(
            errno.ENOSPC,
            f"the tiles need {needed / 1e9:.2g} GB of scratch space, "
            f"{free / 1e9:.2g} GB is free; name another folder in {SCRATCH_VARIABLE}",
            str(folder),
        )


def _write_all(file: object, data: NDArray[np.float32]) -> None:
    view = data.data.cast("B")
    done = 0
    while done < len(view):
        done += file.write(view[done:])  # type: ignore[attr-defined]
