"""Lists of angles, wavevectors, frames and names as the user reads them."""

from collections.abc import Iterable, Sequence

_SHOWN = 8
"""How many items of a list are spelled out."""


def listed(items: Sequence[str], shown: int = _SHOWN) -> str:
    """Return the items with commas; a long list ends with how many more there are."""
    if len(items) <= shown:
        return ", ".join(items)
    return f"{', '.join(items[:shown])} and {len(items) - shown} more"


def degrees(angles: Iterable[float]) -> str:
    """Return angles [deg] as ``-10°, 0°, 45.5°``."""
    return listed([f"{a:.6g}°" for a in angles], shown=24)


def wavevectors(values: Iterable[float]) -> str:
    """Return wavevectors [1/Å] as ``0.0054, 0.0062 1/Å``."""
    return listed([f"{q:.6g}" for q in values], shown=40) + " 1/Å"


def spans(numbers: Iterable[int]) -> list[str]:
    """Return ascending whole numbers as spans: ``["3", "7-9"]``."""
    found: list[tuple[int, int]] = []
    for n in numbers:
        if found and n == found[-1][1] + 1:
            found[-1] = (found[-1][0], n)
        else:
            found.append((n, n))
    return [str(a) if a == b else f"{a}-{b}" for a, b in found]
