"""Checkpoints of a streaming fit: a few kilobytes that let it go on after a kill.

A checkpoint holds the coefficients and the state of the solver, and hashes of the data
and of the setup: going on with anything else is refused. It is written beside its place
and renamed, so there is always a whole one.
"""

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import OptionError
from engine.fit.layer_run import LayerRun
from engine.fit.problem import Problem
from engine.setup import Scaling
from engine.solver.options import SolverState

Array = NDArray[np.float64]

_FORMAT = "twotime-checkpoint"
_VERSION = 2
_HUGE = 1e300
"""No number of a fit is as large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where a fit was; numbers as plain lists, exact in JSON."""

    data: str
    """Hash of the fitted pixels."""
    setup: str
    """Hash of what is fitted."""
    saved: str
    """Local time, ISO 8601."""
    phase: str
    names: Sequence[str]
    """Of the coefficients."""
    scaling: str
    """Scaling mode the fit had come to."""
    layers: Mapping[str, Any]
    """What `LayerRun.kept` returned."""
    x: Sequence[float]
    start: Sequence[float]
    """Physical parameters the fit started from, in model order."""
    cost_initial: float
    cost: float
    units: Sequence[float]
    iterations: int
    damping: float | None = None
    growth: float | None = None
    radius: float | None = None
    scale: Sequence[float] | None = None

    @property
    def saved_at(self) -> str:
        """When it was saved, for people."""
        return self.saved[:16].replace("T", " ")

    @property
    def state(self) -> SolverState | None:
        """State of the solver, None where it had not begun."""
        if self.damping is None or self.growth is None or self.scale is None:
            return None
        return SolverState(
            damping=self.damping,
            growth=self.growth,
            radius=self.radius,
            iterations=0,
            evaluations=1,
            scale=np.array(self.scale, float),
        )


def identity(problem: Problem) -> tuple[str, str]:
    """Return the hashes of the fitted pixels and of what is fitted."""
    store, setup, reduction = problem.tiling.store, problem.setup, problem.reduction
    data = store.digest if store is not None else ""
    told = (
        setup.model,
        tuple(setup.parameters),
        setup.start_given,
        setup.convention,
        setup.gap,
        setup.scaling,
        setup.contrast_start,
        setup.offset_start,
        setup.contrast_bounds,
        setup.offset_bounds,
        problem.noise.sigma,
        setup.loss,
        setup.loss_scale,
        setup.options.layers,
        reduction.geometry,
        reduction.phi.tolist(),
        reduction.times[[0, 1, -1]].tolist(),
    )
    return data, hashlib.sha256(repr(told).encode()).hexdigest()


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, replacing the one before only when it is whole.

    Raises
    ------
    OSError
        When the disk is full or refuses; the one before is still there then.
    """
    record = {"format": _FORMAT, "version": _VERSION, **asdict(checkpoint)}
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as file:
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    OptionError
        When there is none, or it is not one of this version.
    """
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise OptionError(
            f"there is no checkpoint at {path}, so nothing to resume; run the fit "
            "without --resume"
        ) from error
    except (OSError, ValueError) as error:
        raise _unusable(path, "cannot be read") from error
    if not isinstance(record, dict) or record.pop("format", None) != _FORMAT:
        raise _unusable(path, "is no checkpoint of Twotime")
    if record.pop("version", None) != _VERSION:
        raise _unusable(path, "was written by another version")
    try:
        checkpoint = Checkpoint(**record)
    except TypeError as error:
        raise _unusable(path, "is incomplete") from error
    if not _sound(checkpoint):
        raise _unusable(path, "is damaged")
    return checkpoint


def _sound(checkpoint: Checkpoint) -> bool:
    """Whether every field is of its kind, and those that belong together agree."""
    c = checkpoint
    scale = c.x if c.scale is None else c.scale
    state = (c.damping, c.growth, c.scale)
    return (
        all(isinstance(t, str) for t in (c.data, c.setup, c.saved, c.phase, c.scaling))
        and c.scaling in set(Scaling)
        and isinstance(c.layers, dict)
        and isinstance(c.names, list)
        and all(isinstance(name, str) for name in c.names)
        and all(_numbers(v, len(c.names)) for v in (c.x, c.units, scale))
        and _numbers(c.start)
        and _numbers([c.cost, c.cost_initial])
        and isinstance(c.iterations, int)
        and c.iterations >= 0
        and (state == (None, None, None) or None not in state)
        and _positive([v for v in (c.damping, c.growth, c.radius) if v is not None])
        and _positive([*c.units, *(c.scale or ())])
    )


def _numbers(values: object, count: int | None = None) -> bool:
    """Whether these are finite numbers, and as many as expected."""
    if not isinstance(values, list) or count not in {None, len(values)}:
        return False
    plain = all(type(v) in {int, float} and abs(v) < _HUGE for v in values)
    return plain and not any(math.isnan(v) for v in values)


def _positive(values: list[Any]) -> bool:
    return _numbers(values) and all(v > 0 for v in values)


def _unusable(path: Path, why: str) -> OptionError:
    return OptionError(
        f"the checkpoint {path} {why}; remove it and run the fit without --resume"
    )


def check_same(checkpoint: Checkpoint, problem: Problem, path: Path) -> None:
    """Refuse to go on with other data or another setup.

    Raises
    ------
    OptionError
        Naming which of the two it is.
    """
    data, setup = identity(problem)
    for ours, theirs, what in (
        (data, checkpoint.data, "data, frames, angles or masks"),
        (setup, checkpoint.setup, "model, parameters or settings"),
    ):
        if ours != theirs:
            raise OptionError(
                f"the checkpoint {path} belongs to another fit, with other {what}; "
                "restore them, or run the fit without --resume"
            )


def restore_layers(checkpoint: Checkpoint, layers: LayerRun, path: Path | None) -> None:
    """Let the layers of a fit go on where they were.

    Raises
    ------
    OptionError
        When the checkpoint does not hold that.
    """
    try:
        layers.restore(checkpoint.layers)
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable(path or Path(), "is damaged") from error


def now() -> str:
    """Return the local time as a checkpoint keeps it."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
