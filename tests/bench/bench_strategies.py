"""Time, passes and peak memory of whole fits, 10⁵ to 10⁸ points, by strategy.

    pytest tests/bench/bench_strategies.py -m bench -s

prints the table of docs/reference/performance.md. The last test fits a run whose
matrices are ten times what a fit may use of memory.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest

from engine.machine import available_cores
from tests.bench.command import measure
from tests.bench.runs_on_disk import Size

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

SIZES = {
    "1e5": Size(n_frames=260, n_angles=3),
    "1e6": Size(n_frames=820, n_angles=3),
    "1e7": Size(n_frames=935, n_angles=23),
    "1e8": Size(n_frames=2950, n_angles=23),
}
STRATEGIES = ("standard", "large", "chunked", "streaming")
ROWS = []
TEN_TIMES = Size(n_frames=2400, n_angles=400)
THRESHOLD_GB = 0.9


@pytest.fixture(scope="module", autouse=True)
def table():
    yield
    print(f"\n\n{available_cores()} cores, Python {sys.version.split()[0]}\n")
    print(
        "| points | strategy | fit | whole command | passes: all pixels, coarse |"
        " peak memory | estimate |"
    )
    print("|---|---|---|---|---|---|---|")
    print("\n".join(ROWS))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Written once each, the largest about 0.8 GB."""
    folder = tmp_path_factory.mktemp("runs")
    yield lambda name: _written(folder / f"{name}.hdf", SIZES[name])
    shutil.rmtree(folder)


def _written(path, size):
    if not path.exists():
        size.write(path)
    return path


def fitted(path, size, folder, *more):
    """Fit in a process of its own; return what was measured and the record."""
    out = folder / "result"
    command = [Path(sys.executable).with_name("twotime"), "fit", path, *size.options()]
    done = measure([*command, *more, "--out", out, "--overwrite", "--quiet"])
    assert done.code == 0, done.output
    record = json.loads((out / "result.json").read_text())
    shutil.rmtree(out)
    return done, record


def row(size, done, record):
    phases, timing = record["phases"], record["timing"]
    full = record["status"]["evaluations"]
    coarse = sum(p["coarse_passes"] for p in phases)
    solve = timing["solve_s"]
    ROWS.append(
        f"| {size.points:.2g} ({size.n_angles} × {size.n_frames}²) "
        f"| {record['strategy']['name']} | {solve:.2f} s | {done.wall_s:.1f} s "
        f"| {full}, {coarse} | {done.peak_gb:.2f} GB "
        f"| {record['strategy']['estimated_gb']:.2f} GB |"
    )
    print("\n" + ROWS[-1])


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", SIZES)
def test_size(name, strategy, files, tmp_path):
    size = SIZES[name]
    done, record = fitted(files(name), size, tmp_path, "--strategy", strategy)
    assert record["status"]["state"] == "converged"
    row(size, done, record)


def test_ten_times_the_threshold(tmp_path_factory):
    """Matrices of ten times the allowed memory are fitted within it, unasked."""
    folder = tmp_path_factory.mktemp("ten-times")
    path = _written(folder / "run.hdf", TEN_TIMES)
    bytes_held = 4 * TEN_TIMES.n_angles * (TEN_TIMES.n_frames + 1) ** 2
    assert bytes_held >= 10e9 * THRESHOLD_GB
    limit = f"optimization.nlsq.memory_threshold_gb={THRESHOLD_GB}"
    done, record = fitted(path, TEN_TIMES, folder, "--set", limit)
    shutil.rmtree(folder)
    row(TEN_TIMES, done, record)
    assert record["strategy"]["name"] == "chunked"
    assert done.peak_gb <= THRESHOLD_GB
