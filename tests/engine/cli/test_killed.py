"""The command killed for good in the last phase, and continued: `SIGKILL`, `--resume`.

The signal comes from inside, right after a checkpoint, so that it always finds the fit
where it should; the process has no chance to clean up, as after a power cut.
"""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from engine.data.tile_store import SCRATCH_VARIABLE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows"),
]

TWOTIME = (sys.executable, "-m", "engine")
DYING = """
import os, signal, sys
from engine.cli.main import main
from engine.events import Phase
from engine.fit import checkpoint
plain, left = checkpoint.save, {after}
def save(path, kept):
    global left
    plain(path, kept)
    left -= kept.phase == Phase.GAUSS_NEWTON.value
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
checkpoint.save = save
main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run file with its data, and a start far from the truth."""
    folder = tmp_path_factory.mktemp("killed")
    made = twotime(
        folder, "simulate", "run.h5", "--model=laminar_flow", "--frames=420",
        "--phi=0,50,95", "--seed=3",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder / "run.yaml"


def twotime(folder, *words, program=TWOTIME):
    return subprocess.run(
        [*program, *words],
        cwd=folder,
        env={**os.environ, SCRATCH_VARIABLE: str(folder / "scratch")},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )


def fit(run, *options, **settings):
    start = ("--start", "D0=3000", "--start", "alpha=-0.2")
    options = ("--strategy=streaming", *start, *options)
    return twotime(run.parent, "fit", run.name, *options, **settings)


def results(run):
    return sorted(p.name for p in run.parent.glob("run_result*"))


@pytest.fixture(scope="module")
def whole(run):
    """The fit that nobody killed."""
    return record(fit(run, "--out", "whole"), run.parent / "whole")


@pytest.mark.parametrize("after", [1, 2])
def test_it_goes_on_and_ends_at_the_same_optimum(run, whole, after):
    dying = (sys.executable, "-c", DYING.format(after=after))
    killed = fit(run, program=dying)
    assert killed.returncode == -signal.SIGKILL
    checkpoint = run.parent / ".run_result.checkpoint"
    assert json.loads(checkpoint.read_text())["phase"] == "Gauss-Newton on all data"
    assert results(run) == []
    # The scratch file, gigabytes for a large run, went with the process.
    assert list((run.parent / "scratch").iterdir()) == []

    resumed = fit(run, "--resume")
    found = record(resumed, run.parent / "run_result")
    assert "The fit goes on from the checkpoint of" in resumed.stdout
    assert not checkpoint.exists()
    assert found["status"]["cost_initial"] == whole["status"]["cost_initial"]
    for ours, theirs in zip(numbers(found), numbers(whole), strict=True):
        assert abs(ours[0] - theirs[0]) < 1e-3 * theirs[1]
        assert ours[1] == pytest.approx(theirs[1], rel=1e-3)
    (run.parent / "run_result").rename(run.parent / f"resumed-{after}")


def record(done, folder):
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "result.json").read_text())
    assert found["status"]["state"] == "converged"
    return found


def numbers(record):
    """Return (value, error) of all that was fitted."""
    scaling = [*record["scaling"]["contrast"], *record["scaling"]["offset"]]
    found = [(p["value"], p["stderr"]) for p in record["parameters"].values()]
    found += [(s["value"], s["stderr"]) for s in scaling]
    assert len(found) == 13
    return [(v, e) for v, e in found if e is not None and np.isfinite(e)]
