"""Which angles of a run are fitted."""

from collections.abc import Sequence

import numpy as np

from engine.data.phi import select_angles
from engine.errors import DataError
from engine.setup import Setup


def selected_angles(phi: Sequence[float], setup: Setup) -> tuple[bool, ...]:
    """Return for each angle [deg] whether the set-up selects it; none is no error."""
    try:
        chosen, _ = select_angles(np.asarray(phi, dtype=float), setup.phi)
    except DataError:
        return (False,) * len(phi)
    return tuple(bool(c) for c in chosen)


def flow_information(phi: float, setup: Setup, phi0: float) -> float | None:
    """Return cos²(φ₀ − φ), the share of the flow an angle sees; None without flow."""
    if not setup.spec.sheared:
        return None
    return float(np.cos(np.deg2rad(phi0 - phi)) ** 2)
