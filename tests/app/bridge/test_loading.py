"""A run is read off the window: progress and pictures, kept in memory or not."""

from dataclasses import replace

import numpy as np
import pytest

from app.bridge.loading import LoadProgress, Thumbnail, opening, reading
from engine.data.load import always, load
from engine.data.source import Source
from engine.setup import DataRequest, Strategy
from tests.app.fakes import FakeEngine, make_run_file, make_setup
from tests.engine.data.files import aps_u, matrices


def shrink(c2):
    return Thumbnail(c2[::4, ::4].copy(), None)


@pytest.fixture(params=[True, False])
def kept(request):
    return request.param


@pytest.fixture
def engine(kept):
    """An engine that really reads; it notes the setup it is given."""

    def load_data(request, *, setup, on_matrix, on_progress, cancelled):
        setups.append(setup)
        return load(
            request,
            keep=always if kept else lambda *_: False,
            on_matrix=on_matrix,
            on_progress=on_progress,
            cancelled=cancelled,
        )

    setups = []
    made = replace(FakeEngine().functions(), load_data=load_data)
    return made, setups


@pytest.fixture
def run_file(tmp_path):
    path = aps_u(tmp_path / "run.h5")
    return replace(make_run_file(), request=DataRequest(file=path))


def test_thumbnails_are_made_while_reading(engine, run_file, kept, monkeypatch):
    reads = []
    plain = Source.read

    def watched(source, entry, frames):
        reads.append(entry.label)
        return plain(source, entry, frames)

    monkeypatch.setattr(Source, "read", watched)
    told = []
    work = reading(engine[0], run_file, run_file.request, shrink)
    loaded = work(told.append, lambda: False)
    assert loaded.data.in_memory is kept
    assert reads == list(loaded.data.bin_ids)
    pixels = np.stack([t.pixels for t in loaded.thumbnails])
    np.testing.assert_array_equal(pixels, matrices(3)[:, ::4, ::4])
    assert all(isinstance(t, LoadProgress) for t in told)
    assert [t.done for t in told] == [0, 1, 2, 3]
    assert engine[1] == [run_file.setup]


def test_setup_of_the_window_goes_before_that_of_the_file(engine, run_file):
    setup = replace(make_setup(), strategy=Strategy.CHUNKED)
    work = reading(engine[0], run_file, run_file.request, shrink, setup=setup)
    work(lambda _: None, lambda: False)
    assert engine[1] == [setup]


def test_opening_reads_what_the_run_file_names(engine, run_file, tmp_path):
    made = replace(engine[0], open_run=lambda _path, _settings: run_file)
    loaded = opening(made, tmp_path / "run.yaml", shrink, {})(
        lambda _: None, lambda: False
    )
    assert loaded.run_file is run_file
    np.testing.assert_array_equal(np.stack(list(loaded.data.c2)), matrices(3))
