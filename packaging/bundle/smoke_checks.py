"""What is tried of the frozen program, and how fast it has to be."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alone import Alone
from product import version  # pyright: ignore[reportMissingImports]

SELFTEST_LIMIT_S = 20.0
VISIBLE_LIMIT_S = 1.0
CACHE_GAIN = 3.0
"""How many times less a compiled kernel takes to be ready than one to be compiled."""
MAX_PULL = 4.0
"""Largest accepted deviation from the truth, in standard errors."""
_LIMIT_S = 300
_MOMENTS_S = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
_INTERRUPTED = 130


@dataclass(frozen=True)
class Row:
    """One thing that was tried."""

    name: str
    right: bool | None
    """None where it could not be tried."""
    detail: str = ""
    seconds: float | None = None
    limit: float | None = None

    @property
    def slow(self) -> bool:
        """Whether it took longer than it should."""
        return (self.seconds or 0.0) > (self.limit or float("inf"))

    def __str__(self) -> str:
        mark = {True: "slow" if self.slow else "ok", False: "WRONG", None: "skipped"}
        took = "" if self.seconds is None else f"{self.seconds:.2f} s"
        most = "" if self.limit is None else f"≤ {self.limit:.3g} s"
        texts = f"{mark[self.right]:<8}{self.name:<34}{took:>9}  {most:<9}{self.detail}"
        return texts.rstrip()


def contents(here: Alone) -> Iterator[Row]:
    """Look for what has to be in the bundle, and say what it weighs."""
    files = [p for p in here.bundle.rglob("*") if p.is_file() and not p.is_symlink()]
    size = sum(path.stat().st_size for path in files) / 1e6
    yield Row("unpacked", True, f"{size:.0f} MB in {len(files)} files")
    names = {path.name for path in files}
    wanted = ["couette.yaml", "couette.h5"]
    if sys.platform.startswith("linux"):
        wanted += ["libxcb-cursor.so.0", "libqxcb.so"]
    missing = [name for name in wanted if name not in names]
    yield Row("sample run and libraries inside", not missing, ", ".join(missing))


def solitude(here: Alone) -> Iterator[Row]:
    """See that a command of the bundle would find no Python but its own."""
    if not here.prefix:
        yield Row("nothing else is there", None, here.remark)
        return
    command = [*here.prefix, "/bin/sh", "-c", "python3 -c 'print(1)'"]
    done = subprocess.run(
        command, env=here.environment(), capture_output=True, text=True, check=False
    )
    right = done.returncode != 0 and "1" not in done.stdout
    detail = "Python, sources, libraries of Qt and the network are hidden"
    yield Row("nothing else is there", right, detail)


def command_line(here: Alone) -> Iterator[Row]:
    """Ask for the version, and for something that does not exist."""
    started = time.perf_counter()
    done = here.run("twotime", "--version")
    said = done.stdout.strip()
    right = done.returncode == 0 and said == f"twotime {version()}"
    yield Row("version", right, said or done.stderr[-200:], since(started))
    done = here.run("twotime", "fit", here.home / "missing.yaml")
    right = done.returncode == 2 and "missing.yaml" in done.stderr
    yield Row("a missing file is exit code 2", right, done.stderr.strip()[-200:])


def interrupts(here: Alone) -> Iterator[Row]:
    """Press Ctrl-C at moments of the start: no trace of Python may be seen."""
    if sys.platform == "win32":
        return
    traced = []
    for delay_s in _MOMENTS_S:
        process = subprocess.Popen(
            here.command("twotime", "selftest"),
            env=here.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(delay_s)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=_LIMIT_S)[1]
        silent = not any(word in said for word in ("Traceback", "PYI-", "Fatal"))
        if not silent or process.returncode not in (-signal.SIGINT, _INTERRUPTED):
            traced.append(f"{delay_s} s: {process.returncode} {said.strip()[-150:]}")
    # One moment may lie in the start of Python itself.
    yield Row("Ctrl-C while it starts", len(traced) <= 1, "; ".join(traced))


def selftest(here: Alone) -> Iterator[Row]:
    """Run the self-test with nothing compiled yet and the program not in memory."""
    forget(here.bundle)
    started = time.perf_counter()
    done = here.run("twotime", "selftest", timeout=_LIMIT_S)
    seconds = since(started)
    lines = done.stdout.strip().splitlines()
    detail = lines[-1] if lines else done.stderr[-300:]
    yield Row(
        "self-test, cold", done.returncode == 0, detail, seconds, SELFTEST_LIMIT_S
    )


def fits(here: Alone) -> Iterator[Row]:
    """Fit the sample twice; the second time the kernels are compiled already."""
    run_file = read_only_sample(here)
    cache = {"TWOTIME_COMPILE_CACHE": str(here.home / "compiled kernels")}
    compile_s = []
    for number, name in enumerate(("first fit", "second fit"), 1):
        out = here.home / f"result {number}"
        started = time.perf_counter()
        done = here.run(
            "twotime",
            "fit",
            run_file,
            "--quiet",
            "--out",
            out,
            timeout=_LIMIT_S,
            **cache,
        )
        seconds = since(started)
        if done.returncode != 0:
            yield Row(name, False, f"{done.returncode}: {done.stderr[-300:]}", seconds)
            return
        result = json.loads((out / "result.json").read_text(encoding="utf-8"))
        yield Row(name, *verdict(result, run_file), seconds)
        compile_s.append(result["timing"]["compile_s"])
    first, second = compile_s
    detail = (
        f"{first:.2f} s, then {second:.2f} s to compile: {first / second:.1f} times"
    )
    limit = first / CACHE_GAIN
    yield Row("compiled kernels are kept", second < first, detail, second, limit)


def windows(here: Alone) -> Iterator[Row]:
    """Open the window on the sample and let it fit, twice, one after the other."""
    forget(here.bundle)
    for name in ("window, cold", "window again"):
        process, report = start_window(here, name)
        yield from after_window(here, name, process, report)


def two_windows(here: Alone) -> Iterator[Row]:
    """Open two windows on the same file at the same time."""
    names = ("one window of two", "the other one")
    started = [(name, *start_window(here, name)) for name in names]
    for name, process, report in started:
        for row in after_window(here, name, process, report):
            yield Row(row.name, row.right, row.detail, row.seconds)


def start_window(here: Alone, name: str) -> tuple[subprocess.Popen[str], Path]:
    """Start a window that fits by itself; return it and its report to be."""
    report = here.home / f"{name}.json"
    process = subprocess.Popen(
        here.command("twotime-window", read_only_sample(here)),
        env=here.environment(TWOTIME_AUTOMATE=str(report)),
        cwd=here.home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    return process, report


def after_window(
    here: Alone, name: str, process: subprocess.Popen[str], path: Path
) -> Iterator[Row]:
    """Wait for a window and yield what it reports."""
    try:
        said = process.communicate(timeout=_LIMIT_S)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        yield Row(name, False, f"did not quit within {_LIMIT_S} s")
        return
    if not path.is_file():
        yield Row(name, False, f"no report, exit code {process.returncode}: {said}")
        return
    report = json.loads(path.read_text(encoding="utf-8"))
    right, detail = verdict(report, read_only_sample(here))
    detail = report["error"] or f"{detail}; fitted after {report['fitted_s']} s"
    right = right and process.returncode == 0
    yield Row(name, right, detail, report["visible_s"], VISIBLE_LIMIT_S)


def read_only_sample(here: Alone) -> Path:
    """Return the run file of the sample in a folder nobody may write into."""
    folder = here.home / "data, read-only"
    if not folder.exists():
        (run_file,) = here.bundle.rglob("sample/couette.yaml")
        folder.mkdir()
        for path in (run_file, run_file.with_suffix(".h5")):
            copied = shutil.copy(path, folder)
            os.chmod(copied, stat.S_IREAD)
        folder.chmod(0o555)
    return folder / "couette.yaml"


def verdict(found: Mapping[str, Any], run_file: Path) -> tuple[bool, str]:
    """Return whether all parameters lie near the truth, and by the worst miss."""
    truth = truth_of(run_file)
    pulls = {}
    for name, true in truth.items():
        one = found["parameters"].get(name, {})
        stderr = one.get("stderr")
        pulls[name] = abs(one["value"] - true) / stderr if stderr else float("inf")
    worst = max(pulls, key=lambda name: pulls[name])
    right = pulls[worst] < MAX_PULL
    return right, f"{len(pulls)} parameters, {worst} misses by {pulls[worst]:.1f} σ"


def truth_of(run_file: Path) -> dict[str, float]:
    """Return the true parameters, which a simulated run file states.

    Raises
    ------
    ValueError
        When it states none.
    """
    text = run_file.read_text(encoding="utf-8")
    stated = re.search(r"\btruth: \{(.*?)\}", text, re.DOTALL)
    pairs = re.findall(r"(\w+): ([-+.\de]+)", stated[1]) if stated else []
    if not pairs:
        raise ValueError(f"{run_file}: states no truth; take the sample run")
    return {name: float(value) for name, value in pairs}


def forget(bundle: Path) -> None:
    """Let the system drop the bundle from memory, where it can."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in bundle.rglob("*"):
        if path.is_file() and not path.is_symlink():
            descriptor = os.open(path, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def since(started: float) -> float:
    """Return the seconds since a moment."""
    return time.perf_counter() - started
