"""Peak memory of the whole command with each strategy, beside what the plan said.

Run it by naming the file:

    pytest tests/bench/bench_memory.py -m bench -s

The runs differ in what they are made of: few large matrices or many small ones.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.machine import available_cores
from engine.routing.memory import footprint
from engine.routing.plan import FRUGAL_ORDER, RunSize
from tests.bench.command import measure

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

WITHIN = 0.25
TWOTIME = Path(sys.executable).with_name("twotime")


@dataclass(frozen=True)
class Run:
    """A run to simulate."""

    name: str
    n_angles: int
    n_frames: int

    @property
    def n_points(self):
        n = self.n_frames - 1
        return self.n_angles * n * (n - 1) // 2

    @property
    def phi(self):
        step = 180 / self.n_angles
        return ",".join(f"{-90 + step * k:.3f}" for k in range(self.n_angles))

    @property
    def size(self):
        return RunSize(
            n_angles=self.n_angles,
            n_matrices=self.n_angles,
            n_frames=self.n_frames,
            n_coefficients=7 + 2 * self.n_angles,
        )


RUNS = [
    Run("10⁵", 3, 262),
    Run("10⁶", 3, 818),
    Run("10⁷", 5, 2002),
    Run("5·10⁷", 10, 3164),
    Run("5·10⁷, few angles", 3, 5776),
    Run("5·10⁷, many angles", 23, 2087),
]


@pytest.fixture(scope="module", autouse=True)
def heading():
    print(f"\n\npeak memory of twotime fit [GB], {available_cores()} cores")
    print(f"{'pixels':<20}{'strategy':<11}{'estimate':>9}{'peak':>8}{'ratio':>7}")


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: run.name)
def simulated(request, tmp_path_factory):
    """A run and its run file; the data are gone after its tests."""
    run = request.param
    folder = tmp_path_factory.mktemp("run")
    data = folder / "run.h5"
    done = measure(
        [TWOTIME, "simulate", data, f"--frames={run.n_frames}", f"--phi={run.phi}"]
    )
    assert done.code == 0, done.output
    yield run, folder / "run.yaml"
    data.unlink()


def fitted(run_file, strategy):
    """Fit with a strategy and return the peak of the command, and its result."""
    folder = run_file.with_name("result")
    done = measure(
        [
            *(TWOTIME, "fit", run_file, "--strategy", strategy.value),
            *("--out", folder, "--overwrite", "--quiet"),
        ]
    )
    assert done.code == 0, done.output
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return done.peak_gb, result


@pytest.mark.parametrize("strategy", FRUGAL_ORDER)
def test_the_estimate_agrees_with_the_measured_peak(simulated, strategy):
    run, run_file = simulated
    peak, result = fitted(run_file, strategy)
    assert result["strategy"]["name"] == strategy.value
    estimate = footprint(run.size, strategy).total
    print(
        f"{run.name:<20}{strategy.value:<11}{estimate:>9.2f}{peak:>8.2f}"
        f"{estimate / peak:>7.2f}"
    )
    assert estimate == pytest.approx(result["strategy"]["estimated_gb"], rel=0.01)
    assert abs(estimate / peak - 1) <= WITHIN
