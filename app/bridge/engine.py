"""The functions of the engine the window uses, as one object that tests can replace.

Nothing here imports JAX: `fit`, `model_maps` and `prepare` do so themselves, on the
thread that calls them. `numpy.ma` is imported here because NumPy does it at the first
median: on another thread, while JAX adds its types to the table it walks, that fails.
"""

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.ma
from numpy.typing import NDArray

from app.bridge.pace import importing
from engine import api
from engine.config.run_file import RunFile
from engine.data.run import RunData
from engine.events import Cancelled
from engine.result import FitResult
from engine.routing.plan import Plan
from engine.setup import Setup

if TYPE_CHECKING:
    from engine.selftest import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What a worker may call."""

    open_run: Callable[..., RunFile]
    load_data: Callable[..., RunData]
    plan: Callable[[RunData, Setup], Plan]
    fit: Callable[..., FitResult]
    model_maps: Callable[..., NDArray[np.float32]]
    prepare: Callable[[], None]
    write_result_folder: Callable[..., Path]
    self_test: "Callable[[Cancelled], Generator[Check, None, None]]"
    _first: threading.Lock = field(default_factory=threading.Lock)
    _started: threading.Event = field(default_factory=threading.Event)

    def start_up(self) -> None:
        """Import and start JAX; two threads that need it first do so in turn."""
        with self._first:
            if not self._started.is_set():
                with importing():
                    self.prepare()
                self._started.set()


def real_engine() -> Engine:
    """Return the functions of `engine.api`."""
    return Engine(
        open_run=api.open_run,
        load_data=api.load_data,
        plan=api.plan,
        fit=api.fit,
        model_maps=api.model_maps,
        prepare=api.prepare,
        write_result_folder=_write_result_folder,
        self_test=_self_test,
    )


def _write_result_folder(folder: Path, **content: Any) -> Path:  # noqa: ANN401
    # The report module is needed only once something is saved.
    from engine.report.folder import write_result_folder

    return write_result_folder(folder, **content)


def _self_test(cancelled: Cancelled) -> "Generator[Check, None, None]":
    from engine.selftest import checks

    return checks(cancelled)
