"""The sample run that comes with the program."""

import pytest

from engine import api, sample
from engine.errors import DataError


def test_sample_opens_with_its_data_and_is_small():
    run_file = api.open_run(sample.sample_run())
    assert run_file.setup.model == "laminar_flow"
    assert len(api.load_data(run_file.request).phi) > 2
    folder = sample.sample_run().parent
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_000_000


def test_an_incomplete_installation_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(sample.resources, "files", lambda _: tmp_path)
    with pytest.raises(DataError, match="the sample run is missing"):
        sample.sample_run()
