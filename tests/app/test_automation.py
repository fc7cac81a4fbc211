"""The program as its installers try it out: open, fit, report, quit."""

import json
import os
import subprocess
import sys

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage

from app.application import AUTOMATE
from app.automation import LIMIT, SCREENSHOT, Automation, Exit
from app.first_paint import FirstPaint
from engine import __version__
from engine.errors import DataError
from engine.result import State
from engine.sample import sample_run

pytestmark = [pytest.mark.gui, pytest.mark.slow]


@pytest.fixture
def codes(monkeypatch):
    """Exit codes asked for; the application of the tests goes on."""
    asked = []
    monkeypatch.setattr(QCoreApplication, "exit", asked.append)
    for name in (LIMIT, SCREENSHOT):
        monkeypatch.delenv(name, raising=False)
    return asked


@pytest.fixture
def automate(qtbot, session, codes, tmp_path, run_path):
    """Run the whole course in the window of the tests; return code and report."""

    def run(path=run_path):
        file = tmp_path / "deep" / "report.json"
        seen = FirstPaint(session.window)
        session.window.repaint()
        made = Automation(session, file, seen, opens=path is not None)
        if path is not None:
            session.loading.open_paths([path])
        qtbot.waitUntil(lambda: bool(codes), timeout=10_000)
        assert codes == [made.exit_code]
        assert [f.name for f in file.parent.iterdir()] == [file.name]
        return made.exit_code, json.loads(file.read_text("utf-8"))

    return run


def test_a_fit_that_converges_is_reported(automate, fake):
    code, report = automate()
    assert code == Exit.CONVERGED == 0
    assert report["state"] == "converged"
    assert report["error"] is None
    assert report["chi_squared"] == 1000.0
    assert report["parameters"]["D0"] == {"value": 1250.0, "stderr": 10.0}
    assert report["version"] == __version__
    assert 0 < report["visible_s"] < report["ready_s"] <= report["fitted_s"]
    assert len(fake.fitted) == 1


def test_a_fit_that_does_not_converge_is_1(automate, fake):
    fake.end_state = State.NOT_CONVERGED
    code, report = automate()
    assert code == Exit.NOT_CONVERGED == 1
    assert report["state"] == "not_converged"


def test_what_cannot_be_fitted_is_3_with_its_sentence(automate, fake, tmp_path):
    fake.fit_error = DataError("the data are all NaN; check the file")
    code, report = automate()
    assert code == Exit.ERROR == 3
    assert "all NaN" in report["error"]
    assert report["state"] is None


def test_a_file_that_is_not_there_is_3(automate, tmp_path):
    code, report = automate(tmp_path / "missing.yaml")
    assert code == 3
    assert "missing.yaml" in report["error"]


def test_a_run_that_lacks_something_is_3(automate, tmp_path):
    path = tmp_path / "no_gap.yaml"
    path.touch()
    code, report = automate(path)
    assert code == 3
    assert "gap" in report["error"]


def test_without_a_run_there_is_nothing_to_fit(automate):
    code, report = automate(None)
    assert code == 3
    assert "no run was given" in report["error"]


def test_the_limit_ends_a_fit_that_does_not(automate, fake, monkeypatch):
    monkeypatch.setenv(LIMIT, "0.6")
    fake.finish.clear()
    code, report = automate()
    assert code == 3
    assert report["error"] == "there was no end within 0.6 s"


def test_a_limit_that_is_no_number_is_3(automate, monkeypatch):
    monkeypatch.setenv(LIMIT, "soon")
    code, report = automate()
    assert code == 3
    assert "expected a number of seconds" in report["error"]


def test_the_picture_is_that_of_the_window(automate, session, monkeypatch, tmp_path):
    picture = tmp_path / "shot.png"
    monkeypatch.setenv(SCREENSHOT, str(picture))
    code, report = automate()
    assert code == 0
    assert report["screenshot"] == str(picture)
    assert QImage(str(picture)).size() == session.window.size()


def test_a_picture_that_cannot_be_written_is_3(automate, monkeypatch, tmp_path):
    monkeypatch.setenv(SCREENSHOT, str(tmp_path / "no" / "shot.png"))
    code, report = automate()
    assert code == 3
    assert "picture" in report["error"]
    assert report["state"] == "converged"


def test_a_report_of_before_does_not_survive(session, codes, tmp_path):
    file = tmp_path / "report.json"
    file.write_text("old")
    Automation(session, file, FirstPaint(session.window), opens=True)
    assert not file.exists()


def test_a_number_that_is_none_is_null(automate, fake):
    from dataclasses import replace

    from tests.app.fakes import make_data, make_result, make_setup

    quality = make_result(make_setup(), make_data()).quality
    fake.ending["quality"] = replace(quality, chi_squared=float("nan"))
    _, report = automate()
    assert report["chi_squared"] is None


@pytest.fixture
def start(tmp_path):
    """Start the program in a process of its own."""
    homes = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")

    def run(*arguments, **more):
        environment = {
            **os.environ,
            **{name: str(tmp_path / name.lower()) for name in homes},
            "HOME": str(tmp_path),
            "QT_QPA_PLATFORM": "offscreen",
            **more,
        }
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    return run


def test_the_program_fits_its_sample_run(start, tmp_path):
    file, picture = tmp_path / "report.json", tmp_path / "window.png"
    where = {AUTOMATE: str(file), SCREENSHOT: str(picture)}
    done = start(str(sample_run()), **where)
    assert done.returncode == 0, done.stderr
    report = json.loads(file.read_text("utf-8"))
    assert report["state"] == "converged"
    assert 0 < report["visible_s"] < report["ready_s"] < report["fitted_s"]
    gamma = report["parameters"]["gamma_dot_t0"]
    assert gamma["value"] == pytest.approx(3.25e-4, rel=0.05)
    assert 0 < gamma["stderr"] < 0.1 * gamma["value"]
    assert not QImage(str(picture)).isNull()


def test_the_program_reports_that_its_window_was_closed(start, tmp_path):
    file = tmp_path / "report.json"
    done = start(
        str(sample_run()), **{AUTOMATE: str(file), "TWOTIME_QUIT_AFTER_MS": "1"}
    )
    assert done.returncode == 3, done.stderr
    assert "window was closed" in json.loads(file.read_text("utf-8"))["error"]


def test_nobody_pays_for_it_who_does_not_ask():
    code = (
        "import sys, app.application, app.controllers.session\n"
        "early = {'app.automation', 'app.bridge.process_age', 'engine.selftest'}\n"
        "sys.exit(f'{early & set(sys.modules)}' if early & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0
