"""What holds the matrices of a run, wherever they are."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Matrices(Protocol):
    """Two-time matrices by number: an array (K, N, N), or what reads each on demand.

    Only whole matrices are taken, by an integer, since an object that reads them from a
    file knows no other index.
    """

    @property
    def shape(self) -> tuple[Any, ...]:
        """(K, N, N)."""
        ...

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """Type of a pixel."""
        ...

    @property
    def nbytes(self) -> int:
        """Size of all matrices [bytes], wherever they are."""
        ...

    def __len__(self) -> int:
        """Return the number of matrices."""
        ...

    def __getitem__(self, index: int, /) -> NDArray[np.float32]:
        """Return one matrix, shape (N, N)."""
        ...

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Yield the matrices in turn."""
        ...
