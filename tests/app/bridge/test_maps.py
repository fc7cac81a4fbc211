from dataclasses import replace

import numpy as np
import pytest

from app.bridge.maps import MapRequest, evaluate_pair, fitted_part
from engine.data.load import always, load
from engine.data.source import Source
from engine.setup import DataRequest
from tests.app.fakes import FakeEngine, make_data, make_setup
from tests.engine.data.files import aps_u, matrices


def test_residual_is_data_less_model_on_the_fitted_axis():
    engine, data, setup = FakeEngine().functions(), make_data(), make_setup()
    pair = evaluate_pair(
        engine,
        MapRequest(data=data, setup=setup, values={}, index=1, scaling=(0.3, 1.0)),
    )
    part = fitted_part(data, setup, 1)
    assert part.shape == (data.n_frames - 1,) * 2
    off = ~np.eye(len(part), dtype=bool)
    expected = (part - pair.model)[off]
    np.testing.assert_allclose(pair.residual[off], expected, atol=1e-6)
    assert np.isnan(np.diagonal(pair.residual)).all()
    assert (pair.contrast, pair.offset) == (0.3, 1.0)
    np.testing.assert_array_equal(pair.data, part)


def test_without_scaling_the_closest_one_is_taken():
    engine, data, setup = FakeEngine().functions(), make_data(), make_setup()
    pair = evaluate_pair(engine, MapRequest(data=data, setup=setup, values={}, index=0))
    assert pair.contrast == pytest.approx(0.3, abs=0.01)
    upper = np.triu(np.ones_like(pair.residual, dtype=bool), 1)
    assert abs(float(pair.residual[upper].mean())) < 1e-4


@pytest.mark.parametrize("dropped", [True, False])
@pytest.mark.parametrize("kept", [True, False])
def test_part_of_a_run_in_its_file_is_the_same(tmp_path, kept, dropped):
    request = DataRequest(file=aps_u(tmp_path / "run.h5"))
    data = load(request, keep=always if kept else lambda *_: False)
    setup = replace(make_setup(), drop_first_frame=dropped)
    first = int(dropped)
    for k in range(3):
        part = fitted_part(data, setup, k)
        np.testing.assert_array_equal(part, matrices(3)[k, first:, first:])
        wanted = MapRequest(data=data, setup=setup, values={}, index=k)
        pair = evaluate_pair(FakeEngine().functions(), wanted)
        np.testing.assert_array_equal(pair.data, part)


def test_matrix_is_read_once(tmp_path, monkeypatch):
    request = DataRequest(file=aps_u(tmp_path / "run.h5"))
    data = load(request, keep=lambda *_: False)
    reads = []
    plain = Source.read

    def watched(source, entry, frames):
        reads.append(entry.label)
        return plain(source, entry, frames)

    monkeypatch.setattr(Source, "read", watched)
    wanted = MapRequest(data=data, setup=make_setup(), values={}, index=1)
    evaluate_pair(FakeEngine().functions(), wanted)
    assert reads == ["c2_00002"]
