"""What the data do not determine, told as combinations of coefficients.

A null direction is a step of the coefficients that changes nothing. Where two of them
take part, what the data do determine is the combination that the step leaves alone:
if D0 may rise as far as D_offset falls, D0 + D_offset is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.fit.advice import listed

Array = NDArray[np.float64]

_SHARE = 0.01
"""Part of the largest column-scaled component from which a coefficient takes part: as
little as rounding allows, for a step without end moves it without end too."""
_RATIO_OF = 6
"""Coefficients whose steps are told at most."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class NullDirection:
    """A step of some coefficients that the data do not see."""

    names: tuple[str, ...]
    """The coefficients that take part, in the order of the fit."""
    step: tuple[float, ...]
    """By how much each changes, in its unit; the first by 1."""

    @property
    def determined(self) -> str:
        """What the data determine of them, in words: ``"only D0 + D_offset"``."""
        if len(self.names) == 1:
            return f"nothing of {self.names[0]}"
        if len(self.names) == 2:
            first, second = self.names
            return f"only {first} {_term(-self.step[0] / self.step[1], second)}"
        return f"only combinations of {listed(self.names)}"

    @property
    def sentence(self) -> str:
        """The sentence the user reads."""
        if len(self.names) == 1:
            return f"{self.names[0]} has no influence on the fit."
        text = f"The data determine {self.determined}"
        if len(self.names) == 2:
            return f"{text}, not each of them."
        if len(self.names) > _RATIO_OF:
            return f"{text}."
        ratio = " : ".join(f"{value:.3g}" for value in self.step).replace("-", "−")
        return f"{text}: changing them by {ratio} changes nothing."

    def in_units(self, units: Mapping[str, float]) -> "NullDirection":
        """Return it for coefficients that are `units` times these ones."""
        step = [s * units[n] for n, s in zip(self.names, self.step, strict=True)]
        return NullDirection(self.names, tuple(s / step[0] for s in step))


def _term(factor: float, name: str) -> str:
    sign, size = "−" if factor < 0 else "+", f"{abs(factor):.3g}"
    return f"{sign} {name}" if size == "1" else f"{sign} {size}·{name}"


def takes_part(null: Array) -> NDArray[np.bool_]:
    """Return which coefficients take part in each direction, shape (n, k)."""
    size = np.abs(null)
    return np.asarray(size > _SHARE * size.max(axis=0, initial=0.0), bool)


def sparsest(null: Array) -> Array:
    """Return a basis of the same space in which directions have few components.

    Null eigenvectors are mixed arbitrarily: of two pairs that cancel, both eigenvectors
    hold all four coefficients. Elimination with complete pivoting separates them.

    Parameters
    ----------
    null
        One direction in each column, shape (n, k).
    """
    rows = null.T.copy()
    for k in range(len(rows)):
        below = np.abs(rows[k:])
        place, pivot = np.unravel_index(int(below.argmax()), below.shape)
        rows[[k, k + place]] = rows[[k + place, k]]
        rows[k] /= rows[k, pivot]
        others = np.arange(len(rows)) != k
        rows[others] -= np.outer(rows[others, pivot], rows[k])
    rows[np.abs(rows) < _ROUNDING] = 0.0
    return rows.T


def null_directions(
    names: tuple[str, ...], null: Array, norms: Array
) -> tuple[NullDirection, ...]:
    """Return directions by the names of what takes part.

    Parameters
    ----------
    null
        Steps of the column-scaled coefficients, one in each column, shape (n, k).
    norms
        Column norm of each coefficient, shape (n,).
    """
    found = []
    for scaled, part in zip(null.T, takes_part(null).T, strict=True):
        inside = np.flatnonzero(part)
        step = scaled[inside] / norms[inside]
        found.append(
            NullDirection(
                tuple(names[i] for i in inside), tuple((step / step[0]).tolist())
            )
        )
    return tuple(found)
