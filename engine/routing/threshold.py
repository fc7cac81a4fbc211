"""How much memory a fit may use, in GB of 10⁹ bytes, and who says so."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import OptionError
from engine.machine import MemoryLimit, memory_limit
from engine.options import LARGEST_FRACTION, SMALLEST_FRACTION, MemoryOptions

FRACTION_VARIABLE = "NLSQ_MEMORY_FRACTION"
"""Environment variable that sets the fraction where the run file does not."""
DEFAULT_FRACTION = 0.75


@dataclass(frozen=True, slots=True)
class Threshold:
    """How much memory a fit may use."""

    gb: float
    """In GB of 10⁹ bytes."""
    source: str
    """Where it comes from: ``"0.75 of 25.3 GB (the memory of this machine)"``."""


def memory_threshold(
    options: MemoryOptions,
    *,
    total: MemoryLimit | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Threshold:
    """Return how much memory a fit may use.

    A limit in GB goes first, then a fraction in the run file, then that of the
    environment variable ``NLSQ_MEMORY_FRACTION``, then 0.75.

    Parameters
    ----------
    total
        What the fraction is taken of; None for the least of this machine's memory and
        the limits of its control groups.

    Raises
    ------
    OptionError
        On a fraction in the environment that is not a number from 0.1 to 0.9.
    """
    if options.threshold_gb is not None:
        return Threshold(options.threshold_gb, "memory_threshold_gb")
    fraction, given = _fraction(options, environment)
    total = total or memory_limit()
    source = f"{fraction:g}{given} of {total.gb:.3g} GB ({total.source})"
    return Threshold(fraction * total.gb, source)


def _fraction(
    options: MemoryOptions, environment: Mapping[str, str]
) -> tuple[float, str]:
    """Return the fraction, and who gave it."""
    if options.fraction is not None:
        return options.fraction, " (memory_fraction)"
    text = environment.get(FRACTION_VARIABLE, "").strip()
    if not text:
        return DEFAULT_FRACTION, ""
    try:
        fraction = float(text)
    except ValueError:
        fraction = float("nan")
    if not SMALLEST_FRACTION <= fraction <= LARGEST_FRACTION:
        raise OptionError(
            f"the environment variable {FRACTION_VARIABLE} is {text!r}; expected a "
            f"number from {SMALLEST_FRACTION:g} to {LARGEST_FRACTION:g}; change or "
            "unset it, or give memory_fraction in the run file"
        )
    return fraction, f" ({FRACTION_VARIABLE})"
