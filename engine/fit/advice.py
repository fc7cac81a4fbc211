"""What a user can do after a fit that failed; each piece of advice is one sentence."""

from collections.abc import Sequence

OUT_OF_MEMORY = (
    "Fit fewer angles: a third of them needs about a third of the memory.",
    "Fit a shorter window of frames: half of them needs a quarter of the memory.",
    "Let the data stay on disk, with the strategy chunked.",
    "Close other programs, or use a machine with more memory.",
)
DISK_FULL = (
    "Free space on that disk, or name a folder on another one in the environment "
    "variable TWOTIME_SCRATCH.",
    "Keep the data in memory, with the strategy large, if there is enough of it.",
)
NO_SCRATCH = (
    "Name a folder that can be written, on a disk with room, in the environment "
    "variable TWOTIME_SCRATCH.",
    "Keep the data in memory, with the strategy large, if there is enough of it.",
)
UNREADABLE = (
    "Check that the file is still there and may be read, and that its disk or network "
    "drive is connected.",
    "Copy the file to a local disk and fit the copy.",
)
UNKNOWN = (
    "Check the data file with twotime inspect.",
    "Check the installation with twotime selftest.",
    "Report the message with the log if it happens again.",
)
_LISTED = 6


def not_finite(free: Sequence[str]) -> tuple[str, ...]:
    """Return what to do where the model or its derivatives are not finite."""
    which = f" of {listed(free)}" if free else ""
    return (
        f"Change the start values{which} to the usual size for such a sample.",
        f"Narrow the bounds{which}: far from any measurement the model overflows.",
        "Check the unit of q, of the time between frames and of the gap.",
    )


def no_response(free: Sequence[str]) -> tuple[str, ...]:
    """Return what to do where the model answers to no free parameter."""
    which = f" of {listed(free)}" if free else ""
    return (
        f"Change the start values{which}: with these, c2 has decayed within one frame "
        "or does not decay at all.",
        "Check the unit of q and of the time between frames.",
        "Leave the start values out, to have them estimated from the data.",
    )


def undetermined(names: Sequence[str], combinations: Sequence[str]) -> tuple[str, ...]:
    """Return what to do where the data do not determine every coefficient.

    Parameters
    ----------
    combinations
        A sentence for each combination that is left open.
    """
    which = listed(names) or "the parameters"
    one = names[0] if len(names) == 1 else f"one of {which}"
    return (
        *combinations,
        f"Fix {one} at a value that is known otherwise.",
        "Fit more angles or a longer window of frames, which tell more apart.",
        "Use a simpler model or fewer scaling coefficients.",
    )


def at_bound(names: Sequence[str]) -> tuple[str, ...]:
    """Return what to do where coefficients ended at a bound."""
    several = len(names) > 1
    bounds = "the bounds" if several else "the bound"
    return (
        f"Widen {bounds} of {listed(names)} if a value beyond makes sense physically.",
        f"Fix {'them' if several else 'it'} there if it does not.",
        "Try other start values: from these the search ran into the bounds.",
    )


def not_converged(names: Sequence[str], *, at_limit: bool) -> tuple[str, ...]:
    """Return what to do where a search did not end at a minimum.

    Parameters
    ----------
    names
        Of the coefficients at a bound.
    at_limit
        Whether it was stopped by the limit of iterations.
    """
    first = (
        "Continue from here, or raise the limit, max_iterations."
        if at_limit
        else "Try other start values, or leave them out to have them estimated."
    )
    bounds = (
        (f"Check the bounds of {listed(names)}, which the fit has reached.",)
        if names
        else ()
    )
    return (
        first,
        *bounds,
        "Look at the residual maps: what the model cannot describe, such as jumps, "
        "heating or slip, is better masked.",
        "Fix parameters that are known otherwise, to see which one resists.",
    )


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence; many are cut short."""
    if len(names) > _LISTED:
        return f"{', '.join(names[:_LISTED])} and {len(names) - _LISTED} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
