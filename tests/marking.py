"""Which cases of a test belong to the fast suite."""

import pytest


def quick(values, *fast):
    """Return cases for `parametrize`, all of them slow but those in `fast`."""
    return [
        value if value in fast else pytest.param(value, marks=pytest.mark.slow)
        for value in values
    ]
