"""What the memory of a fit depends on, from the run and how it is to be fitted."""

from pathlib import Path

from engine.routing.plan import RunSize
from engine.setup import Masks, Scaling, Setup


def effective_coefficients(setup: Setup, n_angles: int) -> int:
    """Return how many coefficients are really fitted.

    Fixed and tied parameters are not, and the scaling mode says how many of contrast
    and offset are: two for each angle, two series over the angles, two in all, or none.
    The mode auto counts with the most it may end with, two for each angle.
    """
    physical = sum(p.free for p in setup.parameters)
    return physical + _scaling_coefficients(setup, n_angles)


def _scaling_coefficients(setup: Setup, n_angles: int) -> int:
    scaling, every = setup.scaling, 2 * n_angles
    if scaling is Scaling.AVERAGED:
        return 2
    if scaling in {Scaling.CONSTANT, Scaling.FIXED_CONSTANT}:
        return 0
    if scaling is Scaling.FOURIER:
        # With fewer angles than coefficients of a series it is one pair for each.
        return min(every, 2 * (1 + 2 * setup.options.layers.scaling.fourier_order))
    return every


def run_size(n_matrices: int, n_frames: int, n_angles: int, setup: Setup) -> RunSize:
    """Return the size of a fit.

    Parameters
    ----------
    n_matrices
        Matrices of the run.
    n_frames
        Frames of the window, the first one included.
    n_angles
        Fitted angles.
    """
    return RunSize(
        n_angles=n_angles,
        n_matrices=n_matrices,
        n_frames=n_frames,
        first_dropped=setup.drop_first_frame,
        masked=setup.masks != Masks(),
        n_coefficients=effective_coefficients(setup, n_angles),
        # A file of one matrix for all angles is counted as one for each: what it holds
        # is not known before it is opened.
        sigma_arrays=n_matrices if isinstance(setup.sigma, Path) else 0,
    )
