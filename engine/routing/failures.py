"""What may go wrong with where the data live, and which strategy to try then."""

from enum import StrEnum

from engine.routing.plan import FRUGAL_ORDER
from engine.setup import Strategy


class FailureKind(StrEnum):
    """Failures that another strategy may not have."""

    MEMORY = "memory"
    INPUT_OUTPUT = "input_output"
    NUMERICAL = "numerical"


def next_after(strategy: Strategy, failure: FailureKind) -> Strategy | None:
    """Return the strategy to try after one that failed, None when there is none left.

    Out of memory leads to the next more frugal one. Any other failure leads the other
    way: what needs the disk less and has fewer phases has less that can go wrong.
    """
    place = FRUGAL_ORDER.index(strategy)
    step = 1 if failure is FailureKind.MEMORY else -1
    following = place + step
    return FRUGAL_ORDER[following] if 0 <= following < len(FRUGAL_ORDER) else None
