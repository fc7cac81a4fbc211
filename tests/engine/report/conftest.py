"""A fit and its maps without an engine: what is written is tested, not the fit."""

from types import SimpleNamespace

import numpy as np
import pytest

from engine import api
from engine.models.specs import LAMINAR_FLOW
from engine.report import folder
from engine.setup import DataRequest, Setup
from tests.engine.report.fixtures import decay, fit_result, run_data


@pytest.fixture
def model_maps(monkeypatch):
    """Replace the engine's model by a plain decay; returns the list of calls."""
    calls = []

    def evaluate(data, _setup, values, scaling):
        calls.append((dict(values), list(scaling)))
        n = data.n_frames - 1
        return np.stack([decay(n, c, o) for _, c, o in scaling])

    monkeypatch.setattr(api, "model_maps", evaluate)
    return calls


@pytest.fixture
def finished(tmp_path, model_maps, monkeypatch):
    """Arguments of `write_result_folder` for a finished fit."""
    del model_maps
    data = run_data(tmp_path / "run.h5")
    setup = Setup(
        model="laminar_flow", parameters=LAMINAR_FLOW.default_parameters(), gap=2e6,
        start_given=False,
    )  # fmt: skip
    run_file = SimpleNamespace(request=DataRequest(file=data.path), setup=setup)
    monkeypatch.setattr(
        folder,
        "resolved_tree",
        lambda _run_file, *, request, setup: {"request": request, "setup": setup},
    )
    monkeypatch.setattr(folder, "dump_tree", lambda tree: f"model: {tree['setup']}\n")
    return {
        "data": data,
        "run_file": run_file,
        "result": fit_result(data),
        "log": "a line\n",
    }
