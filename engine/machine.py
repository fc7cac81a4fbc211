"""Facts about the program and the machine, for the record of a fit."""

import hashlib
import math
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine import __version__

_HASH_LIMIT_BYTES = 4 * 1024**3
_ASSUMED_GB = 8.0


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


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """How much memory this process could use at most."""

    gb: float
    """In GB of 10⁹ bytes."""
    source: str
    """What sets it, e.g. ``"the memory of this machine"``."""


def memory_limit(root: Path = Path("/")) -> MemoryLimit:
    """Return the memory of the machine, or a limit of its control groups below it.

    Parameters
    ----------
    root
        Folder that holds ``proc`` and ``sys``.
    """
    physical, limits = _physical_memory(), list(_cgroup_limits(root))
    group = min(limits, default=math.inf)
    if physical is None and math.isinf(group):
        return MemoryLimit(_ASSUMED_GB, "assumed, as this machine does not tell")
    if physical is None or group < physical:
        return MemoryLimit(group / 1e9, "the limit of this container or job")
    return MemoryLimit(physical / 1e9, "the memory of this machine")


def total_memory_gb() -> float:
    """Return the memory of the machine, or of its control group where smaller [GB]."""
    return memory_limit().gb


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _physical_memory() -> float | None:
    """Return the memory of the machine [bytes], None where it does not tell."""
    if sys.platform == "win32":
        return _physical_windows()
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        size = 0
    if size <= 0 and sys.platform == "darwin":
        return _physical_macos()
    return float(size) if size > 0 else None


def _physical_macos() -> float | None:
    try:
        answer = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "hw.memsize"],
            capture_output=True,
            text=True,
            check=False,
            timeout=2,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    text = answer.stdout.strip()
    return float(text) if text.isdigit() else None


def _physical_windows() -> float | None:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("dwLength", ctypes.c_uint32),
            ("dwMemoryLoad", ctypes.c_uint32),
            ("ullTotalPhys", ctypes.c_uint64),
            ("ullAvailPhys", ctypes.c_uint64),
            ("ullTotalPageFile", ctypes.c_uint64),
            ("ullAvailPageFile", ctypes.c_uint64),
            ("ullTotalVirtual", ctypes.c_uint64),
            ("ullAvailVirtual", ctypes.c_uint64),
            ("ullAvailExtendedVirtual", ctypes.c_uint64),
        )

    status = Status()
    status.dwLength = ctypes.sizeof(status)
    windows = ctypes.windll  # pyright: ignore[reportAttributeAccessIssue]
    told = windows.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return float(status.ullTotalPhys) if told and status.ullTotalPhys else None


def _cgroup_limits(root: Path) -> Iterator[float]:
    """Yield every limit of memory [bytes] from the process's group up to the root.

    A group is bound by its own limit and by those of all groups above it. Inside a
    container the path names groups that cannot be seen from there; the root of the
    mount is then the container's own group, which is why the walk always ends there.
    """
    mounted = root / "sys" / "fs" / "cgroup"
    for controllers, path in _memberships(root):
        if controllers:
            files = _upwards(mounted / "memory", path, "memory.limit_in_bytes")
        else:
            files = (
                *_upwards(mounted, path, "memory.max"),
                *_upwards(mounted / "unified", path, "memory.max"),
            )
        yield from filter(None, map(_number_in, files))


def _upwards(mounted: Path, path: str, name: str) -> Iterator[Path]:
    """Yield the file of that name in a group and in all groups above it."""
    parts = [part for part in path.split("/") if part not in {"", ".", ".."}]
    for depth in range(len(parts), -1, -1):
        yield mounted.joinpath(*parts[:depth], name)


def _memberships(root: Path) -> list[tuple[str, str]]:
    """Return (controllers, path) of the groups that may limit memory.

    The controllers are empty for the second version of control groups.
    """
    try:
        text = (root / "proc" / "self" / "cgroup").read_text(encoding="utf-8")
    except OSError:
        return []
    lines = [line.split(":", 2) for line in text.splitlines()]
    return [
        (controllers, path)
        for _, controllers, path in (parts for parts in lines if len(parts) == 3)
        if not controllers or "memory" in controllers.split(",")
    ]


def _number_in(file: Path) -> float:
    """Return the bytes a file of a control group holds; 0 for ``"max"`` or none."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except OSError:
        return 0.0
    return float(text) if text.isdigit() else 0.0


def file_sha256(path: Path) -> str | None:
    """Return the hash of a file, None where it cannot be read or is above 4 GiB."""
    try:
        if path.stat().st_size > _HASH_LIMIT_BYTES:
            return None
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError:
        return None
