"""Matrices that stay in their file and are read one at a time."""

import operator
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.readers.detect import open_source
from engine.data.run import RunData
from engine.data.source import MatrixEntry, Source
from engine.errors import CancelledError, DataError
from engine.events import Cancelled, never

_KEPT = 2
"""Matrices that stay in memory: one in use, and the next that a thread reads ahead."""


class StoredMatrices:
    """Matrices of one run, each read from the file when it is asked for.

    They are the same, to the last bit, as those in memory: mirrored, averaged and
    lifted by the same reader. The two used last are kept. Several threads may ask.

    Parameters
    ----------
    path, dataset
        What `open_source` takes.
    entries
        The matrices, as the file offers them.
    frames
        Window as indices into the stored frames, with both ends given.
    """

    def __init__(
        self,
        path: Path,
        dataset: str | None,
        entries: Sequence[MatrixEntry],
        frames: slice,
    ) -> None:
        n_frames = frames.stop - frames.start
        self.shape = (len(entries), n_frames, n_frames)
        self.dtype: np.dtype[np.float32] = np.dtype(np.float32)
        self._entries = tuple(entries)
        self._frames = frames
        self._file = _OpenFile(path, dataset)
        self._recent: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._read_again: dict[str, None] = {}
        # Two locks: what is kept is there for one thread while another one reads.
        self._reading = threading.Lock()
        self._keeping = threading.Lock()
        # Garbage collection would close it too, but not without a warning.
        weakref.finalize(self, self._file.close)

    @property
    def nbytes(self) -> int:
        """Size of all matrices [bytes], were they in memory."""
        k, n, _ = self.shape
        return k * n * n * self.dtype.itemsize

    @property
    def read_again(self) -> tuple[str, ...]:
        """A sentence for each matrix that could be read at the second attempt only."""
        with self._keeping:
            return tuple(self._read_again)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, index: int, /) -> NDArray[np.float32]:
        """Return one matrix, shape (N, N), read-only.

        Raises
        ------
        DataError
            When it cannot be read any more.
        """
        k = self._number(index)
        found = self._kept(k)
        if found is not None:
            return found
        with self._reading:
            # Another thread may have read it meanwhile.
            found = self._kept(k)
            if found is None:
                self._make_room()
                found = self._from_file(k)
                self._keep(k, found)
        return found

    def close(self) -> None:
        """Forget what was read and release the file; reading opens it again."""
        with self._reading, self._keeping:
            self._recent.clear()
            self._file.close()

    def _number(self, index: int) -> int:
        k = operator.index(index)
        if not -len(self) <= k < len(self):
            raise IndexError(f"matrix {k} of {len(self)}")
        return k % len(self)

    def _kept(self, k: int) -> NDArray[np.float32] | None:
        with self._keeping:
            if k not in self._recent:
                return None
            self._recent.move_to_end(k)
            return self._recent[k]

    def _make_room(self) -> None:
        """Forget the matrix that was used longest ago, before the next takes memory."""
        with self._keeping:
            while len(self._recent) >= _KEPT:
                self._recent.popitem(last=False)

    def _keep(self, k: int, matrix: NDArray[np.float32]) -> None:
        with self._keeping:
            self._recent[k] = matrix

    def _from_file(self, k: int) -> NDArray[np.float32]:
        try:
            source = self._file.source()
            matrix = source.read(_unchanged(source, self._entries[k]), self._frames)
        except (DataError, OSError):
            # The file may be there again the next time.
            self._file.close()
            raise
        with self._keeping:
            self._read_again.update(dict.fromkeys(source.read_again))
        matrix.flags.writeable = False
        return matrix


def _unchanged(source: Source, entry: MatrixEntry) -> MatrixEntry:
    if entry not in source.entries:
        raise DataError(
            f"{source.path} has changed since it was opened: the matrix {entry.label} "
            "is not what it was; open the file again"
        )
    return entry


class _OpenFile:
    """A data file that is opened when it is needed, and stays so."""

    def __init__(self, path: Path, dataset: str | None) -> None:
        self._path = path
        self._dataset = dataset
        self._source: Source | None = None

    def source(self) -> Source:
        """Return the open file."""
        if self._source is None:
            self._source = open_source(self._path, self._dataset)
        return self._source

    def close(self) -> None:
        """Release the file."""
        if self._source is not None:
            self._source.close()
            self._source = None


def in_memory(run: RunData, *, cancelled: Cancelled = never) -> RunData:
    """Return the run with all its matrices in memory.

    Raises
    ------
    MemoryError
        When there is not enough.
    DataError
        When a matrix cannot be read any more.
    CancelledError
        When `cancelled`, asked before every matrix, answered true.
    """
    if run.in_memory:
        return run
    c2 = np.empty(run.c2.shape, dtype=run.c2.dtype)
    for k in range(len(c2)):
        if cancelled():
            raise CancelledError(f"reading {run.path} was cancelled")
        c2[k] = run.c2[k]
    c2.flags.writeable = False
    new = tuple(s for s in run.read_again if s not in run.warnings)
    return replace(run, c2=c2, warnings=run.warnings + new)
