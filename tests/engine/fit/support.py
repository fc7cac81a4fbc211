"""Shorthand for looking at a finished fit."""

import numpy as np

from engine.api import fit
from engine.events import StepTaken
from tests.engine.scipy_fit import PixelModel, scipy_fit


def values(result):
    """Return [physical, contrasts, offsets]."""
    physical = [p.value for p in result.parameters]
    return np.array([*physical, *result.scaling.contrast, *result.scaling.offset])


def errors(result):
    """Return the standard errors in the order of `values`; NaN where there is none."""
    scaling = result.scaling
    found = [
        *(p.stderr for p in result.parameters),
        *scaling.contrast_stderr,
        *scaling.offset_stderr,
    ]
    return np.array([np.nan if e is None else e for e in found])


def steps(data, setup, **options):
    """Fit, and return the result with every step that was reported."""
    seen = []

    def watch(event):
        if isinstance(event, StepTaken):
            seen.append(event)

    return fit(data, setup, on_event=watch, **options), seen


def by_scipy(run, data, sigma, start=None, *, mask=None, averaged=False, **options):
    """Fit the same pixels by SciPy, from the truth unless told otherwise."""
    pixels = PixelModel(run.dense(), data.c2[:, 1:, 1:], sigma, mask, averaged=averaged)
    return scipy_fit(pixels, run.truth if start is None else start, **options)
