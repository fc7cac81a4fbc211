"""Checkpoints of ``twotime fit``: where they are, how long they stay, --resume."""

import json
from pathlib import Path

import pytest

from engine.cli.checkpoint import checkpoint_file
from engine.errors import DataError
from engine.options import HybridOptions
from engine.result import State

NLSQ = "optimization.nlsq.hybrid_streaming."


@pytest.fixture
def beside(run):
    """The checkpoint of a fit of `run`, not there yet."""
    return run.parent / ".run_result.checkpoint"


def test_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    default = HybridOptions()
    assert checkpoint_file(Path("a/b"), default) == tmp_path / "a" / ".b.checkpoint"
    assert checkpoint_file(Path("a/b/"), default) == tmp_path / "a" / ".b.checkpoint"
    named = HybridOptions(checkpoint_dir=tmp_path / "kept")
    assert checkpoint_file(Path("a/b"), named) == tmp_path / "kept" / "b.checkpoint"
    assert checkpoint_file(Path("a"), HybridOptions(enable_checkpoints=False)) is None


def test_the_fit_is_told_the_place(run, engine, twotime, beside, tmp_path):
    assert twotime("fit", run)[0] == 0
    assert engine["checkpoint"] == beside
    assert engine["resume"] is False
    assert twotime("fit", run, "--set", f"{NLSQ}checkpoint_dir=points")[0] == 0
    assert engine["checkpoint"] == tmp_path / "points" / "run_result.checkpoint"
    assert twotime("fit", run, "--set", f"{NLSQ}enable_checkpoints=false")[0] == 0
    assert engine["checkpoint"] is None


def test_converged_fit_leaves_none(run, engine, twotime, beside):
    engine["streams"] = True
    code, out, _ = twotime("fit", run)
    assert code == 0
    assert engine["checkpoint"] == beside
    assert not beside.exists()
    assert "--resume" not in out


@pytest.mark.parametrize("state", [State.NOT_CONVERGED, State.CANCELLED, State.FAILED])
def test_other_fits_can_be_continued(run, engine, twotime, beside, state):
    engine.update(streams=True, state=state)
    _, out, _ = twotime("fit", run)
    assert beside.exists()
    assert f"continue with --resume, from the checkpoint {beside}" in out
    engine["state"] = State.CONVERGED
    code, out, err = twotime("fit", run, "--resume")
    assert (code, err) == (0, "")
    assert engine["resume"] is True
    assert engine["checkpoint"] == beside
    assert not beside.exists()


def test_json_names_the_checkpoint_that_is_left(run, engine, twotime, beside):
    engine.update(streams=True, state=State.CANCELLED)
    _, out, _ = twotime("fit", run, "--json")
    assert json.loads(out.splitlines()[-1])["checkpoint"] == str(beside)


def test_fit_that_breaks_down_keeps_its_checkpoint(run, engine, twotime, beside):
    engine.update(streams=True, raises=DataError("the disk is gone"))
    assert twotime("fit", run)[0] == 2
    assert beside.exists()


def test_result_that_cannot_be_written_keeps_the_checkpoint(
    run, engine, twotime, beside, monkeypatch
):
    def refuse(*_args, **_settings):
        raise OSError(28, "No space left on device")

    engine["streams"] = True
    monkeypatch.setattr("engine.report.folder.write_h5", refuse)
    assert twotime("fit", run)[0] == 2
    assert beside.exists()


def test_a_checkpoint_that_is_not_continued_is_mentioned(run, engine, twotime, beside):
    del engine
    beside.write_text("{}", encoding="utf-8")
    _, out, _ = twotime("fit", run)
    assert f"an interrupted fit left the checkpoint {beside}; --resume" in out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--resume"], "there is no checkpoint {folder}/.run_result.checkpoint"),
        (
            ["--resume", "--out", "{folder}/other"],
            "there is no checkpoint {folder}/.other.checkpoint",
        ),
        (
            ["--resume", "--set", f"{NLSQ}enable_checkpoints=false"],
            "switched off with optimization.nlsq.hybrid_streaming.enable_checkpoints",
        ),
    ],
)
def test_nothing_to_continue(run, engine, twotime, options, sentence):
    folder = run.parent
    code, out, err = twotime("fit", run, *(o.format(folder=folder) for o in options))
    assert (code, out) == (2, "")
    assert sentence.format(folder=folder) in err
    assert err.count("\n") == 1
    assert "setup" not in engine
