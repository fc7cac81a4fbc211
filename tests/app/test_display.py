import sys

import pytest

from app import display, main

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux may lack a display"
)


@pytest.fixture
def no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_without_a_display_one_sentence_and_exit_2(no_display, capsys):
    assert main.run_window([]) == 2
    text = capsys.readouterr().err
    assert text.startswith("twotime: no display is set")
    assert text.count("\n") == 1


def test_a_display_that_does_not_answer_is_named(no_display):
    no_display.setenv("DISPLAY", ":987")
    no_display.setattr(display, "_plugin_problem", lambda: "")
    assert "display :987 does not answer" in display.why_no_window()


def test_a_missing_library_names_its_package():
    message = "libxcb-cursor.so.0: cannot open shared object file"
    assert "apt install libxcb-cursor0" in display._sentence(message)
    assert "apt install libegl1" in display._sentence("libEGL.so.1: cannot open")
    assert "libunheard-of" in display._sentence("libunheard-of.so.3: cannot open")
    assert "reinstall" in display._sentence("something else")


def test_an_offscreen_platform_needs_no_display(no_display):
    no_display.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display.why_no_window() == ""
