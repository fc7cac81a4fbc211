"""Faults on purpose: what fails, when, and with what."""

import errno
import threading
from collections import namedtuple
from dataclasses import replace

import numpy as np

from engine.data import tile_store
from engine.data.tile_store import TileStore
from engine.kernel.reduction import Reduction

FULL = OSError(errno.ENOSPC, "No space left on device")
BROKEN = OSError(errno.EIO, "Input/output error")
NO_MEMORY = MemoryError("cannot allocate")
Usage = namedtuple("Usage", "total used free")


class Calls:
    """Counts calls from any thread, and says which of them fail.

    Parameters
    ----------
    failing
        Numbers of the calls that fail, from 1; or whether one does, given its number.
    """

    def __init__(self, failing):
        self._failing = failing
        self._lock = threading.Lock()
        self.count = 0

    def fails(self):
        """Count a call; return whether it fails."""
        with self._lock:
            self.count += 1
            count = self.count
        return (
            self._failing(count) if callable(self._failing) else count in self._failing
        )


def always(_):
    return True


def fresh(error):
    """Return another one: a traceback would keep alive what was there when it came."""
    return type(error)(*error.args)


def raising(monkeypatch, owner, name, error, failing=always):
    """Make calls of a function or method raise; return the calls."""
    plain, calls = getattr(owner, name), Calls(failing)

    def faulty(*args, **kwargs):
        if calls.fails():
            raise fresh(error)
        return plain(*args, **kwargs)

    monkeypatch.setattr(owner, name, faulty)
    return calls


def spoiled(pieces, value, *, finite=False):
    """Return pieces with that cost; unless `finite`, matrices have no value either."""
    cost = np.full_like(pieces.cost, value)
    if finite:
        return replace(pieces, cost=cost, chi2=2 * cost)
    hessian = np.full_like(pieces.hessian, np.nan)
    return replace(pieces, cost=cost, chi2=cost, hessian=hessian)


class Model:
    """Spoils evaluations of the model: sets numbers, or raises.

    Parameters
    ----------
    when
        Whether an evaluation is spoiled, given its number (from 1) and the physical
        parameters. Evaluations of all pixels are counted, those of a coarse grid are
        left alone, unless `coarse`.
    """

    def __init__(
        self,
        monkeypatch,
        when,
        *,
        error=None,
        value=np.nan,
        finite=False,
        coarse=False,
    ):
        self._when, self._error = when, error
        self._value, self._finite = value, finite
        self._coarse = coarse
        self.count = self.spoiled = 0
        plain = Reduction.__call__

        def evaluate(reduction, theta, *args, **kwargs):
            pieces = plain(reduction, theta, *args, **kwargs)
            if reduction.layout.group > 1 and not self._coarse:
                return pieces
            return self._spoil(pieces, theta)

        monkeypatch.setattr(Reduction, "__call__", evaluate)

    def _spoil(self, pieces, theta):
        self.count += 1
        if not self._when(self.count, np.asarray(theta)):
            return pieces
        self.spoiled += 1
        if self._error is not None:
            raise fresh(self._error)
        return spoiled(pieces, self._value, finite=self._finite)


def nth(*numbers):
    """Spoil evaluations by their number."""
    return lambda count, _: count in numbers


def full_disk(monkeypatch):
    """Leave no room for scratch files."""
    monkeypatch.setattr(tile_store.shutil, "disk_usage", lambda _: Usage(1, 1, 0))


def unreadable(monkeypatch, failing=always):
    """Make reads of the scratch file fail; one is tried twice before it counts."""
    return raising(monkeypatch, TileStore, "_read", BROKEN, failing)


def unwritable(monkeypatch, failing=always):
    """Make the scratch disk run full while it is written."""
    return raising(monkeypatch, TileStore, "put", FULL, failing)


def own_threads():
    """Return the threads that a fit may have left behind."""
    names = ("reduce", "read-ahead", "hash")
    return [t.name for t in threading.enumerate() if t.name.startswith(names)]
