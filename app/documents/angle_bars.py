"""How much each angle tells about one parameter, in numbers a chart can draw."""

from dataclasses import dataclass

import numpy as np

from engine.degeneracy import AngleInformation


@dataclass(frozen=True, slots=True)
class AngleBars:
    """What is drawn, by ascending angle; all but the angles in %."""

    phi: tuple[float, ...]
    """[deg]"""
    share: tuple[float, ...]
    """Of the information of the fit."""
    known: tuple[float, ...]
    """Of the information there were, if the scaling were known."""
    free: tuple[float, ...]
    """What a scaling of its own leaves of `known`."""

    @property
    def absorbed(self) -> tuple[float, ...]:
        """What a scaling of its own takes of each angle."""
        return tuple(
            100.0 * (1.0 - f / k) if k > 0 else 0.0
            for f, k in zip(self.free, self.known, strict=True)
        )

    @property
    def absorbed_in_all(self) -> float:
        """What scalings of their own take of all angles."""
        total = sum(self.known)
        return 100.0 * (1.0 - sum(self.free) / total) if total > 0 else 0.0

    @property
    def best(self) -> int:
        """Index of the angle that tells most."""
        return int(np.argmax(self.share))


def angle_bars(phi: tuple[float, ...], information: AngleInformation) -> AngleBars:
    """Return what is drawn of the information on one parameter.

    Parameters
    ----------
    phi
        The fitted angles [deg], in the order of the fit.
    """
    order = np.argsort(phi, kind="stable")
    known = np.asarray(information.known_scaling, dtype=float)[order]
    free = np.asarray(information.free_scaling, dtype=float)[order]
    share = np.asarray(information.share, dtype=float)[order]
    total = float(known.sum())
    scale = 100.0 / total if np.isfinite(total) and total > 0 else 0.0
    return AngleBars(
        phi=tuple(float(phi[i]) for i in order),
        share=tuple((100.0 * np.nan_to_num(share)).tolist()),
        known=tuple((scale * np.nan_to_num(known)).tolist()),
        free=tuple((scale * np.nan_to_num(free)).tolist()),
    )
