"""What a fit cannot tell, found from its own equations: three cheap, exact tests.

Each answers a question a scientist asks after a fit: are the three parameters of a rate
determined or only their combination; is there another flow direction with the same
cost; is there shear at all.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.events import never
from engine.fit.curved import middle_time
from engine.fit.equations import FitEquations, FitPoint
from engine.models.base import Geometry
from engine.models.specs import RATE_GROUPS

Array = NDArray[np.float64]

_CANCELLED_FRACTION = 0.02
_SAME_DIRECTION_DEG = 1e-6


def cancelling_groups(
    values: dict[str, float], free: tuple[str, ...], times: Array
) -> tuple[tuple[str, ...], ...]:
    """Return the rates whose power law and constant nearly cancel.

    For a small exponent ``p·t^a + c`` is a level and a slope in ln t; p and -c are then
    huge, and p, a and c mean nothing by themselves, however small their linear errors.
    """
    middle = middle_time(times)
    found = []
    for group in RATE_GROUPS:
        prefactor, exponent, constant = group
        if prefactor not in free or constant not in free:
            continue
        power = values[prefactor] * middle ** values[exponent]
        if abs(power + values[constant]) < _CANCELLED_FRACTION * abs(power):
            found.append(group)
    return tuple(found)


def mirror_direction(phi: Array, phi0: float) -> float | None:
    """Return the other flow direction [deg] that gives the same c2, if there is one.

    cos² is even and has period 180°: where all angles are parallel or perpendicular to
    one axis, reflecting the flow at that axis changes nothing.
    """
    axis = float(phi[0])
    apart = np.mod(phi - axis + 45.0, 90.0) - 45.0
    if np.abs(apart).max() > _SAME_DIRECTION_DEG:
        return None
    mirrored = float(np.mod(2 * axis - phi0 + 90.0, 180.0) - 90.0)
    distance = abs(np.mod(mirrored - phi0 + 90.0, 180.0) - 90.0)
    return mirrored if distance > _SAME_DIRECTION_DEG else None


def shear_gain(equations: FitEquations, point: FitPoint) -> float | None:
    """Return how much χ² would rise without flow, all else equal; one pass.

    None where that cannot be told (a model without shear).
    """
    if not equations.reduction.model.spec.sheared:
        return None
    still = replace(
        equations,
        reduction=replace(
            equations.reduction, geometry=Geometry(equations.reduction.geometry.q, 0.0)
        ),
        cancelled=never,
    )
    return 2.0 * (still(point.x).cost - point.cost)
