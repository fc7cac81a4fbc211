"""``twotime simulate`` and ``selftest``, and the whole path on a real fit."""

import json

import h5py
import numpy as np
import pytest

from engine import api, selftest
from engine.cli import selftest as command
from engine.errors import CancelledError
from engine.selftest import Check


def test_options_reach_the_files(tmp_path, twotime):
    code, out, err = twotime(
        "simulate", tmp_path / "s.h5", "--model", "static", "--layout", "aps_old",
        "--frames", "20", "--phi", "-10,45", "--param", "D0=2e4", "--param",
        "contrast=0.2,0.1", "--noise", "0.001", "--seed", "5", "--dt", "0.5",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "D0                 2×10⁴ Å²/s" in out
    run_file = api.open_run(tmp_path / "s.yaml")
    assert run_file.setup.model == "static"
    data = api.load_data(run_file.request)
    assert data.layout == "aps_old"
    assert data.c2.shape == (2, 20, 20)
    assert data.phi.tolist() == [-10, 45]
    assert data.dt == 0.5
    beside = [float(np.diagonal(c2, 1).max()) for c2 in data.c2]
    assert beside == pytest.approx([1.2, 1.1], abs=0.05)


WRONG = [
    (["--frames", "x"], "argument --frames: invalid int value: 'x'"),
    (["--frames", "2"], "frames is 2; expected a number of at least"),
    (["--phi", "a,b"], "'a,b' is not a list of angles"),
    (["--param", "D9=1"], "unknown parameter 'D9'"),
    (["--param", "D0"], "--param 'D0': expected NAME=VALUE"),
    (["--param", "contrast=1,,2"], "is not a list of numbers"),
    (["--layout", "cube"], "invalid choice: 'cube'"),
    (["--noise", "0.1", "--speckles", "9"], "not allowed with argument --noise"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG, ids=[str(w[0]) for w in WRONG])
def test_wrong_simulation_writes_nothing(tmp_path, twotime, options, sentence):
    code, _, err = twotime("simulate", tmp_path / "s.h5", *options)
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_existing_files_are_not_replaced_unasked(tmp_path, twotime):
    arguments = ("simulate", tmp_path / "s.h5", "--frames", "10", "--phi", "0")
    assert twotime(*arguments)[0] == 0
    code, _, err = twotime(*arguments)
    assert code == 2
    assert "--overwrite" in err
    assert twotime(*arguments, "--overwrite")[0] == 0


@pytest.mark.slow
def test_simulate_fit_and_fit_the_result_again(tmp_path, twotime):
    """The real thing: known truth found, and run.yaml gives the same fit."""
    options = ("--frames", "80", "--dt", "0.5", "--noise", "0.01", "--seed", "2")
    twotime("simulate", tmp_path / "s.h5", *options)
    code, out, err = twotime("fit", tmp_path / "s.yaml", "--json")
    assert (code, err) == (0, "")
    first = json.loads(out.splitlines()[-1])
    truth = api.open_run(tmp_path / "s.yaml").raw["simulation"]["truth"]
    for name, value in truth.items():
        fitted = first["parameters"][name]
        assert abs(fitted["value"] - value) < 4 * fitted["stderr"], name
    with h5py.File(tmp_path / "s_result" / "fit.h5") as file:
        residual = file["entry/process_fit_1/residual"][()]
    upper = np.triu(np.ones(residual.shape[1:], bool), 1)
    chi_squared = np.square(residual[:, upper].astype(float)).sum()
    chi_squared /= first["quality"]["noise_sigma"] ** 2
    assert chi_squared == pytest.approx(first["quality"]["chi_squared"], rel=1e-4)

    run_yaml = tmp_path / "s_result" / "run.yaml"
    code, out, _ = twotime("fit", run_yaml, "--json", "--out", tmp_path / "again")
    again = json.loads(out.splitlines()[-1])
    assert code == 0
    for name, fitted in again["parameters"].items():
        before = first["parameters"][name]
        assert fitted["start"] == before["start"]
        assert abs(fitted["value"] - before["value"]) < 1e-6 * before["stderr"]


@pytest.mark.slow
def test_selftest_passes_here(twotime):
    code, out, err = twotime("selftest")
    assert (code, err) == (0, "")
    assert "FAILED" not in out
    for name in ("program", "fit", "known answer", "fit.h5", "picture", "run.yaml"):
        assert name in out


def test_selftest_says_what_does_not_work(twotime, monkeypatch):
    def two():
        yield Check("one", works=True, detail="fine")
        yield Check("two", works=False, detail="broken")

    monkeypatch.setattr(command, "checks", two)
    code, out, _ = twotime("selftest")
    assert code == 1
    assert "ok      one: fine\nFAILED  two: broken\nsomething does not work" in out


def test_selftest_survives_what_it_did_not_expect(twotime, monkeypatch):
    def crash():
        yield Check("one", works=True, detail="fine")
        raise RuntimeError("no device")

    monkeypatch.setattr(command, "checks", crash)
    code, out, err = twotime("selftest")
    assert (code, err) == (1, "")
    assert "FAILED  RuntimeError: no device" in out


def test_selftest_can_be_stopped():
    seen = []
    with pytest.raises(CancelledError):
        seen.extend(check.name for check in stopped_after(3))
    assert "fit" not in seen


def stopped_after(n):
    """Check until n things were tried."""
    asked = []
    for check in selftest.checks(lambda: len(asked) >= n):
        asked.append(check)
        yield check


def test_selftest_does_not_believe_a_wrong_answer(monkeypatch):
    """The fit of another truth must not pass for this one."""
    wrong = dict(selftest._REQUEST.truth, alpha=0.4)
    result = _found(wrong)
    assert not selftest._truth(result).works
    assert selftest._truth(_found(selftest._REQUEST.truth)).works


def _found(values):
    from types import SimpleNamespace

    return SimpleNamespace(
        parameters=[
            SimpleNamespace(name=n, value=v, stderr=0.01 * abs(v) + 1e-9)
            for n, v in values.items()
        ]
    )
