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
    """Of what the fit tells about the parameter; their sum is 100."""
    kept: tuple[float, ...]
    """Of what the angle could tell, all else known, if it has to find its scaling."""
    kept_in_all: float
    """The same for all angles together."""

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
    known = np.nan_to_num(np.asarray(information.known_scaling, dtype=float)[order])
    free = np.nan_to_num(np.asarray(information.free_scaling, dtype=float)[order])
    share = np.nan_to_num(np.asarray(information.share, dtype=float)[order])
    return AngleBars(
        phi=tuple(float(phi[i]) for i in order),
        share=tuple((100.0 * share).tolist()),
        kept=tuple(_kept(f, k) for f, k in zip(free, known, strict=True)),
        kept_in_all=_kept(free.sum(), known.sum()),
    )


def _kept(free: float, known: float) -> float:
    """Return a part in %; where there is nothing, nothing is kept."""
    return float(np.clip(100.0 * free / known, 0.0, 100.0)) if known > 0 else 0.0
