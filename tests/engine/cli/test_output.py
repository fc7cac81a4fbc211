"""Standard output that cannot be written: the work is done all the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.result import State

FULL = Path("/dev/full")
SENTENCE = (
    "twotime: standard output cannot be written: No space left on device; direct it "
    "elsewhere (files that the command writes are complete)\n"
)
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


@pytest.fixture
def full_output(monkeypatch):
    """Send standard output to a full disk."""
    with FULL.open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        yield


@needs_full
@pytest.mark.parametrize("options", [[], ["--json"], ["--quiet"]])
@pytest.mark.parametrize("state", [State.CONVERGED, State.NOT_CONVERGED])
def test_a_fit_is_written(run, engine, capsys, request, options, state):
    engine["state"] = state
    request.getfixturevalue("full_output")
    code = main(["fit", str(run), *options])
    err = capsys.readouterr().err
    quiet = options == ["--quiet"]
    usual = 0 if state is State.CONVERGED else 1
    assert (code, err) == ((usual, "") if quiet else (3, SENTENCE))
    assert (run.parent / "run_result" / "fit.h5").exists()


@needs_full
def test_what_is_wrong_is_said_first(tmp_path, capsys, request):
    request.getfixturevalue("full_output")
    assert main(["inspect", str(tmp_path / "none.h5")]) == 2
    err = capsys.readouterr().err
    assert "none.h5" in err
    assert "standard output" not in err


@needs_full
def test_more_than_the_buffer_holds_is_no_internal_error(run, capsys, request):
    with run.open("a", encoding="utf-8") as file:
        file.writelines(f"unknown_{k}: {'x' * 200}\n" for k in range(100))
    request.getfixturevalue("full_output")
    assert main(["inspect", str(run), "--json"]) == 3
    assert capsys.readouterr().err == SENTENCE


def shell(line, run, **environment):
    return subprocess.run(
        ["sh", "-c", line.format(python=f"'{sys.executable}' -m engine", run=run)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[3],
    )


@needs_full
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["--version", "inspect '{run}'"])
def test_full_disk_from_outside(run, command, unbuffered):
    line = "{python} " + command + " >/dev/full"
    done = shell(line, run, PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (3, SENTENCE)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_went_away_is_no_trouble(run, unbuffered):
    line = "{{ {python} --help; echo $? >&2; }} | true"
    assert shell(line, run, PYTHONUNBUFFERED=unbuffered).stderr == "0\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("--version >&-", 0),
        ("inspect '{run}' >&-", 0),
        ("--version >&- 2>&-", 0),
        ("inspect none.h5 2>&-", 2),
        ("inspect none.h5 2>/dev/full", 2),
    ],
)
def test_closed_streams_are_no_trouble(run, command, code):
    done = shell("{python} " + command, run, PYTHONUNBUFFERED="")
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")
