"""Stopping a fit keeps the best point and does no further work."""

import numpy as np
import pytest

from engine.api import fit
from engine.events import StepTaken
from engine.reference.normal import normal_equations
from engine.result import State
from tests.engine.fit.support import values
from tests.engine.known_runs import known

RUN = known("laminar-small")


@pytest.fixture(scope="module")
def data():
    return RUN.data(30)


def test_stopping_before_anything_happened(data):
    result = fit(data, RUN.setup(), cancelled=lambda: True)
    assert result.status.state is State.CANCELLED
    assert result.status.iterations == 0
    assert result.status.evaluations == 1
    assert tuple(result.values.values()) == RUN.start
    assert result.status.cost_final == result.status.cost_initial
    assert np.isfinite(result.status.cost_final)


def test_start_values_have_no_errors(data):
    result = fit(data, RUN.setup(), cancelled=lambda: True)
    assert result.status.no_step
    assert {p.stderr for p in result.parameters} == {None}
    assert {*result.scaling.contrast_stderr, *result.scaling.offset_stderr} == {None}
    assert np.isnan(result.covariance).all()
    assert len(result.covariance) == len(result.covariance_names)
    assert result.degeneracy.entanglements == ()
    assert result.quality.warnings[0] == (
        "No step was made: the values are the start values and have no errors."
    )


@pytest.mark.parametrize("after", [2, 4])
def test_stopping_after_a_step(data, after):
    seen = []

    def watch(event):
        if isinstance(event, StepTaken):
            seen.append(event)

    result = fit(
        data,
        RUN.setup(sigma=0.005),
        on_event=watch,
        cancelled=lambda: len(seen) >= after,
    )
    assert result.status.state is State.CANCELLED
    assert len(seen) == after
    assert result.status.evaluations == after
    assert result.status.cost_final == seen[-1].cost < result.status.cost_initial
    assert result.values == dict(seen[-1].values)
    assert result.scaling.contrast == seen[-1].contrast
    expected = normal_equations(
        RUN.dense(), values(result), data.c2[:, 1:, 1:], sigma=0.005
    )
    assert result.status.cost_final == pytest.approx(expected.cost, rel=1e-9)
    assert result.quality.flag.value == "poor"
    assert not result.status.no_step
    assert any(p.stderr for p in result.parameters)
    assert not any("No step" in text for text in result.quality.warnings)


def test_stopping_inside_an_evaluation(data):
    asked, seen = [], []

    def watch(event):
        if isinstance(event, StepTaken):
            seen.append(len(asked))

    def cancelled():
        asked.append(1)
        return len(asked) > 11

    result = fit(data, RUN.setup(), on_event=watch, cancelled=cancelled)
    assert result.status.state is State.CANCELLED
    assert result.status.evaluations == len(seen)
    assert np.isfinite(values(result)).all()
    # at most the units that were already queued asked again
    assert len(asked) <= 11 + 3


def test_a_fit_that_was_not_stopped_is_the_same_as_one_never_asked(data):
    plain = fit(data, RUN.setup())
    asked = fit(data, RUN.setup(), cancelled=lambda: False)
    np.testing.assert_array_equal(values(plain), values(asked))
