"""A small run of known answer through everything: simulate, write, read, fit, report.

Used by ``twotime selftest`` and by the installers, to tell what works on a machine.
"""

import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py

from engine import api
from engine.config.run_file import RunFile
from engine.data.run import RunData
from engine.errors import CancelledError
from engine.events import Cancelled, never
from engine.machine import software
from engine.report.folder import write_result_folder
from engine.report.table import summary
from engine.result import FitResult, State
from engine.simulate import SimulationRequest, write_simulation

MAX_PULL = 4.0
"""Largest accepted deviation from the truth, in standard errors."""
_REQUEST = SimulationRequest(
    n_frames=160,
    dt=0.5,
    values={"alpha": -0.3, "beta": -0.2},
    phi=(0.0, 45.0, 90.0),
    noise=0.02,
    seed=3,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    name: str
    works: bool
    detail: str

    @property
    def line(self) -> str:
        """What came out, as a line of a report."""
        mark = "ok    " if self.works else "FAILED"
        return f"{mark}  {self.name}: {self.detail}"


def checks(cancelled: Cancelled = never) -> Generator[Check, None, None]:
    """Try one thing after the other; stops at the first that nothing can follow.

    Raises
    ------
    CancelledError
        When `cancelled` answered true before or during the fit.
    """
    about = software()
    names = ("version", "python", "numpy", "jax", "device", "platform")
    yield Check(
        "program", works=True, detail=", ".join(f"{n} {about.get(n)}" for n in names)
    )
    with tempfile.TemporaryDirectory(prefix="twotime-selftest-") as folder:
        yield from _in(Path(folder), cancelled)


def _in(folder: Path, cancelled: Cancelled) -> Iterator[Check]:
    written = write_simulation(folder / "selftest.h5", _REQUEST)
    yield Check("simulate and write HDF5", works=True, detail=written[0].name)
    run_file = api.open_run(written[1])
    data = api.load_data(run_file.request, cancelled=cancelled)
    shape = (len(_REQUEST.phi), _REQUEST.n_frames, _REQUEST.n_frames)
    yield Check("read it back", data.c2.shape == shape, f"{data.layout}, {shape}")
    result = api.fit(data, run_file.setup, cancelled=cancelled)
    if result.status.state is State.CANCELLED:
        raise CancelledError("stopped by the user")
    status = result.status
    yield Check(
        "fit",
        status.state is State.CONVERGED,
        f"{status.message} {status.iterations} iterations",
    )
    yield _truth(result)
    yield from _written(folder, data, run_file, result)


def _truth(result: FitResult) -> Check:
    pulls = {
        p.name: abs(p.value - _REQUEST.truth[p.name]) / p.stderr
        for p in result.parameters
        if p.stderr
    }
    if not pulls:
        return Check("known answer", works=False, detail="no parameter has an error")
    worst = max(pulls, key=lambda name: pulls[name])
    return Check(
        "known answer",
        pulls[worst] < MAX_PULL and len(pulls) == len(result.parameters),
        f"{len(pulls)} parameters found, {worst} is off most: "
        f"{pulls[worst]:.2f} standard errors",
    )


def _written(
    folder: Path, data: RunData, run_file: RunFile, result: FitResult
) -> Iterator[Check]:
    target = write_result_folder(
        folder / "selftest_result",
        data=data,
        run_file=run_file,
        result=result,
        log=summary(result),
    )
    with h5py.File(target / "fit.h5") as file:
        stored = file["entry/process_fit_1/data"]
        same = isinstance(stored, h5py.Dataset) and bool(
            (stored[0] == data.c2[0][1:, 1:]).all()
        )
    yield Check("result folder and fit.h5", same, target.name)
    size = (target / "fit.png").stat().st_size
    yield Check("picture", size > 0, f"fit.png, {size // 1000} kB")
    again = api.open_run(target / "run.yaml")
    starts = {p.name: p.start for p in result.parameters}
    reproduced = all(again.setup.parameters[n].value == v for n, v in starts.items())
    yield Check("run.yaml", reproduced, "reads back as what was fitted")
