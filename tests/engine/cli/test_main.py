"""Dispatch, help, inspect, and that nothing headless imports Qt."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import engine as package
from app.__main__ import main as entry
from engine.cli.main import main
from engine.cli.parser import joined_values


@pytest.mark.parametrize("command", ["batch", "report"])
def test_commands_to_come_are_answered_and_not_advertised(twotime, command):
    code, out, err = twotime(command, "x")
    assert code == 2
    assert f"the command {command} is not part of this version" in err
    assert err.count("\n") == 1
    _, out, _ = twotime("--help")
    assert command not in out


def test_help_names_both_uses_and_every_command(twotime):
    code, out, err = twotime("--help")
    assert (code, err) == (0, "")
    assert "open the window" in out
    for command in ("fit", "inspect", "simulate", "selftest"):
        assert command in out


def test_help_of_fit_has_every_option_of_the_contract(twotime):
    code, out, _ = twotime("fit", "--help")
    assert code == 0
    for option in (
        "--out", "--phi", "--frames", "--q", "--model", "--convention", "--start",
        "--fix", "--free", "--bounds", "--scaling", "--strategy", "--loss", "--set",
        "--json", "--quiet", "--overwrite", "--resume",
    ):  # fmt: skip
        assert option in out
    assert "auto|standard|large|chunked|streaming" in out
    assert "auto|individual|averaged|constant|fourier|fixed_constant" in out


def test_version(twotime):
    assert twotime("--version") == (0, f"twotime {package.__version__}\n", "")


@pytest.mark.parametrize("argv", [[], ["dance"], ["fit"], ["inspect"], ["--colour"]])
def test_wrong_usage_is_one_line(twotime, argv):
    code, out, err = twotime(*argv)
    assert (code, out) == (2, "")
    assert err.startswith("twotime: ")
    assert err.count("\n") == 1


def test_values_that_start_with_a_minus_sign_belong_to_their_option():
    argv = ["--phi", "-10:10", "--set", "a=-1", "--frames=1:-1", "--q", "-.5", "-x"]
    assert joined_values(argv) == (
        ["--phi=-10:10", "--set", "a=-1", "--frames=1:-1", "--q=-.5", "-x"]
    )


def test_inspect_as_text_and_json(run, twotime):
    code, out, err = twotime("inspect", run.with_suffix(".npy"))
    assert (code, err) == (0, "")
    assert "41" in out
    code, out, err = twotime("inspect", run.with_suffix(".npy"), "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["n_frames"] == 41


def test_inspect_of_a_run_file_tells_of_both(run, twotime):
    _, out, _ = twotime("inspect", run)
    assert "laminar_flow" in out
    assert "convention literature: (sin A / A)² in c2" in out
    _, out, _ = twotime("inspect", run, "--json")
    record = json.loads(out)
    assert record["run_file"]["model"] == "laminar_flow"
    assert record["n_frames"] == 41


def test_inspect_of_nothing(tmp_path, twotime):
    code, _, err = twotime("inspect", tmp_path / "none.h5")
    assert code == 2
    assert "none.h5" in err
    assert err.count("\n") == 1


@pytest.mark.slow
def test_headless_commands_import_neither_qt_nor_jax_nor_matplotlib(run):
    code = (
        "import sys; from app.__main__ import main; "
        f"code = main(['inspect', {str(run)!r}]); "
        "heavy = {'PySide6', 'pyqtgraph', 'shiboken6', 'jax', 'matplotlib'}; "
        "print(code, sorted(heavy & {m.split('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.splitlines()[-1] == "0 []"


@pytest.mark.slow
@pytest.mark.parametrize("argv", [["--version"], ["selftest"]])
def test_where_qt_cannot_be_loaded_the_commands_still_work(argv):
    code = (
        "import sys\n"
        "for name in ('PySide6', 'shiboken6', 'pyqtgraph'):\n"
        "    sys.modules[name] = None\n"
        "from app.__main__ import main\n"
        f"sys.exit(main({argv!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert package.__version__ in done.stdout


@pytest.fixture
def went(monkeypatch):
    """Replace window and commands; returns who was called with what."""
    calls = []

    def record(where, code):
        return lambda arguments: calls.append((where, arguments)) or code

    window = ModuleType("app.main")
    window.run_window = record("window", 7)
    monkeypatch.setitem(sys.modules, "app.main", window)
    monkeypatch.setattr("engine.cli.main.main", record("commands", 5))
    return calls


@pytest.mark.parametrize(
    ("argv", "goes_to"),
    [
        (["--help"], "commands"),
        (["-h"], "commands"),
        (["--version"], "commands"),
        (["--unknown"], "commands"),
        (["fit", "run.yaml"], "commands"),
        (["inspect", "x.h5"], "commands"),
        (["simulate", "x.h5"], "commands"),
        (["selftest"], "commands"),
        (["batch"], "commands"),
        (["report"], "commands"),
        ([], "window"),
        (["run.yaml"], "window"),
        (["a.h5", "b.h5"], "window"),
    ],
)
def test_entry_point_dispatches(argv, goes_to, went):
    assert entry(argv) == {"commands": 5, "window": 7}[goes_to]
    assert went == [(goes_to, argv)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (signal.SIG_DFL, signal.default_int_handler),
        (signal.SIG_IGN, signal.SIG_IGN),
    ],
)
def test_ctrl_c_is_heard_unless_the_shell_has_it_ignored(before, after, capsys):
    kept = signal.signal(signal.SIGINT, before)
    try:
        assert main(["--version"]) == 0
        assert signal.getsignal(signal.SIGINT) is after
    finally:
        signal.signal(signal.SIGINT, kept)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["fitt", "mine.yaml"], "unknown command 'fitt'; did you mean fit?"),
        (["Inspect"], "unknown command 'Inspect'; did you mean inspect?"),
        (["simlate", "--frames", "9"], "unknown command 'simlate'; did you mean simul"),
        (
            ["dance"],
            "unknown command 'dance'; expected a file that exists, or one of fit, "
            "inspect, simulate, selftest",
        ),
    ],
)
def test_a_mistyped_command_opens_no_window(argv, sentence, went, capsys):
    assert entry(argv) == 2
    assert went == []
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"twotime: {sentence}")
    assert err.count("\n") == 1


def test_what_may_be_a_file_goes_to_the_window(went, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fitt").touch()
    for first in ("fitt", "missing.yaml", "data/fitt", ".", "..", ""):
        assert entry([first]) == 7
    assert len(went) == 6
