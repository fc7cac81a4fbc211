"""How long ago this process began, the start of Python and all imports included."""

import os
import sys
import time
from pathlib import Path

_BEGUN = time.monotonic()
"""When this module was imported: the best there is where the system does not tell."""
_START_TIME = 21
"""Place of the start time in /proc/self/stat, counted from the first number."""
_FILETIME_EPOCH_S = 11_644_473_600
"""From the epoch of Windows to that of Unix."""
_PROC_PIDTBSDINFO, _BSDINFO_BYTES, _BSDINFO_START = 3, 136, 120


def process_age_s() -> float:
    """Return the time since this process was started [s]."""
    try:
        if sys.platform.startswith("linux"):
            return _age_linux(Path("/proc/self/stat").read_text("utf-8"))
        if sys.platform == "win32":
            return time.time() - _begun_windows()
        if sys.platform == "darwin":
            return time.time() - _begun_macos()
    except (OSError, ValueError, IndexError):
        pass
    return time.monotonic() - _BEGUN


def _age_linux(stat: str) -> float:
    # The name of the program, in parentheses, may hold spaces.
    fields = stat.rpartition(")")[2].split()
    ticks = int(fields[_START_TIME - 2])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def _begun_windows() -> float:
    import ctypes
    from ctypes import wintypes

    times = [wintypes.FILETIME() for _ in range(4)]
    kernel32 = ctypes.windll.kernel32  # pyright: ignore[reportAttributeAccessIssue]
    kernel32.GetCurrentProcess.restype = wintypes.HANDLE
    kernel32.GetProcessTimes.argtypes = [wintypes.HANDLE] + [ctypes.c_void_p] * 4
    process = kernel32.GetCurrentProcess()
    if not kernel32.GetProcessTimes(process, *(ctypes.byref(t) for t in times)):
        raise OSError("the system does not tell when this process began")
    begun = times[0]
    hundred_ns = (begun.dwHighDateTime << 32) + begun.dwLowDateTime
    return hundred_ns / 1e7 - _FILETIME_EPOCH_S


def _begun_macos() -> float:
    import ctypes
    import struct

    info = ctypes.create_string_buffer(_BSDINFO_BYTES)
    library = ctypes.CDLL("/usr/lib/libproc.dylib")
    size = library.proc_pidinfo(
        os.getpid(), _PROC_PIDTBSDINFO, ctypes.c_uint64(0), info, _BSDINFO_BYTES
    )
    if size != _BSDINFO_BYTES:
        raise OSError("the system does not tell when this process began")
    seconds, micro = struct.unpack_from("=QQ", info.raw, _BSDINFO_START)
    return seconds + micro / 1e6
