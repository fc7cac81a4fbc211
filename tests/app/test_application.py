"""The program as it is started, in a process of its own."""

import os
import subprocess
import sys

import pytest

from app.application import QUIT_AFTER
from app.errors import install_hooks, sentence_of
from app.settings import VERSION
from engine.sample import sample_run

pytestmark = pytest.mark.gui


@pytest.fixture
def environment(tmp_path):
    """An environment in which nothing of the user's is read or written."""
    homes = {
        name: str(tmp_path / name.lower())
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
    }
    return {
        **os.environ,
        **homes,
        "HOME": str(tmp_path),
        "QT_QPA_PLATFORM": "offscreen",
        QUIT_AFTER: "2500",
    }


def start(environment, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_window_opens_a_run_and_closes(environment, tmp_path):
    done = start(environment, str(sample_run()))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    logs = list(tmp_path.rglob("window.log"))
    assert len(logs) == 1
    assert "CRITICAL" not in logs[0].read_text()
    assert list(tmp_path.rglob("window.ini"))


@pytest.mark.slow
def test_a_broken_settings_file_does_not_keep_it_from_starting(environment, tmp_path):
    folder = tmp_path / "xdg_config_home" / "twotime" / "twotime"
    folder.mkdir(parents=True)
    (folder / "window.ini").write_bytes(
        b"\xff\x00[layout_v%d\ndocks=@Variant(\x00)" % VERSION
    )
    assert start({**environment, QUIT_AFTER: "300"}).returncode == 0


@pytest.mark.slow
def test_a_file_that_is_not_there_does_not_keep_it_from_starting(environment):
    done = start({**environment, QUIT_AFTER: "1000"}, "/no/such/run.yaml")
    assert done.returncode == 0, done.stderr


def test_without_a_display_one_sentence(environment):
    bare = {
        k: v
        for k, v in environment.items()
        if k not in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    }
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux may lack a display")
    done = start(bare)
    assert done.returncode == 2
    assert "no display" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("module", "later"),
    [
        ("app.application", {"numpy", "h5py", "yaml", "pyqtgraph", "engine.api"}),
        ("app.controllers.session", {"jax", "jaxlib", "matplotlib", "scipy"}),
    ],
)
def test_what_takes_long_to_import_comes_after_the_window(environment, module, later):
    code = (
        f"import sys, {module}\n"
        f"early = {later | {'jax', 'matplotlib'}} & set(sys.modules)\n"
        "sys.exit(f'imported too early: {early}' if early else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_numpy_imports_late_is_there_before_any_thread(environment):
    code = (
        "import app.bridge.engine, sys, numpy as np\n"
        "before = set(sys.modules)\n"
        "np.median(np.ones((3, 3)), axis=1), np.nanmedian([1.0])\n"
        "np.percentile([1], 5)\n"
        "late = set(sys.modules) - before\n"
        "sys.exit(f'imported late: {late}' if late else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert done.returncode == 0


def test_what_nothing_caught_is_logged_and_shown(caplog):
    caught = []
    before = sys.excepthook
    remove = install_hooks(caught.append)
    try:
        error = ValueError("unforeseen")
        sys.excepthook(ValueError, error, None)
    finally:
        remove()
    assert caught == [error]
    assert "unforeseen" in caplog.text
    assert sys.excepthook is before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no angle is left", "No angle is left."),
        ("run12.hdf: no group", "run12.hdf: no group."),
        ("alpha: too large", "alpha: too large."),
        ("Really?", "Really?"),
        ("", "No reason was given."),
    ],
)
def test_an_error_reads_as_a_sentence(text, sentence):
    assert sentence_of(ValueError(text)) == sentence
