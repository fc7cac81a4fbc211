"""Runs a command in a process of its own and measures its time and peak memory.

Run as a program it is the small launcher in between: a child forked from a large
process starts with the peak memory of its parent on record.
"""

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """One finished command."""

    code: int
    wall_s: float
    cpu_s: float
    peak_gb: float
    output: str


def measure(command):
    """Run `command` to its end."""
    launched = subprocess.run(
        [sys.executable, __file__, *map(str, command)],
        capture_output=True,
        text=True,
        check=True,
    )
    return Measured(**json.loads(launched.stdout))


def _launch(command):
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    measured = Measured(
        code=done.returncode,
        wall_s=wall,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_gb=usage.ru_maxrss * unit / 1e9,
        output=done.stdout + done.stderr,
    )
    print(json.dumps(measured.__dict__))


if __name__ == "__main__":
    _launch(sys.argv[1:])
