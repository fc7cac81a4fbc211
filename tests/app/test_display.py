import sys

import pytest

from app import display, main

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux may lack a display"
)


@pytest.fixture
def no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR"):
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


def test_a_dead_wayland_display_is_named(no_display, tmp_path):
    no_display.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    no_display.setenv("WAYLAND_DISPLAY", "wayland-7")
    reason = display.why_no_window()
    if "libwayland-client0" not in reason:
        assert "Wayland display wayland-7 does not answer" in reason
    # Where there is an X server as well, that one counts.
    no_display.setenv("DISPLAY", ":987")
    no_display.setattr(display, "_plugin_problem", lambda: "")
    assert "display :987 does not answer" in display.why_no_window()
    no_display.setenv("QT_QPA_PLATFORM", "wayland")
    assert display.why_no_window() == reason


def test_a_wayland_display_that_answers_will_do(no_display):
    no_display.setenv("WAYLAND_DISPLAY", "wayland-0")
    no_display.setattr(display, "_wayland_problem", lambda _: "")
    assert display.why_no_window() == ""


def test_a_missing_library_names_its_package():
    message = "libxcb-cursor.so.0: cannot open shared object file"
    assert "apt install libxcb-cursor0" in display._sentence(message)
    assert "apt install libegl1" in display._sentence("libEGL.so.1: cannot open")
    # Comes with Qt itself: no package of the system would help.
    assert "apt" not in display._sentence("libQt6XcbQpa.so.6: cannot open")
    assert "libunheard-of" in display._sentence("libunheard-of.so.3: cannot open")
    assert "install PySide6-Essentials again" in display._sentence("something else")


def test_the_x11_plugin_of_the_frozen_program_is_found(monkeypatch, tmp_path):
    plugin = tmp_path / "PySide6" / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    plugin.parent.mkdir(parents=True)
    plugin.write_text("no library at all")
    monkeypatch.setattr(display, "find_spec", lambda _: None)
    assert display._plugin_problem() == ""
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert display._x11_plugin() == plugin
    # It was found and tried.
    assert "Qt cannot be loaded" in display._plugin_problem()
    assert "install Twotime again" in display._plugin_problem()


def test_a_library_that_the_plugin_lacks_is_named(monkeypatch, tmp_path):
    def lacking(_):
        raise OSError("libxkbcommon-x11.so.0: cannot open shared object file")

    monkeypatch.setattr(display, "_x11_plugin", lambda: tmp_path)
    monkeypatch.setattr(display.ctypes, "CDLL", lacking)
    assert "apt install libxkbcommon-x11-0" in display._plugin_problem()


def test_the_plugin_of_this_installation_is_there():
    plugin = display._x11_plugin()
    assert plugin is not None
    assert plugin.name == "libqxcb.so"


def test_an_offscreen_platform_needs_no_display(no_display):
    no_display.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display.why_no_window() == ""
