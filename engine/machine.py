"""Facts about the program and the machine, for the record of a fit."""

import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine import __version__

_HASH_LIMIT_BYTES = 4 * 1024**3


def software() -> dict[str, str | None]:
    """Return what `result.json` says about the program."""
    return {
        "name": "twotime",
        "version": __version__,
        "python": platform.python_version(),
        "jax": _version("jax"),
        "numpy": _version("numpy"),
        "platform": platform.platform(),
        "device": "cpu",
        "commit": _commit(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@cache
def _commit() -> str | None:
    """Return the commit of a source checkout, None for an installed program."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
            timeout=2,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None


def peak_memory_gb() -> float:
    """Return the largest resident memory of this process so far [GB]."""
    if sys.platform == "win32":
        return _peak_windows() / 1e9
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e9 if sys.platform == "darwin" else peak * 1024 / 1e9


def _peak_windows() -> float:
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("WorkingSetSize", ctypes.c_size_t),
            ("QuotaPeakPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPeakNonPagedPoolUsage", ctypes.c_size_t),
            ("QuotaNonPagedPoolUsage", ctypes.c_size_t),
            ("PagefileUsage", ctypes.c_size_t),
            ("PeakPagefileUsage", ctypes.c_size_t),
        )

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    windows = ctypes.windll  # pyright: ignore[reportAttributeAccessIssue]
    process = windows.kernel32.GetCurrentProcess()
    windows.psapi.GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb)
    return float(counters.PeakWorkingSetSize)


def total_memory_gb() -> float:
    """Return the memory of the machine, or of its control group where smaller [GB]."""
    limits = [_physical_memory(), *_cgroup_limits()]
    known = [m for m in limits if m > 0]
    return min(known) / 1e9 if known else 8.0


def _physical_memory() -> float:
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")
    return 0.0


def _cgroup_limits() -> list[float]:
    found = []
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            text = (Path("/sys/fs/cgroup") / name).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            found.append(float(text))
    return found


def file_sha256(path: Path) -> str | None:
    """Return the hash of a file, None where it cannot be read or is above 4 GiB."""
    try:
        if path.stat().st_size > _HASH_LIMIT_BYTES:
            return None
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError:
        return None
