"""Starts JAX the way the engine needs it: float64, and a compile cache that survives.

Must run before the first JAX array exists: every entry that computes calls it first.
Compiled kernels are kept in the user's cache folder, keyed by the version of the
program and the kind of processor, so only the first fit on a machine compiles.
"""

import errno
import hashlib
import logging
import os
import platform
from functools import cache
from pathlib import Path

import platformdirs

from engine import __version__

log = logging.getLogger(__name__)

CACHE_VARIABLE = "TWOTIME_COMPILE_CACHE"
"""Environment variable naming another cache folder; empty switches the cache off."""

_ONE_THREAD = "--xla_cpu_multi_thread_eigen"


def cache_folder() -> Path | None:
    """Return where compiled kernels are kept, or None when switched off."""
    wanted = os.environ.get(CACHE_VARIABLE)
    if wanted is not None:
        return Path(wanted) if wanted else None
    folder = Path(platformdirs.user_cache_dir("twotime", False))
    return folder / f"jax-{__version__}-{processor_digest()}"


def processor_digest() -> str:
    """Return a short name of the processor's kind.

    Home folders are often shared by machines of several kinds, and code compiled for
    one may use instructions that another does not have.
    """
    parts = [platform.machine(), platform.processor()]
    parts.append(os.environ.get("PROCESSOR_IDENTIFIER", ""))
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    parts += sorted({x for x in lines if x.startswith(("flags", "Features", "model"))})
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


@cache
def prepare_jax() -> None:
    """Configure JAX once; later calls cost nothing."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    # XLA's native log would print machine-feature notes between the user's lines.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _leave_threads_to_engine()
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    folder = cache_folder()
    if folder is None:
        return
    reason = _why_not_kept(folder)
    if reason:
        log.warning(
            "warning: compiled kernels cannot be kept in %s (%s), so every start "
            "compiles them anew; name another folder with %s",
            folder,
            reason,
            CACHE_VARIABLE,
        )
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


def _why_not_kept(folder: Path) -> str | None:
    """Make the folder and return why it cannot be written, None when it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return error.strerror or str(error)
    return None if os.access(folder, os.W_OK) else os.strerror(errno.EACCES)


def _leave_threads_to_engine() -> None:
    """Let XLA run a kernel on the thread that calls it, whole.

    The engine keeps every core busy with kernels of its own; those that hand their
    parts to further threads wait for each other.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if _ONE_THREAD not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_ONE_THREAD}=false".strip()
