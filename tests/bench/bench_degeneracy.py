"""Which scaling mode can be trusted, and where a collapsed fit ends.

    python -m tests.bench.bench_degeneracy --rows rows.jsonl
    python -m tests.bench.bench_degeneracy --collapse

print the tables of docs/explanation/degeneracy-measured.md (40 runs of every case take
half an hour on two cores), and

    pytest tests/bench/bench_degeneracy.py -m bench -s

asks of them what is promised there.
"""

import argparse
import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from engine.machine import available_cores
from engine.result import Flag, State
from tests.bench.collapse_study import DEFAULT, ends
from tests.bench.collapse_study import table as collapse_table
from tests.bench.scaling_study import (
    CASES,
    MODES,
    N_FRAMES,
    SPREADS,
    WORST_MEAN,
    read_rows,
    rows_of,
    samples,
)

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7200)]

SEEDS = 40


def studied(seeds, n_frames, cases, *, modes=MODES, jobs=1, path=None):
    """Return the rows of all runs; each is also written to a file as it is done."""
    wanted = [(case, seed, n_frames, modes) for seed in seeds for case in cases]
    found = []
    for rows in _done(wanted, jobs):
        found += rows
        if path is not None:
            with path.open("a") as f:
                f.writelines(json.dumps(row) + "\n" for row in rows)
    return found


def _done(wanted, jobs):
    """Yield the rows of one run after the other; a fit uses all cores by itself."""
    if jobs == 1:
        yield from map(_run, wanted)
        return
    # The threads of the engine do not outlive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        yield from pool.map(_run, wanted)


def _run(wanted):
    return list(rows_of(*wanted))


def table(found):
    """Return the table of the study."""
    lines = [
        "| contrast | mode | worst mean pull | spread | within ±1, ±2 |"
        " flagged good | chosen | fit |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_line, found)])


def _line(sample):
    name, mean = sample.worst
    low, high = sample.spreads.min(), sample.spreads.max()
    inside = f"{100 * sample.coverage(1):.0f} %, {100 * sample.coverage(2):.0f} %"
    seconds = sum(r["seconds"] for r in sample.rows) / len(sample.rows)
    return (
        f"| {sample.case} | `{sample.mode}` | {mean:+.2f} ({name}) "
        f"| {low:.2f} to {high:.2f} | {inside} "
        f"| {100 * sample.share('flag', 'good'):.0f} % | {_chosen(sample)} "
        f"| {seconds:.1f} s |"
    )


def _chosen(sample):
    if sample.mode != "auto":
        return ""
    counts = {m: round(len(sample.rows) * sample.share("chosen", m)) for m in MODES}
    return ", ".join(f"{mode} {count}" for mode, count in counts.items() if count)


def by_parameter(found):
    """Return the mean pull and the spread of every parameter in the mode `auto`."""
    ours = [s for s in found if s.mode == "auto"]
    if not ours:
        return ""
    lines = [
        f"| auto | {' | '.join(ours[0].names)} |",
        "|---" * (1 + len(ours[0].names)) + "|",
    ]
    for s in ours:
        pairs = zip(s.means, s.spreads, strict=True)
        told = " | ".join(f"{mean:+.2f} ± {spread:.2f}" for mean, spread in pairs)
        lines.append(f"| {s.case}, {len(s.rows)} runs | {told} |")
    return "\n".join(lines)


def report(found):
    """Return all that is told of a study, with what is asked of it."""
    low, high = SPREADS
    asked = f"|mean pull| < {WORST_MEAN:g} and spread {low:g} to {high:g}"
    verdicts = [
        f"{'PASS' if s.trusted else 'FAIL'}: auto, {s.case} contrast: {asked}"
        for s in found
        if s.mode == "auto"
    ]
    verdicts += [
        f"{'PASS' if not s.share('flag', 'good') else 'FAIL'}: averaged, {s.case} "
        "contrast: never good"
        for s in found
        if s.mode == "averaged" and s.case != "constant"
    ]
    head = f"{available_cores()} cores, Python {sys.version.split()[0]}"
    return "\n\n".join([head, table(found), by_parameter(found), "\n".join(verdicts)])


@pytest.fixture(scope="module")
def study():
    found = samples(studied(range(SEEDS), N_FRAMES, CASES))
    print("\n\n" + report(found))
    return {(s.case, s.mode): s for s in found}


@pytest.mark.parametrize("case", CASES)
def test_auto_can_be_trusted(study, case):
    assert study[case, "auto"].trusted


@pytest.mark.parametrize("case", ["smooth", "random"])
def test_averaged_on_varying_contrast_is_never_good(study, case):
    assert study[case, "averaged"].share("flag", "good") == 0


@pytest.fixture(scope="module")
def collapse():
    found = list(ends())
    print("\n\n" + collapse_table(found))
    return found


def test_the_default_response_finds_the_shear_again(collapse):
    for end in collapse:
        if end.way == DEFAULT:
            assert end.result.status.state is State.CONVERGED
            assert end.off_by < 4


def test_a_fit_that_was_stopped_has_not_converged(collapse):
    stopped = [end for end in collapse if end.way == "abort" and end.fired]
    assert stopped
    assert not any(end.result.status.state is State.CONVERGED for end in stopped)


def test_no_collapsed_end_is_called_good(collapse):
    lost = [end for end in collapse if end.off_by > 4]
    assert lost
    assert not any(end.result.quality.flag is Flag.GOOD for end in lost)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="runs of every case")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--frames", type=int, default=N_FRAMES)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=tuple(CASES))
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--jobs", type=int, default=1, help="processes, two at most")
    parser.add_argument("--rows", type=Path, help="file the fits are added to")
    parser.add_argument("--collapse", action="store_true", help="only where it ends")
    given = parser.parse_args()
    if given.collapse:
        print(collapse_table(list(ends(given.frames))))
        return
    rows = studied(
        range(given.first, given.first + given.seeds),
        given.frames,
        given.cases,
        modes=given.modes,
        jobs=given.jobs,
        path=given.rows,
    )
    if given.rows is not None:
        rows = read_rows(given.rows)
    print(report(samples(rows)))


if __name__ == "__main__":
    main()
