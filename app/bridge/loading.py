"""Opening a run off the GUI thread: run file, matrices, thumbnails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.bridge.engine import Engine
from app.bridge.task_runner import Report, Work
from engine.config.run_file import RunFile
from engine.data.run import RunData
from engine.setup import DataRequest, Setup


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """A small picture of a matrix."""

    pixels: NDArray[np.floating]
    levels: tuple[float, float] | None
    """Levels that suit it; None where it has no value."""


Shrink = Callable[[NDArray[np.float32]], Thumbnail]
"""Makes the small picture of a matrix."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadProgress:
    """How far reading has come."""

    done: int
    total: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedRun:
    """A run file with its matrices."""

    run_file: RunFile
    data: RunData
    thumbnails: tuple[Thumbnail, ...]
    """Of each matrix."""


def opening(
    engine: Engine, path: Path, shrink: Shrink, settings: Mapping[str, str]
) -> Work:
    """Return the work of reading a run file and the matrices it names.

    Parameters
    ----------
    settings
        Dotted keys of the run file and their values as text, overriding the file.
    """

    def work(report: Report, cancelled: Callable[[], bool]) -> LoadedRun:
        run_file = engine.open_run(path, settings)
        again = reading(engine, run_file, run_file.request, shrink)
        return again(report, cancelled)

    return work


def reading(
    engine: Engine,
    run_file: RunFile,
    request: DataRequest,
    shrink: Shrink,
    *,
    setup: Setup | None = None,
) -> Work:
    """Return the work of reading the matrices of a request.

    Parameters
    ----------
    setup
        What the run is to be fitted with, which decides whether the matrices stay in
        the file; None takes that of the run file.
    """

    def work(report: Report, cancelled: Callable[[], bool]) -> LoadedRun:
        def progress(done: int, total: int, text: str) -> None:
            report(LoadProgress(done=done, total=total, text=text))

        def picture(_k: int, c2: NDArray[np.float32]) -> None:
            thumbnails.append(shrink(c2))

        thumbnails: list[Thumbnail] = []
        data = engine.load_data(
            request,
            setup=setup or run_file.setup,
            on_matrix=picture,
            on_progress=progress,
            cancelled=cancelled,
        )
        return LoadedRun(run_file=run_file, data=data, thumbnails=tuple(thumbnails))

    return work
