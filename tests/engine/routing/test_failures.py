"""Where a strategy that failed leads: out of memory one way, all else the other."""

import pytest

from engine.routing.failures import FailureKind, next_after
from engine.setup import Strategy

S = Strategy


def chain(first, kind):
    found = [first]
    while (following := next_after(found[-1], kind)) is not None:
        found.append(following)
    return found


def test_out_of_memory_leads_to_the_next_more_frugal():
    expected = [S.STANDARD, S.LARGE, S.CHUNKED, S.STREAMING]
    assert chain(S.STANDARD, FailureKind.MEMORY) == expected


@pytest.mark.parametrize("kind", [FailureKind.INPUT_OUTPUT, FailureKind.NUMERICAL])
def test_anything_else_leads_the_other_way(kind):
    expected = [S.STREAMING, S.CHUNKED, S.LARGE, S.STANDARD]
    assert chain(S.STREAMING, kind) == expected


@pytest.mark.parametrize("kind", FailureKind)
def test_every_chain_ends(kind):
    for first in (S.STANDARD, S.LARGE, S.CHUNKED, S.STREAMING):
        assert len(chain(first, kind)) <= 4
