"""What the window, the command line and scripts call; everything else is behind it.

Importing this module is cheap: JAX is imported by the first `fit` or `prepare`, on the
thread that calls it, so that a window is up before and headless commands that only read
files never pay for it.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.config.run_file import RunFile, load_run_file
from engine.data.load import LoadProgress, OnMatrix, load
from engine.data.run import RunData
from engine.events import Cancelled, Watcher, ignore, never
from engine.result import FitResult
from engine.routing.plan import Plan
from engine.routing.run import held_in_memory, plan_run
from engine.scaling.estimate import closest_scaling as closest_scaling
from engine.setup import DataRequest, PhiSelection, Setup

if TYPE_CHECKING:
    from engine.data.inspect import Inspection


def open_run(
    path: Path,
    settings: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> RunFile:
    """Read what to fit: a run file (YAML, JSON) or a data file alone.

    Parameters
    ----------
    path
        Run file, or an HDF5, .npy or .npz file with defaults for everything else.
    settings
        Dotted keys of the run file and their values as text, overriding the file.
    typed
        What a message calls a setting, by its key, where that is not ``--set``.

    Raises
    ------
    InputError
        With the sentence for the user.
    """
    return load_run_file(path, settings or {}, typed)


def load_data(
    request: DataRequest,
    *,
    select: PhiSelection | None = None,
    setup: Setup | None = None,
    on_progress: LoadProgress | None = None,
    on_matrix: OnMatrix | None = None,
    cancelled: Cancelled = never,
) -> RunData:
    """Read the matrices of one q ring.

    Parameters
    ----------
    select
        Read only the angles it selects; None reads the whole ring.
    setup
        What they will be fitted with: where that needs more memory than may be used, or
        asks for it, the matrices stay in the file. None keeps them in memory.
    on_matrix
        Given (number, matrix) as each is read.

    Raises
    ------
    DataError
        With the sentence for the user.
    CancelledError
        When `cancelled` answered true; nothing is kept.
    """

    def keep(n_matrices: int, n_frames: int) -> bool:
        return setup is None or held_in_memory(n_matrices, n_frames, setup)

    return load(
        request,
        select=select,
        keep=keep,
        on_matrix=on_matrix,
        on_progress=on_progress,
        cancelled=cancelled,
    )


def plan(data: RunData, setup: Setup) -> Plan:
    """Tell with which strategy a run will be fitted, and why; costs next to nothing.

    Raises
    ------
    InputError
        When no angle is selected, or the memory settings cannot be.
    """
    return plan_run(data, setup)


def fit(
    data: RunData,
    setup: Setup,
    *,
    on_event: Watcher = ignore,
    cancelled: Cancelled = never,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> FitResult:
    """Fit a run. A fit that does not converge or is cancelled is a result, no error.

    Parameters
    ----------
    checkpoint
        File where a streaming fit keeps how far it is; it is the caller's to remove.
    resume
        Go on from that file.

    Raises
    ------
    InputError
        When data and setup do not go together (no angle left, no gap, …), the
        checkpoint belongs to another fit, or no strategy has enough memory and disk.
    CancelledError
        When it was stopped while matrices that stay on disk were being read.
    """
    from engine.fit.driver import run_fit

    return run_fit(
        data,
        setup,
        on_event=on_event,
        cancelled=cancelled,
        checkpoint=checkpoint,
        resume=resume,
    )


def model_maps(
    data: RunData,
    setup: Setup,
    values: Mapping[str, float],
    scaling: Sequence[tuple[int, float, float]],
) -> NDArray[np.float32]:
    """Evaluate c2 of some angles on the fitted time axis.

    Parameters
    ----------
    values
        Physical parameters by name.
    scaling
        (index into ``data.phi``, contrast, offset) of each wanted angle.

    Returns
    -------
    Array of shape (len(scaling), n, n), where n is ``data.n_frames``, less one when the
    setup drops the first frame.
    """
    from engine.fit.maps import evaluate_maps

    return evaluate_maps(data, setup, values, scaling)


def prepare(on_ready: Callable[[], None] | None = None) -> None:
    """Import and start JAX ahead of the first fit."""
    from engine.precision import prepare_jax

    prepare_jax()
    if on_ready is not None:
        on_ready()


def inspect(path: Path) -> "Inspection":
    """Tell what a file is without reading a matrix it need not.

    Raises
    ------
    DataError
        When it cannot be opened at all.
    """
    from engine.data.inspect import inspect_file

    return inspect_file(path)
