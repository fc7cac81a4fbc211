"""Standard output that may be closed, unread, full, or of an old console."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast


class Output:
    """A stream that remembers that it could not be written.

    What is written may be swallowed or kept in a buffer, and so may its failure.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failure: OSError | None = None
        """The last one."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - anything of the stream
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, as the stream does."""
        with self._remembered():
            return self._stream.write(text)

    def flush(self) -> None:
        """Flush, as the stream does."""
        with self._remembered():
            self._stream.flush()

    def settle(self) -> str | None:
        """Write what is left, at the end; never let Python complain of it afterwards.

        Returns
        -------
        Why the output is not complete; None when it is, or when its reader went away.
        """
        with suppress(OSError):
            self.flush()
        if self.failure is None:
            return None
        # What could not be written is kept in the buffer, and tried again at exit.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
        if isinstance(self.failure, BrokenPipeError):
            return None
        return self.failure.strerror or str(self.failure)

    @contextmanager
    def _remembered(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = error
            raise


@contextmanager
def robust_output() -> Iterator[Output]:
    """Provide standard output as an `Output`, for as long as a command runs.

    What an old console cannot show is replaced, and so is a stream that was closed:
    Python has None in its place.
    """
    before = sys.stdout, sys.stderr
    out, err = (Output(stream or _nowhere()) for stream in before)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    for stream in (out, err):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        yield out
    finally:
        err.settle()
        sys.stdout, sys.stderr = before


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")
