"""Shorthand for making, running and looking at fits."""

from dataclasses import replace

import numpy as np

from engine.api import fit
from engine.data.load import load
from engine.events import Happened, PhaseStarted, StepTaken
from engine.routing.plan import FRUGAL_ORDER
from engine.setup import DataRequest
from tests.engine.data.files import aps_u
from tests.engine.scipy_fit import PixelModel, scipy_fit

STRATEGIES = FRUGAL_ORDER


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


def apart(result, other):
    """Return the largest difference of two fits in standard errors of the second.

    What has no error (fixed, at a bound, frozen) must be the same in both.
    """
    error = errors(other)
    known = np.isfinite(error)
    np.testing.assert_array_equal(known, np.isfinite(errors(result)))
    np.testing.assert_allclose(
        values(result)[~known], values(other)[~known], rtol=1e-7, atol=1e-300
    )
    difference = np.abs(values(result) - values(other))[known] / error[known]
    return float(difference.max(initial=0.0))


def watched(data, setup, **options):
    """Fit, and return the result with everything that was told."""
    seen = []
    return fit(data, setup, on_event=seen.append, **options), seen


def steps(data, setup, **options):
    """Fit, and return the result with every step that was reported."""
    result, seen = watched(data, setup, **options)
    return result, [e for e in seen if isinstance(e, StepTaken)]


def happened(seen):
    """Return what happened, in order."""
    return [e.what for e in seen if isinstance(e, Happened)]


def told(seen, what):
    """Return the happenings of one kind."""
    return [e for e in seen if isinstance(e, Happened) and e.what is what]


def phases(seen):
    """Return the phases, in order."""
    return [e.phase for e in seen if isinstance(e, PhaseStarted)]


def stored(data, folder):
    """Return the same run with its matrices in a file of `folder`."""
    phi = data.phi.tolist()
    path = aps_u(
        folder / "run.h5", q=(data.q,), phi=phi, c2=list(data.c2), frame_time=data.dt
    )
    run = load(DataRequest(file=path), keep=lambda *_: False)
    assert not run.in_memory
    np.testing.assert_allclose(run.phi, data.phi, atol=1e-9)
    return replace(run, phi=data.phi, dt=data.dt)


def by_scipy(run, data, sigma, start=None, *, mask=None, averaged=False, **options):
    """Fit the same pixels by SciPy, from the truth unless told otherwise."""
    pixels = PixelModel(run.dense(), data.c2[:, 1:, 1:], sigma, mask, averaged=averaged)
    return scipy_fit(pixels, run.truth if start is None else start, **options)
