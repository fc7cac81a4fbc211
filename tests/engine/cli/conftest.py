"""A run on disk and an engine that answers at once."""

import numpy as np
import pytest

from engine import api
from engine.cli.main import main
from engine.events import (
    Happened,
    Happening,
    PassAdvanced,
    Phase,
    PhaseStarted,
    StepTaken,
)
from engine.report import folder as folder_module
from engine.result import State
from tests.engine.report.fixtures import DT, PHI, Q, decay, fit_result, run_data

RUN = f"""
twotime: {{format_version: 1}}
analysis_mode: laminar_flow
experimental_data:
  file_path: run.npy
  phi_angles: {list(PHI)}
analyzer_parameters:
  dt: {DT}
  scattering: {{wavevector_q: {Q}}}
  geometry: {{stator_rotor_gap: 2.0e6}}
initial_parameters:
  parameter_names: [D0, alpha, D_offset, gamma_dot_t0, beta, gamma_dot_t_offset, phi0]
  values: [12000, -0.7, 3.1, 2.0e-3, 0.0, 0.0, 2.0]
"""


@pytest.fixture
def run(tmp_path):
    """Path of a run file with its data beside it."""
    c2 = run_data().c2.copy()
    c2[:, np.arange(c2.shape[1]), np.arange(c2.shape[1])] = 1.3
    np.save(tmp_path / "run.npy", c2)
    path = tmp_path / "run.yaml"
    path.write_text(RUN, encoding="utf-8")
    return path


@pytest.fixture
def engine(monkeypatch):
    """Replace fit and model; returns what the fit was asked, and how it shall end."""
    asked = {"state": State.CONVERGED}

    def happened(what, message, **details):
        return Happened(what=what, message=message, details=details, elapsed_s=0.1)

    def fit(data, setup, *, on_event, cancelled, checkpoint, resume):
        asked.update(data=data, setup=setup, cancelled=cancelled)
        asked.update(checkpoint=checkpoint, resume=resume)
        on_event(PhaseStarted(phase=Phase.PREPARING, elapsed_s=0.1))
        on_event(happened(Happening.ROUTED, "standard: 0.4 GB of 17 GB", gb=0.4))
        on_event(PassAdvanced(fraction=0.5, elapsed_s=0.1))
        on_event(PhaseStarted(phase=Phase.REFINING, elapsed_s=0.1))
        if checkpoint is not None and asked.get("streams"):
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            checkpoint.write_text("{}", encoding="utf-8")
            on_event(happened(Happening.CHECKPOINT, "Checkpoint after step 1."))
        for k, accepted in enumerate((True, False, True)):
            on_event(
                StepTaken(
                    iteration=k, evaluations=k + 1, accepted=accepted, cost=100.0 - k,
                    edm=10.0**-k if k else float("nan"),
                    values={p.name: p.value for p in setup.parameters},
                    contrast=(0.3,), offset=(1.0,), elapsed_s=0.1 * k,
                    eta_s=(1.0, 2.0) if k else None, coarse=k == 1,
                )
            )  # fmt: skip
        if asked.get("raises"):
            raise asked["raises"]
        return fit_result(data, state=asked["state"], warnings=["Mind the gap."])

    def maps(data, _setup, _values, scaling):
        n = data.n_frames - 1
        return np.stack([decay(n, c, o) for _, c, o in scaling])

    monkeypatch.setattr(api, "fit", fit)
    monkeypatch.setattr(api, "model_maps", maps)
    monkeypatch.setattr(
        folder_module, "write_figure", lambda path, *_, **__: path.touch()
    )
    return asked


@pytest.fixture
def twotime(capsys):
    """Run a command line; returns exit code, standard output and standard error."""

    def call(*argv):
        code = main([str(a) for a in argv])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
