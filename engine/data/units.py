"""Units that files state for wavevectors and angles."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Q_FACTORS = {"a": 1.0, "å": 1.0, "angstrom": 1.0, "nm": 0.1, "m": 1e-10}
_LARGEST_Q = 1.0
"""Above this [1/Å] no speckle is measured: the number is in other units."""
_RADIANS_FROM = 3
"""So many different angles within ±2π, not all whole, are suspected to be radians."""


@dataclass(frozen=True, slots=True)
class Converted:
    """Values in our units, and what the user should know about them."""

    values: NDArray[np.float64]
    notes: tuple[str, ...] = ()


def q_in_inverse_angstrom(
    values: NDArray[np.float64], unit: str | None, where: str
) -> Converted:
    """Return wavevectors in 1/Å.

    Parameters
    ----------
    unit
        What the file says, None if nothing.
    where
        Path of the values inside the file, for the note.
    """
    factor = _q_factor(unit)
    if factor is not None and factor != 1.0:
        note = f"{where} is in {unit}: converted to 1/Å (× {factor:g})"
        return Converted(values * factor, (note,))
    largest = float(np.max(np.abs(values), initial=0.0))
    if factor is None and largest > _LARGEST_Q:
        return Converted(
            values,
            (
                f"{where} goes up to {largest:g}, which is too large for 1/Å, and the "
                "file states no unit; it looks like 1/nm: check q, and correct the "
                "file if so",
            ),
        )
    return Converted(values)


def _q_factor(unit: str | None) -> float | None:
    """Return what turns a stated unit into 1/Å, None where it is not understood."""
    if not unit:
        return None
    plain = unicodedata.normalize("NFKC", unit).replace("\u2212", "-").lower()
    for sign in (" ", "^", "*", "{", "}", "(", ")"):
        plain = plain.replace(sign, "")
    if plain.startswith("1/"):
        return _Q_FACTORS.get(plain.removeprefix("1/"))
    if plain.endswith("-1"):
        return _Q_FACTORS.get(plain.removesuffix("-1"))
    return None


def phi_in_degrees(
    values: NDArray[np.float64], unit: str | None, where: str
) -> Converted:
    """Return angles in degrees; see `q_in_inverse_angstrom` for the arguments."""
    if unit and unit.strip().lower().startswith("rad"):
        return Converted(
            np.rad2deg(values), (f"{where} is in radians: converted to degrees",)
        )
    if unit and unit.strip().lower().startswith(("deg", "°")):
        return Converted(values)
    return Converted(values, suspected_radians(values, where))


def suspected_radians(phi: Sequence[float] | NDArray, where: str) -> tuple[str, ...]:
    """Return a warning when angles [deg] look like radians or are beyond a circle."""
    angles = np.asarray(phi, dtype=np.float64)
    largest = float(np.max(np.abs(angles), initial=0.0))
    different = np.unique(angles)
    whole = bool(np.all(different == np.round(different)))
    if different.size >= _RADIANS_FROM and largest <= 2 * np.pi and not whole:
        return (
            f"{where}: all {angles.size} angles lie within ±2π, so they may be "
            "radians; degrees are assumed",
        )
    if largest > 360.0:
        return (f"{where} goes up to {largest:g}°, more than a circle; check it",)
    return ()
